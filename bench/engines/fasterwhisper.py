"""Whisper on CTranslate2, through faster-whisper: an implementation of its own, to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import Field

from bench.contract import Job, Outcome, Reading
from bench.domain import Backend, Case, FetchedClip, Model, Reason, WeightsFile
from bench.engines import Availability
from bench.engines.decoding import WhisperDecoding
from bench.engines.reading import availability_of, other_family
from bench.engines.segmentation import missing_package, plan_of
from bench.engines.stages import reading_of
from bench.errors import UnusableWeights
from bench.problems import problem
from bench.reasons import reason

HALF: Final = Path(__file__).parent.parent / "child" / "fasterwhisper.py"

# A variant's quantization -> CTranslate2's compute type: the file is one, converted while it is read.
COMPUTE_TYPES: Final = {
    "f32": "float32",
    "f16": "float16",
    "bf16": "bfloat16",
    "int16": "int16",
    "int8": "int8",
    "int8_f32": "int8_float32",
    "int8_f16": "int8_float16",
    "int8_bf16": "int8_bfloat16",
}


class FasterWhisperSettings(WhisperDecoding):
    """Whisper's decoding settings, and which times the library tells."""

    timestamps: bool = Field(
        default=True, description="Times of segments; false: decoding without time tokens"
    )
    word_timestamps: bool = Field(default=False, description="Times of words: a second look at each window")


class FasterWhisper:
    """The engine; its child half is bench/child/fasterwhisper.py."""

    name = "faster-whisper"
    title = "faster-whisper (CTranslate2)"
    distribution: str | None = "faster-whisper"
    packages: tuple[str, ...] = ("ctranslate2",)
    weights_format = "ct2"
    families: tuple[str, ...] = ("whisper",)
    settings = FasterWhisperSettings
    token_half = HALF.with_name("fasterwhisper_tokens.py")

    def availability(self) -> Availability:
        """Installed or not, from package metadata."""
        return availability_of("faster-whisper", extra="faster-whisper", devices=("cpu", "cuda"))

    def refusal(self, model: Model, settings: FasterWhisperSettings, quantization: str) -> Reason | None:
        """Whisper only, in CTranslate2's own compute types."""
        if model.family not in self.families:
            return other_family(self, model)
        if quantization not in COMPUTE_TYPES:
            return reason(
                "engine.no_quantization",
                engine="CTranslate2",
                quantization=quantization,
                quantizations=", ".join(COMPUTE_TYPES),
            )
        return missing_package(settings.segmentation)

    def check(self, weights: Sequence[WeightsFile]) -> None:
        """The folder has what the library opens; CTranslate2 itself checks model.bin."""
        for file in weights:
            missing = [
                name for name in ("model.bin", "config.json") if not (Path(file.path) / name).is_file()
            ]
            if missing:
                raise problem(UnusableWeights, "ct2.missing", path=str(file.path), files=", ".join(missing))

    def job(
        self,
        case: Case,
        settings: FasterWhisperSettings,
        model: Model,
        clip: FetchedClip,
        weights: Sequence[WeightsFile],
    ) -> Job:
        """One fresh worker with faster-whisper alone."""
        language = clip.language if settings.language == "clip" else settings.language
        payload = settings.model_dump() | {
            "weights": {file.role: file.path for file in weights},
            "device": case.variant.device,
            "compute_type": COMPUTE_TYPES[case.variant.quantization],
            "language": None if language == "auto" else language,
            "segmentation": plan_of(settings.segmentation),
        }
        return Job(half=HALF, payload=payload, environ={"HF_HUB_OFFLINE": "1", **case.variant.environ})

    def read(self, case: Case, settings: FasterWhisperSettings, outcome: Outcome) -> Reading:
        """Transcript and tokens; device and compute type as the loaded model tells them."""
        return reading_of(
            case, outcome, read_backend(outcome), engine="faster-whisper", source="faster-whisper"
        )


def read_backend(outcome: Outcome) -> Backend | None:
    """The loaded model's device and compute type, asked of CTranslate2 after the run."""
    facts = outcome.facts
    if not facts.get("device"):
        return None
    return Backend(
        device=str(facts["device"]),
        detail=f"computes in {facts['compute_type']}, ctranslate2 {facts['ctranslate2']}",
        source="ctranslate2, the loaded model",
    )


ENGINE = FasterWhisper()

"""Whisper, Qwen3-ASR, GigaAM and Parakeet on transcribe.cpp, through the package transcribe-cpp.

Two engines of one kind: `transcribe-cpp` reads GGUF files of transcribe.cpp's own layout (another
than llama.cpp's), `transcribe-cpp-ggml` whisper.cpp's ggml files, so that the same Whisper file can
be put through both libraries.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from bench.contract import Job, Outcome, Reading
from bench.domain import Backend, Case, FetchedClip, Measurement, Model, Reason, WeightsFile, absent, measured
from bench.engines import Availability, Settings
from bench.engines.reading import availability_of, other_family, status_of, transcript_of
from bench.engines.segmentation import CUTS, Segmentation, missing_package, plan_of
from bench.engines.stages import NOT_TRANSCRIBED, stage_measurements, token_measurements
from bench.reasons import reason

HALF: Final = Path(__file__).parent.parent / "child" / "transcribe.py"
NO_LANGUAGE_HINT: Final = ("parakeet",)  # it hears the language itself, and takes no word for it
OWN: Final = "transcribe.cpp's own timings"


class TranscribeSettings(Settings):
    """How transcribe.cpp is asked.  Greedy, without fallback."""

    language: str = Field(
        default="clip",
        description='"clip": the clip\'s own, where the model takes a hint; "auto": detected; or a code like ru',
    )
    threads: int = Field(default=2, ge=1, le=512, description="Of the processor")
    timestamps: Literal["auto", "none", "segment", "word", "token"] = Field(
        default="auto", description="Of what times are told; auto: the model's usual"
    )
    carry_context: bool = Field(
        default=False, description="Whisper: prime each window of 30 s with the text before it"
    )
    kv_type: Literal["auto", "f32", "f16"] = Field(
        default="auto", description="Numbers of the decoder's cache"
    )
    context_tokens: int | None = Field(default=None, ge=64, description="null: the model's own")
    mmap: bool = Field(default=True, description="false: read the weights into memory of its own")
    segmentation: Segmentation | None = Field(default=None, description=CUTS)


class TranscribeCpp:
    """The engine; its child half is bench/child/transcribe.py."""

    distribution: str | None = "transcribe-cpp"
    packages: tuple[str, ...] = ("transcribe-cpp-native",)
    settings = TranscribeSettings

    def __init__(self, *, name: str, title: str, weights_format: str, families: tuple[str, ...]) -> None:
        self.name = name
        self.title = title
        self.weights_format = weights_format
        self.families = families

    def availability(self) -> Availability:
        """Binding and native library installed or not, from package metadata."""
        devices = ("cpu", "metal", "vulkan", "cuda")
        found = availability_of("transcribe-cpp", extra="transcribe", devices=devices)
        native = availability_of("transcribe-cpp-native", extra="transcribe", devices=devices)
        return found if native.reason is None else native

    def token_half_of(self, model: Model, /) -> Path | Reason:
        """Of CTC models the library writes down every frame's distribution; of the others none."""
        if model.family == "gigaam":
            return HALF.with_name("transcribe_tokens.py")
        return reason("divergence.not_told", engine=self.title)

    def refusal(self, model: Model, settings: TranscribeSettings, quantization: str) -> Reason | None:
        """Which families this engine's files are of; a model it cannot load is refused in the child."""
        if model.family not in self.families:
            return other_family(self, model)
        if model.family in NO_LANGUAGE_HINT and settings.language not in ("clip", "auto"):
            return reason("engine.no_language_hint", model=model.title, engine="transcribe.cpp")
        return missing_package(settings.segmentation)

    def check(self, weights: Sequence[WeightsFile]) -> None:
        """Refuse truncated and foreign files before a child is started.

        An architecture that the library does not know it refuses itself, in words: a result.
        """
        for file in weights:
            if self.weights_format == "ggml":
                from bench.assets.formats.ggml import check_ggml

                check_ggml(Path(file.path))
            else:
                from bench.assets.formats.gguf import check_gguf

                check_gguf(Path(file.path))

    def job(
        self,
        case: Case,
        settings: TranscribeSettings,
        model: Model,
        clip: FetchedClip,
        weights: Sequence[WeightsFile],
    ) -> Job:
        """One fresh worker with transcribe-cpp alone."""
        language = clip.language if settings.language == "clip" else settings.language
        if settings.language == "clip" and model.family in NO_LANGUAGE_HINT:
            language = "auto"
        payload = settings.model_dump() | {
            "weights": {file.role: file.path for file in weights},
            "device": case.variant.device,
            "language": None if language == "auto" else language,
            "segmentation": plan_of(settings.segmentation),
        }
        return Job(half=HALF, payload=payload, environ=case.variant.environ)

    def read(self, case: Case, settings: TranscribeSettings, outcome: Outcome) -> Reading:
        """Transcript and the library's own timings, which stand beside those of the worker."""
        transcript = transcript_of(outcome)
        backend = read_backend(outcome)
        status, why = status_of(case, outcome, backend)
        not_told = reason("stages.not_told", engine="transcribe.cpp")
        return Reading(
            status=status,
            reason=why,
            transcript=transcript,
            backend=backend,
            measurements=(
                *stage_measurements(outcome, source=OWN, not_told=not_told, of="own_timings"),
                *own_measurements(outcome),
                *token_measurements(outcome, transcript, source="transcribe.cpp's tokens"),
            ),
        )


def own_measurements(outcome: Outcome) -> tuple[Measurement, ...]:
    """The library's own load time, and the sum of its stages for the clip."""
    heard = outcome.transcription
    own = {} if heard is None else heard.own_timings
    if not own:
        why = NOT_TRANSCRIBED if heard is None else reason("timings.not_told")
        return (absent("own_load_seconds", why, OWN), absent("own_transcribe_seconds", why, OWN))
    stages = sum(own[stage] for stage in ("mel", "encode", "decode"))
    return (measured("own_load_seconds", own["load"], OWN), measured("own_transcribe_seconds", stages, OWN))


def read_backend(outcome: Outcome) -> Backend | None:
    """The device that the loaded model was on, asked of the library after the run."""
    facts = outcome.facts
    device = facts.get("device")
    if not device:
        return None
    words = (
        device.get("name"),
        device.get("description"),
        f"transcribe.cpp {facts.get('native_commit', '')}",
    )
    return Backend(
        device=str(device["kind"]).lower(),
        detail=", ".join(str(word) for word in words if word),
        source="transcribe.cpp, the loaded model's device",
    )


ENGINE = TranscribeCpp(
    name="transcribe-cpp",
    title="transcribe.cpp",
    weights_format="gguf-transcribe",
    families=("whisper", "qwen3-asr", "gigaam", "parakeet"),
)

"""Hears whether a clip is loud; the smallest engine that keeps the whole contract."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.contract import Job, Outcome, Reading
from bench.domain import Backend, Case, FetchedClip, Model, Reason, Status, Transcript, WeightsFile, measured
from bench.engines import Availability, Settings
from bench.errors import UnusableWeights
from bench.reasons import reason, told

MAGIC = b"LOUD\n"


class LoudnessSettings(Settings):
    """From which mean amplitude on a clip is loud."""

    threshold: float = 0.01


class LoudnessEngine:
    """Weights are a file of one line, whose rest nobody needs."""

    name = "loudness"
    title = "Loudness"
    distribution: str | None = "loudness-engine"
    weights_format = "loud"
    families: tuple[str, ...] = ("loudness",)
    settings = LoudnessSettings

    def availability(self) -> Availability:
        """It is pure Python."""
        return Availability(version="0.3")

    def refusal(self, model: Model, settings: LoudnessSettings, quantization: str) -> Reason | None:
        """Only its own kind."""
        if model.family in self.families:
            return None
        return told(f"loudness hears how loud it is, and {model.title} is {model.family}")

    def check(self, weights: Sequence[WeightsFile]) -> None:
        """Four letters, and as long as it says."""
        for file in weights:
            try:
                content = Path(file.path).read_bytes()
            except OSError as error:
                raise UnusableWeights(f"{file.path}: {error.strerror}.", hint="Fetch it.") from error
            if not content.startswith(MAGIC) or not content.endswith(b"END\n"):
                raise UnusableWeights(f"{file.path}: does not say LOUD ... END.", hint="Fetch it again.")

    def job(
        self,
        case: Case,
        settings: LoudnessSettings,
        model: Model,
        clip: FetchedClip,
        weights: Sequence[WeightsFile],
    ) -> Job:
        """Its half beside this file."""
        payload = settings.model_dump() | {"weights": [file.path for file in weights]}
        return Job(half=Path(__file__).with_name("half.py"), payload=payload)

    def read(self, case: Case, settings: LoudnessSettings, outcome: Outcome) -> Reading:
        """Loud or quiet."""
        done = outcome.event("done")
        status, why = outcome.status, outcome.reason
        backend = Backend(device="cpu", source="it knows no other") if done else None
        asked = case.variant.device
        if status is Status.OK and asked not in ("auto", "cpu"):
            status, why = Status.WRONG_BACKEND, reason("device.other", requested=asked, used="cpu")
        passes = [heard.text for heard in outcome.transcriptions]
        if not passes:
            return Reading(status=status, reason=why, transcript=None, backend=backend)
        agree = len(set(passes)) == 1 if len(passes) > 1 else None
        return Reading(
            status=status,
            reason=why,
            transcript=Transcript(text=passes[0], repeats_agree=agree),
            backend=backend,
            measurements=(measured("tokens", 1, "it says one word"),),
        )


ENGINE = LoudnessEngine()

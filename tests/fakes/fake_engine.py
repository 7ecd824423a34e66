"""An engine for tests: real children under the real supervisor, and no weights worth a download.

`install()` puts it into the registry; a suite then says `engine: fake` and, in `settings`, how its
child behaves: `half: ok`, or `half: bad` with what `half_bad.py` understands.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.contract import Job, Outcome, Reading
from bench.domain import Backend, Case, FetchedClip, Model, Reason, Transcript, WeightsFile
from bench.engines import Availability, Settings, registry
from bench.errors import UnusableWeights
from bench.reasons import told

FAKES = Path(__file__).parent
MODEL = """
name: m
title: Model
family: whisper
baseline: f16
licence: MIT
weights:
  - format: fake
    quantizations: [f16, q8_0, q4_0]
    source: {kind: path, files: {model: weights.bin}}
"""


def lay_model(folder: Path) -> None:
    """The manifest `m` of a suite in that folder, and its weights."""
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "m.yaml").write_text(MODEL)
    (folder / "models" / "weights.bin").write_bytes(b"FAKE" + bytes(1000))


class FakeSettings(Settings):
    """What the child does."""

    half: str = "ok"
    do: str = ""
    language: str = "clip"
    message: str = ""
    signal: int = 9
    first_seconds: float = 0.01
    bytes: int = 0
    refuse: str | None = None
    blur: float = 0.0
    threads: int = 1
    seconds_a_window: float = 0.0
    dies_of_samples: int = 0
    unloadable: str | None = None
    diary: str | None = None


class FakeEngine:
    """Reads weights files that begin with FAKE."""

    name = "fake"
    title = "Fake"
    distribution: str | None = None
    weights_format = "fake"
    families: tuple[str, ...] = ("whisper",)
    settings = FakeSettings
    token_half = FAKES / "half_tokens.py"

    def availability(self) -> Availability:
        return Availability(version="1.0")

    def refusal(self, model: Model, settings: FakeSettings, quantization: str) -> Reason | None:
        return told(settings.refuse) if settings.refuse else None

    def check(self, weights: Sequence[WeightsFile]) -> None:
        for file in weights:
            if not Path(file.path).read_bytes().startswith(b"FAKE"):
                raise UnusableWeights(f"{file.path}: does not begin with FAKE.", hint="Fetch it again.")

    def job(
        self,
        case: Case,
        settings: FakeSettings,
        model: Model,
        clip: FetchedClip,
        weights: Sequence[WeightsFile],
    ) -> Job:
        payload: dict[str, Any] = case.variant.settings_by_name
        payload["weights"] = [file.path for file in weights]
        return Job(half=FAKES / f"half_{payload['half']}.py", payload=payload, environ=case.variant.environ)

    def read(self, case: Case, settings: FakeSettings, outcome: Outcome) -> Reading:
        heard = outcome.transcription
        transcript = Transcript(text=heard.text) if heard else None
        return Reading(
            status=outcome.status, reason=outcome.reason, transcript=transcript, backend=Backend(device="cpu")
        )


ENGINE = FakeEngine()


def install() -> None:
    """Make `engine: fake` known in this process."""
    registry.BUILT_IN["fake"] = __name__
    registry.names.cache_clear()
    registry.get.cache_clear()

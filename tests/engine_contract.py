"""What every engine keeps to, as tests: subclass `EngineContract`, give an `example`, run pytest.

    class TestMine(EngineContract):
        @pytest.fixture(scope="class")
        @classmethod
        def example(cls) -> Example: ...

The example is a whole case that runs here in seconds.  What an engine honestly cannot do is said by
the class attributes below, each with its reason beside it.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from bench import launch
from bench.contract import Job, Outcome, Reading
from bench.domain import Case, FetchedClip, Model, Status, WeightsFile
from bench.engines import Engine, Settings
from bench.errors import UnusableWeights
from bench.language import english
from bench.launch import proof
from bench.metrics import METRICS
from bench.reasons import told

BINDINGS = ("numpy", "llama_cpp", "pywhispercpp", "transcribe_cpp", "faster_whisper", "ctranslate2", "gguf")
# Spinning threads starve each other on a busy machine; no figure of these tests is a benchmark's.
CALM = {"OMP_WAIT_POLICY": "PASSIVE"}


@dataclass(frozen=True, kw_only=True)
class Example:
    """An engine with a case it can run here: clip and weights are fetched."""

    engine: Engine[Any]
    model: Model
    case: Case
    clip: FetchedClip
    weights: tuple[WeightsFile, ...]

    def settings_of(self, case: Case) -> Settings:
        """The case's settings as the engine's own model."""
        made: Settings = self.engine.settings.model_validate(case.variant.settings)
        return made

    def job(self, case: Case) -> Job:
        """What the engine has a child run for the case."""
        return self.engine.job(case, self.settings_of(case), self.model, self.clip, self.weights)


def run_case(
    example: Example, log: Path, *, case: Case | None = None, passes: int = 1
) -> tuple[Outcome, Reading]:
    """One trial under the launcher, as a run makes it."""
    asked = case or example.case
    job = example.job(asked)
    outcome = launch.run(
        dataclasses.replace(job, environ={**CALM, **job.environ}),
        audio=Path(example.clip.path),
        passes=passes,
        limits=launch.Limits(timeout_seconds=120),
        log=log,
        sample_hz=50,
        expected=proof.expected(example.weights, {}, job.opens_too),
    )
    return outcome, example.engine.read(asked, example.settings_of(asked), outcome)


def on_device(case: Case, device: str) -> Case:
    """The case, asking for another device."""
    return dataclasses.replace(case, variant=dataclasses.replace(case.variant, device=device))


class EngineContract:
    """The tests.  A subclass provides the fixture `example`."""

    tells_bad_weights: ClassVar[bool] = True
    """Whether `check` looks into the files; a program of one's own may not be known well enough."""

    tells_device: ClassVar[bool] = True
    """Whether the device that ran is known, so that another one can be asked for and missed."""

    other_families: ClassVar[bool] = True
    """Whether there are model families that the engine does not run."""

    @pytest.fixture(scope="class")
    @classmethod
    def trial(cls, example: Example, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Reading]:
        """The example, run once with two passes."""
        return run_case(example, tmp_path_factory.mktemp("trial") / "log", passes=2)

    def test_it_offers_what_an_engine_offers(self, example: Example) -> None:
        engine = example.engine
        assert isinstance(engine, Engine)
        assert engine.name
        assert engine.title
        assert engine.weights_format
        assert engine.name == engine.name.lower().strip()

    def test_its_module_imports_no_binding(self, example: Example) -> None:
        module = type(example.engine).__module__
        code = f"import sys; import {module}; print([m for m in {BINDINGS!r} if m in sys.modules])"
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert said.stdout.strip() == "[]"

    def test_it_is_installed_here_or_says_how_to_install_it(self, example: Example) -> None:
        found = example.engine.availability()
        assert found.devices
        assert found.reason is None, found.reason

    def test_its_settings_refuse_unknown_keys(self, example: Example) -> None:
        settings = example.case.variant.settings_by_name
        example.engine.settings.model_validate(settings)
        with pytest.raises(ValidationError):
            example.engine.settings.model_validate({**settings, "no_such_setting": 1})

    def test_its_settings_have_a_schema_for_editors(self, example: Example) -> None:
        schema = example.engine.settings.model_json_schema()
        assert schema["additionalProperties"] is False

    def test_it_runs_the_example_model(self, example: Example) -> None:
        settings = example.engine.settings.model_validate(example.case.variant.settings)
        quantization = example.case.variant.quantization
        assert example.engine.refusal(example.model, settings, quantization) is None

    def test_it_refuses_another_family_in_words(self, example: Example) -> None:
        if not self.other_families:
            pytest.skip("it runs any family")
        other = dataclasses.replace(example.model, family="no-such-family", title="Some Other Model")
        settings = example.engine.settings.model_validate(example.case.variant.settings)
        said = example.engine.refusal(other, settings, example.case.variant.quantization)
        assert said is not None
        assert "Some Other Model" in english(said)

    def test_it_takes_the_example_weights(self, example: Example) -> None:
        example.engine.check(example.weights)

    @pytest.mark.parametrize("spoil", ["empty", "truncated", "random bytes", "missing"])
    def test_it_refuses_spoiled_weights(self, example: Example, spoil: str, tmp_path: Path) -> None:
        if not self.tells_bad_weights and spoil != "missing":
            pytest.skip("what is in the files is the program's business")
        for number, file in enumerate(example.weights):
            bad = tmp_path / f"{number}-{Path(file.path).name}"
            spoiled = _spoiled(Path(file.path), bad, spoil)
            files = [dataclasses.replace(f, path=str(spoiled)) if f is file else f for f in example.weights]
            with pytest.raises(UnusableWeights) as caught:
                example.engine.check(files)
            assert str(bad) in str(caught.value)
            assert caught.value.hint

    def test_its_job_is_plain_data(self, example: Example) -> None:
        job = example.job(example.case)
        assert (job.half is None) != (job.argv == ())
        json.dumps(dict(job.payload))
        assert all(isinstance(word, str) for word in (*job.argv, *job.environ, *job.environ.values()))

    def test_its_child_half_imports_nothing_of_bench(self, example: Example) -> None:
        job = example.job(example.case)
        if job.half is None:
            pytest.skip("a program, measured directly")
        for node in ast.walk(ast.parse(job.half.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "bench"]

    def test_a_trial_ends_well_with_a_transcript(self, trial: tuple[Outcome, Reading]) -> None:
        _, reading = trial
        assert reading.status is Status.OK, reading.reason
        assert reading.reason is None
        assert reading.transcript is not None

    def test_the_weights_it_was_given_are_the_ones_it_opens(self, trial: tuple[Outcome, Reading]) -> None:
        if sys.platform != "linux":
            pytest.skip("elsewhere a short opening is not seen")
        found = trial[0].proof
        assert found is not None
        assert found.proven, found.reason

    def test_greedy_decoding_repeats_itself(self, example: Example, trial: tuple[Outcome, Reading]) -> None:
        transcript = trial[1].transcript
        assert transcript is not None
        if example.job(example.case).half is not None:
            assert transcript.repeats_agree is True

    def test_segments_lie_within_the_clip_and_in_order(
        self, example: Example, trial: tuple[Outcome, Reading]
    ) -> None:
        transcript = trial[1].transcript
        assert transcript is not None
        starts = [s.start_seconds for s in transcript.segments if s.start_seconds is not None]
        assert starts == sorted(starts)
        for segment in transcript.segments:
            assert segment.confidence is None or 0.0 <= segment.confidence <= 1.0
            if segment.start_seconds is not None and segment.end_seconds is not None:
                assert 0.0 <= segment.start_seconds <= segment.end_seconds
                assert segment.start_seconds < example.clip.duration_seconds

    def test_its_measurements_are_known_metrics_once_each(self, trial: tuple[Outcome, Reading]) -> None:
        names = [measurement.name for measurement in trial[1].measurements]
        assert set(names) <= set(METRICS)
        assert len(names) == len(set(names))
        for measurement in trial[1].measurements:
            assert measurement.source or measurement.reason
            assert measurement.value is None or measurement.value >= 0

    def test_stages_fit_into_the_transcription(self, trial: tuple[Outcome, Reading]) -> None:
        outcome, reading = trial
        found = {
            m.name: m.value for m in (*outcome.measurements, *reading.measurements) if m.value is not None
        }
        stages = ("mel_seconds", "encode_seconds", "prefill_seconds", "decode_seconds")
        whole = found.get("transcribe_seconds")
        if whole is not None:
            assert sum(found.get(stage, 0.0) for stage in stages) <= whole * 1.001

    def test_the_device_that_ran_is_told(self, trial: tuple[Outcome, Reading]) -> None:
        if not self.tells_device:
            pytest.skip("nothing it prints names a device")
        backend = trial[1].backend
        assert backend is not None
        assert backend.device
        assert backend.source

    def test_another_device_than_asked_for_is_no_success(self, example: Example, tmp_path: Path) -> None:
        if not self.tells_device:
            pytest.skip("nothing it prints names a device")
        absent = "cuda" if sys.platform == "darwin" else "metal"
        _, reading = run_case(example, tmp_path / "log", case=on_device(example.case, absent))
        assert reading.status is Status.WRONG_BACKEND
        assert reading.reason is not None
        assert absent in english(reading.reason)

    @pytest.mark.parametrize("status", [Status.CRASHED, Status.TIMEOUT, Status.MEMORY, Status.FAILED])
    def test_it_reads_a_child_that_told_nothing(self, example: Example, status: Status) -> None:
        silent = Outcome(
            status=status,
            reason=told("as the launcher says"),
            events=(),
            stdout="",
            stderr="",
            measurements=(),
        )
        reading = example.engine.read(example.case, example.settings_of(example.case), silent)
        assert reading.status is status
        assert reading.reason == silent.reason
        assert reading.transcript is None


def _spoiled(good: Path, bad: Path, how: str) -> Path:
    """A file, or a folder with its largest file, spoiled."""
    if how == "missing":
        return bad
    if good.is_dir():
        bad.mkdir()
        return bad
    content = good.read_bytes()
    match how:
        case "empty":
            bad.write_bytes(b"")
        case "truncated":
            bad.write_bytes(content[: len(content) // 2])
        case _:
            bad.write_bytes(random.Random(1).randbytes(4096))
    return bad

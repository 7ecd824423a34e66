"""Real Whisper on real Russian speech: through the launcher, and end to end through the program."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import launch
from bench.assets import fetch_clip, fetch_weights
from bench.config import load_suite
from bench.contract import Outcome, Reading
from bench.domain import Case, FetchedClip, Status, Suite
from bench.engines import registry
from bench.engines.pywhispercpp import ENGINE, WhisperSettings
from bench.journal import read_run
from bench.language import english
from bench.quality import normalizer, score

CONFIGS = Path(__file__).parents[2] / "configs"
# Spinning threads starve each other on a busy machine; no figure of these tests is a benchmark's.
CALM = {"OMP_WAIT_POLICY": "PASSIVE"}


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(CONFIGS / "smoke.yaml")


@pytest.fixture(scope="module")
def clip(suite: Suite) -> FetchedClip:
    return fetch_clip(next(iter(suite.clips.values())))


def heard(suite: Suite, case: Case, clip: FetchedClip, log: Path, passes: int = 1) -> tuple[Outcome, Reading]:
    model = suite.models[case.model]
    engine = registry.get(case.variant.engine)
    weights = fetch_weights(model, case.variant.quantization, engine.weights_format)
    settings = registry.settings_of(case.variant)
    job = engine.job(case, settings, model, clip, weights)
    outcome = launch.run(
        type(job)(half=job.half, payload=job.payload, environ=CALM),
        audio=Path(clip.path),
        passes=passes,
        limits=launch.Limits(timeout_seconds=300),
        log=log,
        sample_hz=50,
    )
    return outcome, engine.read(case, settings, outcome)


@pytest.fixture(scope="module")
def twice(
    suite: Suite, clip: FetchedClip, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Outcome, Reading]:
    """The f16 case, two passes in one child."""
    return heard(suite, suite.cases[0], clip, tmp_path_factory.mktemp("logs") / "trial.log", passes=2)


def test_it_hears_what_was_read(twice: tuple[Outcome, Reading], clip: FetchedClip) -> None:
    _, reading = twice
    assert reading.status is Status.OK, reading.reason
    assert reading.transcript is not None
    assert clip.reference is not None
    wer = score(clip.reference, reading.transcript.text, normalizer("ru-1", "ru")).wer
    assert wer is not None
    assert wer < 0.25


def test_greedy_decoding_repeats_itself(twice: tuple[Outcome, Reading]) -> None:
    assert twice[1].transcript is not None
    assert twice[1].transcript.repeats_agree is True


def test_segments_have_times_tokens_and_confidence(twice: tuple[Outcome, Reading]) -> None:
    transcript = twice[1].transcript
    assert transcript is not None
    assert transcript.language == "ru"
    assert transcript.segments
    for segment in transcript.segments:
        assert segment.start_seconds is not None
        assert segment.end_seconds is not None
        assert 0 <= segment.start_seconds <= segment.end_seconds <= 30
        assert segment.confidence is not None
        assert 0 < segment.confidence < 1
        assert segment.tokens


@pytest.mark.skipif(sys.platform != "linux", reason="the Linux wheel has the CPU backend alone")
def test_the_backend_is_read_from_the_engines_log(twice: tuple[Outcome, Reading]) -> None:
    backend = twice[1].backend
    assert backend is not None
    assert backend.device == "cpu"
    assert "AVX" in backend.detail or "NEON" in backend.detail


def test_the_process_holds_at_least_its_weights(twice: tuple[Outcome, Reading]) -> None:
    values = {m.name: m.value for m in twice[0].measurements}
    assert values["peak_rss_bytes"] is not None
    assert values["peak_rss_bytes"] > 147_951_465
    assert values["rss_before_load_bytes"] is None or values["rss_before_load_bytes"] < 100e6


@pytest.mark.skipif(sys.platform != "linux", reason="ru_inblock")
def test_an_evicted_start_reads_the_weights_from_the_disk_and_a_warm_one_does_not(tmp_path: Path) -> None:
    weights = 147_951_465
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "bench",
                "run",
                str(suite_with_evicted_starts(tmp_path)),
                "--blocks",
                "2",
            ),
            *("--out", str(tmp_path / "reports"), "--logs", str(tmp_path / "logs")),
        ],
        capture_output=True,
        text=True,
        env={**os.environ},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = (record for record in read_run(tmp_path / "reports" / "cold" / "latest").records)
    [name] = [Path(file.path).name for file in first.weights]
    facts = first.conditions.facts
    assert facts[f"evicted_start_resident_before {name}"] == 0.0
    assert facts[f"evicted_start_resident_after {name}"] > 0.9
    # Under memory pressure the kernel may take back some pages meanwhile.
    assert min(facts[f"resident_before {name}"], facts[f"resident_after {name}"]) > 0.9
    read = first.value("evicted_read_bytes")
    assert read is not None, first.measurements["evicted_read_bytes"].reason
    assert 0.98 * weights < read < 1.2 * weights
    assert max(each.value("read_bytes") or 0.0 for each in (first, second)) < 0.2 * weights
    assert first.value("evicted_load_seconds") is not None
    assert "evicted_load_seconds" not in second.measurements


def suite_with_evicted_starts(folder: Path) -> Path:
    """Whisper base f16 on ten seconds, one evicted start."""
    path = folder / "cold.yaml"
    path.write_text(
        "name: cold\ntitle: Cold\nmodels: [whisper-base]\nvariants: [f16]\nclips: [festvox-ru/read-10s]\n"
        "defaults: {engine: pywhispercpp, settings: {language: ru}, environ: {OMP_WAIT_POLICY: PASSIVE}}\n"
        "protocol: {evicted_starts: 1, rerun_disturbed: false}\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="the macOS wheel has Metal")
def test_a_case_that_asked_for_metal_and_ran_on_the_cpu_is_not_ok(
    suite: Suite, twice: tuple[Outcome, Reading]
) -> None:
    case = suite.cases[0]
    asked = replace(case, variant=replace(case.variant, device="metal"))
    reading = ENGINE.read(asked, WhisperSettings(), twice[0])
    assert reading.status is Status.WRONG_BACKEND
    assert "asked for metal, ran on cpu" in english(reading.reason)


def test_a_window_is_primed_with_the_text_before_it_only_where_the_case_says_so(tmp_path: Path) -> None:
    """Unprimed, whisper.cpp hears the words that transcribe.cpp hears in the same file; primed, others."""
    pytest.importorskip("transcribe_cpp")
    suite = load_suite(CONFIGS / "engines-side-by-side.yaml")
    whispercpp = next(case for case in suite.cases if case.variant.name == "whispercpp-f16")
    transcribecpp = next(case for case in suite.cases if case.variant.name == "transcribecpp-f16")
    primed = replace(
        whispercpp,
        variant=replace(
            whispercpp.variant, settings={**whispercpp.variant.settings_by_name, "carry_context": True}
        ),
    )
    clip = fetch_clip(suite.clips[whispercpp.clip])
    texts = []
    for number, case in enumerate((whispercpp, transcribecpp, primed)):
        _, reading = heard(suite, case, clip, tmp_path / f"{number}.log")
        assert reading.transcript is not None, reading.reason
        texts.append(reading.transcript.text)
    words = normalizer("ru-1", "ru")
    alike, different = (score(texts[0], text, words).wer for text in texts[1:])
    assert alike is not None
    assert different is not None
    assert alike < 0.02
    assert different > alike


def test_a_prompt_that_whispercpp_would_drop_is_refused() -> None:
    with pytest.raises(ValueError, match="set carry_context: true"):
        WhisperSettings(prompt="Гусев")
    assert WhisperSettings(prompt="Гусев", carry_context=True).prompt == "Гусев"


def test_the_program_measures_the_smoke_suite_and_writes_both_reports(tmp_path: Path) -> None:
    """What `make smoke` does, with one block."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench", "run", str(CONFIGS / "smoke.yaml"), "--blocks", "1"),
            *("--out", str(tmp_path / "reports"), "--logs", str(tmp_path / "logs")),
        ],
        capture_output=True,
        text=True,
        env={**os.environ},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run = tmp_path / "reports" / "smoke" / "latest"
    data = read_run(run)
    assert {record.status for record in data.records} == {Status.OK}
    for language in ("ru", "en"):
        text = (run / f"report.{language}.md").read_text(encoding="utf-8")
        assert "Whisper base" in text
        assert "Q4_0" in text
    log = run / str(data.records[0].log)
    assert log.is_file()

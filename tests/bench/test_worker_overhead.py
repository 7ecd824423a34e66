"""What the worker costs over a bare pywhispercpp script: memory and time, paired and interleaved.

Both run under the same supervisor, so that the same `wait4` weighs them.  Bars: peak RSS within
5 MB, transcription within 1 %.  One thread, so that the processor time of the whole process, which
neighbours disturb less than the clock, stands beside.  ASR_QUANT_BENCH_PAIRS is the number of pairs
(default 12).  An interval that reaches over the bar is no pass and no failure: it is skipped, with
the figures; take an idle machine then, or more pairs.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench import launch
from bench.config import load_suite
from bench.contract import Job, Outcome
from bench.domain import Status
from bench.prepare import Ready, prepare
from bench.statistics import Comparison, compare_paired, summarize

BARE = Path(__file__).with_name("bare_pywhispercpp.py")
SMOKE = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"
PAIRS = int(os.environ.get("ASR_QUANT_BENCH_PAIRS", "12"))
MEMORY_BAR_BYTES = 5e6
TIME_BAR = 1.01


@pytest.fixture(scope="module")
def jobs() -> tuple[Path, Mapping[str, Job]]:
    """The smoke suite's baseline as a worker's job and as the bare script's; the clip."""
    pytest.importorskip("pywhispercpp")
    prepared = prepare(load_suite(SMOKE))
    case = next(case for case in prepared.suite.cases if case.is_baseline)
    found = prepared.cases[case.id]
    assert isinstance(found, Ready), found
    job = found.engine.job(case, found.settings, prepared.suite.models[case.model], found.clip, found.weights)
    worker = replace(job, payload={**job.payload, "threads": 1})
    clip = Path(found.clip.path)
    argv = (sys.executable, "-I", str(BARE), json.dumps(dict(worker.payload)), str(clip))
    return clip, {"worker": worker, "bare": Job(argv=argv, environ=worker.environ)}


def test_the_worker_costs_next_to_nothing(jobs: tuple[Path, Mapping[str, Job]], tmp_path: Path) -> None:
    clip, arms = jobs
    memory: dict[str, list[float]] = {"worker": [], "bare": []}
    seconds: dict[str, list[float]] = {"worker": [], "bare": []}
    processor: dict[str, list[float]] = {"worker": [], "bare": []}
    texts = set()
    for number in range(PAIRS):
        order = ("worker", "bare") if number % 2 else ("bare", "worker")
        for arm in order:
            outcome = launch.run(
                arms[arm],
                audio=clip,
                passes=1,
                limits=launch.Limits(timeout_seconds=300),
                log=tmp_path / f"{arm}.log",
                sample_hz=50,
            )
            assert outcome.status is Status.OK, outcome.reason
            spent, text = _heard(outcome)
            seconds[arm].append(spent)
            processor[arm].append(_value(outcome, "user_seconds") + _value(outcome, "system_seconds"))
            memory[arm].append(_value(outcome, "peak_rss_bytes"))
            texts.add(" ".join(text.split()))
    assert len(texts) == 1, "both decode the same way"
    excess = summarize(worker - bare for worker, bare in zip(memory["worker"], memory["bare"], strict=True))
    ratio = compare_paired(zip(seconds["worker"], seconds["bare"], strict=True))
    work = compare_paired(zip(processor["worker"], processor["bare"], strict=True))
    assert excess is not None
    middle = {arm: statistics.median(values) for arm, values in memory.items()}
    print(
        f"\n{PAIRS} pairs on {clip.name}"
        f"\npeak RSS     worker {middle['worker'] / 1e6:.2f} MB, bare {middle['bare'] / 1e6:.2f} MB,"
        f" excess {excess.median / 1e6:+.2f} MB [{excess.minimum / 1e6:+.2f} .. {excess.maximum / 1e6:+.2f}]"
        f"\ntranscribe   worker {statistics.median(seconds['worker']):.4f} s,"
        f" bare {statistics.median(seconds['bare']):.4f} s,"
        f" ratio {_shown(ratio)}"
        f"\nprocessor    ratio of the whole process's time {_shown(work)}"
    )
    assert excess.median < MEMORY_BAR_BYTES
    for found in (ratio, work):
        assert found.low is not None
        assert found.low < TIME_BAR, "the worker is slower than the bar allows, beyond the noise"
    if ratio.high is None or ratio.high >= TIME_BAR:
        pytest.skip(f"too noisy to tell: transcription ratio {_shown(ratio)}, processor time {_shown(work)}")


def _shown(found: Comparison) -> str:
    return f"{found.ratio:.4f} [{found.low:.4f} .. {found.high:.4f}]"


def _heard(outcome: Outcome) -> tuple[float, str]:
    """Seconds of the transcription and its text, from the event or the bare script's own words."""
    event = outcome.event("transcribed")
    if event is not None:
        return _value(outcome, "transcribe_seconds"), event.data["result"]["text"]
    said = json.loads(outcome.stdout.strip().splitlines()[-1])
    return said["transcribe_seconds"], said["text"]


def _value(outcome: Outcome, name: str) -> float:
    found = next(each for each in outcome.measurements if each.name == name)
    assert found.value is not None, found.reason
    return found.value

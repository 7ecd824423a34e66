"""The worker around pywhispercpp against whisper.cpp's own program, built from the binding's own sources.

Paired and interleaved, under the same supervisor, Whisper base f16 on ten seconds, one thread.  The binding's wheel and the
program are built by different compilers for different processors, so the ratio of times is that of two builds and of
two paths: it is printed, and held to no more than 10 %.  Peak RSS: within 60 MB, which the interpreter and numpy are.
ASR_QUANT_BENCH_PAIRS is the number of pairs (default 12).  An interval that reaches over the bar is no pass and no
failure: it is skipped, with the figures; take an idle machine then, or more pairs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from native_whispercpp import whisper_cli

from bench import launch
from bench.config import load_suite
from bench.contract import Job, Outcome
from bench.domain import Status
from bench.prepare import Ready, prepare
from bench.statistics import compare_paired, summarize

SMOKE = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"
PAIRS = int(os.environ.get("ASR_QUANT_BENCH_PAIRS", "12"))
TIME_BAR = 1.10
MEMORY_BAR_BYTES = 60e6

_LOAD = re.compile(r"load time =\s*([\d.]+) ms")
_TOTAL = re.compile(r"total time =\s*([\d.]+) ms")


@pytest.fixture(scope="module")
def arms() -> tuple[Path, Mapping[str, Job]]:
    """The clip; the smoke suite's baseline as a worker's job and as the program's command."""
    pytest.importorskip("pywhispercpp")
    prepared = prepare(load_suite(SMOKE))
    case = next(case for case in prepared.suite.cases if case.is_baseline)
    found = prepared.cases[case.id]
    assert isinstance(found, Ready), found
    job = found.engine.job(case, found.settings, prepared.suite.models[case.model], found.clip, found.weights)
    worker = replace(job, payload={**job.payload, "threads": 1})
    options = ("-l", "ru", "-t", "1", "-bs", "1", "-bo", "1", "-nf", "-mc", "0", "-nt", "-ng")
    flash = () if worker.payload["flash_attention"] else ("-nfa",)
    argv = (str(whisper_cli()), "-m", found.weights[0].path, "-f", found.clip.path, *options, *flash)
    return Path(found.clip.path), {"worker": worker, "native": Job(argv=argv, environ=worker.environ)}


def test_the_worker_is_as_good_as_the_native_program(
    arms: tuple[Path, Mapping[str, Job]], tmp_path: Path
) -> None:
    clip, jobs = arms
    memory: dict[str, list[float]] = {"worker": [], "native": []}
    seconds: dict[str, list[float]] = {"worker": [], "native": []}
    texts = set()
    for number in range(PAIRS):
        for arm in ("worker", "native") if number % 2 else ("native", "worker"):
            outcome = launch.run(
                jobs[arm],
                audio=clip,
                passes=1,
                limits=launch.Limits(timeout_seconds=300),
                log=tmp_path / f"{arm}.log",
                sample_hz=50,
            )
            assert outcome.status is Status.OK, outcome.reason
            spent, text = _heard(outcome)
            seconds[arm].append(spent)
            memory[arm].append(_value(outcome, "peak_rss_bytes"))
            texts.add(" ".join(text.split()))
    excess = summarize(ours - theirs for ours, theirs in zip(memory["worker"], memory["native"], strict=True))
    ratio = compare_paired(zip(seconds["worker"], seconds["native"], strict=True))
    assert excess is not None
    print(
        f"\n{PAIRS} pairs on {clip.name}"
        f"\npeak RSS     worker less native {excess.median / 1e6:+.2f} MB"
        f" [{excess.minimum / 1e6:+.2f} .. {excess.maximum / 1e6:+.2f}]"
        f"\ntranscribe   worker / native {ratio.ratio:.4f} [{ratio.low:.4f} .. {ratio.high:.4f}]"
    )
    assert len(texts) == 1, "both decode the same way"
    assert abs(excess.median) < MEMORY_BAR_BYTES
    assert ratio.low is not None
    assert ratio.low < TIME_BAR, "the worker is slower than the bar allows, beyond the noise"
    if ratio.high is None or ratio.high >= TIME_BAR:
        pytest.skip(f"too noisy to tell: {ratio.ratio} [{ratio.low} .. {ratio.high}]")


def _heard(outcome: Outcome) -> tuple[float, str]:
    """Seconds of the transcription and its text, from the event or the program's own words."""
    event = outcome.event("transcribed")
    if event is not None:
        return _value(outcome, "transcribe_seconds"), event.data["result"]["text"]
    load, total = _LOAD.search(outcome.stderr), _TOTAL.search(outcome.stderr)
    assert load is not None, outcome.stderr
    assert total is not None, outcome.stderr
    return (float(total[1]) - float(load[1])) / 1000, outcome.stdout


def _value(outcome: Outcome, name: str) -> float:
    found = next(each for each in outcome.measurements if each.name == name)
    assert found.value is not None, found.reason
    return found.value

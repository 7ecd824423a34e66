"""What a Dask worker that has nothing to do costs a timed child on its host: A/A with it and without, interleaved.

The head runs on the same host, which is the worst case.  The child computes on one thread for about two seconds, and on
all cores where ASR_QUANT_BENCH_THREADS says so.  ASR_QUANT_BENCH_PAIRS is the number of pairs (20).  The bar is
half a per cent of wall time; an interval that reaches over it is skipped with the figures.  Needs an idle machine.
The processor time that worker and head take while they wait is printed beside: it needs no idle one.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

import fake_engine
import fleets
import psutil
import pytest

from bench import launch
from bench.contract import Job
from bench.domain import Status
from bench.statistics import compare_paired

PAIRS = int(os.environ.get("ASR_QUANT_BENCH_PAIRS", "20"))
THREADS = int(os.environ.get("ASR_QUANT_BENCH_THREADS", "1"))
WORK = """
import hashlib, sys, threading
def work():
    block = bytes(1 << 20)
    for _ in range(900):
        hashlib.sha256(block).digest()
threads = [threading.Thread(target=work) for _ in range(int(sys.argv[1]))]
[each.start() for each in threads]
[each.join() for each in threads]
"""
WALL_BAR = 1.005
IDLE_BAR = 0.02  # of one core, worker and head together
IDLE_SECONDS = 20.0


def wall_of(folder: Path) -> float:
    outcome = launch.run(
        Job(argv=(sys.executable, "-I", "-c", WORK, str(THREADS)), environ={}),
        audio=folder / "u1.wav",
        passes=1,
        limits=launch.Limits(timeout_seconds=120),
        log=folder / "child.log",
        sample_hz=50,
    )
    assert outcome.status is Status.OK, outcome.reason
    return next(each.value or 0.0 for each in outcome.measurements if each.name == "wall_seconds")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_engine.install()
    fleets.make_suite(tmp_path, 1)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_a_waiting_worker_costs_a_timed_child_nothing_to_speak_of(folder: Path) -> None:
    beside, alone = [], []
    for number in range(PAIRS):
        pair = {}
        for with_worker in (True, False) if number % 2 else (False, True):
            fleet = (
                fleets.a_fleet(folder, 1, ("--label", "here")) if with_worker else contextlib.nullcontext()
            )
            with fleet:
                time.sleep(2.0)
                pair[with_worker] = wall_of(folder)
        beside.append(pair[True])
        alone.append(pair[False])
    found = compare_paired(zip(beside, alone, strict=True))
    print(f"\n{PAIRS} pairs: wall with a worker over without {found.ratio} [{found.low} .. {found.high}]")
    assert found.low is not None
    assert found.low < WALL_BAR, "a waiting worker slows its host down, beyond the noise"
    if found.high is None or found.high >= WALL_BAR:
        pytest.skip(f"too noisy to tell: {found.ratio:.4f} [{found.low:.4f} .. {found.high:.4f}]")


def test_a_waiting_worker_and_its_head_take_next_to_no_processor_time(folder: Path) -> None:
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(fleets.a_head(folder, fleets.free_port()))
        stack.enter_context(fleets.a_worker(folder, address, "--label", "here"))
        mine = [each for each in psutil.Process().children(recursive=True) if "-c" in each.cmdline()]
        time.sleep(3.0)
        before = [sum(each.cpu_times()[:2]) for each in mine]
        time.sleep(IDLE_SECONDS)
        spent = [sum(each.cpu_times()[:2]) - was for each, was in zip(mine, before, strict=True)]
    print(f"\nof one core: {[f'{each / IDLE_SECONDS:.2%}' for each in spent]} (head, worker)")
    assert len(spent) == 2
    assert sum(spent) / IDLE_SECONDS < IDLE_BAR

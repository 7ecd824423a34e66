"""What the heartbeat of a Dask worker that has nothing to do costs a timed child on its host: A/A with it and without.

`python -m pytest -s tests/bench/test_fleet_heartbeat.py`, about three minutes.  Head and worker run on the same host,
which is the worst case; in turns they are frozen (SIGSTOP) and go on.  The child computes on one thread for a second or two, and on
all cores where ASR_QUANT_BENCH_THREADS says so.  ASR_QUANT_BENCH_PAIRS is the number of pairs (24).  The bar is
half a per cent of wall time: it fails where the interval of the pairs' ratios lies beyond it, and is skipped with its figures where they do
not tell.  Needs an idle machine.  The processor time that worker and head take while they wait is printed beside: it needs no idle one.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import fake_engine
import fleets
import psutil
import pytest
from paired import ratio

from bench import launch
from bench.contract import Job
from bench.domain import Status

PAIRS = int(os.environ.get("ASR_QUANT_BENCH_PAIRS", "24"))
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
SETTLE_SECONDS, PAUSE_SECONDS = 3.0, 1.0


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


@contextlib.contextmanager
def head_and_worker(folder: Path) -> Iterator[list[psutil.Process]]:
    """Both, with nothing to do."""
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(fleets.a_head(folder, fleets.free_port()))
        stack.enter_context(fleets.a_worker(folder, address, "--label", "here"))
        mine = [each for each in psutil.Process().children(recursive=True) if "-c" in each.cmdline()]
        assert len(mine) == 2
        time.sleep(SETTLE_SECONDS)
        try:
            yield mine
        finally:
            for each in mine:
                each.resume()


def test_a_waiting_worker_costs_a_timed_child_nothing_to_speak_of(folder: Path) -> None:
    beside, alone = [], []
    with head_and_worker(folder) as processes:
        for number in range(PAIRS):
            pair = {}
            for awake in (True, False) if number % 2 else (False, True):
                for each in processes:
                    each.resume() if awake else each.suspend()
                time.sleep(PAUSE_SECONDS)
                pair[awake] = wall_of(folder)
            beside.append(pair[True])
            alone.append(pair[False])
    found = ratio(beside, alone)
    print("\n\n| wall seconds of a child | median | least | most |\n|---|---|---|---|")
    for name, values in (("head and worker awake", beside), ("both frozen", alone)):
        print(f"| {name} | {statistics.median(values):.4f} | {min(values):.4f} | {max(values):.4f} |")
    print(f"awake over frozen: {found}")
    found.must_stay_below(WALL_BAR)


def test_a_waiting_worker_and_its_head_take_next_to_no_processor_time(folder: Path) -> None:
    with head_and_worker(folder) as mine:
        before = [sum(each.cpu_times()[:2]) for each in mine]
        time.sleep(IDLE_SECONDS)
        spent = [sum(each.cpu_times()[:2]) - was for each, was in zip(mine, before, strict=True)]
    print(f"\nof one core: {[f'{each / IDLE_SECONDS:.2%}' for each in spent]} (head, worker)")
    assert sum(spent) / IDLE_SECONDS < IDLE_BAR

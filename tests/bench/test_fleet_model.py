"""The model of a fleet against real workers: 1, 2 and 4 processes and Dask workers whose hearing takes its time asleep.

A child that sleeps needs no core, so that four workers are four on any machine, and what is left over the sleep
is what shares, processes and the head cost: what the model is about.  The costs are fitted to one worker's pass; two
and four are then forecast.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import fake_engine
import fleets
import pytest

from bench.executor import Executor
from bench.fleet.on_dask import DaskExecutor
from bench.fleet.processes import LocalProcesses
from bench.fleet.simulation import Costs, Fleet, PassWork, forecast

UTTERANCES, SLEEP, SHARE_SECONDS = 60, 0.25, 10.0
ERROR = 0.15


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_engine.install()
    asleep = f"{{engine: fake, settings: {{seconds_a_window: {SLEEP}}}}}"
    suite = fleets.SUITE.replace("{engine: fake}", asleep).replace("floor: 2", "floor: 0")
    fleets.make_suite(tmp_path, UTTERANCES, suite)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


@contextlib.contextmanager
def executor_of(name: str, count: int, folder: Path) -> Iterator[Executor]:
    if name == "processes":
        with contextlib.closing(LocalProcesses(count, setup=fake_engine.install)) as processes:
            yield processes
        return
    with fleets.a_fleet(folder, count) as address, contextlib.closing(DaskExecutor(address)) as cluster:
        yield cluster


def measured(name: str, count: int, folder: Path) -> tuple[float, float, float]:
    """Seconds of a pass, of its speech, and asleep."""
    with executor_of(name, count, folder) as executor:
        made, _ = fleets.a_pass(folder, executor, share_seconds=SHARE_SECONDS)
        begun = time.monotonic()
        made.run()
        wall = time.monotonic() - begun
    records = fleets.records_of(made.folders.run)
    spoken = sum(each.seconds for each in records if each.variant == "f16")
    return wall, spoken, SLEEP * sum(each.windows for each in records)


@pytest.mark.parametrize("name", ["processes", "dask"])
def test_two_and_four_workers_take_what_the_model_says(folder: Path, name: str) -> None:
    one, spoken, asleep = measured(name, 1, folder)
    work = PassWork(
        hours=spoken / 3600, utterance_seconds=spoken / UTTERANCES, listeners=3, share_seconds=SHARE_SECONDS
    )
    share = (one - asleep) / work.shares
    costs = Costs(real_time_factor=asleep / spoken, share=share, head_share=0.005, head_record=0.0003)
    print(f"{name} 1: {one:.1f} s, of which {asleep:.1f} s asleep; {share:.2f} s a share")
    for count in (2, 4):
        wall, _, _ = measured(name, count, folder)
        expected = forecast(work, Fleet(workers=count), costs)
        print(
            f"{name} {count}: {wall:.1f} s, forecast {expected.wall_seconds:.1f} s, "
            f"{one / wall:.2f} times one worker"
        )
        assert wall == pytest.approx(expected.wall_seconds, rel=ERROR)

"""What several workers gain, and what Dask costs beside processes of this machine; needs two idle cores.

`python -m pytest -s tests/bench/test_fleet_speed.py`, at most four minutes.  A pass of ASR_QUANT_BENCH_UTTERANCES (4)
utterances by two variants of Whisper base, a share an utterance, each worker one thread, heard in turns by one and by two local
processes and by two Dask workers, which all stay: at least ASR_QUANT_BENCH_ROUNDS (4) rounds, and more of them while
ASR_QUANT_BENCH_SECONDS (200) last.  Bars: two workers at least 1.8 times as quick as one; Dask within 3 % of local processes.
A bar fails where the interval of the rounds' ratios lies beyond it and is skipped with its figures where they do not tell.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import fleets
import pytest
from paired import ratio

from bench import host, session
from bench.config import load_suite
from bench.executor import Executor
from bench.fleet.on_dask import DaskExecutor
from bench.fleet.processes import LocalProcesses
from bench.fleet.simulation import Costs, Fleet, PassWork, forecast
from bench.folders import new_folders, start
from bench.journal import RECORDS
from bench.listening.passes import QualityPass
from bench.prepare import Prepared, prepare
from bench.quality.utterances import read_utterances

SUITE = Path(__file__).resolve().parents[2] / "configs" / "whisper-base-quality.yaml"
UTTERANCES = int(os.environ.get("ASR_QUANT_BENCH_UTTERANCES", "4"))
ROUNDS = int(os.environ.get("ASR_QUANT_BENCH_ROUNDS", "4"))
SECONDS = float(os.environ.get("ASR_QUANT_BENCH_SECONDS", "200"))
SHARE_SECONDS = 0.1  # one utterance a share
ONE, TWO, DASK = "1 process", "2 processes", "2 Dask workers"
GAIN_BAR, DASK_BAR = 1.8, 1.03
MODEL_ERROR = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A pass: its seconds of wall time, of speech, and of its children's processor time."""

    wall: float
    spoken: float
    busy: float


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    pytest.importorskip("pywhispercpp")
    asked = session.select(load_suite(SUITE), ["*.f16.*", "*.q8_0.*"])
    whole = asked.quality.corpora[0]
    clean = tuple(each for each in whole.conditions if each.kind == "clean")
    part = dataclasses.replace(whole, utterances=UTTERANCES, hours=None, conditions=clean)
    quality = dataclasses.replace(asked.quality, corpora=(part,), floor=0)
    found = prepare(dataclasses.replace(asked, quality=quality))
    assert not found.blocked
    return found


def heard(prepared: Prepared, executor: Executor, folder: Path) -> Heard:
    """A pass by the executor into a new run."""
    folders = new_folders(prepared.suite.name, reports=folder / "reports", logs=folder / "logs")
    start(folders, prepared.suite, host.describe())
    (folders.run / RECORDS).touch()
    made = QualityPass(
        prepared=prepared,
        folders=folders,
        host=host.describe(),
        workers=1,
        watcher=fleets.Watching(),
        memory_bytes=1e12,
        executor=executor,
        share_seconds=SHARE_SECONDS,
    )
    begun = time.monotonic()
    made.run()
    wall = time.monotonic() - begun
    records, _ = read_utterances(folders.run)
    assert len(records) == 2 * UTTERANCES
    spoken = sum(each.seconds for each in records if each.variant == records[0].variant)
    return Heard(wall=wall, spoken=spoken, busy=sum(each.cpu_seconds or 0.0 for each in records))


@pytest.fixture(scope="module")
def rounds(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Heard]]:
    folder = tmp_path_factory.mktemp("fleet")
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(fleets.a_fleet(folder, 2))
        executors: dict[str, Executor] = {
            ONE: stack.enter_context(contextlib.closing(LocalProcesses(1))),
            TWO: stack.enter_context(contextlib.closing(LocalProcesses(2))),
            DASK: stack.enter_context(contextlib.closing(DaskExecutor(address))),
        }
        found: dict[str, list[Heard]] = {name: [] for name in executors}
        longest = 0.0
        while len(found[ONE]) < ROUNDS or time.monotonic() - begun + longest < SECONDS:
            at = time.monotonic()
            names = list(executors)
            for name in names if len(found[ONE]) % 2 == 0 else reversed(names):
                found[name].append(heard(prepared, executors[name], folder))
            longest = max(longest, time.monotonic() - at)
    print(f"\n\n| of {2 * UTTERANCES} records, seconds | {' | '.join(found)} |\n|---|{'---|' * len(found)}")
    for number, row in enumerate(zip(*found.values(), strict=True), start=1):
        print(f"| round {number} | {' | '.join(f'{each.wall:.2f}' for each in row)} |")
    return found


def walls(rounds: dict[str, list[Heard]], name: str) -> list[float]:
    return [each.wall for each in rounds[name]]


def test_two_workers_are_nearly_twice_as_quick_as_one(rounds: dict[str, list[Heard]]) -> None:
    for name in (TWO, DASK):
        gain = ratio(walls(rounds, ONE), walls(rounds, name))
        print(f"{name} are so many times as quick as {ONE}: {gain}")
        gain.must_reach(GAIN_BAR)


def test_dask_costs_little_beside_local_processes(rounds: dict[str, list[Heard]]) -> None:
    cost = ratio(walls(rounds, DASK), walls(rounds, TWO))
    print(f"{DASK} take so many times as long as {TWO}: {cost}")
    cost.must_stay_below(DASK_BAR)


def test_the_model_forecasts_two_workers_from_one(rounds: dict[str, list[Heard]]) -> None:
    """One worker's passes give the costs; the model then says what two of them take."""
    one = rounds[ONE][0]
    wall, busy = (
        statistics.median(values) for values in zip(*((h.wall, h.busy) for h in rounds[ONE]), strict=True)
    )
    work = PassWork(
        hours=one.spoken / 3600,
        utterance_seconds=one.spoken / UTTERANCES,
        listeners=2,
        share_seconds=one.spoken / UTTERANCES,
    )
    costs = Costs(
        real_time_factor=busy / one.spoken,
        share=max(0.0, wall - busy) / work.shares,
        head_share=0.01,
        head_record=0.0002,
    )
    expected = forecast(work, Fleet(workers=2), costs).wall_seconds
    measured = statistics.median(walls(rounds, TWO))
    print(f"{TWO}: forecast {expected:.1f} s, measured {measured:.1f} s")
    assert measured == pytest.approx(expected, rel=MODEL_ERROR)

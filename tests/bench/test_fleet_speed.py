"""What several workers gain, and what Dask costs beside processes of this machine; needs two idle cores.

A pass of ASR_QUANT_BENCH_UTTERANCES (60) utterances by three variants of Whisper base, each worker one thread,
heard by one and two local processes and by one and two Dask workers, interleaved ASR_QUANT_BENCH_ROUNDS (3) times.
Bars: two workers at least 1.8 times as quick as one; Dask within 3 % of local processes.  The numbers are
kept as JSON beside pytest's folder, for `test_fleet_model.py` and for whoever reads them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import fleets
import pytest

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
UTTERANCES = int(os.environ.get("ASR_QUANT_BENCH_UTTERANCES", "60"))
ROUNDS = int(os.environ.get("ASR_QUANT_BENCH_ROUNDS", "3"))
SHARE_SECONDS = 30.0
KINDS = ("processes 1", "processes 2", "dask 1", "dask 2")
MODEL_ERROR = 0.15


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    pytest.importorskip("pywhispercpp")
    asked = session.select(load_suite(SUITE), ["*.f16.*", "*.q8_0.*", "*.q4_0.*"])
    part = dataclasses.replace(asked.quality.corpora[0], utterances=UTTERANCES, hours=None)
    quality = dataclasses.replace(asked.quality, corpora=(part,), floor=0)
    found = prepare(dataclasses.replace(asked, quality=quality))
    assert not found.blocked
    return found


@contextlib.contextmanager
def executor_of(kind: str, folder: Path) -> Iterator[Executor]:
    name, count = kind.split()
    if name == "processes":
        with contextlib.closing(LocalProcesses(int(count))) as processes:
            yield processes
        return
    with (
        fleets.a_fleet(folder, int(count)) as address,
        contextlib.closing(DaskExecutor(address)) as cluster,
    ):
        yield cluster


def wall_of(prepared: Prepared, executor: Executor, folder: Path) -> tuple[float, float, float]:
    """Seconds of a pass; seconds of speech; processor seconds of its children."""
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
    assert len(records) == 3 * UTTERANCES
    spoken = sum(each.seconds for each in records if each.variant == records[0].variant)
    return wall, spoken, sum(each.cpu_seconds or 0.0 for each in records)


@pytest.fixture(scope="module")
def walls(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    folder = tmp_path_factory.mktemp("fleet")
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(ROUNDS):
        for kind in KINDS if number % 2 == 0 else reversed(KINDS):
            with executor_of(kind, folder) as executor:
                wall, spoken, _ = wall_of(prepared, executor, folder)
            found[kind].append(wall)
            print(f"{kind}: {wall:.1f} s for {spoken:.0f} s of speech")
    (folder / "walls.json").write_text(json.dumps(found))
    return found


def ratio(walls: dict[str, list[float]], over: str, under: str) -> float:
    """The median of the rounds' own ratios."""
    return statistics.median(one / other for one, other in zip(walls[over], walls[under], strict=True))


def test_two_workers_are_nearly_twice_as_quick_as_one(walls: dict[str, list[float]]) -> None:
    for name in ("processes", "dask"):
        gain = ratio(walls, f"{name} 1", f"{name} 2")
        print(f"{name}: two workers are {gain:.2f} times one")
        assert gain >= 1.8


def test_dask_costs_little_beside_local_processes(walls: dict[str, list[float]]) -> None:
    for count in (1, 2):
        overhead = ratio(walls, f"dask {count}", f"processes {count}") - 1
        print(f"{count} workers: Dask costs {overhead:+.1%}")
        assert overhead < 0.03


def test_the_model_forecasts_two_workers_from_one(
    prepared: Prepared, walls: dict[str, list[float]], tmp_path: Path
) -> None:
    """One worker's pass gives the costs; the model then says what two and four of them take."""
    one = statistics.median(walls["processes 1"])
    with executor_of("processes 1", tmp_path) as executor:
        _, spoken, busy = wall_of(prepared, executor, tmp_path)
    work = PassWork(
        hours=spoken / 3600, utterance_seconds=spoken / UTTERANCES, listeners=3, share_seconds=SHARE_SECONDS
    )
    costs = Costs(
        real_time_factor=busy / spoken,
        share=max(0.0, one - busy) / work.shares,
        head_share=0.01,
        head_record=0.0002,
    )
    cores = os.cpu_count() or 1
    for count in (2, 4):
        if count > cores:
            print(f"{count} workers: not on {cores} cores")
            continue
        expected = forecast(work, Fleet(workers=count), costs).wall_seconds
        measured = statistics.median(walls[f"processes {count}"])
        print(f"{count} workers: forecast {expected:.1f} s, measured {measured:.1f} s")
        assert measured == pytest.approx(expected, rel=MODEL_ERROR)

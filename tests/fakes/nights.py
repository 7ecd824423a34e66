"""Runs and nights made in code, for the tests of comparing, gating and history."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import records

from bench.domain import Backend, Host, Record, Status, Suite, Transcript, WeightsFile, measured
from bench.journal import RunData, create_run, write_records
from bench.regression.exact import State
from bench.regression.night import Night, NightCase
from bench.statistics.nights import NightFigure

START = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
WEIGHTS = WeightsFile(role="model", path="m.bin", bytes=10, sha256="ab" * 32)


def run_of(
    values: Mapping[str, Sequence[float]],
    *,
    metric: str = "transcribe_seconds",
    name: str = "r1",
    day: int = 0,
    host: Host = records.HOST,
    suite: Suite | None = None,
    folder: Path = Path("/nowhere"),
    **fields: Any,
) -> RunData:
    """A run whose cases are quantizations with one value a block."""
    started = (START + timedelta(days=day)).isoformat(timespec="milliseconds")
    base: dict[str, Any] = {
        "run": name,
        "started_at": started,
        "host": host.id,
        "weights": (WEIGHTS,),
        "backend": Backend(device="cpu"),
        "transcript": Transcript(text="раз два три"),
    }
    made = [
        records.record(
            f"m.{quantization}.c",
            block=block,
            **{**base, "measurements": {metric: measured(metric, value, "test")}, **fields},
        )
        for quantization, series in values.items()
        for block, value in enumerate(series, start=1)
    ]
    blocks = max((len(series) for series in values.values()), default=1)
    asked = suite or dataclasses.replace(records.suite(*values, blocks=blocks), tolerances={metric: 0.05})
    return RunData(path=folder / name, suite=asked, host=host, records=tuple(made))


def changed(run: RunData, which: str, **fields: Any) -> RunData:
    """The run with the trials of one case altered."""
    altered = tuple(
        dataclasses.replace(record, **fields) if record.case == which else record for record in run.records
    )
    return dataclasses.replace(run, records=altered)


def written(run: RunData, reports: Path) -> RunData:
    """The run on disk, as reports/SUITE/RUN."""
    path = reports / run.suite.name / run.path.name
    create_run(path, run.suite, run.host)
    write_records(path / "records.jsonl", run.records)
    return dataclasses.replace(run, path=path)


def noisy(level: float, *, noise: float, blocks: int, seed: object) -> list[float]:
    """Block values around a level."""
    random_ = random.Random(str(seed))
    return [level * math.exp(random_.gauss(0, noise)) for _ in range(blocks)]


def figure(median: float, *, n: int = 10, mad: float = 0.0) -> NightFigure:
    """A night's figure; by default of trials that agree."""
    return NightFigure(median=median, low=median, high=median, mad=mad, n=n)


def night(day: int, cases: Mapping[str, Mapping[str, NightFigure]], **fields: Any) -> Night:
    """A night with those figures."""
    version = fields.pop("engine_version", "1.0")
    state = State(status=Status.OK, engine="fake", engine_version=version, backend="cpu", transcripts=("t",))
    started = START + timedelta(days=day)
    base: dict[str, Any] = {
        "run": started.strftime("%Y%m%dT%H%M%SZ"),
        "suite": "demo",
        "machine": "h1",
        "protocol": "p",
        "started_at": started.isoformat(),
        "trials": 10,
        "verdict": "PASS",
    }
    made = {
        case: NightCase(state=state, figures=figures, quantization="q", model="m")
        for case, figures in cases.items()
    }
    return Night(cases=made, **{**base, **fields})


def only(found: Sequence[Record], case: str) -> list[Record]:
    """The trials of one case."""
    return [record for record in found if record.case == case]


def year(days: int = 365, cases: int = 30) -> list[Night]:
    """Nights with eight metrics; some lines change their level."""
    metrics = {
        "transcribe_seconds": 4.2,
        "load_seconds": 0.3,
        "wall_seconds": 5.0,
        "user_seconds": 8.0,
        "first_token_seconds": 0.9,
        "peak_rss_bytes": 2.5e8,
        "peak_anonymous_bytes": 1.8e8,
        "tokens_per_second": 44.0,
    }
    lines = {
        (case, metric): noisy(level, noise=0.012, blocks=days, seed=f"{case}{metric}")
        for case in range(cases)
        for metric, level in metrics.items()
    }
    return [
        night(
            day,
            {
                f"whisper-base.v{case}.clip": {
                    metric: figure(lines[case, metric][day] * (1.09 if day > 200 and case % 5 == 0 else 1))
                    for metric in metrics
                }
                for case in range(cases)
            },
        )
        for day in range(days)
    ]

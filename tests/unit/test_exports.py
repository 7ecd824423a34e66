"""A run in other tools' formats."""

from __future__ import annotations

import csv
import io
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import nights
import pytest
import records
from pytest_benchmark.stats import Stats

from bench.domain import Conditions, Status
from bench.errors import ReportError
from bench.exports.bencher import export_bencher
from bench.exports.pytest_benchmark import export_pytest_benchmark
from bench.exports.table import COLUMNS, export_csv
from bench.journal import RunData
from bench.reasons import told


@pytest.fixture
def run() -> RunData:
    return nights.run_of({"f16": [4.0, 4.1, 4.5, 4.2, 4.3], "q8_0": [3.0, 3.1, 9.0, 3.2]})


def test_pytest_benchmarks_own_program_compares_an_exported_run(run: RunData, tmp_path: Path) -> None:
    files = []
    for name in ("monday", "tuesday"):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(export_pytest_benchmark(run)))
        files.append(str(file))
    program = Path(sys.executable).with_name("pytest-benchmark")
    done = subprocess.run(
        [program, "compare", *files, "--columns=median,rounds"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("test_transcribe[m.q8_0.c]") == 2
    assert "4.2000" in done.stdout


@pytest.mark.parametrize("count", range(1, 14))
def test_its_statistics_are_those_pytest_benchmark_would_have_written(count: int) -> None:
    values = nights.noisy(4.0, noise=0.3, blocks=count, seed=count)
    (benchmark,) = export_pytest_benchmark(nights.run_of({"f16": values}))["benchmarks"]
    theirs: Any = Stats()  # type: ignore[no-untyped-call]  # pytest-benchmark has no types
    for value in values:
        theirs.update(value)
    ours = benchmark["stats"]
    for name, value in theirs.as_dict().items():
        assert ours[name] == (pytest.approx(value) if isinstance(value, float) else value), name


def test_only_times_go_to_pytest_benchmark(run: RunData) -> None:
    with pytest.raises(ReportError, match="peak_rss_bytes is not a duration"):
        export_pytest_benchmark(run, "peak_rss_bytes")
    with pytest.raises(ReportError, match="no case has load_seconds"):
        export_pytest_benchmark(run, "load_seconds")


def test_bencher_gets_the_median_and_its_interval(run: RunData) -> None:
    measures = export_bencher(run)["m.q8_0.c"]
    entry = measures["transcribe-seconds"]
    assert entry["value"] == statistics.median([3.0, 3.1, 9.0, 3.2])
    assert entry["lower_value"] <= entry["value"] <= entry["upper_value"]


def test_csv_has_a_line_a_trial_and_metric(run: RunData) -> None:
    rows = list(csv.DictReader(io.StringIO(export_csv(run))))
    assert len(rows) == 9
    assert tuple(rows[0]) == COLUMNS
    assert [float(row["value"]) for row in rows if row["case"] == "m.q8_0.c"] == [3.0, 3.1, 9.0, 3.2]


def test_csv_keeps_disturbed_attempts_and_says_which_count() -> None:
    made = nights.run_of({"f16": [4.0]})
    again = records.record(attempt=2)
    first = nights.changed(made, "m.f16.c", conditions=Conditions(disturbances=(told("steal"),))).records
    rows = list(
        csv.DictReader(
            io.StringIO(
                export_csv(RunData(path=made.path, suite=made.suite, host=made.host, records=(*first, again)))
            )
        )
    )
    assert {(row["attempt"], row["counts"]) for row in rows} == {("1", "no"), ("2", "yes")}


def test_csv_says_why_a_value_is_absent_and_why_a_trial_failed() -> None:
    made = nights.run_of({"f16": [4.0]})
    absent = RunData(path=made.path, suite=made.suite, host=made.host, records=(records.record(),))
    rows = {row["metric"]: row for row in csv.DictReader(io.StringIO(export_csv(absent)))}
    assert (rows["cycles"]["value"], rows["cycles"]["absent_because"]) == (
        "",
        "The processor's counters are not offered here (a virtual machine, most often).",
    )
    failed = nights.changed(
        made, "m.f16.c", status=Status.CRASHED, reason=told("=cmd|' /C calc'!A0"), measurements={}
    )
    (row,) = csv.DictReader(io.StringIO(export_csv(failed)))
    assert row["reason"].startswith("“=")  # in quotation marks it is no formula

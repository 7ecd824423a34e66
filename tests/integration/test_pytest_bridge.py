"""pytest --asr-suite: cases as pytest-benchmark tests whose time is the trials' own."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nights
import pytest
from gated_suite import lay_out, write_suite

from bench.domain import Status
from bench.journal import read_run
from bench.reasons import told

FAKES = Path(__file__).resolve().parent.parent / "fakes"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A suite with the fake engine, and a pytest project around it."""
    lay_out(tmp_path)
    (tmp_path / "conftest.py").write_text("import fake_engine\n\nfake_engine.install()\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest in a process of its own; the plugin comes in by its entry point."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(FAKES), "ASR_QUANT_BENCH_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )


def benchmarks(file: Path) -> dict[str, Any]:
    return {item["param"]: item for item in json.loads(file.read_text())["benchmarks"]}


def test_each_case_is_a_test_whose_rounds_are_its_trials(folder: Path) -> None:
    done = run_pytest(folder, "--asr-suite", "demo.yaml", "--benchmark-json", "out.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    (run,) = (path for path in (folder / "reports" / "demo").iterdir() if not path.is_symlink())
    records = read_run(run).records
    for case, found in benchmarks(folder / "out.json").items():
        own = [record.value("transcribe_seconds") for record in nights.only(records, case)]
        assert found["stats"]["data"] == pytest.approx(own)
        assert found["options"]["timer"] == "trial_seconds"
        assert found["fullname"] == f"demo.yaml::test_transcribe[{case}]"
        assert found["extra_info"]["engine"] == "fake"
    blocks = [record.block for record in records]
    assert blocks == sorted(blocks)  # interleaved: block by block, not case by case


def test_a_regression_fails_pytest_benchmarks_own_comparison(folder: Path) -> None:
    first = run_pytest(folder, "--asr-suite", "demo.yaml", "--benchmark-save=base")
    assert first.returncode == 0, first.stdout
    arguments = (
        "--asr-suite",
        "demo.yaml",
        "--benchmark-compare=0001",
        "--benchmark-compare-fail=median:25%",
    )
    write_suite(folder, seconds=0.45)
    slower = run_pytest(folder, *arguments)
    assert slower.returncode != 0
    assert "Performance has regressed" in slower.stdout + slower.stderr
    assert "m.q8_0.clip" in (slower.stdout + slower.stderr).split("Performance has regressed")[1]


def recorded(folder: Path, **fields: Any) -> str:
    """A run made in code, of a suite file's cases."""
    made = nights.run_of({"f16": [4.0, 4.2, 4.1], "q8_0": [3.0, 3.3, 3.1]})
    renamed = {case.id: case.id.removesuffix(".c") + ".clip" for case in made.suite.cases}
    records = tuple(
        dataclasses.replace(record, case=renamed[record.case], clip="clip") for record in made.records
    )
    suite = dataclasses.replace(
        made.suite,
        clips={"clip": dataclasses.replace(made.suite.clips["c"], name="clip")},
        cases=tuple(
            dataclasses.replace(case, id=renamed[case.id], clip="clip", baseline=None)
            for case in made.suite.cases
        ),
    )
    made = dataclasses.replace(made, records=records, suite=suite)
    changed = nights.changed(made, "m.q8_0.clip", **fields)
    return str(nights.written(changed, folder / "reports").path)


def test_a_recorded_run_is_replayed_in_no_time(folder: Path) -> None:
    done = run_pytest(
        folder,
        "--asr-suite",
        "demo.yaml",
        "--asr-run",
        recorded(folder),
        "--benchmark-json=out.json",
        "-k",
        "f16",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 deselected" in done.stdout
    assert benchmarks(folder / "out.json")["m.f16.clip"]["stats"]["median"] == pytest.approx(4.1)


def test_a_case_that_failed_fails_its_test_with_the_reason(folder: Path) -> None:
    run = recorded(folder, status=Status.CRASHED, reason=told("ended by SIGSEGV"), transcript=None)
    done = run_pytest(folder, "--asr-suite", "demo.yaml", "--asr-run", run)
    assert "1 failed, 1 passed" in done.stdout
    assert "m.q8_0.clip: crashed: “ended by SIGSEGV”" in done.stdout


def test_a_time_that_was_not_measured_skips_its_tests(folder: Path) -> None:
    done = run_pytest(
        folder,
        "--asr-suite",
        "demo.yaml",
        "--asr-run",
        recorded(folder),
        "--asr-metric",
        "load_seconds",
        "-rs",
    )
    assert "2 skipped" in done.stdout
    assert "no trial has load_seconds" in done.stdout


def test_what_is_no_time_is_refused(folder: Path) -> None:
    done = run_pytest(folder, "--asr-suite", "demo.yaml", "--asr-metric", "peak_rss_bytes")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "is not a duration" in done.stderr


def test_a_broken_suite_is_one_message(folder: Path) -> None:
    (folder / "demo.yaml").write_text("name: demo\nmodel: [m]\n")
    done = run_pytest(folder, "--asr-suite", "demo.yaml")
    assert done.returncode != 0
    assert "demo.yaml:2:1" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_without_the_option_nothing_changes(folder: Path) -> None:
    (folder / "test_own.py").write_text("def test_own():\n    pass\n")
    assert "1 passed" in run_pytest(folder).stdout
    assert (
        "3 passed"
        in run_pytest(folder, "test_own.py", "--asr-suite", "demo.yaml", "--asr-run", recorded(folder)).stdout
    )


def test_a_project_with_a_bench_of_its_own_is_tested_as_if_nothing_were_installed(folder: Path) -> None:
    (folder / "conftest.py").unlink()
    (folder / "bench").mkdir()
    (folder / "bench" / "__init__.py").write_text("MINE = 41\n")
    (folder / "test_mine.py").write_text("import bench\n\ndef test_mine():\n    assert bench.MINE == 41\n")
    for arguments in ((), ("-p", "no:benchmark")):
        done = run_pytest(folder, "-W", "error", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 passed" in done.stdout
    measured = run_pytest(folder, "--asr-suite", "demo.yaml")
    assert "fake" in measured.stdout  # ours, which does not know the fake engine here
    assert "demo.yaml" in measured.stdout
    (folder / "conftest.py").write_text("import bench\n")
    told = run_pytest(folder, "--asr-suite", "demo.yaml")
    assert told.returncode == pytest.ExitCode.USAGE_ERROR
    assert "have imported a `bench` of their own" in told.stderr


def test_the_entry_point_is_ours_alone_and_imports_nothing_of_bench() -> None:
    script = (
        "import sys\nfrom importlib.metadata import entry_points\n"
        "found = [e for e in entry_points(group='pytest11') if e.name == 'asr-quant-bench']\n"
        "found[0].load()\nprint(found[0].value, 'bench' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["asr_quant_bench_pytest", "False"]

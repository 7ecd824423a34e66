"""The nightly commands, with real children: gate, accept, history, export, and what stops them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import fake_engine
import pytest
from gated_suite import lay_out, write_suite
from typer.testing import CliRunner, Result

from bench.cli import app
from bench.errors import JournalError, SuiteError
from bench.regression.history import read_history

FAKES = Path(__file__).resolve().parent.parent / "fakes"


def enter(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Make it the working folder, with a cache of its own."""
    fake_engine.install()
    patch.chdir(folder)
    patch.setenv("ASR_QUANT_BENCH_CACHE", str(folder / "cache"))
    patch.setenv("COLUMNS", "200")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lay_out(tmp_path)
    enter(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three nights, accepted; made once, for copies of it."""
    folder = tmp_path_factory.mktemp("nights")
    lay_out(folder)
    with pytest.MonkeyPatch.context() as patch:
        enter(folder, patch)
        for _ in range(3):
            assert call("run", "demo.yaml").exit_code == 0
        assert call("accept", *runs(folder), "--why", "the first three").exit_code == 0
    time.sleep(1.1)  # nights count that began after the second in which the reference was accepted
    return folder


@pytest.fixture
def accepted(three_nights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an accepted reference of three nights."""
    folder = tmp_path / "copy"
    shutil.copytree(three_nights, folder, symlinks=True)
    enter(folder, monkeypatch)
    return folder


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def newest(folder: Path) -> Path:
    return max(path for path in (folder / "reports" / "demo").iterdir() if not path.is_symlink())


def runs(folder: Path) -> list[str]:
    return [str(path) for path in sorted((folder / "reports" / "demo").iterdir()) if not path.is_symlink()]


def test_a_quiet_gate_passes_twice_and_a_slowed_worker_fails_it_by_name(accepted: Path) -> None:
    """A sleep of 0.30 s, then of 0.345 s: slowed by a known 15 %."""
    for _ in range(2):
        quiet = call("gate", "demo.yaml")
        assert quiet.exit_code == 0, quiet.output
        assert "PASS" in quiet.output
    write_suite(accepted, seconds=0.345)
    slow = call("gate", "demo.yaml")
    assert slow.exit_code == 1, slow.output
    gate = json.loads((newest(accepted) / "gate.json").read_text())
    worse = [(row["case"], row["metric"]) for row in gate["series"] if row["verdict"] == "worse"]
    assert worse == [("m.q8_0.clip", "transcribe_seconds")]
    (file,) = accepted.glob("reports/history/*/demo.jsonl")
    assert [night.verdict for night in read_history(file).nights] == ["PASS", "PASS", "FAIL"]


def test_another_weights_file_fails_the_exact_gate_with_both_hashes(accepted: Path) -> None:
    (accepted / "models" / "weights.bin").write_bytes(b"FAKE" + bytes(2000))
    found = call("gate", "demo.yaml", "--exact-only")
    assert found.exit_code == 1
    assert found.output.count("sha256 was") == 2
    junit = ET.parse(newest(accepted) / "gate.junit.xml")
    assert {failure.get("type") for failure in junit.iter("failure")} == {"weights-changed"}


def test_the_whole_night_writes_history_index_page_and_summary(accepted: Path) -> None:
    summary = accepted / "summary.md"
    found = call("nightly", "demo.yaml", "--summary", str(summary))
    assert found.exit_code == 0, found.output
    assert summary.read_text().startswith("## PASS: demo")
    (history,) = accepted.glob("reports/history/*/demo.jsonl")
    assert history.with_suffix(".sqlite").is_file()
    assert newest(accepted).name in history.with_suffix(".html").read_text()
    shown = call("history", "demo.yaml")
    assert shown.exit_code == 0, shown.output
    assert "m.q8_0.clip" in shown.output
    page = call("history", "demo", "--html", "page.html", "--rebuild-index")
    assert page.exit_code == 0
    assert (accepted / "page.html").is_file()


def test_a_machine_class_is_judged_exactly_and_never_by_the_clock(folder: Path) -> None:
    assert call("run", "demo.yaml", "--blocks", "1").exit_code == 0
    (run,) = runs(folder)
    refused = call("gate", "demo.yaml", "--run", run, "--machine-class", "hosted").exception
    assert isinstance(refused, SuiteError)
    assert "--exact-only" in refused.hint
    assert call("accept", run, "--why", "first", "--machine-class", "hosted").exit_code == 0
    exact = ("--run", run, "--machine-class", "hosted", "--exact-only")
    found = call("nightly", "demo.yaml", *exact)
    assert found.exit_code == 0, found.output
    assert (folder / "reports" / "history" / "hosted" / "demo.jsonl").is_file()


def test_without_a_reference_a_gate_is_inconclusive_and_says_how_to_accept_one(folder: Path) -> None:
    found = call("gate", "demo.yaml")
    assert found.exit_code == 2
    assert "accept RUN" in found.output
    run = str(newest(folder))
    assert call("gate", "demo.yaml", "--run", run, "--inconclusive", "0").exit_code == 0


def test_two_runs_are_compared_in_every_form(folder: Path) -> None:
    call("run", "demo.yaml", "--blocks", "6")
    write_suite(folder, seconds=0.40)
    call("run", "demo.yaml", "--blocks", "6")
    base, new = runs(folder)
    assert "worse" in call("compare", base, new).output
    assert "**worse**" in call("compare", base, new, "--format", "short").output
    data = json.loads(call("compare", base, new, "--format", "json").output)
    verdicts = {row["case"]: row["verdict"] for row in data["rows"] if row["metric"] == "transcribe_seconds"}
    assert verdicts["m.q8_0.clip"] == "worse"
    variants = call("compare", new, "--base-variant", "f16", "--new-variant", "q8_0")
    assert variants.exit_code == 0
    assert "m.q8_0.clip / m.f16.clip" in variants.output


def test_a_run_is_exported_in_every_format(folder: Path) -> None:
    call("run", "demo.yaml", "--blocks", "1")
    run = str(newest(folder))
    for form in ("pytest-benchmark", "bencher", "csv", "junit"):
        out = folder / f"out.{form}"
        found = call("export", run, "--format", form, "--out", str(out))
        assert found.exit_code == 0, found.output
        assert out.stat().st_size > 100


def command(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The real program with the fake engine in its registry, in a process of its own."""
    script = "import fake_engine; fake_engine.install(); from bench.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(FAKES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_trial(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not any(file.stat().st_size for file in folder.glob("reports/demo/*/records.jsonl")):
        assert time.monotonic() < deadline, "no trial was measured"
        time.sleep(0.05)


def test_a_nightly_killed_half_way_leaves_no_half_night(folder: Path) -> None:
    process = command(folder, "nightly", "demo.yaml")
    wait_for_trial(folder)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not list(folder.glob("reports/history/*/demo.jsonl"))
    after = command(folder, "nightly", "demo.yaml")
    output, _ = after.communicate(timeout=120)
    assert after.returncode == 2, output
    (file,) = folder.glob("reports/history/*/demo.jsonl")
    found = read_history(file)
    assert (len(found.nights), found.warnings) == (1, ())


def test_two_nightlies_at_once_do_not_interleave(folder: Path) -> None:
    first = command(folder, "nightly", "demo.yaml")
    wait_for_trial(folder)
    second = command(folder, "nightly", "demo.yaml")
    output, _ = second.communicate(timeout=60)
    assert second.returncode == JournalError.exit_code
    assert "another gate of this suite is running" in output
    first.communicate(timeout=120)
    assert first.returncode == 2
    assert len(runs(folder)) == 1


def test_a_night_of_failures_fails_leaves_latest_alone_and_cannot_be_accepted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("run", "demo.yaml", "--blocks", "1").exit_code == 0
    latest = folder / "reports" / "demo" / "latest"
    good = latest.resolve()
    (folder / "models" / "weights.bin").unlink()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    flags = ("--exact-only", "--machine-class", "hosted", "--inconclusive", "0", "--summary", "summary.md")
    night = call("nightly", "demo.yaml", *flags)
    assert night.exit_code == 1, night.output
    summary = (folder / "summary.md").read_text()
    assert summary.startswith("## FAIL")
    assert "none of its 2 cases was measured" in summary
    assert "accept RUN" not in summary
    assert "::warning title=No reference yet::" in night.output
    assert newest(folder).resolve() != good
    assert latest.resolve() == good
    refused = call("accept", str(newest(folder)), "--why", "first").exception
    assert isinstance(refused, JournalError)
    assert "none of its 2 cases was measured" in refused.message

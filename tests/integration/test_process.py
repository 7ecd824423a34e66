"""The program as a process: its exit codes, its streams, its signals, and what a kill leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from gated_suite import lay_out

from bench.journal import read_run

FAKES = Path(__file__).resolve().parent.parent / "fakes"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lay_out(tmp_path)
    (tmp_path / "tmp").mkdir()
    return tmp_path


def command(folder: Path, *arguments: str, before: str = "pass", **kwargs: object) -> subprocess.Popen[bytes]:
    """The real program with the fake engine in its registry, temporary files in a folder of its own."""
    # tests may be run where both are ignored, and a child inherits that
    heard = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)"
    )
    script = (
        f"{heard}; import fake_engine; fake_engine.install(); {before}; from bench.entry import main; main()"
    )
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **kwargs}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]  # options of the caller
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(FAKES),
            "ASR_QUANT_BENCH_CACHE": str(folder / "cache"),
            "TMPDIR": str(folder / "tmp"),
        },
        **streams,
    )


def after_trials(folder: Path, process: subprocess.Popen[bytes], count: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        journals = list(folder.glob("reports/demo/2*/records.jsonl"))
        if journals and journals[0].read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.02)
    raise AssertionError(process.communicate()[0])


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_run_that_is_told_to_end_writes_its_report_and_says_how_to_go_on(
    folder: Path, number: signal.Signals, code: int
) -> None:
    process = command(folder, "run", "demo.yaml")
    after_trials(folder, process, 3)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == code, output.decode()
    assert "--resume" in output.decode()
    assert (folder / "reports/demo/latest/report.en.md").exists()
    assert list((folder / "tmp").iterdir()) == []


def test_a_bug_is_a_traceback_and_70_not_1_which_would_read_as_fail(folder: Path) -> None:
    process = command(
        folder,
        "validate",
        "demo.yaml",
        before="import bench.config; bench.config.load_suite = lambda p: 1 / 0",
    )
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 70
    assert "ZeroDivisionError" in output.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's")
@pytest.mark.parametrize(
    "arguments", [("validate", "demo.yaml"), ("engines",), ("schema",), ("plan", "demo.yaml"), ("doctor",)]
)
def test_a_full_standard_output_is_told_in_a_line(folder: Path, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        process = command(folder, *arguments, stdout=full, stderr=subprocess.PIPE)
        _, complaint = process.communicate(timeout=60)
    assert complaint.decode() == "error: standard output: No space left on device.\n"
    assert process.returncode == 74


def test_a_run_goes_on_when_nobody_reads_what_it_says(folder: Path) -> None:
    process = command(folder, "run", "demo.yaml", "--blocks", "1", stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=60) == 74
    assert len(read_run(folder / "reports/demo/latest").records) == 2


def test_closed_streams_are_not_taken_for_the_next_file(folder: Path) -> None:
    done = subprocess.run(
        f'"{sys.executable}" -m bench run demo.yaml --blocks 1 0<&- 1>&- 2>&-',
        shell=True,
        check=False,
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": f"{FAKES}:{FAKES.parents[1]}",
            "ASR_QUANT_BENCH_CACHE": str(folder / "cache"),
        },
    )
    # the fake engine is not known there, so every case is missing: told by the code alone
    assert done.returncode in (1, 64)
    found = list(folder.glob("reports/demo/2*/records.jsonl"))
    assert all(b"error" not in file.read_bytes()[:20] for file in found)


def test_what_a_killed_runner_left_is_ended_and_removed_by_the_next_command(folder: Path) -> None:
    """A helper of the engine in a session of its own survived kill -9 of its runner, and even --resume."""
    helper = folder / "helper.py"
    helper.write_text(
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        f"    open({str(folder / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(600)\n"
        "time.sleep(600)\n"
    )
    suite = (folder / "demo.yaml").read_text()
    (folder / "demo.yaml").write_text(
        suite.replace(
            "engine: fake,", f"engine: command, settings: {{argv: ['{sys.executable}', '{helper}']}}"
        )
        .replace(" settings: {first_seconds: 0.30}}", "}")
        .replace("{quantization: q8_0, settings: {first_seconds: 0.3000}}", "q8_0")
    )
    (folder / "models" / "m.yaml").write_text(
        (folder / "models" / "m.yaml").read_text().replace("format: fake", "format: program")
    )
    process = command(folder, "run", "demo.yaml")
    deadline = time.monotonic() + 60
    while not (folder / "pid").exists() or not (folder / "pid").read_text():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    stray = int((folder / "pid").read_text())
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    os.kill(stray, 0)  # it lives
    assert any((folder / "tmp").iterdir())
    output, _ = command(folder, "validate", "demo.yaml").communicate(timeout=60)
    assert f"({stray})" in output.decode()
    assert not Path(f"/proc/{stray}").exists() or "Z" in Path(f"/proc/{stray}/stat").read_text().split(")")[1]
    assert list((folder / "tmp").iterdir()) == []


@pytest.mark.skipif(not shutil.which("mount") or os.geteuid() != 0, reason="a small tmpfs needs root")
def test_a_full_temporary_folder_is_no_empty_transcript(folder: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder / "tmp"], check=False
    )
    if mounted.returncode:
        pytest.skip("this system lets nobody mount a tmpfs")
    try:
        program = folder / "says.py"
        program.write_text(
            "import os\n"
            "try:\n"
            "    with open(os.environ['TMPDIR'] + '/big', 'wb', 0) as file:\n"
            "        while True: file.write(bytes(1 << 12))\n"
            "except OSError: pass\n"
            "try: os.write(1, b'some text')\n"
            "except OSError: pass\n"
            "os._exit(0)\n"
        )
        suite = (folder / "demo.yaml").read_text()
        (folder / "demo.yaml").write_text(
            suite.replace(
                "engine: fake,", f"engine: command, settings: {{argv: ['{sys.executable}', '{program}']}}"
            )
            .replace(" settings: {first_seconds: 0.30}}", "}")
            .replace("{quantization: q8_0, settings: {first_seconds: 0.3000}}", "q8_0")
        )
        manifest = folder / "models" / "m.yaml"
        manifest.write_text(manifest.read_text().replace("format: fake", "format: program"))
        process = command(folder, "run", "demo.yaml", "--blocks", "1")
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 1, output.decode()
        found = Counter(
            r.reason.code if r.reason else "" for r in read_run(folder / "reports/demo/latest").records
        )
        assert found == {"output.no_room": 2}
    finally:
        subprocess.run(["umount", folder / "tmp"], check=True)

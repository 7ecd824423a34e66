"""Programs that make and fetch inputs end with the command that started them, with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.helpers import run_helper
from bench.scratch import sweep_left

# a program that leaves its session, as builds do, and a temporary folder
PROGRAM = """
import os, subprocess, sys, tempfile, time
folder = tempfile.mkdtemp()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
with open(os.environ["TOLD"] + ".part", "w") as file:
    file.write(f"{child.pid} {folder}")
os.rename(os.environ["TOLD"] + ".part", os.environ["TOLD"])
time.sleep(300)
"""
COMMAND = """
import os, signal, sys
from bench.commands.process import listen
from bench.helpers import run_helper
signal.signal(signal.SIGINT, signal.default_int_handler)  # both may be ignored where tests are run
signal.signal(signal.SIGHUP, signal.SIG_DFL)
listen()
run_helper([sys.executable, sys.argv[1]], environ=dict(os.environ))
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> subprocess.Popen[bytes]:
    """One that is within such a program."""
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    started = subprocess.Popen([sys.executable, "-c", COMMAND, program], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (tmp_path / "told").exists():
        assert started.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return started


def helper_of(folder: Path) -> tuple[int, Path]:
    pid, temporary = (folder / "told").read_text().split(maxsplit=1)
    return int(pid), Path(temporary)


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_whole(
    command: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    helper, temporary = helper_of(tmp_path)
    command.send_signal(number)
    command.wait(30)
    assert not runs(helper)
    assert not temporary.exists()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_after_a_kill_the_next_command_ends_it_whole(
    command: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    helper, temporary = helper_of(tmp_path)
    command.kill()
    command.wait(30)
    assert runs(helper)
    assert any(str(helper) in name for name in sweep_left())
    assert not runs(helper)
    assert not temporary.exists()


def test_it_says_what_it_said_and_how_it_ended() -> None:
    code = "import sys; print('out'); print('wrong', file=sys.stderr); sys.exit(3)"
    done = run_helper([sys.executable, "-c", code], environ=dict(os.environ))
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "wrong\n")
    echo = "import sys; print(sys.stdin.read()[::-1])"
    assert run_helper([sys.executable, "-c", echo], environ=dict(os.environ), text="abc").stdout == "cba\n"


def test_what_a_program_leaves_behind_at_its_end_is_ended_too(tmp_path: Path) -> None:
    code = """
import subprocess, sys
quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True, **quiet).pid)
"""
    done = run_helper([sys.executable, "-W", "ignore", "-c", code], environ=dict(os.environ))
    assert done.returncode == 0
    assert not runs(int(done.stdout))


def test_a_program_that_is_not_there_is_told_as_ever() -> None:
    with pytest.raises(FileNotFoundError):
        run_helper(["/nowhere/program"], environ={})

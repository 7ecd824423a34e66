"""A signal that comes in the middle of a step waits until the step is done."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bench.executor import Site, Task
from bench.fleet.processes import LocalProcesses
from bench.interrupts import ENDING, uninterrupted
from bench.scratch import scratch_folder, sweep_left


@pytest.fixture(autouse=True)
def raising_handlers() -> Iterator[None]:
    def told(number: int, frame: object) -> None:
        raise KeyboardInterrupt(number)

    before = {number: signal.signal(number, told) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_takes_effect_when_the_step_is_done(number: signal.Signals) -> None:
    done = []

    def step() -> None:
        with uninterrupted():
            os.kill(os.getpid(), number)
            done.append("step")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done == ["step"]
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_an_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with uninterrupted():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_another_thread_has_no_handlers_to_hold_back() -> None:
    done: list[str] = []

    def step() -> None:
        with uninterrupted():
            done.append("step")

    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
    assert done == ["step"]


@pytest.mark.parametrize("place", ["mkdtemp", "rmtree"])
def test_work_leaves_no_folder_whenever_the_signal_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    module: ModuleType = {"mkdtemp": tempfile, "rmtree": shutil}[place]
    real = getattr(module, place)

    def struck(*args: object, **kwargs: object) -> object:
        made = None if place == "rmtree" else real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGTERM)
        return made if place == "mkdtemp" else real(*args, **kwargs)

    monkeypatch.setattr(module, place, struck)
    with pytest.raises(KeyboardInterrupt), scratch_folder("mark"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_all_work_is_done_in_folders_that_are_swept() -> None:
    """A temporary folder of any other making would stay for ever where its maker is killed."""
    made = re.compile(r"mkdtemp|TemporaryDirectory|NamedTemporaryFile|mkstemp")
    bench = Path(__file__).parents[2] / "bench"
    found = {
        file.relative_to(bench).as_posix() for file in bench.rglob("*.py") if made.search(file.read_text())
    }
    assert found == {
        "scratch.py",
        "child/transcribe_tokens.py",
    }  # a listening child's TMPDIR is its scratch folder


def test_what_a_kill_left_is_swept_and_what_is_used_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    program = "import os, signal\nfrom bench.scratch import scratch_folder\nwith scratch_folder(): os.kill(os.getpid(), 9)"
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", program], env=environ, check=False).returncode == -9
    (left,) = tmp_path.glob("asr-quant-bench.*")
    with scratch_folder() as used:
        assert sweep_left() == (str(left),)
        assert list(tmp_path.glob("asr-quant-bench.*")) == [used]


def test_a_process_of_a_fleet_that_is_ended_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    fleet = LocalProcesses(1)
    working = fleet.submit(Task(key="work", work=works_for_ever, payload=b""))
    while not list(tmp_path.glob("asr-quant-bench.*/spool/begun")):
        assert not working.done(), working.exception()
        time.sleep(0.02)
    fleet.stop()
    assert list(tmp_path.glob("asr-quant-bench.*")) == []


def works_for_ever(payload: bytes, site: Site) -> bytes:
    site.scratch.mkdir()
    (site.scratch / "begun").touch()
    time.sleep(60)
    return payload


STAND_IN = """
import os, subprocess, sys
sys.stdin.readline()
helper = subprocess.Popen(["sleep", "300"], stdout=subprocess.DEVNULL, start_new_session=True)
with open(os.environ["HELPER"], "w") as file:
    file.write(str(helper.pid))
print("{}", flush=True)
"""


@pytest.mark.parametrize("moment", ["_start", "end_strays"])
def test_a_signal_at_either_end_of_a_trial_leaves_no_helper(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A helper in a session of its own is known by the mark alone, and the mark ends with the trial's folder."""
    import psutil

    from bench.launch import supervisor
    from bench.strays import MARK

    script, told = tmp_path / "supervise.py", tmp_path / "helper"
    script.write_text(STAND_IN)
    monkeypatch.setattr(supervisor, "SUPERVISE", script)
    real = getattr(supervisor, moment)

    def interrupted(*given: object) -> object:
        if moment == "end_strays":
            os.kill(os.getpid(), signal.SIGHUP)
        found = real(*given)
        if moment == "_start":
            os.kill(os.getpid(), signal.SIGHUP)
        return found

    monkeypatch.setattr(supervisor, moment, interrupted)
    environ = {"PATH": os.environ["PATH"], "HELPER": str(told), MARK: f"mark-{os.getpid()}-{moment}"}
    spec = {"environ": environ, "timeout_seconds": 20.0}
    with pytest.raises(KeyboardInterrupt):
        supervisor.supervise(spec, mark=environ[MARK], scratch=tmp_path)
    helper = int(told.read_text())
    assert not psutil.pid_exists(helper) or psutil.Process(helper).status() == psutil.STATUS_ZOMBIE

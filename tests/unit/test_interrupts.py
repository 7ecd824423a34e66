"""A signal that comes in the middle of a step waits until the step is done."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import scratch
from bench.interrupts import ENDING, uninterrupted


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
def test_a_trial_leaves_no_folder_whenever_the_signal_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    module = {"mkdtemp": tempfile, "rmtree": shutil}[place]
    real = getattr(module, place)

    def struck(*args: object, **kwargs: object) -> object:
        made = None if place == "rmtree" else real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGTERM)
        return made if place == "mkdtemp" else real(*args, **kwargs)

    monkeypatch.setattr(module, place, struck)
    with pytest.raises(KeyboardInterrupt), scratch.scratch_folder("mark"):
        pass
    assert list(tmp_path.iterdir()) == []

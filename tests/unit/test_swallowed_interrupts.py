"""Python swallows what finalizers and callbacks of weak references raise: an interrupt that comes there comes again."""

import os
import signal
import sys
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from bench.commands.process import Signalled, listen
from bench.interrupts import ENDING, never_swallowed


@pytest.fixture(autouse=True)
def command(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    before = {number: signal.getsignal(number) for number in ENDING}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    never_swallowed()
    yield listen()
    for number, handler in before.items():
        signal.signal(number, handler)


class Thing:
    """What goes away."""


class Struck(Thing):
    """What is struck when it goes."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.kill(os.getpid(), self.number)


def finalized(number: int) -> Callable[[], None]:
    things = [Struck(number)]
    return things.clear


def forgotten(number: int) -> Callable[[], None]:
    things = [Thing()]
    kept = [weakref.ref(things[0], lambda _: os.kill(os.getpid(), number))]
    return lambda: things.clear() if kept else None


@pytest.mark.parametrize("lost", [finalized, forgotten])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_python_swallows_ends_the_command_all_the_same(
    number: signal.Signals,
    lost: Callable[[int], Callable[[], None]],
    command: list[int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    went_on = []
    lose = lost(number)

    def step() -> None:
        lose()
        went_on.append("past the callback")
        time.sleep(20)

    with pytest.raises(KeyboardInterrupt):
        step()
    assert went_on == ["past the callback"]
    assert command == ([number] if number == signal.SIGTERM else [])  # what the exit code says
    assert "ignored" not in capsys.readouterr().err


def test_another_exception_is_told_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("torn")

    things = [Broken()]
    things.clear()
    assert "ValueError: torn" in capsys.readouterr().err


def test_a_signal_elsewhere_takes_effect_at_once(command: list[int]) -> None:
    with pytest.raises(Signalled):
        os.kill(os.getpid(), signal.SIGTERM)
    assert command == [signal.SIGTERM]

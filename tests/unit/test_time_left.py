"""The time that is left, as the display tells it between trials."""

from __future__ import annotations

import dataclasses
import io

import records
from rich.console import Console

from bench.commands.display import Display
from bench.domain import Protocol, Record, measured


def trial(case: str, block: int, **seconds: float) -> Record:
    took = {name: measured(name, value, "supervisor clock") for name, value in seconds.items()}
    return records.record(case, block=block, measurements=took)


def told(protocol: Protocol, ended: list[Record]) -> list[str]:
    """The lines after which the trials are told, the ETA at their ends."""
    suite = dataclasses.replace(records.suite("f16", "q4_0"), protocol=protocol)
    console = Console(file=io.StringIO(), width=200)
    with Display(suite, console) as display:
        for record in ended:
            display.trial_ended(record)
    assert isinstance(console.file, io.StringIO)
    return [line.rsplit("ETA ", 1)[1].strip() for line in console.file.getvalue().splitlines()]


def test_starts_from_an_evicted_cache_are_part_of_the_time_left() -> None:
    first = trial("m.f16.c", 1, wall_seconds=10.0, evicted_wall_seconds=4.0)
    # One trial of three blocks of two is done: five of 10 s, and three of four loads of 4 s.
    assert told(Protocol(blocks=3, evicted_starts=2), [first]) == ["1:02"]


def test_what_never_starts_from_an_evicted_cache_takes_its_trials_time() -> None:
    assert told(Protocol(blocks=3), [trial("m.f16.c", 1, wall_seconds=10.0)]) == ["0:50"]

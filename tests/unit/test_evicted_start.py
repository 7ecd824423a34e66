"""A start from an evicted page cache: what it is made of, and why there sometimes is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import host, launch
from bench.contract import Job, Outcome
from bench.domain import Reason, Status, measured
from bench.evicted_start import METRICS, EvictedStart, evicted_start
from bench.reasons import reason, told

HALF = Job(half=Path("half.py"))
FILES = (Path("weights/decoder.bin"), Path("weights/encoder.bin"))


class Machine:
    """A page cache and a launcher that note what was asked of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: dict[str, float | None] = {}
        self.status = Status.OK
        self.why: Reason | None = None
        self.asked: list[Any] = []
        monkeypatch.setattr(host, "evict", self.evict)
        monkeypatch.setattr(host, "resident_share", lambda path: 0.75 if path.name == "decoder.bin" else 1.0)
        monkeypatch.setattr(launch, "run", self.run)

    def evict(self, path: Path) -> float | None:
        self.asked.append(path.name)
        return self.left.get(path.name, 0.0)

    def run(self, job: Job, **asked: Any) -> Outcome:
        self.asked.append((job, asked["passes"], asked["log"]))
        return Outcome(
            status=self.status,
            reason=self.why,
            events=(),
            stdout="",
            stderr="",
            measurements=(
                measured("load_seconds", 1.5, "worker events"),
                measured("startup_seconds", 2.25, "worker events"),
                measured("read_bytes", 741_000, "wait4"),
                measured("wall_seconds", 9.0, "supervisor clock"),
            ),
        )

    def start(self, job: Job = HALF) -> EvictedStart:
        limits = launch.Limits(timeout_seconds=60)
        return evicted_start(job, Path("clip.wav"), FILES, limits, Path("x.evicted.log"))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def why(found: EvictedStart) -> Reason:
    """The one reason for which all of it is absent."""
    assert {each.name for each in found.measurements} == set(METRICS.values())
    assert {each.value for each in found.measurements} == {None}
    [only] = {each.reason for each in found.measurements}
    assert only is not None
    return only


def test_every_file_is_evicted_before_a_child_loads_and_hears_nothing(machine: Machine) -> None:
    found = machine.start()
    assert machine.asked == ["decoder.bin", "encoder.bin", (HALF, 0, Path("x.evicted.log"))]
    assert {each.name: each.value for each in found.measurements} == {
        "evicted_load_seconds": 1.5,
        "evicted_startup_seconds": 2.25,
        "evicted_read_bytes": 741_000,
        "evicted_wall_seconds": 9.0,
    }
    assert {each.source for each in found.measurements} == {
        "worker events, weights evicted before",
        "wait4, weights evicted before",
        "supervisor clock, weights evicted before",
    }


def test_how_much_was_in_memory_before_and_after_is_kept(machine: Machine) -> None:
    assert machine.start().facts == {
        "evicted_start_resident_before decoder.bin": 0.0,
        "evicted_start_resident_before encoder.bin": 0.0,
        "evicted_start_resident_after decoder.bin": 0.75,
        "evicted_start_resident_after encoder.bin": 1.0,
    }


def test_a_file_that_stayed_in_memory_makes_no_evicted_start(machine: Machine) -> None:
    machine.left = {"encoder.bin": 0.000_31}
    found = machine.start()
    assert why(found) == reason("evicted.resident", share=0.0003, file="encoder.bin")
    assert found.facts["evicted_start_resident_before encoder.bin"] == 0.0003
    assert machine.asked == ["decoder.bin", "encoder.bin"]


def test_where_nobody_tells_what_is_in_memory_nothing_is_claimed(machine: Machine) -> None:
    machine.left = {"decoder.bin": None}
    assert why(machine.start()) == reason("evicted.not_told", file="decoder.bin")


def test_a_program_of_its_own_is_not_started(machine: Machine) -> None:
    assert why(machine.start(Job(argv=("whisper-cli",)))) == reason("evicted.program")
    assert machine.asked == []


def test_a_child_that_failed_gives_no_figure_and_says_why(machine: Machine) -> None:
    machine.status, machine.why = Status.CRASHED, told("no luck")
    assert why(machine.start()) == reason("evicted.failed", why=told("no luck"))

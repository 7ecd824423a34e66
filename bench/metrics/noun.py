"""What a metric is: its unit, what reads it, which direction is better, where a report shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.text.numbers import Quantity
from bench.units import Better, Unit


class ReadBy(StrEnum):
    """What reads a metric."""

    SUPERVISOR = "supervisor clock"
    START = "supervisor clock and worker events"
    WORKER = "worker events"
    HALF = "the engine half's clock"
    ENGINE = "what the engine itself reports"
    DERIVED = "worker events / seconds of audio"
    FILES = "size of the files"
    WAIT4 = "wait4"
    PROC = "/proc/PID/status"
    HIGH_WATER = "VmHWM, reset by phase"
    LIFETIME = "ru_maxrss, where it rose"
    LIFETIME_RUSAGE = "proc_pid_rusage, where it rose"
    OWN_IO = "/proc/self/io"
    PROCESS_CLOCK = "CLOCK_PROCESS_CPUTIME_ID"
    PERF = "perf_event_open"
    RUSAGE = "proc_pid_rusage"
    RAPL = "RAPL"
    NVML = "NVML"
    ZEUS = "zeus-apple-silicon"
    FIRST_USE = "worker events of the first trial ever"
    EVICTED = "worker events of a child that only loads"
    EVICTED_SUPERVISOR = "supervisor clock of a child that only loads"
    EVICTED_WAIT4 = "wait4 of a child that only loads"
    EVICTED_RUSAGE = "proc_pid_rusage of a child that only loads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A column of a report's table: its heading and the note on it, by message id.

    An `optional` column is there only where a case has a value.
    """

    table: str
    heading: str
    note: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A named quantity of a trial.  Definitions and traps: docs/metrics.md.

    `linux` and `macos` are what reads it there, None where nothing does.  `places` are the columns
    it is shown in; a table has its columns in the order of the registry.  `compared` metrics are
    held against each other where nobody names any.
    """

    name: str
    unit: Unit
    quantity: Quantity
    linux: ReadBy | None
    macos: ReadBy | None
    better: Better = Better.LOWER
    places: tuple[Place, ...] = ()
    compared: bool = False


def shown(table: str, heading: str, note: str = "") -> Place:
    """A column that is always there."""
    return Place(table=table, heading=heading, note=note)


def where_known(table: str, heading: str, note: str = "") -> Place:
    """A column that is there where a case has a value."""
    return Place(table=table, heading=heading, note=note, optional=True)


# What a metric is counted in, and how a report writes it.
SECONDS: Final = (Unit.SECONDS, Quantity.SECONDS)
RTF: Final = (Unit.RATIO, Quantity.RTF)
BYTES: Final = (Unit.BYTES, Quantity.MEMORY)
COUNT: Final = (Unit.COUNT, Quantity.COUNT)
BILLIONS: Final = (Unit.COUNT, Quantity.BILLIONS)
JOULES: Final = (Unit.JOULES, Quantity.JOULES)


def metric(
    name: str,
    kind: tuple[Unit, Quantity],
    read_by: ReadBy | tuple[ReadBy | None, ReadBy | None],
    *places: Place,
    better: Better = Better.LOWER,
    compared: bool = False,
) -> Metric:
    """A metric; `read_by` is what reads it everywhere, or on Linux and on macOS."""
    linux, macos = read_by if isinstance(read_by, tuple) else (read_by, read_by)
    return Metric(
        name=name,
        unit=kind[0],
        quantity=kind[1],
        linux=linux,
        macos=macos,
        better=better,
        places=places,
        compared=compared,
    )

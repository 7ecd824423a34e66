"""`doctor --self-test`: this machine's instruments, held against work whose cost is known beforehand.

For a machine that the authors have none of.  Every check says what it expected and what it found, so
that the answer can be sent to them as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import host, launch
from bench.contract import Job, Outcome
from bench.domain import Status, WeightsFile
from bench.host import macos
from bench.launch import proof
from bench.scratch import scratch_folder
from bench.workloads import BURN, GROW, HOLD, KILL, MAP, MIB, READ

HELD_BYTES: Final = 200 * MIB
FILE_BYTES: Final = 64 * MIB
BUSY_SECONDS: Final = 1.0
LIMIT_BYTES: Final = 120 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentCheck:
    """One instrument on one known piece of work.  `ok` is None where the machine has no such instrument."""

    name: str
    expected: str
    found: str
    ok: bool | None


def self_test() -> Iterator[InstrumentCheck]:
    """Every check in turn; some seconds in all.  Nothing outside a temporary folder is touched."""
    with scratch_folder() as work:
        yield from _memory(work)
        yield from _processor(work)
        yield from _reading(work)
        yield from _limits(work)
        yield _opened(work)
        if sys.platform == "darwin":
            yield from _beside_time(work)


def _run(work: Path, program: str, *words: str, seconds: float = 60.0, memory: int | None = None) -> Outcome:
    return launch.run(
        Job(argv=(sys.executable, "-I", "-S", "-c", program, *words)),
        audio=work,
        passes=1,
        limits=launch.Limits(timeout_seconds=seconds, memory_limit_bytes=memory),
        log=work / "log",
        sample_hz=50,
    )


def _check(
    outcome: Outcome, metric: str, expected: str, fits: Callable[[float], bool], scale: float, unit: str
) -> InstrumentCheck:
    found = next(each for each in outcome.measurements if each.name == metric)
    if found.value is None:
        from bench.language import language

        why = language("en").reason(found.reason) if found.reason else ""
        return InstrumentCheck(name=metric, expected=expected, found=f"absent: {why}", ok=None)
    told = f"{found.value / scale:.2f} {unit} [{found.source}]"
    return InstrumentCheck(name=metric, expected=expected, found=told, ok=fits(found.value))


def _memory(work: Path) -> Iterator[InstrumentCheck]:
    outcome = _run(work, HOLD, str(HELD_BYTES))
    for metric in ("peak_rss_bytes", "peak_footprint_bytes", "peak_anonymous_bytes"):
        yield _check(
            outcome,
            metric,
            "200 MiB and an interpreter: 200 to 240 MiB",
            lambda value: HELD_BYTES <= value <= HELD_BYTES + 40 * MIB,
            MIB,
            "MiB",
        )


def _processor(work: Path) -> Iterator[InstrumentCheck]:
    outcome = _run(work, BURN, str(BUSY_SECONDS))
    value = {each.name: each.value for each in outcome.measurements}
    spent = (value["user_seconds"] or 0.0) + (value["system_seconds"] or 0.0)
    yield InstrumentCheck(
        name="user_seconds + system_seconds",
        expected="1.0 s and an interpreter: 1.0 to 1.2 s",
        found=f"{spent:.3f} s",
        ok=BUSY_SECONDS <= spent <= BUSY_SECONDS + 0.2,
    )
    fast, slow = value["performance_core_seconds"], value["efficiency_core_seconds"]
    if fast is not None and slow is not None:
        yield InstrumentCheck(
            name="performance_core_seconds + efficiency_core_seconds",
            expected="what wait4 counts, within 5 %; the work on P-cores",
            found=f"{fast:.3f} + {slow:.3f} s",
            ok=abs(fast + slow - spent) <= 0.05 * spent and fast > slow,
        )
    for metric in ("instructions", "cycles"):
        yield _check(outcome, metric, "0.3 to 12 billion", lambda v: 3e8 < v < 1.2e10, 1e9, "billion")
    yield _check(outcome, "cpu_energy_joules", "0.1 to 30 J", lambda v: 0.1 < v < 30, 1, "J")


def _reading(work: Path) -> Iterator[InstrumentCheck]:
    path = work / "file"
    path.write_bytes(os.urandom(FILE_BYTES))
    left = host.evict(path)
    yield InstrumentCheck(
        name="eviction (mincore)",
        expected="nothing of the file in memory",
        found="not told" if left is None else f"{left:.1%} of it",
        ok=None if left is None else left < 0.01,
    )
    outcome = _run(work, READ, str(path))
    expected = "64 MiB of the evicted file, and what of Python was not in memory"
    cold = bool(left is not None and left < 0.01)
    check = _check(outcome, "read_bytes", expected, lambda v: FILE_BYTES <= v <= FILE_BYTES * 1.6, MIB, "MiB")
    yield check if cold else InstrumentCheck(name=check.name, expected=expected, found=check.found, ok=None)


def _limits(work: Path) -> Iterator[InstrumentCheck]:
    cases = (
        ("killed by SIGKILL", KILL, 60.0, None, Status.CRASHED),
        ("ended at its time limit", GROW, 1.0, None, Status.TIMEOUT),
        ("ended at its memory limit", GROW, 60.0, LIMIT_BYTES, Status.MEMORY),
    )
    for name, program, seconds, memory, status in cases:
        outcome = _run(work, program, seconds=seconds, memory=memory)
        names = ("peak_rss_bytes", "user_seconds", "minor_faults", "read_bytes")
        lost = [m.name for m in outcome.measurements if m.name in names and m.value is None]
        yield InstrumentCheck(
            name=name,
            expected=f"status {status.value}, no figure lost",
            found=f"{outcome.status.value}" + (f", lost: {', '.join(lost)}" if lost else ""),
            ok=outcome.status is status and not lost,
        )


def _opened(work: Path) -> InstrumentCheck:
    path = work / "weights"
    path.write_bytes(os.urandom(16 * MIB))
    weights = WeightsFile(role="model", path=str(path), bytes=16 * MIB, sha256="")
    outcome = launch.run(
        Job(argv=(sys.executable, "-I", "-S", "-c", MAP, str(path))),
        audio=work,
        passes=1,
        limits=launch.Limits(timeout_seconds=60),
        log=work / "log",
        sample_hz=50,
        expected=proof.expected([weights], {}, ()),
    )
    how = next((file.how for file in outcome.proof.files), "not seen") if outcome.proof else "not asked"
    return InstrumentCheck(name="weights that were opened", expected="mapped", found=how, ok=how == "mapped")


def _beside_time(work: Path) -> Iterator[InstrumentCheck]:
    """The same work under Apple's own `time -l`, the independent witness."""
    told = work / "time.txt"
    argv = (sys.executable, "-I", "-S", "-c", HOLD, str(HELD_BYTES))
    macos.command_output("/usr/bin/time", "-l", "-o", str(told), *argv)
    theirs = {each.name: each.value for each in macos.parse_time_l(told.read_text() if told.exists() else "")}
    ours = {each.name: each.value for each in _run(work, HOLD, str(HELD_BYTES)).measurements}
    for metric in ("peak_rss_bytes", "peak_footprint_bytes", "instructions"):
        mine, other = ours.get(metric), theirs.get(metric)
        both = f"{mine} and {other}"
        close = None if not mine or not other else abs(mine / other - 1) < 0.1
        yield InstrumentCheck(name=f"{metric} beside time -l", expected="within 10 %", found=both, ok=close)

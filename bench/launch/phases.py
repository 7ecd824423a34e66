"""What each phase of a worker cost in memory, reading and processor time, from its events.  Pure.

The worker marks and reads the phases (`child/phases.py`); docs/metrics.md, "Memory by phase".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from bench.contract import Event
from bench.domain import Measurement, Reason, absent, measured
from bench.reasons import reason

# A phase's prefix, and what its metrics are made of.
PHASES: Final = ("load", "transcribe", "warm_transcribe")
NOT_TIMED: Final = reason("phase.not_timed")
NOT_REACHED: Final = reason("phase.not_reached")
HEARD_ONCE: Final = reason("pass.single")
BELOW: Final = reason("phase.below_earlier_peak")
NOT_TOLD: Final = reason("phase.not_told")
KINDS: Final = ("peak_rss_bytes", "peak_footprint_bytes", "read_bytes", "processor_seconds")
OF_PASSES: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "read_bytes": sum,
    "processor_seconds": median,
}
SOURCES: Final = {
    "peak_rss_bytes": ("VmHWM, reset at the phase's start", "ru_maxrss, which rose in the phase"),
    "peak_footprint_bytes": ("", "proc_pid_rusage, lifetime's maximum, which rose in the phase"),
    "read_bytes": ("/proc/self/io", "proc_pid_rusage"),
    "processor_seconds": ("CLOCK_PROCESS_CPUTIME_ID", "CLOCK_PROCESS_CPUTIME_ID"),
}


def of_phases(events: Sequence[Event], *, passes: int, worker: bool, macos: bool) -> list[Measurement]:
    """Peaks of memory, bytes read and processor time, phase by phase: measured, or absent with a reason."""
    reached = {
        "load": [event for event in events if event.name == "ready"],
        "transcribe": [event for event in events if event.name == "transcribed"][:1],
        "warm_transcribe": [event for event in events if event.name == "transcribed"][1:],
    }
    found = []
    for phase, ends in reached.items():
        for kind in KINDS:
            name = f"{phase}_{kind}"
            if kind == "peak_footprint_bytes" and not macos:
                found.append(absent(name, reason("footprint.linux")))
            elif not worker:
                found.append(absent(name, NOT_TIMED))
            elif not ends:
                once = phase == "warm_transcribe" and passes <= 1
                found.append(absent(name, HEARD_ONCE if once else NOT_REACHED))
            else:
                found.append(_of(name, kind, [_used(event) for event in ends], SOURCES[kind][macos]))
    return found


def _of(name: str, kind: str, used: Sequence[dict[str, Any]], source: str) -> Measurement:
    """One phase's; of several passes the highest peak, all that was read, and the median of what they worked."""
    values = [each[kind] for each in used if isinstance(each.get(kind), int | float)]
    if values:
        return measured(name, OF_PASSES.get(kind, max)(values), source)
    return absent(name, _why(kind, used), source)


def _why(kind: str, used: Sequence[dict[str, Any]]) -> Reason:
    return BELOW if any(kind in (each.get("unknown") or ()) for each in used) else NOT_TOLD


def _used(event: Event) -> dict[str, Any]:
    found = event.data.get("used")
    return found if isinstance(found, dict) else {}


def lifetime_peak(events: Sequence[Event]) -> int:
    """The highest resident peak that the worker saw before it reset any; 0 where it told none.  Bytes."""
    told = (event.data.get("lifetime") for event in events)
    return max((peak for peak in told if isinstance(peak, int)), default=0)

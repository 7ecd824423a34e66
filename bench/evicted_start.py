"""A start from an evicted page cache: a child that only loads, beside the trial that starts warm.

"Cold start" in a table of a model's load times mostly means a warm one: a fresh process, and its weights
in the page cache since the run before.  What the disk adds is measured apart: after a trial its
weights are evicted, that they are gone is verified, and a child imports, loads and ends.  Its figures
stand in the trial's record under names of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench import host, launch
from bench.contract import Job
from bench.domain import Measurement, Reason, absent, measured
from bench.journal import unwritable
from bench.reasons import reason, told

METRICS: Final = {
    "load_seconds": "evicted_load_seconds",
    "startup_seconds": "evicted_startup_seconds",
    "read_bytes": "evicted_read_bytes",
    "wall_seconds": "evicted_wall_seconds",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EvictedStart:
    """What it took, or why it is not known; `facts` hold how much of each file was in memory, 0 to 1."""

    measurements: tuple[Measurement, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)


def evicted_start(
    job: Job, clip: Path, files: Sequence[Path], limits: launch.Limits, log: Path
) -> EvictedStart:
    """Evict the weights, run a child that only loads them, and give its figures.

    Absent where the job is a program of its own, which cannot be told to load alone, where a part of
    a file stayed in memory or nothing says whether it did, and where the child failed.  JournalError
    where its log cannot be written.
    """
    if job.half is None:
        return EvictedStart(measurements=_absent(reason("evicted.program")))
    before = {path: host.evict(path) for path in files}
    if why := _still_there(before):
        return EvictedStart(measurements=_absent(why), facts=_facts("before", before))
    try:
        outcome = launch.run(job, audio=clip, passes=0, limits=limits, log=log, sample_hz=0)
    except OSError as error:
        raise unwritable(log, error) from error
    facts = _facts("before", before) | _facts("after", {path: host.resident_share(path) for path in files})
    if not outcome.status.delivered:
        why = reason("evicted.failed", why=outcome.reason or told(outcome.status))
        return EvictedStart(measurements=_absent(why), facts=facts)
    known = {each.name: each for each in outcome.measurements}
    return EvictedStart(
        measurements=tuple(_renamed(known[mine], name) for mine, name in METRICS.items()), facts=facts
    )


def _still_there(resident: Mapping[Path, float | None]) -> Reason | None:
    for path, share in resident.items():
        if share is None:
            return reason("evicted.not_told", file=path.name)
        if share:
            return reason("evicted.resident", share=round(share, 4), file=path.name)
    return None


def _renamed(found: Measurement, name: str) -> Measurement:
    if found.value is None:
        return absent(name, found.reason or reason("phase.not_reached"), found.source)
    return measured(name, found.value, f"{found.source}, weights evicted before")


def _absent(why: Reason) -> tuple[Measurement, ...]:
    return tuple(absent(name, why) for name in METRICS.values())


def _facts(when: str, shares: Mapping[Path, float | None]) -> dict[str, Any]:
    return {
        f"evicted_start_resident_{when} {path.name}": None if share is None else round(share, 4)
        for path, share in shares.items()
    }

"""The worker's JOB and its events: one JSON file in, lines of JSON out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.contract import Event

EVENTS_LIMIT_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The events of a child, in order, and the lines that were none (cut to a readable length)."""

    events: tuple[Event, ...] = ()
    unreadable: tuple[str, ...] = ()

    def last(self) -> str | None:
        """Name of the last event."""
        return self.events[-1].name if self.events else None


NO_EVENTS: Final = Read()


def write_job(
    path: Path, *, half: Path, events: Path, payload: Mapping[str, Any], passes: int, audio: Path
) -> None:
    """Write JOB for `child/worker.py`."""
    job = {
        "half": str(half.resolve()),
        "events": str(events),
        "payload": dict(payload),
        "passes": passes,
        "audio": str(audio.resolve()),
    }
    path.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")


def read_events(path: Path) -> Read:
    """Events of a worker.  A missing file is no events; a line that is none is kept as unreadable.

    A last line without its newline was cut by a kill: it is unreadable too, if it does not parse.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(EVENTS_LIMIT_BYTES)
    except FileNotFoundError:
        return NO_EVENTS
    events: list[Event] = []
    unreadable: list[str] = []
    for line in raw.split(b"\n"):
        if not line.strip():
            continue
        event = _event(line)
        if event is None:
            unreadable.append(line[:200].decode("utf-8", "replace"))
        else:
            events.append(event)
    return Read(events=tuple(events), unreadable=tuple(unreadable))


def _event(line: bytes) -> Event | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    name, seconds = found.pop("event", None), found.pop("t", None)
    if not isinstance(name, str) or isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return Event(name=name, seconds=float(seconds), data=found) if math.isfinite(seconds) else None

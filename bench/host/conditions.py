"""The machine's state around a trial: read before, read after, judged by what went on between.

The guards and why they are where they are: docs/metrics.md, "Disturbances".
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.domain import Conditions, Reason
from bench.host import linux, macos
from bench.host.residency import resident_share
from bench.reasons import reason

# Shares of the interval (steal and others: of all processor time in it).
STEAL_LIMIT: Final = 0.01
OTHERS_LIMIT: Final = 0.05
PRESSURE_LIMIT: Final = 0.05
PRESSURE_OTHERS_FLOOR: Final = 0.02  # below it the pressure is the child's own
MEMORY_PRESSURE_LIMIT: Final = 0.01
SWAP_LIMIT_PAGES: Final = 256
# Clock ticks are 10 ms: a shorter interval tells nothing about shares.
SHORTEST_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsReading:
    """Counters of the machine at one moment, in seconds unless the name says otherwise."""

    at: float
    processors: int
    busy: float
    steal: float
    own: float  # this process, and the children it has waited for with theirs
    stalled: Mapping[str, float] = field(default_factory=dict)
    throttled_count: int | None = None
    swapped_pages: int | None = None


def read() -> ConditionsReading:
    """Read the counters; some tenths of a millisecond."""
    import psutil

    times = psutil.cpu_times()
    own = os.times()
    on_linux = sys.platform == "linux"
    busy = sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq"))
    return ConditionsReading(
        at=time.monotonic(),
        processors=os.cpu_count() or 1,
        busy=busy,
        steal=getattr(times, "steal", 0.0),
        own=own.user + own.system + own.children_user + own.children_system,
        stalled=linux.stalled_seconds() if on_linux else {},
        throttled_count=linux.throttled() if on_linux else None,
        swapped_pages=linux.swapped_pages() if on_linux else macos.swapped_pages(),
    )


def between(before: ConditionsReading, after: ConditionsReading) -> Conditions:
    """Shares of the interval between two readings, and which of them disturb."""
    seconds = after.at - before.at
    capacity = seconds * after.processors
    facts: dict[str, Any] = {"interval_seconds": round(seconds, 3)}
    disturbances: list[Reason] = []
    if seconds >= SHORTEST_SECONDS:
        steal = max(after.steal - before.steal, 0.0) / capacity
        others = max((after.busy - before.busy) - (after.own - before.own), 0.0) / capacity
        facts |= {"steal_share": round(steal, 4), "other_programs_share": round(others, 4)}
        for name, total in after.stalled.items():
            facts[f"{name}_pressure_share"] = round((total - before.stalled.get(name, total)) / seconds, 4)
        disturbances += _judge_shares(facts)
    throttled = _difference(before.throttled_count, after.throttled_count)
    swapped = _difference(before.swapped_pages, after.swapped_pages)
    if throttled is not None:
        facts["throttled_count"] = throttled
    if swapped is not None:
        facts["swapped_pages"] = swapped
    if throttled:
        disturbances.append(reason("disturbance.throttled"))
    if swapped and swapped > SWAP_LIMIT_PAGES:
        disturbances.append(reason("disturbance.swapping"))
    return Conditions(facts=facts, disturbances=tuple(disturbances))


def _judge_shares(facts: Mapping[str, float]) -> list[Reason]:
    found = []
    others = facts["other_programs_share"]
    if facts["steal_share"] > STEAL_LIMIT:
        found.append(reason("disturbance.steal", share=facts["steal_share"]))
    if others > OTHERS_LIMIT:
        found.append(reason("disturbance.other_programs", share=others))
    pressure = facts.get("cpu_pressure_share", 0.0)
    if pressure > PRESSURE_LIMIT and others > PRESSURE_OTHERS_FLOOR:
        found.append(reason("disturbance.cpu_pressure", share=pressure))
    if facts.get("memory_pressure_share", 0.0) > MEMORY_PRESSURE_LIMIT:
        found.append(reason("disturbance.memory_pressure", share=facts["memory_pressure_share"]))
    return found


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def state() -> Conditions:
    """What holds at this moment: power, heat, load, frequency governor."""
    load = os.getloadavg()[0]
    facts: dict[str, Any] = {"load_1min": round(load, 2)}
    if sys.platform == "linux":
        facts |= {"governor": ", ".join(linux.governors()) or None}
        facts |= {"on_battery": linux.on_battery(), "low_power": linux.low_power()}
    elif sys.platform == "darwin":
        facts |= macos.state()
    facts = {name: value for name, value in facts.items() if value is not None}
    disturbances = []
    if facts.get("on_battery"):
        disturbances.append(reason("disturbance.battery"))
    if facts.get("low_power"):
        disturbances.append(reason("disturbance.low_power"))
    if facts.get("background"):
        disturbances.append(reason("disturbance.background"))
    if facts.get("thermal_pressure", "nominal") != "nominal":
        disturbances.append(reason("disturbance.thermal", level=facts["thermal_pressure"]))
    return Conditions(facts=facts, disturbances=tuple(disturbances))


class ConditionsProbe:
    """Begun before a trial, finished after it.  Made by `conditions_start`."""

    def __init__(self, files: Iterable[Path] = (), *, cold: bool = False) -> None:
        self._files = tuple(files)
        self._cold = cold
        self._resident = {path: resident_share(path) for path in self._files}
        self._state = state()
        self._reading = read()

    def finish(self) -> Conditions:
        """The conditions of the interval: facts and disturbances."""
        interval = between(self._reading, read())
        after = state()
        facts = {**self._state.facts, **after.facts, **interval.facts}
        for name in ("thermal_pressure", "low_power", "on_battery"):
            if self._state.facts.get(name) != after.facts.get(name):
                facts[f"{name}_before"] = self._state.facts.get(name)
        found = [*self._state.disturbances, *after.disturbances, *interval.disturbances]
        for path, before in self._resident.items():
            facts[f"resident_before {path.name}"] = before if before is None else round(before, 4)
            share = resident_share(path)
            facts[f"resident_after {path.name}"] = share if share is None else round(share, 4)
            if self._cold and before:
                found.append(reason("disturbance.resident", share=round(before, 4), file=path.name))
        return Conditions(facts=facts, disturbances=tuple(dict.fromkeys(found)))


def conditions_start(files: Iterable[Path] = (), *, cold: bool = False) -> ConditionsProbe:
    """Begin to watch.  `files` are the weights, whose residency is noted; `cold` says that none of
    them should be in memory now.
    """
    return ConditionsProbe(files, cold=cold)

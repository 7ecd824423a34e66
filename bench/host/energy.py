"""Energy of the processor packages, from Linux's RAPL counters (readable for root only, mostly)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.domain import Measurement, Reason, absent, measured
from bench.host.linux import ROOT, number, text
from bench.reasons import reason

SOURCE: Final = "RAPL, all processor packages"
NO_METER: Final = reason("energy.no_meter")
NOT_READABLE: Final = reason("energy.root_only")
NOT_LINUX: Final = reason("energy.not_linux")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Microjoules counted so far by package, and where each counter starts again."""

    counted: dict[str, int]
    ranges: dict[str, int]
    reason: Reason | None = None


def read(root: Path = ROOT) -> Meter:
    """The counters now; `reason` where there are none to be read."""
    if sys.platform != "linux":
        return Meter(counted={}, ranges={}, reason=NOT_LINUX)
    counted: dict[str, int] = {}
    ranges: dict[str, int] = {}
    zones = (root / "sys/class/powercap").glob("*-rapl:*")
    packages = [zone for zone in zones if (text(zone / "name") or "").startswith("package-")]
    for zone in packages:
        value = number(zone / "energy_uj")
        if value is None:
            return Meter(counted={}, ranges={}, reason=NOT_READABLE)
        counted[zone.name] = value
        ranges[zone.name] = number(zone / "max_energy_range_uj") or 0
    return Meter(counted=counted, ranges=ranges, reason=None if counted else NO_METER)


def between(before: Meter, after: Meter) -> Measurement:
    """`energy_joules` of the interval: of the whole machine's packages, whoever used them."""
    if why := before.reason or after.reason:
        return absent("energy_joules", why, SOURCE)
    total = 0
    for name, counted in after.counted.items():
        spent = counted - before.counted.get(name, counted)
        total += spent if spent >= 0 else spent + after.ranges[name]
    return measured("energy_joules", total / 1e6, SOURCE)

"""Energy of a trial: RAPL on Linux, IOReport through zeus-apple-silicon on macOS, NVML for NVIDIA's GPUs.

All of them meter the machine, not the process; what each covers stands in the measurement's source.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from bench.domain import Measurement, Reason, absent, measured
from bench.host import gpu
from bench.host.linux import ROOT, number, text
from bench.reasons import reason

SOURCE: Final = "RAPL, all processor packages"
NO_METER: Final = reason("energy.no_meter")
NOT_READABLE: Final = reason("energy.root_only")
NOT_LINUX: Final = reason("energy.not_linux")
NO_ZEUS: Final = reason("energy.no_zeus")
NO_GPU_METER: Final = reason("energy.no_gpu_meter")
ZEUS: Final = "zeus-apple-silicon, the whole machine's"
NVML: Final = "NVML, the whole of all GPUs"
# Fields of zeus-apple-silicon's metrics in millijoules: the parts that add up, None where a chip has no meter.
ZEUS_PARTS: Final = {"cpu_total_mj": "CPU", "gpu_mj": "GPU", "dram_mj": "DRAM", "ane_mj": "ANE"}


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


class EnergyWindow:
    """Opened before a trial, closed after it: `energy_joules` and `gpu_energy_joules` of the time between."""

    def __init__(self) -> None:
        self._zeus: Any = None
        if sys.platform == "darwin" and find_spec("zeus_apple_silicon"):
            from zeus_apple_silicon import AppleEnergyMonitor

            self._zeus = AppleEnergyMonitor()
            self._zeus.begin_window("trial")
        self._packages = read()
        self._gpus = gpu_millijoules()

    def close(self) -> tuple[Measurement, Measurement]:
        """Both; absent with the reason where there is no meter."""
        if sys.platform == "darwin":
            return of_zeus(self._zeus.end_window("trial")) if self._zeus else _no_zeus()
        gpus = gpu_millijoules()
        spent = between(self._packages, read())
        if self._gpus is None or gpus is None:
            return spent, absent("gpu_energy_joules", NO_GPU_METER, NVML)
        return spent, measured("gpu_energy_joules", (gpus - self._gpus) / 1000, NVML)


def of_zeus(metrics: Any) -> tuple[Measurement, Measurement]:
    """What zeus-apple-silicon metered, of the parts that this chip tells."""
    parts = {label: getattr(metrics, name, None) for name, label in ZEUS_PARTS.items()}
    told = {label: value for label, value in parts.items() if value is not None}
    if not told:
        return absent("energy_joules", NO_METER, ZEUS), absent("gpu_energy_joules", NO_METER, ZEUS)
    whole = measured("energy_joules", sum(told.values()) / 1000, f"{ZEUS} {', '.join(told)}")
    if "GPU" not in told:
        return whole, absent("gpu_energy_joules", NO_METER, ZEUS)
    return whole, measured("gpu_energy_joules", told["GPU"] / 1000, f"{ZEUS} GPU")


def _no_zeus() -> tuple[Measurement, Measurement]:
    return absent("energy_joules", NO_ZEUS, ZEUS), absent("gpu_energy_joules", NO_ZEUS, ZEUS)


def gpu_millijoules() -> int | None:
    """What all NVIDIA GPUs have used since their driver was loaded; None where one does not tell."""
    with gpu.nvml() as library:
        if library is None:
            return None
        total = 0
        for index in range(library.nvmlDeviceGetCount()):
            try:
                handle = library.nvmlDeviceGetHandleByIndex(index)
                total += library.nvmlDeviceGetTotalEnergyConsumption(handle)
            except library.NVMLError:  # before Volta there is no such counter
                return None
        return total or None


def refusals() -> tuple[Reason | None, Reason | None]:
    """Why this machine reports no `energy_joules` and no `gpu_energy_joules`; None where it does."""
    if sys.platform == "darwin":
        why = None if find_spec("zeus_apple_silicon") else NO_ZEUS
        return why, why
    return read().reason, None if gpu_millijoules() is not None else NO_GPU_METER

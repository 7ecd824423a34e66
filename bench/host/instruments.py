"""What this machine can measure, what disturbs it now, what would make it better: for `doctor`."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Final

from bench.domain import Reason
from bench.host import conditions, energy, gpu, linux, perf
from bench.reasons import reason

_ALWAYS: Final = {
    "startup_seconds": "supervisor clock and worker events",
    "import_seconds": "worker events",
    "load_seconds": "worker events",
    "transcribe_seconds": "worker events",
    "wall_seconds": "supervisor clock",
}
_USAGE: Final = (
    "user_seconds",
    "system_seconds",
    "peak_rss_bytes",
    "minor_faults",
    "major_faults",
    "voluntary_switches",
    "involuntary_switches",
)


_KERNEL: Final = (
    "peak_footprint_bytes",
    "read_bytes",
    "instructions",
    "cycles",
    "cpu_energy_joules",
    "performance_core_seconds",
    "efficiency_core_seconds",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A metric with what reads it here; `reason` says why it cannot be had, None where it can."""

    metric: str
    source: str
    reason: Reason | None = None


def instruments() -> tuple[Instrument, ...]:
    """Every metric that a trial may have, by what this machine can tell of it."""
    found = [Instrument(metric=metric, source=source) for metric, source in _ALWAYS.items()]
    meter = Instrument(metric="energy_joules", source=energy.SOURCE, reason=energy.read().reason)
    return (*found, *(_macos() if sys.platform == "darwin" else _linux()), _gpu(), meter)


def _linux() -> list[Instrument]:
    found = [Instrument(metric=metric, source="wait4") for metric in (*_USAGE, "read_bytes")]
    sampled = ("peak_anonymous_bytes", "rss_before_load_bytes", "rss_ready_bytes")
    found += [Instrument(metric=metric, source="/proc/PID/status") for metric in sampled]
    found.append(Instrument(metric="peak_footprint_bytes", source="", reason=reason("footprint.linux")))
    refused = perf.refusals(("instructions", "cycles"))
    return found + [Instrument(metric=m, source="perf_event_open", reason=r) for m, r in refused.items()]


def _macos() -> list[Instrument]:
    found = [Instrument(metric=metric, source="wait4") for metric in _USAGE]
    resident = ("rss_before_load_bytes", "rss_ready_bytes")
    told = (*_KERNEL, *resident)
    found += [Instrument(metric=metric, source="proc_pid_rusage") for metric in told]
    found.append(
        Instrument(
            metric="peak_anonymous_bytes",
            source="",
            reason=reason("anonymous.macos"),
        )
    )
    return found


def _gpu() -> Instrument:
    return Instrument(metric="gpu_memory_bytes", source="NVML", reason=None if gpu.names() else gpu.NO_DRIVER)


def disturbances_now(seconds: float = 1.5) -> tuple[Reason, ...]:
    """What would disturb a measurement, watched for so long."""
    before = conditions.read()
    time.sleep(seconds)
    interval = conditions.between(before, conditions.read())
    return (*conditions.state().disturbances, *interval.disturbances)


def advice() -> tuple[str, ...]:
    """What to change on this machine before a run that shall be published."""
    found = []
    if sys.platform == "linux":
        governors = linux.governors()
        if governors and governors != ("performance",):
            found.append("Set the frequency governor: cpupower frequency-set -g performance")
        if perf.refusals(("instructions",))["instructions"] == perf.refusal(1):
            found.append("Allow counters: sysctl kernel.perf_event_paranoid=2")
        if linux.virtualization():
            found.append("Prefer bare metal: the load of other tenants shows here as steal time at best")
        found.append("Set OMP_WAIT_POLICY=PASSIVE in a variant's environ where the engine uses OpenMP")
    if sys.platform == "darwin":
        found.append("Connect the power supply and switch Low Power Mode off")
    found.append("Close browsers, indexers and synchronising programs; watch `doctor` until nothing disturbs")
    return tuple(found)

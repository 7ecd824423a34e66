"""What this machine can measure, what disturbs it now, what would make it better: for `doctor`."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Final

from bench.domain import Reason
from bench.host import conditions, energy, gpu, linux, perf
from bench.metrics import METRICS
from bench.reasons import reason

_SYSTEMS: Final = {"linux": "Linux", "macos": "macOS"}
_ABSENT: Final = {
    ("linux", "peak_footprint_bytes"): reason("footprint.linux"),
    **{
        ("linux", f"{phase}_peak_footprint_bytes"): reason("footprint.linux")
        for phase in ("load", "transcribe", "warm_transcribe")
    },
    ("macos", "peak_anonymous_bytes"): reason("anonymous.macos"),
    ("macos", "peak_tree_rss_bytes"): reason("tree.macos"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A metric with what reads it here; `reason` says why it cannot be had, None where it can."""

    metric: str
    source: str
    reason: Reason | None = None


def instruments() -> tuple[Instrument, ...]:
    """Every metric of the registry, by what this machine can tell of it."""
    here = "macos" if sys.platform == "darwin" else "linux"
    refused = _refusals()
    found = []
    for metric in METRICS.values():
        source = metric.macos if here == "macos" else metric.linux
        if source is None:
            why = _ABSENT.get((here, metric.name)) or reason("metric.not_read", system=_SYSTEMS[here])
            found.append(Instrument(metric=metric.name, source="", reason=why))
        else:
            found.append(Instrument(metric=metric.name, source=source, reason=refused.get(metric.name)))
    return tuple(found)


def _refusals() -> dict[str, Reason | None]:
    """Why this machine refuses what its system offers, asked of each instrument that may be refused."""
    joules, of_gpu = energy.refusals()
    found: dict[str, Reason | None] = {
        "gpu_memory_bytes": None if gpu.names() else gpu.NO_DRIVER,
        "energy_joules": joules,
        "energy_per_audio_hour_joules": joules,
        "gpu_energy_joules": of_gpu,
    }
    return found if sys.platform == "darwin" else found | perf.refusals(("instructions", "cycles"))


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

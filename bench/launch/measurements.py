"""Measurements of one trial, from the supervisor's RESULT and the worker's events.  Pure.

Definitions, instruments and traps of every metric: docs/metrics.md.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from bench.contract import Event
from bench.domain import Measurement, absent, measured
from bench.host import perf
from bench.launch.phases import HEARD_ONCE, NOT_REACHED, NOT_TIMED, lifetime_peak, of_phases
from bench.launch.supervisor import Result, Supervision
from bench.reasons import reason

NO_RESULT: Final = reason("supervisor.no_result")
NO_FOOTPRINT: Final = reason("footprint.linux")
NO_ANONYMOUS: Final = reason("anonymous.macos")
NO_TREE: Final = reason("tree.macos")
NO_SAMPLE: Final = reason("sample.too_late")
NO_RESIDENT: Final = reason("rss.not_told")
NOT_KEPT: Final = reason("rusage.not_kept")
NO_V6: Final = reason("rusage.no_v6")
APPLE_ALONE: Final = reason("rusage.apple_silicon_only")
NO_COUNTER: Final = reason("counter.not_requested")
EVENTS: Final = "worker events"
WAIT4: Final = "wait4"
RUSAGE_INFO: Final = "proc_pid_rusage"


def of_trial(
    supervision: Supervision, events: Sequence[Event], *, passes: int, worker: bool
) -> tuple[Measurement, ...]:
    """Every metric the launcher answers for: measured, or absent with a reason."""
    result = supervision.result
    found: list[Measurement] = [*_phases(result, events, passes=passes, worker=worker)]
    found += _resident(events, worker=worker)
    macos = result is not None and result["rusage_info"] is not None
    found += of_phases(events, passes=passes, worker=worker, macos=macos)
    if result is None or result["exec_errno"]:
        names = (*PROCESS, *SAMPLED, "peak_footprint_bytes", "read_bytes", *HARDWARE, *APPLE)
        why = NO_RESULT if result is None else reason("program.not_started")
        return (*found, *(absent(name, why) for name in names))
    if result["rusage_info"] is not None:
        found += _macos(result)
    else:
        found += _linux(result, lifetime_peak(events))
    return tuple(found)


PROCESS: Final = (
    "wall_seconds",
    "user_seconds",
    "system_seconds",
    "peak_rss_bytes",
    "minor_faults",
    "major_faults",
    "voluntary_switches",
    "involuntary_switches",
)
SAMPLED: Final = ("peak_anonymous_bytes", "peak_tree_rss_bytes")
HARDWARE: Final = ("instructions", "cycles")
APPLE: Final = ("cpu_energy_joules", "performance_core_seconds", "efficiency_core_seconds")


def _phases(
    result: Result | None, events: Sequence[Event], *, passes: int, worker: bool
) -> list[Measurement]:
    names = (
        "import_seconds",
        "load_seconds",
        "startup_seconds",
        "transcribe_seconds",
        "warm_transcribe_seconds",
    )
    if not worker:
        return [absent(name, NOT_TIMED) for name in names]
    spans: dict[str, float | None] = dict.fromkeys(names)
    at = {event.name: event for event in reversed(events)}  # the first of each name
    started, imported, ready = at.get("started"), at.get("imported"), at.get("ready")
    if started and imported:
        spans["import_seconds"] = imported.seconds - started.seconds
    if ready:
        spans["load_seconds"] = _span(ready)
        if result is not None:
            spans["startup_seconds"] = ready.seconds - result["spawned"]
    heard = [span for event in events if event.name == "transcribed" and (span := _span(event)) is not None]
    if heard:
        spans["transcribe_seconds"] = heard[0]
    if len(heard) > 1:
        spans["warm_transcribe_seconds"] = statistics.median(heard[1:])
    reasons = {"warm_transcribe_seconds": HEARD_ONCE} if passes == 1 else {}
    return [
        measured(name, span, EVENTS)
        if span is not None and span >= 0
        else absent(name, reasons.get(name, NOT_REACHED), EVENTS)
        for name, span in spans.items()
    ]


def _span(event: Event) -> float | None:
    """Seconds from the phase's own start to the event."""
    begun = event.data.get("t0")
    return event.seconds - begun if isinstance(begun, int | float) else None


def _resident(events: Sequence[Event], *, worker: bool) -> list[Measurement]:
    found = []
    for name, event_name in (("rss_before_load_bytes", "imported"), ("rss_ready_bytes", "ready")):
        event = next((event for event in events if event.name == event_name), None)
        value = event.data.get("rss_bytes") if event else None
        if isinstance(value, int):
            source = RUSAGE_INFO if sys.platform == "darwin" else "/proc/self/status VmRSS"
            found.append(measured(name, value, source))
        elif event is not None:
            found.append(absent(name, NO_RESIDENT))
        else:
            found.append(absent(name, NOT_REACHED if worker else NOT_TIMED))
    return found


def _linux(result: Result, before_resets: int) -> list[Measurement]:
    """`before_resets` is what the worker saw of its own peak before it reset it, which `wait4` does not know."""
    usage, sampled = result["rusage"], result["sampled"]
    source = "/proc/PID/status sampled"
    peak = max(usage["ru_maxrss"] * 1024, before_resets)
    return [
        measured("wall_seconds", result["reaped"] - result["spawned"], "supervisor clock"),
        measured("user_seconds", usage["ru_utime"], WAIT4),
        measured("system_seconds", usage["ru_stime"], WAIT4),
        measured("peak_rss_bytes", peak, f"{WAIT4} and VmHWM by phase" if before_resets else WAIT4),
        _tree(result, peak),
        absent("peak_footprint_bytes", NO_FOOTPRINT),
        measured("peak_anonymous_bytes", sampled["peak_bytes"], f"{source} {sampled['count']} times")
        if sampled
        else absent("peak_anonymous_bytes", NO_SAMPLE, source),
        measured("minor_faults", usage["ru_minflt"], WAIT4),
        measured("major_faults", usage["ru_majflt"], WAIT4),
        measured("read_bytes", usage["ru_inblock"] * 512, WAIT4),
        measured("voluntary_switches", usage["ru_nvcsw"], WAIT4),
        measured("involuntary_switches", usage["ru_nivcsw"], WAIT4),
        *(counter(name, result["counters"].get(name)) for name in HARDWARE),
        *(absent(name, APPLE_ALONE) for name in APPLE),
    ]


def _tree(result: Result, peak: int) -> Measurement:
    """The most that the program and its helpers held at once; without a helper that is the program's own peak."""
    name, helpers = "peak_tree_rss_bytes", result["helpers"]
    if helpers is None:
        return absent(name, NO_SAMPLE)
    if not helpers["most"]:
        return measured(name, peak, "wait4: no helper was seen")
    source = f"/proc/PID/status sampled {result['sampled']['count']} times, {helpers['most']} helpers at most"
    return measured(name, max(helpers["peak_bytes"], peak), source)


def counter(name: str, found: Mapping[str, int] | None) -> Measurement:
    """A perf_event_open counter, scaled up by the share of time that it was really counting."""
    source = "perf_event_open, user mode"
    if found is None:
        return absent(name, NO_COUNTER, source)
    if "errno" in found:
        return absent(name, perf.refusal(found["errno"]), source)
    if not found["running"]:
        return absent(name, reason("counter.never_ran"), source)
    return measured(name, found["value"] * found["enabled"] / found["running"], source)


def _macos(result: Result) -> list[Measurement]:
    usage, info = result["rusage"], result["rusage_info"]
    return [
        measured("wall_seconds", result["reaped"] - result["spawned"], "supervisor clock"),
        measured("user_seconds", usage["ru_utime"], WAIT4),
        measured("system_seconds", usage["ru_stime"], WAIT4),
        measured("peak_rss_bytes", usage["ru_maxrss"], WAIT4),
        absent("peak_anonymous_bytes", NO_ANONYMOUS),
        absent("peak_tree_rss_bytes", NO_TREE),
        measured("minor_faults", usage["ru_minflt"], WAIT4),
        measured("major_faults", usage["ru_majflt"], WAIT4),
        measured("voluntary_switches", usage["ru_nvcsw"], WAIT4),
        measured("involuntary_switches", usage["ru_nivcsw"], WAIT4),
        *_rusage_info(info),
    ]


def _rusage_info(info: Result) -> list[Measurement]:
    """What `proc_pid_rusage` told of the direct process; a counter of 0 is one the kernel does not keep."""
    if "errno" in info:
        why = reason("rusage.error", error=info["errno"])
        names = ("peak_footprint_bytes", "read_bytes", *HARDWARE, *APPLE)
        return [absent(name, why, RUSAGE_INFO) for name in names]
    fields = info["fields"]
    source = f"{RUSAGE_INFO} V{info['flavor']}" + (
        "" if info["on_zombie"] else ", last sample before the end"
    )

    def kept(name: str, field: str) -> Measurement:
        value = fields[field]
        return measured(name, value, source) if value else absent(name, NOT_KEPT, source)

    return [
        kept("peak_footprint_bytes", "lifetime_max_phys_footprint"),
        measured("read_bytes", fields["diskio_bytesread"], source),
        kept("instructions", "instructions"),
        kept("cycles", "cycles"),
        *_apple_silicon(fields, info["tick_frequency"], source),
    ]


def _apple_silicon(fields: Mapping[str, int], frequency: int | None, source: str) -> list[Measurement]:
    """Energy of the cores, and the time on either kind of them: in V6 alone, on Apple Silicon alone."""
    if "energy_nj" not in fields:
        return [absent(name, NO_V6, source) for name in APPLE]
    if not fields["energy_nj"] or not frequency:
        return [absent(name, NOT_KEPT, source) for name in APPLE]
    fast = fields["user_ptime"] + fields["system_ptime"]
    whole = fields["user_time"] + fields["system_time"]
    return [
        measured("cpu_energy_joules", fields["energy_nj"] / 1e9, source),
        measured("performance_core_seconds", fast / frequency, source),
        measured("efficiency_core_seconds", max(whole - fast, 0) / frequency, source),
    ]

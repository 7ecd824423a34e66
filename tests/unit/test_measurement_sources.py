"""Each figure of a trial names the instrument it was read from, and each absent one why it is."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from supervised import FIELDS, of_macos, phases, supervision

from bench.contract import Event
from bench.host import perf
from bench.launch import measurements
from bench.launch import phases as by_phase
from bench.launch.supervisor import Supervision
from bench.reasons import reason

READY = Event(name="ready", seconds=15.25, data={"t0": 12.25, "rss_bytes": 70_000_000})
SUPERVISORS = (
    *measurements.PROCESS,
    *measurements.SAMPLED,
    "peak_footprint_bytes",
    "read_bytes",
    *measurements.HARDWARE,
    *measurements.APPLE,
)


def named(found: tuple[Any, ...]) -> dict[str, Any]:
    return {each.name: each for each in found}


def test_a_program_that_was_not_started_is_another_reason_than_a_lost_result() -> None:
    not_started = named(
        measurements.of_trial(supervision(exec_errno=errno.ENOENT), (), passes=1, worker=True)
    )
    gone = Supervision(result=None, failure=reason("supervisor.silent"), kernel_killed=None, strays=())
    lost = named(measurements.of_trial(gone, (), passes=1, worker=True))
    for name in SUPERVISORS:
        assert not_started[name].reason == reason("program.not_started")
        assert lost[name].reason == measurements.NO_RESULT


def test_what_macos_tells_comes_from_wait4_and_from_the_process_s_own_counts() -> None:
    found = of_macos()
    assert found["wall_seconds"].source == "supervisor clock"
    for name in measurements.PROCESS[1:]:
        assert found[name].source == "wait4"
    for name in ("peak_footprint_bytes", "read_bytes", *measurements.HARDWARE, *measurements.APPLE):
        assert found[name].source == "proc_pid_rusage V6"
    assert found["peak_anonymous_bytes"].reason == measurements.NO_ANONYMOUS
    assert found["peak_tree_rss_bytes"].reason == measurements.NO_TREE
    assert found["import_seconds"].reason == by_phase.NOT_TIMED


def test_what_macos_refused_to_tell_is_absent_with_its_error() -> None:
    found = of_macos(errno=1)
    for name in ("peak_footprint_bytes", "read_bytes", *measurements.HARDWARE, *measurements.APPLE):
        assert found[name].reason == reason("rusage.error", error=1)
        assert found[name].source == "proc_pid_rusage"
    assert found["peak_rss_bytes"].value == 303_693_824


def test_an_older_kernel_tells_no_energy_and_an_intel_mac_has_none() -> None:
    older = {name: value for name, value in FIELDS.items() if name != "energy_nj"}
    for fields, why in ((older, measurements.NO_V6), ({**FIELDS, "energy_nj": 0}, measurements.NOT_KEPT)):
        found = of_macos(fields=fields, flavor=4)
        for name in measurements.APPLE:
            assert (found[name].reason, found[name].source) == (why, "proc_pid_rusage V4")
    uncounted = of_macos(fields={**FIELDS, "cycles": 0})["cycles"]
    assert (uncounted.reason, uncounted.source) == (measurements.NOT_KEPT, "proc_pid_rusage V6")


def test_no_core_has_worked_for_less_than_no_time() -> None:
    """The two clocks are read one after the other."""
    fast = {**FIELDS, "user_ptime": 90_000_000, "system_ptime": 24_000_000}
    found = of_macos(fields=fast)
    assert found["performance_core_seconds"].value == 4.75
    assert found["efficiency_core_seconds"].value == 0.0


def test_a_phase_s_footprint_is_macos_s_to_tell() -> None:
    told = Event(name="ready", seconds=15.0, data={"t0": 12.0, "used": {"peak_footprint_bytes": 700}})
    info = {"flavor": 6, "tick_frequency": 24_000_000, "on_zombie": True, "fields": FIELDS}
    assert phases(told, rusage_info=info)["load_peak_footprint_bytes"].value == 700
    assert phases(told)["load_peak_footprint_bytes"].reason == measurements.NO_FOOTPRINT


@pytest.mark.parametrize(
    ("system", "source"), [("linux", "/proc/self/status VmRSS"), ("darwin", "proc_pid_rusage")]
)
def test_the_worker_s_own_memory_is_read_where_its_system_keeps_it(
    system: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurements.sys, "platform", system)  # type: ignore[attr-defined]  # its own import
    assert phases(READY)["rss_ready_bytes"].source == source


def test_a_program_has_no_phases_to_read_memory_in() -> None:
    found = named(
        measurements.of_trial(supervision(rusage_info=None, exec_errno=2), (), passes=1, worker=False)
    )
    assert found["rss_ready_bytes"].reason == by_phase.NOT_TIMED


def test_what_linux_tells_names_wait4_the_clock_or_the_samples() -> None:
    found = phases(READY)
    assert found["load_seconds"].source == "worker events"
    for name in measurements.PROCESS[1:]:
        assert found[name].source == "wait4"
    assert found["peak_anonymous_bytes"].source == "/proc/PID/status sampled"
    reset = Event(name="transcribing", seconds=16.0, data={"lifetime": 7_000_000})
    assert phases(READY, reset)["peak_rss_bytes"].source == "wait4 and VmHWM by phase"
    alone = phases(READY, helpers={"peak_bytes": 5, "most": 0}, sampled={"peak_bytes": 7, "count": 4})
    assert alone["peak_tree_rss_bytes"].source == "wait4: no helper was seen"


def test_a_counter_that_was_refused_says_why() -> None:
    for found, why in (
        (None, measurements.NO_COUNTER),
        ({"errno": errno.EPERM}, perf.refusal(errno.EPERM)),
        ({"errno": errno.ENOENT}, perf.refusal(errno.ENOENT)),
        ({"value": 0, "enabled": 5, "running": 0}, reason("counter.never_ran")),
    ):
        told = measurements.counter("cycles", found)
        assert (told.name, told.reason, told.source) == ("cycles", why, "perf_event_open, user mode")

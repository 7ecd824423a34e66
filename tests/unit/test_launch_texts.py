"""The launcher's pure parts: verdicts, measurements, texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from supervised import FIELDS, of_macos, phases, supervision

from bench.contract import Event
from bench.domain import Status
from bench.language import english
from bench.launch import events, logfile, measurements, verdict
from bench.launch import phases as by_phase
from bench.launch.environ import base_environ
from bench.launch.supervisor import Supervision
from bench.reasons import reason


def judge(found: Supervision, *, worker: bool = False, stderr: str = "") -> tuple[Status, str]:
    ended = verdict.Ended(
        supervision=found,
        read=events.NO_EVENTS,
        timeout_seconds=60,
        memory_limit_bytes=None,
        output_limit_bytes=1,
        passes=1,
        worker=worker,
        stderr=stderr,
        program="x",
    )
    status, reason = verdict.judge(ended)
    return status, english(reason)


def test_a_kill_while_the_kernel_ran_out_of_memory_is_a_matter_of_memory() -> None:
    killed = supervision(exit=None, signal=9, kernel_killed=True)
    assert judge(killed) == (
        Status.MEMORY,
        "killed by the kernel, which had run out of memory, while running",
    )


def test_a_kill_by_nobody_known_is_a_crash_that_says_what_is_not_known() -> None:
    status, reason = judge(supervision(exit=None, signal=9, kernel_killed=None))
    assert status is Status.CRASHED
    assert reason is not None
    assert reason.endswith("this system does not say whether the kernel did")


def test_another_signal_is_a_crash_even_when_the_kernel_killed_somebody() -> None:
    assert judge(supervision(exit=None, signal=11, kernel_killed=True))[0] is Status.CRASHED


def test_the_last_words_on_stderr_are_the_reason_of_an_exit_status() -> None:
    found = judge(supervision(exit=2), stderr="usage: x\nerror: no such \x1b[1mfile\n\n")
    assert found == (Status.FAILED, r"exit status 2: “error: no such \x1b[1mfile”")


def test_without_a_result_every_metric_is_absent_with_a_reason() -> None:
    lost = Supervision(
        result=None, failure=reason("supervisor.signal", number=9), kernel_killed=None, strays=()
    )
    found = measurements.of_trial(lost, (), passes=1, worker=True)
    assert all(each.value is None and each.reason for each in found)
    assert judge(lost) == (Status.FAILED, "the supervisor failed: it was ended by signal 9")


def test_the_warm_time_is_the_median_of_the_passes_after_the_first() -> None:
    heard = [
        Event(name="transcribed", seconds=t0 + span, data={"t0": t0})
        for t0, span in [(11.0, 9.0), (21.0, 2.0), (24.0, 3.0), (28.0, 7.0)]
    ]
    found = {each.name: each.value for each in measurements.of_trial(_dead(), heard, passes=4, worker=True)}
    assert found["transcribe_seconds"] == 9.0
    assert found["warm_transcribe_seconds"] == 3.0


def test_a_clock_that_ran_backwards_is_no_measurement() -> None:
    heard = [Event(name="transcribed", seconds=5.0, data={"t0": 6.0})]
    found = {each.name: each for each in measurements.of_trial(_dead(), heard, passes=1, worker=True)}
    assert found["transcribe_seconds"].value is None


def _dead() -> Supervision:
    return Supervision(result=None, failure=reason("supervisor.silent"), kernel_killed=None, strays=())


def test_macos_measurements_come_from_wait4_and_from_the_kernels_counts_of_the_process() -> None:
    found = {name: each.value for name, each in of_macos().items() if each.value is not None}
    assert found == {
        "wall_seconds": 4.0,
        "user_seconds": 2.44,
        "system_seconds": 2.56,
        "peak_rss_bytes": 303_693_824,
        "minor_faults": 152_460,
        "major_faults": 18_238,
        "voluntary_switches": 5_922,
        "involuntary_switches": 36_616,
        "peak_footprint_bytes": 29_803_192,
        "read_bytes": 743_000_064,
        "instructions": 4_416_117_333,
        "cycles": 2_872_033_925,
        "cpu_energy_joules": 21.5,
        "performance_core_seconds": 3.0,
        "efficiency_core_seconds": 1.0,
    }


def test_a_count_of_zero_is_one_that_the_kernel_does_not_keep_but_no_byte_read_is_a_figure() -> None:
    empty = dict.fromkeys(FIELDS, 0)
    found = of_macos(fields=empty)
    for name in ("peak_footprint_bytes", "instructions", "cycles", "cpu_energy_joules"):
        assert found[name].reason == measurements.NOT_KEPT
    assert found["read_bytes"].value == 0


def test_a_reading_that_is_not_of_the_zombie_says_so() -> None:
    assert of_macos(on_zombie=False)["cycles"].source == "proc_pid_rusage V6, last sample before the end"


def test_without_the_timers_rate_no_time_is_made_up() -> None:
    assert of_macos(tick_frequency=None)["performance_core_seconds"].reason == measurements.NOT_KEPT


def test_a_missing_event_file_is_no_events(tmp_path: Path) -> None:
    assert events.read_events(tmp_path / "none") == events.NO_EVENTS


def test_a_line_cut_by_a_kill_is_unreadable_and_the_lines_before_it_count(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b'{"event": "started", "t": 1.5}\n{"event": "rea')
    read = events.read_events(path)
    assert read.events == (Event(name="started", seconds=1.5),)
    assert read.unreadable == ('{"event": "rea',)
    assert read.last() == "started"


def test_a_huge_output_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"first\n" + b"x" * (4 << 20) + b"\nlast\n")
    text = logfile.bounded_text(path)
    assert text.startswith("first\n")
    assert text.endswith("\nlast\n")
    assert "bytes left out" in text
    assert len(text) < 2 << 20
    assert logfile.bounded_text(tmp_path / "none") == ""


def test_the_base_environment_drops_what_would_change_the_worker_or_the_figures() -> None:
    caller = {"PATH": "/bin", "PYTHONPATH": "x", "OMP_NUM_THREADS": "1", "LC_ALL": "C", "API_TOKEN": "secret"}
    assert base_environ(caller) == {"PATH": "/bin", "LC_ALL": "C"}


def test_linux_counts_kib_of_memory_and_512_byte_blocks_of_reading() -> None:
    usage = {
        "ru_utime": 1.5,
        "ru_stime": 0.25,
        "ru_maxrss": 1000,
        "ru_minflt": 11,
        "ru_majflt": 3,
        "ru_inblock": 7,
        "ru_nvcsw": 5,
        "ru_nivcsw": 2,
    }
    found = {
        each.name: each.value
        for each in measurements.of_trial(
            supervision(rusage=usage, sampled={"peak_bytes": 777, "count": 4}), (), passes=1, worker=False
        )
    }
    assert found["peak_rss_bytes"] == 1_024_000
    assert found["read_bytes"] == 3584
    assert found["peak_anonymous_bytes"] == 777
    assert (found["user_seconds"], found["system_seconds"]) == (1.5, 0.25)
    assert (found["minor_faults"], found["major_faults"]) == (11, 3)
    assert (found["voluntary_switches"], found["involuntary_switches"]) == (5, 2)
    assert found["wall_seconds"] == 4.0


def test_a_counter_is_scaled_up_by_the_time_it_was_off() -> None:
    assert measurements.counter("cycles", {"value": 300, "enabled": 8, "running": 2}).value == 1200


STARTED = Event(name="started", seconds=10.5)
IMPORTED = Event(name="imported", seconds=12.0, data={"rss_bytes": 30_000_000})
READY = Event(name="ready", seconds=15.25, data={"t0": 12.25, "rss_bytes": 70_000_000})
HEARD = tuple(
    Event(name="transcribed", seconds=end, data={"t0": begun, "pass": number})
    for number, (begun, end) in enumerate([(16.0, 18.5), (20.0, 21.25), (22.0, 25.5), (26.0, 27.0)], start=1)
)
WORKER = (STARTED, IMPORTED, READY, *HEARD)


def test_every_phase_has_its_own_start() -> None:
    found = {name: each.value for name, each in phases(*WORKER).items()}
    assert found["import_seconds"] == 1.5  # from the worker's first line
    assert found["load_seconds"] == 3.0  # from the phase's own start
    assert found["startup_seconds"] == 5.25  # from the spawning
    assert found["transcribe_seconds"] == 2.5
    assert found["warm_transcribe_seconds"] == 1.25  # the median of 1.25, 3.5 and 1.0


def test_two_passes_have_a_warm_one_and_one_has_none() -> None:
    assert phases(*WORKER[:5], passes=2)["warm_transcribe_seconds"].value == 1.25
    assert phases(*WORKER[:4], passes=1)["warm_transcribe_seconds"].reason == by_phase.HEARD_ONCE
    assert phases(*WORKER[:4], passes=2)["warm_transcribe_seconds"].reason == by_phase.NOT_REACHED


def test_a_phase_that_was_not_reached_is_absent_and_so_is_one_that_ran_backwards() -> None:
    found = phases(STARTED)
    for name in ("import_seconds", "load_seconds", "startup_seconds", "transcribe_seconds"):
        assert found[name].reason == by_phase.NOT_REACHED
        assert found[name].source == measurements.EVENTS
    early = Event(name="imported", seconds=10.0)
    assert phases(STARTED, early)["import_seconds"].value is None
    at_once = Event(name="imported", seconds=10.5)
    assert phases(STARTED, at_once)["import_seconds"].value == 0.0


def used(*, peak: int | None = None, read: int | None = None, **more: Any) -> dict[str, Any]:
    """What a worker says of a phase."""
    told = {"peak_rss_bytes": peak, "read_bytes": read, "unknown": [], **more}
    return {name: found for name, found in told.items() if found is not None}


def test_each_phase_has_its_own_peak_and_its_own_reading() -> None:
    ready = Event(name="ready", seconds=15.0, data={"used": used(peak=500, read=70)})
    passes = [
        Event(name="transcribed", seconds=at, data={"t0": 16.0, "used": used(peak=peak, read=read)})
        for at, peak, read in ((17.0, 300, 8), (18.0, 250, 2), (19.0, 270, 1))
    ]
    found = {name: each.value for name, each in phases(STARTED, IMPORTED, ready, *passes).items()}
    assert (found["load_peak_rss_bytes"], found["load_read_bytes"]) == (500, 70)
    assert (found["transcribe_peak_rss_bytes"], found["transcribe_read_bytes"]) == (300, 8)
    assert (found["warm_transcribe_peak_rss_bytes"], found["warm_transcribe_read_bytes"]) == (270, 3)
    assert found["load_peak_footprint_bytes"] is None


def test_each_phase_has_its_own_processor_time() -> None:
    ready = Event(name="ready", seconds=15.0, data={"used": used(processor_seconds=0.5)})
    passes = [
        Event(name="transcribed", seconds=17.0, data={"t0": 16.0, "used": used(processor_seconds=worked)})
        for worked in (1.9, 1.25, 3.5, 1.5)
    ]
    found = {name: each.value for name, each in phases(STARTED, IMPORTED, ready, *passes).items()}
    assert found["load_processor_seconds"] == 0.5
    assert found["transcribe_processor_seconds"] == 1.9
    assert found["warm_transcribe_processor_seconds"] == 1.5  # the median, as of the clock
    assert phases(*WORKER)["transcribe_processor_seconds"].reason == by_phase.NOT_TOLD  # an older worker


def test_a_phase_below_an_earlier_peak_is_absent_where_only_the_highest_is_kept() -> None:
    ready = Event(name="ready", seconds=15.0, data={"used": used(unknown=["peak_rss_bytes"], read=70)})
    found = phases(STARTED, IMPORTED, ready)
    assert found["load_peak_rss_bytes"].reason == by_phase.BELOW
    assert found["load_read_bytes"].value == 70
    assert found["transcribe_peak_rss_bytes"].reason == by_phase.NOT_REACHED
    assert phases(*WORKER)["load_peak_rss_bytes"].reason == by_phase.NOT_TOLD
    assert phases(*WORKER[:4], passes=1)["warm_transcribe_read_bytes"].reason == by_phase.HEARD_ONCE


def test_a_peak_that_was_reset_is_not_lost() -> None:
    ready = Event(name="ready", seconds=15.0, data={"used": used(peak=500), "lifetime": 5_000_000})
    hears = Event(name="transcribing", seconds=16.0, data={"lifetime": 7_000_000})
    assert phases(STARTED, ready, hears, ru_maxrss=3000)["peak_rss_bytes"].value == 7_000_000
    assert phases(STARTED, ready, hears, ru_maxrss=9000)["peak_rss_bytes"].value == 9_216_000


def test_a_tree_without_helpers_is_its_program_and_one_with_them_their_sum() -> None:
    def tree(**result: Any) -> Any:
        return phases(STARTED, ru_maxrss=3000, **result)["peak_tree_rss_bytes"]

    sampled = {"peak_bytes": 777, "count": 4}
    assert tree(helpers={"peak_bytes": 2_000_000, "most": 0}, sampled=sampled).value == 3_072_000
    assert tree(helpers={"peak_bytes": 8_000_000, "most": 2}, sampled=sampled).value == 8_000_000
    assert "2 helpers" in tree(helpers={"peak_bytes": 8_000_000, "most": 2}, sampled=sampled).source
    assert tree(helpers=None).reason == measurements.NO_SAMPLE


def test_a_phase_without_a_start_is_none() -> None:
    assert phases(STARTED, IMPORTED, Event(name="ready", seconds=15.0))["load_seconds"].value is None


def test_resident_memory_is_what_the_worker_read() -> None:
    found = phases(*WORKER)
    assert found["rss_before_load_bytes"].value == 30_000_000
    assert found["rss_ready_bytes"].value == 70_000_000
    assert phases(STARTED)["rss_ready_bytes"].reason == by_phase.NOT_REACHED
    untold = Event(name="ready", seconds=15.0, data={"rss_bytes": None})
    assert phases(STARTED, untold)["rss_ready_bytes"].reason == measurements.NO_RESIDENT


def test_each_figure_names_its_instrument() -> None:
    found = phases(*WORKER, sampled={"peak_bytes": 5, "count": 3})
    assert found["wall_seconds"].source == "supervisor clock"
    assert found["peak_anonymous_bytes"].source == "/proc/PID/status sampled 3 times"
    assert {
        found[name].source for name in ("user_seconds", "peak_rss_bytes", "read_bytes", "minor_faults")
    } == {"wait4"}
    assert phases(*WORKER)["peak_anonymous_bytes"].reason == measurements.NO_SAMPLE


def test_counters_are_read_by_their_names() -> None:
    counts = {
        "instructions": {"value": 900, "enabled": 4, "running": 4},
        "cycles": {"value": 100, "enabled": 9, "running": 3},
    }
    found = phases(*WORKER, counters=counts)
    assert (found["instructions"].value, found["cycles"].value) == (900, 300)
    assert found["cycles"].source == "perf_event_open, user mode"
    asleep = measurements.counter("cycles", {"value": 0, "enabled": 5, "running": 0})
    assert asleep.reason == reason("counter.never_ran")
    assert measurements.counter("cycles", None).reason == measurements.NO_COUNTER

"""The launcher's pure parts: verdicts, measurements, texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.contract import Event
from bench.domain import Status
from bench.launch import events, logfile, measurements, verdict
from bench.launch.environ import base_environ
from bench.launch.supervisor import Supervision


def supervision(*, kernel_killed: bool | None = False, **result: Any) -> Supervision:
    whole: dict[str, Any] = {
        "pid": 7,
        "spawned": 10.0,
        "reaped": 14.0,
        "exec_errno": None,
        "exit": 0,
        "signal": None,
        "killed_for": None,
        "rusage": {},
        "sampled": None,
        "counters": {},
        "time_l": None,
    }
    return Supervision(result={**whole, **result}, failure=None, kernel_killed=kernel_killed, strays=())


def judge(found: Supervision, *, worker: bool = False, stderr: str = "") -> tuple[Status, str | None]:
    return verdict.judge(
        found,
        events.NO_EVENTS,
        timeout_seconds=60,
        memory_limit_bytes=None,
        output_limit_bytes=1,
        passes=1,
        worker=worker,
        stderr=stderr,
        program="x",
    )


def test_a_kill_while_the_kernel_ran_out_of_memory_is_a_matter_of_memory() -> None:
    killed = supervision(exit=None, signal=9, kernel_killed=True)
    assert judge(killed) == (Status.MEMORY, "killed by the kernel for want of memory")


def test_a_kill_by_nobody_known_is_a_crash_that_says_what_is_not_known() -> None:
    status, reason = judge(supervision(exit=None, signal=9, kernel_killed=None))
    assert status is Status.CRASHED
    assert reason is not None
    assert reason.endswith("this system does not tell whether by the kernel")


def test_another_signal_is_a_crash_even_when_the_kernel_killed_somebody() -> None:
    assert judge(supervision(exit=None, signal=11, kernel_killed=True))[0] is Status.CRASHED


def test_a_signal_that_time_l_swallowed_is_a_crash_all_the_same() -> None:
    status, reason = judge(supervision(exit=1, time_l="Command terminated abnormally.\n   0,01 real\n"))
    assert (status, reason) == (Status.CRASHED, "ended by a signal that time -l did not pass on")


def test_the_last_words_on_stderr_are_the_reason_of_an_exit_status() -> None:
    found = judge(supervision(exit=2), stderr="usage: x\nerror: no such \x1b[1mfile\n\n")
    assert found == (Status.FAILED, r"exit status 2: error: no such \x1b[1mfile")


def test_without_a_result_every_metric_is_absent_with_a_reason() -> None:
    lost = Supervision(
        result=None, failure="the supervisor was ended by signal 9", kernel_killed=None, strays=()
    )
    found = measurements.of_trial(lost, (), passes=1, worker=True)
    assert all(each.value is None and each.reason for each in found)
    assert judge(lost) == (Status.FAILED, "the supervisor was ended by signal 9")


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
    return Supervision(result=None, failure="gone", kernel_killed=None, strays=())


def test_macos_measurements_come_from_time_l_and_the_wall_from_the_supervisor() -> None:
    text = "        4,09 real         2,44 user         2,56 sys\n   29803192  peak memory footprint\n"
    found = {
        each.name: each
        for each in measurements.of_trial(supervision(time_l=text), (), passes=1, worker=False)
    }
    assert found["wall_seconds"].value == 4.0
    assert found["peak_footprint_bytes"].value == 29803192
    assert (
        found["peak_anonymous_bytes"].reason
        == "there is no /proc to sample on macOS; see peak_footprint_bytes"
    )
    assert found["read_bytes"].reason is not None


def test_a_missing_event_file_is_no_events(tmp_path: Path) -> None:
    assert events.read_events(tmp_path / "none") == events.NO_EVENTS


def test_a_line_cut_by_a_kill_is_unreadable_and_the_lines_before_it_count(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b'{"event": "started", "t": 1.5}\n{"event": "rea')
    read = events.read_events(path)
    assert read.events == (Event(name="started", seconds=1.5),)
    assert read.unreadable == ('{"event": "rea',)
    assert read.last() == "started"


def test_control_and_direction_characters_are_shown_not_obeyed() -> None:
    assert logfile.printable("a\x00\x1b[2J\u202eb\tc\r\nd\re") == "a\\x00\\x1b[2J\\u202eb\tc\nd\ne"
    assert logfile.printable("Привет, й — 100 % 😀") == "Привет, й — 100 % 😀"


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

"""The launcher, with real children: what it measures, and what it makes of children that misbehave."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import host, launch
from bench.contract import WRITTEN_FILE, Job, Outcome
from bench.domain import Status
from bench.language import english
from bench.metrics import METRICS

FAKES = Path(__file__).resolve().parent.parent / "fakes"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MIB = 1 << 20

Run = Callable[..., Outcome]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\x00\x00" * 15999 + b"\x00\x40")
    return path


@pytest.fixture
def run(clip: Path, tmp_path: Path) -> Run:
    def run(
        half: str = "ok",
        *,
        passes: int = 1,
        argv: tuple[str, ...] = (),
        environ: dict[str, str] | None = None,
        timeout: float = 30.0,
        memory: int | None = None,
        audio: Path | None = None,
        counters: tuple[str, ...] = launch.COUNTERS,
        sample_hz: float = 100.0,
        **payload: Any,
    ) -> Outcome:
        job = Job(
            half=None if argv else FAKES / f"half_{half}.py",
            payload=payload,
            argv=argv,
            environ=environ or {},
        )
        return launch.run(
            job,
            audio=audio or clip,
            passes=passes,
            limits=launch.Limits(timeout_seconds=timeout, memory_limit_bytes=memory),
            log=tmp_path / "logs" / "trial.log",
            sample_hz=sample_hz,
            counters=counters,
        )

    return run


def value(outcome: Outcome, name: str) -> float:
    found = next(each for each in outcome.measurements if each.name == name)
    assert found.value is not None, found.reason
    return found.value


def reason(outcome: Outcome, name: str) -> str:
    found = next(each for each in outcome.measurements if each.name == name)
    assert found.reason is not None, found.value
    return english(found.reason)


def log_of(tmp_path: Path) -> str:
    return (tmp_path / "logs" / "trial.log").read_text(encoding="utf-8")


# ------------------------------------------------------------------- a child that works


def test_a_good_child_tells_every_phase_and_its_result(run: Run) -> None:
    outcome = run(passes=3, first_seconds=0.2)
    assert (outcome.status, outcome.reason) == (Status.OK, None)
    heard = [event for event in outcome.events if event.name == "transcribed"]
    assert [event.data["pass"] for event in heard] == [1, 2, 3]
    assert heard[0].data["result"]["text"] == "16000 samples"
    assert heard[0].data["result"]["peak"] == 0.5
    done = outcome.event("done")
    assert done is not None
    assert done.data["facts"] == {"system_info": "FAKE = 1"}
    assert value(outcome, "load_seconds") >= 0.02
    assert value(outcome, "transcribe_seconds") >= 0.2
    assert 0.01 <= value(outcome, "warm_transcribe_seconds") < value(outcome, "transcribe_seconds")
    phases = value(outcome, "startup_seconds") + value(outcome, "transcribe_seconds")
    assert phases < value(outcome, "wall_seconds")
    assert value(outcome, "import_seconds") < value(outcome, "startup_seconds")


def test_every_metric_the_launcher_answers_for_is_there_once_with_a_value_or_a_reason(run: Run) -> None:
    names = [each.name for each in run().measurements]
    assert len(names) == len(set(names))
    assert set(names) <= set(METRICS)
    assert set(names) == {
        *(
            "import_seconds",
            "load_seconds",
            "startup_seconds",
            "transcribe_seconds",
            "warm_transcribe_seconds",
        ),
        *("wall_seconds", "user_seconds", "system_seconds", "minor_faults", "major_faults", "read_bytes"),
        *("peak_rss_bytes", "peak_footprint_bytes", "peak_anonymous_bytes", "rss_before_load_bytes"),
        *("rss_ready_bytes", "peak_tree_rss_bytes", "gpu_memory_bytes", "instructions", "cycles"),
        *(
            f"{phase}_{kind}"
            for phase in ("load", "transcribe", "warm_transcribe")
            for kind in ("peak_rss_bytes", "peak_footprint_bytes", "read_bytes", "processor_seconds")
        ),
        *(
            "voluntary_switches",
            "involuntary_switches",
            "energy_joules",
            "cpu_energy_joules",
            "gpu_energy_joules",
        ),
        *("performance_core_seconds", "efficiency_core_seconds"),
    }


def test_one_pass_has_no_warm_time_and_says_so(run: Run) -> None:
    assert reason(run(passes=1), "warm_transcribe_seconds") == "The clip was transcribed once."


def test_without_numpy_the_worker_reads_audio_with_the_standard_library_alone(run: Run) -> None:
    heard = run().event("transcribed")
    assert heard is not None
    assert heard.data["result"]["kind"] == "array"


def own_half(tmp_path: Path, transcribe: str) -> Path:
    path = tmp_path / "half_own.py"
    path.write_text(
        "def imports(): import sys; globals()['loaded'] = sorted(sys.modules)\n"
        "def load(payload): return loaded\n"
        f"def transcribe(model, pcm, payload):\n    {transcribe}\n"
    )
    return path


def launch_half(half: Path, clip: Path, tmp_path: Path) -> Outcome:
    return launch.run(
        Job(half=half),
        audio=clip,
        passes=1,
        limits=launch.Limits(timeout_seconds=30),
        log=tmp_path / "own.log",
        sample_hz=50,
    )


def test_the_worker_brings_next_to_nothing_of_its_own(clip: Path, tmp_path: Path) -> None:
    outcome = launch_half(own_half(tmp_path, "return {'modules': model}"), clip, tmp_path)
    heard = outcome.event("transcribed")
    assert heard is not None
    bare = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    brought = set(heard.data["result"]["modules"]) - set(bare)
    assert not brought & {"bench", "numpy", "ctypes", "typing", "pathlib", "subprocess", "logging", "wave"}
    assert len(brought) < 40


def test_numbers_of_numpy_in_a_result_stay_numbers(clip: Path, tmp_path: Path) -> None:
    half = own_half(tmp_path, "import numpy; return {'p': numpy.float32(0.5), 'ids': numpy.arange(2)}")
    heard = launch_half(half, clip, tmp_path).event("transcribed")
    assert heard is not None
    assert heard.data["result"] == {"p": 0.5, "ids": [0, 1]}


def test_a_result_that_is_no_json_is_a_mistake_told_by_name(clip: Path, tmp_path: Path) -> None:
    outcome = launch_half(own_half(tmp_path, "return {'segments': {1, 2}}"), clip, tmp_path)
    assert outcome.status is Status.FAILED
    assert english(outcome.reason) == "TypeError: “the child half's result has a set, which is no JSON”"


def test_what_a_binding_prints_stays_out_of_the_events(run: Run, tmp_path: Path) -> None:
    outcome = run()
    assert [event.name for event in outcome.events].count("ready") == 1
    assert "libraries" in outcome.stdout
    assert "\x1b" not in log_of(tmp_path)
    assert r"\x1b[31m" in log_of(tmp_path)


def test_a_child_gets_a_clean_environment_and_the_jobs_own_words(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("TZ", "UTC")
    outcome = run(argv=("env",), environ={"OMP_WAIT_POLICY": "PASSIVE"})
    lines = outcome.stdout.splitlines()
    assert {"OMP_WAIT_POLICY=PASSIVE", "TZ=UTC"} <= set(lines)
    assert not [line for line in lines if line.startswith(("PYTHON", "OMP_NUM"))]
    assert "== environment set by the case\nOMP_WAIT_POLICY=PASSIVE\n" in log_of(tmp_path)


def test_the_log_holds_what_repeats_the_trial_and_what_came_of_it(run: Run, tmp_path: Path) -> None:
    run(argv=("sh", "-c", "echo out; echo err >&2; exit 3"))
    log = log_of(tmp_path)
    assert log.startswith(
        "status   failed: exit status 3: “err”\ncommand  sh -c 'echo out; echo err >&2; exit 3'\n"
    )
    for section in ("environment", "measurements", "stdout\nout", "stderr\nerr"):
        assert f"== {section}" in log


# ----------------------------------------------------------------------------- memory


@LINUX
def test_nothing_of_the_supervisor_shows_in_a_small_programs_peak(run: Run) -> None:
    assert value(run(argv=("true",)), "peak_rss_bytes") < 20e6


@LINUX
def test_a_parent_of_600_mb_changes_no_childs_peak(clip: Path, tmp_path: Path) -> None:
    """In a process of its own, so that the bloat is real and goes away."""
    program = f"""
import sys
from pathlib import Path
from bench import launch
from bench.contract import Job
def peak():
    outcome = launch.run(Job(half=Path({str(FAKES / "half_ok.py")!r}), payload={{"bytes": 30 << 20}}),
        audio=Path({str(clip)!r}), passes=1, limits=launch.Limits(timeout_seconds=30),
        log=Path({str(tmp_path / "x.log")!r}), sample_hz=50)
    return next(m.value for m in outcome.measurements if m.name == "peak_rss_bytes")
before = peak()
bloat = b"x" * 600_000_000
print(before, peak(), file=sys.stdout)
"""
    root = Path(launch.__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root
    )
    before, after = map(float, done.stdout.split())
    assert before > 30 * MIB
    assert abs(after - before) < 2e6


@LINUX
def test_each_phase_has_its_peak_and_the_process_the_highest_of_them(run: Run) -> None:
    outcome = run("phases", passes=3)
    floor = value(outcome, "rss_before_load_bytes")
    expected = {
        "load_peak_rss_bytes": 100 * MIB,
        "transcribe_peak_rss_bytes": 80 * MIB,  # 20 of the model
        "warm_transcribe_peak_rss_bytes": 60 * MIB,
        "peak_rss_bytes": 150 * MIB,  # while it imported: before every reset
    }
    for name, added in expected.items():
        assert abs(value(outcome, name) - floor - added) < 3 * MIB, name


def test_a_phase_is_told_what_it_worked_and_not_what_it_waited(run: Run) -> None:
    outcome = run(passes=3, first_seconds=0.4, work_seconds=0.25)
    for name in ("transcribe_processor_seconds", "warm_transcribe_processor_seconds"):
        assert value(outcome, name) == pytest.approx(0.25, abs=0.02), name
    assert value(outcome, "transcribe_seconds") >= 0.65
    assert value(outcome, "load_processor_seconds") < 0.02  # it sleeps


@LINUX
def test_what_a_phase_read_from_the_disk_is_told_of_it_alone(run: Run, tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(os.urandom(48 * MIB))
    assert host.evict(weights) == 0.0
    outcome = run("phases", passes=2, weights=[str(weights)])
    assert 48 * MIB <= value(outcome, "load_read_bytes") < 56 * MIB
    assert value(outcome, "transcribe_read_bytes") + value(outcome, "warm_transcribe_read_bytes") < 8 * MIB


@LINUX
def test_the_sampled_peak_sees_what_the_model_holds(run: Run) -> None:
    small, large = run(first_seconds=0.1), run(first_seconds=0.1, bytes=100 * MIB)
    held = value(large, "peak_anonymous_bytes") - value(small, "peak_anonymous_bytes")
    assert held == pytest.approx(100 * MIB, rel=0.02)
    ready = value(large, "rss_ready_bytes") - value(large, "rss_before_load_bytes")
    assert ready == pytest.approx(100 * MIB, rel=0.02)
    assert value(large, "peak_rss_bytes") >= value(large, "peak_anonymous_bytes")


@LINUX
def test_mapped_files_count_as_resident_and_not_as_anonymous(run: Run, tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(os.urandom(64 * MIB))
    program = (
        "import mmap, sys, time; f = open(sys.argv[1], 'rb');"
        "m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); sum(m[i] for i in range(0, len(m), 4096)); time.sleep(0.1)"
    )
    outcome = run(argv=(sys.executable, "-I", "-c", program, str(weights)))
    assert value(outcome, "peak_rss_bytes") > 64 * MIB
    assert value(outcome, "peak_anonymous_bytes") < 32 * MIB


@LINUX
def test_the_footprint_is_absent_on_linux_with_what_stands_for_it(run: Run) -> None:
    assert "peak_anonymous_bytes" in reason(run(), "peak_footprint_bytes")


@LINUX
def test_cpu_time_faults_and_switches_are_the_childs(run: Run) -> None:
    busy = (
        "t = __import__('time'); e = t.process_time() + 0.3\nwhile t.process_time() < e: pass\nt.sleep(0.05)"
    )
    outcome = run(argv=(sys.executable, "-I", "-S", "-c", busy))
    spent = value(outcome, "user_seconds") + value(outcome, "system_seconds")
    assert 0.3 <= spent <= value(outcome, "wall_seconds") + 0.02
    assert value(outcome, "minor_faults") > 0
    assert value(outcome, "voluntary_switches") > 0


@LINUX
def test_bytes_read_from_disk_are_counted_when_the_cache_is_cold(run: Run, tmp_path: Path) -> None:
    from bench import host

    weights = tmp_path / "weights.bin"
    weights.write_bytes(os.urandom(16 * MIB))
    if host.evict(weights) != 0.0:
        pytest.skip("this file system keeps its pages")
    cold = value(run(argv=("cat", str(weights))), "read_bytes")
    host.warm(weights)
    warm = value(run(argv=("cat", str(weights))), "read_bytes")
    assert cold >= 16 * MIB  # and what of cat and its libraries was not in memory
    assert warm <= cold - 12 * MIB


# --------------------------------------------------------------------------- counters


@LINUX
def test_a_counter_is_measured_or_its_refusal_is_said_in_words(run: Run) -> None:
    outcome = run()
    for name in ("instructions", "cycles"):
        found = next(each for each in outcome.measurements if each.name == name)
        if found.value is None:
            assert found.reason is not None
            assert "counters" in english(found.reason) or "perf_event_open" in english(found.reason)
        else:
            assert found.value > 1e6


@LINUX
def test_counters_not_asked_for_are_absent(run: Run) -> None:
    assert reason(run(counters=()), "instructions") == "Not asked for."


# ---------------------------------------------------------------- children that misbehave


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGSEGV, "(SIGSEGV) while transcribing"),
        (signal.SIGILL, "(SIGILL) while transcribing"),
        (signal.SIGKILL, "(SIGKILL) while transcribing; this program did not send it"),
    ],
)
def test_a_child_ended_by_a_signal_crashed_and_the_signal_is_named(run: Run, number: int, words: str) -> None:
    outcome = run("bad", do="signal", signal=int(number))
    assert outcome.status is Status.CRASHED
    assert words in english(outcome.reason)
    assert value(outcome, "load_seconds") >= 0
    assert "ended before" in reason(outcome, "transcribe_seconds")
    assert value(outcome, "wall_seconds") > 0


def test_an_abort_while_loading_is_a_crash_while_loading(run: Run) -> None:
    outcome = run("bad", **{"do": "abort", "in": "load"})
    assert outcome.status is Status.CRASHED
    assert english(outcome.reason) == "ended by signal 6 (SIGABRT) while loading the model"
    assert "Fatal Python error: Aborted" in outcome.stderr


def test_a_crash_leaves_no_core_dump(run: Run) -> None:
    assert run(argv=("sh", "-c", "ulimit -S -c")).stdout.strip() in {"0", "1"}


def test_a_crash_after_the_work_keeps_the_result(run: Run) -> None:
    outcome = run("bad", do="exit-handler")
    assert outcome.status is Status.EXIT_FAILED
    assert (
        english(outcome.reason) == "ended by signal 11 (SIGSEGV) while exiting, after all its work was done"
    )
    assert outcome.event("transcribed") is not None
    assert value(outcome, "peak_rss_bytes") > 0


def test_a_model_is_closed_after_the_work_and_a_failure_of_that_costs_no_result(
    clip: Path, tmp_path: Path
) -> None:
    half = own_half(tmp_path, "return {'text': 'heard'}")
    half.write_text(half.read_text() + "def close(model): raise RuntimeError('rsets->data count == 0')\n")
    outcome = launch_half(half, clip, tmp_path)
    assert outcome.status is Status.EXIT_FAILED
    assert english(outcome.reason) == "RuntimeError: “rsets->data count == 0”"
    assert [event.name for event in outcome.events[-2:]] == ["done", "failed"]


def test_a_child_that_hangs_is_ended_at_its_time_limit(run: Run) -> None:
    outcome = run("bad", do="hang", timeout=1.0)
    assert outcome.status is Status.TIMEOUT
    assert english(outcome.reason) == "ended at its time limit of 1\u00a0s while transcribing"
    assert 1.0 <= value(outcome, "wall_seconds") < 10.0


@LINUX
def test_a_child_that_grows_is_ended_at_its_memory_limit(run: Run) -> None:
    outcome = run("bad", do="grow", memory=100 * MIB)
    assert outcome.status is Status.MEMORY
    assert "memory limit (105\u00a0MB)" in english(outcome.reason)
    assert 100 * MIB < value(outcome, "peak_anonymous_bytes") < 300 * MIB


@LINUX
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ({"do": "signal", "signal": 9}, Status.CRASHED),
        ({"do": "hang", "timeout": 0.7}, Status.TIMEOUT),
        ({"do": "grow", "memory": 100 * MIB}, Status.MEMORY),
    ],
    ids=["killed", "time-limit", "memory-limit"],
)
def test_a_child_that_is_ended_keeps_every_figure_up_to_its_end(
    run: Run, end: dict[str, Any], status: Status
) -> None:
    outcome = run("bad", counters=("page-faults",), **end)
    assert outcome.status is status
    for name in ("user_seconds", "system_seconds", "minor_faults", "voluntary_switches", "read_bytes"):
        assert value(outcome, name) >= 0
    floor = 100 * MIB if status is Status.MEMORY else 5 * MIB
    assert value(outcome, "peak_rss_bytes") > floor
    assert value(outcome, "peak_anonymous_bytes") > (floor if status is Status.MEMORY else 1 * MIB)
    assert value(outcome, "load_seconds") >= 0
    assert value(outcome, "rss_ready_bytes") > 5 * MIB
    assert value(outcome, "wall_seconds") >= (0.7 if status is Status.TIMEOUT else 0.01)


def test_a_failed_allocation_is_a_matter_of_memory(run: Run) -> None:
    assert run("bad", do="memory-error").status is Status.MEMORY


def test_an_error_of_the_engine_is_the_reason(run: Run) -> None:
    outcome = run("bad", do="raise", message="bad magic \x1b[2J in file")
    assert (outcome.status, english(outcome.reason)) == (
        Status.FAILED,
        r"RuntimeError: “bad magic \x1b[2J in file”",
    )
    assert "Traceback" in outcome.stderr


def test_a_model_that_the_engine_refuses_is_unsupported_in_its_own_words(run: Run) -> None:
    outcome = run("bad", do="unsupported", message="no quantized Conformer here")
    assert (outcome.status, english(outcome.reason)) == (Status.UNSUPPORTED, "“no quantized Conformer here”")


def test_exit_status_0_without_events_is_a_failure(run: Run) -> None:
    outcome = run("bad", **{"do": "exit", "status": 0, "in": "load"})
    assert outcome.status is Status.FAILED
    assert (
        english(outcome.reason)
        == "exit status 0, but the process never reported that it had loaded the model"
    )


def test_another_exit_status_is_a_failure(run: Run) -> None:
    outcome = run("bad", do="exit", status=42)
    assert (outcome.status, english(outcome.reason)) == (Status.FAILED, "exit status 42")


GARBAGE = (
    'not json\n{"event": 3, "t": 1}\n[1, 2]\n{"event": "ready"}\n\x80\xff\x00\n{"event": "x", "t": NaN}\n'
)


def test_garbage_on_the_event_channel_is_counted_and_not_fatal(run: Run, tmp_path: Path) -> None:
    outcome = run("bad", do="garbage", lines=GARBAGE)
    assert outcome.status is Status.OK
    assert "unreadable lines among the events: 6" in log_of(tmp_path)


def test_garbage_that_swallows_an_event_is_named_in_the_reason(run: Run) -> None:
    outcome = run("bad", do="garbage", lines="a line without an end")
    assert outcome.status is Status.FAILED
    assert english(outcome.reason) == (
        "exit status 0, but the process never reported that it had transcribed the clip; unreadable lines among its events: 1"
    )


def test_endless_output_is_ended_before_it_fills_the_disk(run: Run) -> None:
    outcome = run("bad", do="chatter")
    assert outcome.status is Status.FAILED
    assert "printed more than" in english(outcome.reason)
    assert len(outcome.stdout) < 2 * MIB
    assert "bytes left out" in outcome.stdout


def test_a_program_that_is_not_there_fails_by_name(run: Run) -> None:
    outcome = run(argv=("/no/such/program",))
    assert outcome.status is Status.FAILED
    assert english(outcome.reason) == "cannot start /no/such/program: “No such file or directory”"


def test_a_program_tells_no_phases_here(run: Run) -> None:
    outcome = run(argv=("true",))
    assert outcome.status is Status.OK
    assert "only its own output can" in reason(outcome, "load_seconds")
    assert value(outcome, "wall_seconds") > 0


@pytest.mark.parametrize("parameters", [(2, 2, 16000), (1, 2, 44100), (1, 1, 16000)])
def test_audio_of_another_form_is_refused_before_it_is_heard(
    run: Run, tmp_path: Path, parameters: tuple[int, int, int]
) -> None:
    channels, width, rate = parameters
    path = tmp_path / "other.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(b"\x00" * 3200)
    outcome = run(audio=path)
    assert outcome.status is Status.FAILED
    assert "expected 16000 Hz, 1 channel" in english(outcome.reason)


# --------------------------------------------------------------------- nothing is left


def gone(pid: int) -> bool:
    """Whether the process has ended, waiting a little for its reaper."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("own_session", [False, True], ids=["same-group", "own-session"])
@pytest.mark.parametrize("then_hang", [False, True], ids=["ends", "hangs"])
def test_helpers_that_a_child_leaves_behind_are_ended(
    run: Run, tmp_path: Path, own_session: bool, then_hang: bool
) -> None:
    pid_file = tmp_path / "pid"
    outcome = run(
        "bad", do="helper", own_session=own_session, then_hang=then_hang, pid_file=str(pid_file), timeout=2.0
    )
    assert outcome.status is (Status.TIMEOUT if then_hang else Status.OK)
    assert gone(int(pid_file.read_text()))
    if own_session:
        assert "== left running, and ended\nsleep (" in log_of(tmp_path)


DRIVER = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test runner in the background ignores it
import sys
from pathlib import Path
from bench import launch
from bench.contract import Job
half, clip, log, pids = map(Path, sys.argv[1:])
job = Job(half=half, payload={"do": "helper", "own_session": True, "then_hang": True, "pid_file": str(pids)})
try:
    outcome = launch.run(job, audio=clip, passes=1, limits=launch.Limits(timeout_seconds=60), log=log, sample_hz=50)
except KeyboardInterrupt:
    print("interrupted")
else:
    print(outcome.status, outcome.reason)
"""


def start_driver(clip: Path, tmp_path: Path) -> tuple[subprocess.Popen[str], list[psutil.Process], int]:
    """A process that launches a hanging child: (it, the tree below it, a helper's pid)."""
    pids = tmp_path / "pid"
    driver = subprocess.Popen(
        [
            sys.executable,
            "-c",
            DRIVER,
            str(FAKES / "half_bad.py"),
            str(clip),
            str(tmp_path / "x.log"),
            str(pids),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(launch.__file__).resolve().parents[2],
    )
    for _ in range(500):
        if pids.exists() and pids.read_text():
            break
        time.sleep(0.02)
    return driver, psutil.Process(driver.pid).children(recursive=True), int(pids.read_text())


def test_ctrl_c_ends_the_whole_tree_and_goes_on_up(clip: Path, tmp_path: Path) -> None:
    driver, tree, helper = start_driver(clip, tmp_path)
    assert len(tree) == 3  # supervisor, worker, helper
    driver.send_signal(signal.SIGINT)
    said, _ = driver.communicate(timeout=20)
    assert said.strip() == "interrupted"
    assert all(gone(process.pid) for process in tree)
    assert gone(helper)


def test_a_killed_runner_takes_its_child_along(clip: Path, tmp_path: Path) -> None:
    driver, tree, _ = start_driver(clip, tmp_path)
    driver.kill()
    driver.communicate(timeout=20)
    supervisor, worker = tree[0], tree[1]
    assert gone(supervisor.pid)
    assert gone(worker.pid)
    for process in tree[2:]:  # in a session of its own: nobody is left to end it but this test
        process.kill()


def test_a_killed_supervisor_is_a_failure_and_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    driver, tree, helper = start_driver(clip, tmp_path)
    tree[0].kill()
    said, _ = driver.communicate(timeout=20)
    assert "supervisor.failed" in said
    assert "supervisor.signal" in said
    assert all(gone(process.pid) for process in tree)
    assert gone(helper)


def test_the_scratch_folder_is_gone_after_a_trial(run: Run) -> None:
    outcome = run()
    job = Path(outcome.argv[-1])
    assert job.name == "job.json"
    assert not job.parent.exists()


# --------------------------------------------------------- the kernel's own out-of-memory


def limited_group() -> Path | None:
    """A new memory control group of 64 MiB without swap, of either version; None where that is forbidden."""
    for root, limits in (
        (
            "/sys/fs/cgroup/memory",
            {"memory.limit_in_bytes": 64 * MIB, "memory.memsw.limit_in_bytes": 64 * MIB},
        ),
        ("/sys/fs/cgroup", {"memory.max": 64 * MIB, "memory.swap.max": 0}),
    ):
        group = Path(root) / f"asr-quant-bench-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        first, *_ = limits
        if (group / first).exists():
            for name, value in limits.items():
                with contextlib.suppress(OSError):
                    (group / name).write_text(str(value))
            return group
        group.rmdir()
    return None


@pytest.fixture
def small_group() -> Iterator[Path]:
    group = limited_group()
    if group is None:
        pytest.skip("no control group with a memory limit can be made here")
    yield group
    group.rmdir()


@LINUX
def test_a_kill_by_the_kernel_for_want_of_memory_is_told_from_other_kills(
    run: Run, small_group: Path
) -> None:
    grow = "held = []\nwhile True: held.append(b'x' * (4 << 20))"
    outcome = run(
        argv=(
            "sh",
            "-c",
            'echo $$ > "$1"; exec "$2" -I -S -c "$3"',
            "sh",
            str(small_group / "cgroup.procs"),
            sys.executable,
            grow,
        )
    )
    assert (outcome.status, english(outcome.reason)) == (
        Status.MEMORY,
        "killed by the kernel, which had run out of memory, while running",
    )


def test_what_a_program_writes_to_its_file_is_in_the_outcome_and_nothing_is_left_behind(run: Run) -> None:
    write = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('сказано', encoding='utf-8')"
    outcome = run(argv=(sys.executable, "-c", write, WRITTEN_FILE))
    assert outcome.written == "сказано"
    assert not Path(outcome.argv[-1]).parent.exists()
    assert run(argv=(sys.executable, "-c", "pass", WRITTEN_FILE)).written is None

"""The supervisor by itself: SPEC in, RESULT out, and counters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.language import english
from bench.launch.measurements import counter

FAKES = Path(__file__).resolve().parent.parent / "fakes"
SUPERVISE = FAKES.parent.parent / "bench" / "child" / "supervise.py"


def supervise(tmp_path: Path, *argv: str, **spec: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "argv": argv,
        "environ": dict(os.environ),
        "cwd": str(tmp_path),
        "stdout": str(tmp_path / "stdout"),
        "stderr": str(tmp_path / "stderr"),
        "timeout_seconds": 30,
        **spec,
    }
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(SUPERVISE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(whole).encode() + b"\n")
        process.stdin.flush()
        said: dict[str, Any] = json.loads(process.stdout.read())
    return said


def test_the_supervisor_imports_nothing_of_the_harness_and_no_ctypes_unasked() -> None:
    program = (
        f"import sys; exec(open({str(SUPERVISE)!r}).read(), {{'__name__': 'supervise'}});"
        "print(*sorted(sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"bench", "ctypes", "typing", "numpy", "subprocess", "pathlib"} & set(loaded)


def test_the_program_leads_its_own_process_group_and_hears_no_stdin(tmp_path: Path) -> None:
    words = "import os, sys; print(os.getpgid(0) == os.getpid(), repr(sys.stdin.read()))"
    result = supervise(tmp_path, sys.executable, "-c", words)
    assert (result["exit"], result["signal"], result["killed_for"]) == (0, None, None)
    assert (tmp_path / "stdout").read_text() == "True ''\n"


def test_a_program_is_not_left_deaf_to_broken_pipes(tmp_path: Path) -> None:
    """Python ignores SIGPIPE, and an ignored signal would stay ignored across the exec."""
    result = supervise(tmp_path, "sh", "-c", "kill -PIPE $$; echo alive")
    assert result["signal"] == 13


@pytest.mark.skipif(sys.platform != "linux", reason="perf_event_open is Linux's")
def test_counters_count_the_child_from_its_exec_on_and_its_children_too(tmp_path: Path) -> None:
    """Software counters take the hardware's path; page faults have the kernel's own count beside them."""
    program = "import os; b = bytearray(32 << 20); p = os.fork(); c = bytearray(8 << 20); p and os.wait()"
    result = supervise(
        tmp_path, sys.executable, "-I", "-S", "-c", program, counters=["page-faults", "task-clock"]
    )
    faults, clock = result["counters"]["page-faults"], result["counters"]["task-clock"]
    if "errno" in faults:
        pytest.skip(f"perf_event_open refuses even software events: errno {faults['errno']}")
    usage = result["rusage"]
    counted = usage["ru_minflt"] + usage["ru_majflt"]
    # wait4 counts from the fork on, perf from the exec on
    assert 8000 < faults["value"] <= counted
    assert faults["value"] == pytest.approx(counted, rel=0.15)
    spent = usage["ru_utime"] + usage["ru_stime"]
    assert clock["value"] / 1e9 == pytest.approx(spent, rel=0.5, abs=0.03)
    assert faults["enabled"] >= faults["running"] > 0


def test_a_counter_that_shared_the_hardware_is_scaled_up() -> None:
    found = counter("instructions", {"value": 100, "enabled": 30, "running": 10})
    assert found.value == 300


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "Not asked for."),
        ({"errno": 2}, "The processor's counters are not offered here (a virtual machine, most often)."),
        ({"errno": 13}, "The system forbids counters (kernel.perf_event_paranoid)."),
        ({"errno": 24}, "perf_event_open failed with EMFILE."),
        ({"value": 0, "enabled": 5, "running": 0}, "The counter never got its turn on the processor."),
    ],
)
def test_a_counter_without_a_value_says_why(found: dict[str, int] | None, reason: str) -> None:
    assert english(counter("cycles", found).reason) == reason


def test_a_sampling_that_fell_behind_does_not_hurry_after(tmp_path: Path) -> None:
    result = supervise(tmp_path, "sleep", "0.5", sample_hz=20)
    if sys.platform == "linux":
        assert 1 <= result["sampled"]["count"] <= 10
    else:
        assert result["sampled"] is None


HELPERS = """
import os, sys, time
MIB = 1 << 20
def hold(mib, seconds):
    held = b"x" * (mib * MIB)
    time.sleep(seconds)
def helper(mib, seconds, orphan):
    if os.fork() == 0:
        if not orphan or os.fork() == 0:
            hold(mib, seconds)
        os._exit(0)
    if orphan:
        os.wait()
for _ in range(int(sys.argv[1])):
    helper(50, 1.5, orphan=sys.argv[2] == "orphan")
time.sleep(2.5)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", ["child", "orphan"])
def test_helpers_count_while_they_live_even_where_their_own_parent_has_ended(
    tmp_path: Path, kind: str
) -> None:
    result = supervise(tmp_path, sys.executable, "-S", "-c", HELPERS, "2", kind, sample_hz=50)
    mib = 1 << 20
    assert result["helpers"]["most"] == 2
    assert 100 * mib < result["helpers"]["peak_bytes"] < 160 * mib
    assert result["sampled"]["peak_bytes"] < 50 * mib
    assert not result["left_running"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_program_without_helpers_has_none(tmp_path: Path) -> None:
    result = supervise(tmp_path, sys.executable, "-S", "-c", "import time; time.sleep(0.4)", sample_hz=50)
    assert result["helpers"]["most"] == 0

"""The supervisor and the launcher on the emulated Mac: every figure from the kernel itself, whatever the end."""

from __future__ import annotations

import ctypes
import struct
import sys
import time
import wave
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench import launch
from bench.contract import Job, Outcome
from bench.domain import Measurement, Status
from bench.language import english
from bench.launch import supervisor
from bench.reasons import reason

HERE = Path(__file__).resolve().parent
FAKES = HERE.parent / "fakes"
CHILD = HERE.parents[1] / "bench" / "child"
MIB = 1 << 20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the emulation reads /proc")


def load(path: Path) -> Any:
    module = ModuleType(path.stem)
    SourceFileLoader(path.stem, str(path)).exec_module(module)
    return module


DARWIN = load(CHILD / "darwin.py")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\x01\x00" * 12345)
    return path


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SUPERVISE", HERE / "supervise.py")


def run(
    clip: Path, half: str = "ok", *, timeout: float = 30.0, memory: int | None = None, **payload: Any
) -> Outcome:
    environ = payload.pop("environ", {})
    return launch.run(
        Job(half=FAKES / f"half_{half}.py", payload=payload, environ=environ),
        audio=clip,
        passes=1,
        limits=launch.Limits(timeout_seconds=timeout, memory_limit_bytes=memory),
        log=clip.parent / "trial.log",
        sample_hz=100,
    )


def figures(outcome: Outcome) -> dict[str, Measurement]:
    return {each.name: each for each in outcome.measurements}


WHOLE = {
    *("wall_seconds", "user_seconds", "system_seconds", "peak_rss_bytes", "peak_footprint_bytes"),
    *("minor_faults", "major_faults", "voluntary_switches", "involuntary_switches", "read_bytes"),
    *("instructions", "cycles", "cpu_energy_joules", "performance_core_seconds"),
    "efficiency_core_seconds",
}


@pytest.mark.usefixtures("mac")
def test_a_good_trial_has_every_figure_of_the_kernel(clip: Path) -> None:
    outcome = run(clip, bytes=48 * MIB, first_seconds=0.15)
    assert (outcome.status, outcome.reason) == (Status.OK, None)
    found = figures(outcome)
    assert {name for name in WHOLE if found[name].value is None} == set()
    assert found["peak_footprint_bytes"].source == "proc_pid_rusage V6"
    assert found["peak_footprint_bytes"].value is not None
    assert 48 * MIB < found["peak_footprint_bytes"].value < 80 * MIB
    assert found["peak_rss_bytes"].value is not None
    assert 48 * MIB < found["peak_rss_bytes"].value < 100 * MIB  # bytes, not KiB
    assert found["read_bytes"].value == 28672
    assert found["peak_anonymous_bytes"].reason == reason("anonymous.macos")


@pytest.mark.usefixtures("mac")
def test_core_times_are_in_seconds_and_add_up_to_what_wait4_counts(clip: Path) -> None:
    busy = "def imports(): pass\ndef load(payload): return 0\n"
    busy += "def transcribe(*_):\n import time\n e = time.process_time() + 0.4\n"
    busy += " while time.process_time() < e: pass\n return {'text': 'x'}\n"
    half = clip.parent / "half_busy.py"
    half.write_text(busy)
    outcome = launch.run(
        Job(half=half),
        audio=clip,
        passes=1,
        limits=launch.Limits(timeout_seconds=30),
        log=clip.parent / "trial.log",
        sample_hz=50,
    )
    found = {name: each.value or 0.0 for name, each in figures(outcome).items()}
    cores = found["performance_core_seconds"] + found["efficiency_core_seconds"]
    assert cores == pytest.approx(found["user_seconds"] + found["system_seconds"], abs=0.03)
    assert found["performance_core_seconds"] / cores == pytest.approx(0.75, abs=0.01)
    assert found["cpu_energy_joules"] == pytest.approx(2 * cores, rel=0.02)


@pytest.mark.usefixtures("mac")
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ({"do": "signal", "signal": 9}, Status.CRASHED),
        ({"do": "hang", "timeout": 0.7}, Status.TIMEOUT),
        ({"do": "grow", "memory": 100 * MIB}, Status.MEMORY),
        ({"do": "abort"}, Status.CRASHED),
    ],
    ids=["killed", "time-limit", "memory-limit", "aborted"],
)
def test_a_child_that_is_ended_keeps_every_figure_up_to_its_end(
    clip: Path, end: dict[str, Any], status: Status
) -> None:
    outcome = run(clip, "bad", **end)
    assert outcome.status is status, outcome.reason
    found = figures(outcome)
    assert {name for name in WHOLE if found[name].value is None} == set()
    assert {found[name].source for name in ("cycles", "read_bytes")} == {"proc_pid_rusage V6"}
    if status is Status.MEMORY:
        assert (found["peak_footprint_bytes"].value or 0) > 100 * MIB
        assert "memory limit (105\u00a0MB)" in english(outcome.reason)
    if "signal" in end:
        assert "(SIGKILL)" in english(outcome.reason)


@pytest.mark.usefixtures("mac")
def test_an_older_system_answers_v4_and_what_it_lacks_is_absent(clip: Path) -> None:
    found = figures(run(clip, environ={"EMULATED_RUSAGE_INFO": "4"}))
    assert found["peak_footprint_bytes"].source == "proc_pid_rusage V4"
    assert found["peak_footprint_bytes"].value
    assert found["instructions"].value
    assert found["cpu_energy_joules"].reason == reason("rusage.no_v6")


@pytest.mark.usefixtures("mac")
def test_a_system_that_answers_no_flavor_is_a_reason_and_not_a_crash(clip: Path) -> None:
    found = figures(run(clip, environ={"EMULATED_RUSAGE_INFO": "3"}))
    assert found["peak_footprint_bytes"].reason == reason("rusage.error", error=22)
    assert found["peak_rss_bytes"].value


# ------------------------------------------------------------------------------ layouts

# Offsets in bytes, counted by hand in bsd/sys/resource.h: 16 bytes of ri_uuid and eight a field.
OFFSETS = {
    "user_time": 16,
    "system_time": 24,
    "pageins": 48,
    "resident_size": 64,
    "phys_footprint": 72,
    "diskio_bytesread": 144,
    "lifetime_max_phys_footprint": 240,
    "instructions": 248,
    "cycles": 256,
    "runnable_time": 288,
    "flags": 296,
    "user_ptime": 304,
    "system_ptime": 312,
    "pinstructions": 320,
    "pcycles": 328,
    "energy_nj": 336,
    "penergy_nj": 344,
    "interval_max_neural_footprint": 384,
}


@pytest.mark.parametrize(("field", "offset"), OFFSETS.items())
def test_a_field_is_read_where_the_header_has_it(field: str, offset: int) -> None:
    raw = bytearray(464)
    raw[offset : offset + 8] = struct.pack("<Q", 0x0123456789ABCDEF)
    fields = DARWIN.parse_rusage(bytes(raw), 6)
    assert {name for name, value in fields.items() if value} == {field}
    assert fields[field] == 0x0123456789ABCDEF


def test_the_structures_have_the_headers_sizes() -> None:
    assert {flavor: size for flavor, (_, size) in DARWIN.FLAVORS.items()} == {4: 296, 6: 464}
    assert [*DARWIN.V6[: len(DARWIN.V4)]] == [*DARWIN.V4]
    with pytest.raises(ValueError, match="464 bytes"):
        DARWIN.parse_rusage(bytes(296), 6)


# As a kernel writes it: uuid, then counters in little endian; the values follow a published sample of `time -l`.
RECORDED = bytes.fromhex(
    "00112233445566778899aabbccddeeff" + "".join(struct.pack("<Q", 1000 + n).hex() for n in range(28))
) + struct.pack("<QQQ", 29_803_192, 4_416_117_333, 2_872_033_925)


def test_recorded_bytes_of_v4_give_what_time_l_prints_of_them() -> None:
    found = DARWIN.parse_rusage(RECORDED.ljust(296, b"\0"), 4)
    assert found["lifetime_max_phys_footprint"] == 29_803_192
    assert found["instructions"] == 4_416_117_333
    assert found["cycles"] == 2_872_033_925
    assert found["diskio_bytesread"] == 1016


def test_the_emulation_itself_follows_the_header() -> None:
    libproc = load(HERE / "libproc.py")
    assert [*libproc.ORDER] == [*DARWIN.V6]
    told = libproc._in_order(dict.fromkeys(["cycles"], 7), 56)
    assert told[(OFFSETS["cycles"] - 16) // 8] == 7


# ------------------------------------------------------------------ files that a process holds


def test_open_and_mapped_files_of_a_process_are_told_by_path(tmp_path: Path) -> None:
    import mmap
    import os

    libproc = DARWIN.Libproc(load(HERE / "libproc.py").Libproc(ctypes.CDLL(None)))
    mapped, held = tmp_path / "mapped.gguf", tmp_path / "held.gguf"
    for path in (mapped, held):
        path.write_bytes(b"w" * 8192)
    with mapped.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ):
        file.close()
        with held.open("rb"):
            assert str(held) in set(libproc.descriptors(os.getpid()))
            assert str(mapped) in set(libproc.mappings(os.getpid()))
            assert str(held) not in set(libproc.mappings(os.getpid()))


def test_walking_the_mappings_ends_where_an_answer_does_not_go_on() -> None:
    class Stuck:
        def proc_pidinfo(self, *words: Any) -> int:
            return len(words[3])

    started = time.monotonic()
    assert not list(DARWIN.Libproc(Stuck()).mappings(1))
    assert time.monotonic() - started < 1

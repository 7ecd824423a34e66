"""A libproc for Linux: answers macOS's calls in macOS's layouts, from /proc.  For the emulated Mac alone.

It keeps what the kernel of a Mac keeps of a zombie (the peak of the footprint, the counters), so that
a supervisor which asks too late, or not at all, gets less.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

TICKS_A_SECOND: Final = 24_000_000  # Apple Silicon's timer
CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")
ESRCH: Final = 3
EINVAL: Final = 22
# Written from the header, apart from the code under test.
ORDER: Final = [
    "user_time",
    "system_time",
    "pkg_idle_wkups",
    "interrupt_wkups",
    "pageins",
    "wired_size",
    "resident_size",
    "phys_footprint",
    "proc_start_abstime",
    "proc_exit_abstime",
    "child_user_time",
    "child_system_time",
    "child_pkg_idle_wkups",
    "child_interrupt_wkups",
    "child_pageins",
    "child_elapsed_abstime",
    "diskio_bytesread",
    "diskio_byteswritten",
    "cpu_time_qos_default",
    "cpu_time_qos_maintenance",
    "cpu_time_qos_background",
    "cpu_time_qos_utility",
    "cpu_time_qos_legacy",
    "cpu_time_qos_user_initiated",
    "cpu_time_qos_user_interactive",
    "billed_system_time",
    "serviced_system_time",
    "logical_writes",
    "lifetime_max_phys_footprint",
    "instructions",
    "cycles",
    "billed_energy",
    "serviced_energy",
    "interval_max_phys_footprint",
    "runnable_time",
    "flags",
    "user_ptime",
    "system_ptime",
    "pinstructions",
    "pcycles",
    "energy_nj",
    "penergy_nj",
    "secure_time_in_system",
    "secure_ptime_in_system",
    "neural_footprint",
    "lifetime_max_neural_footprint",
    "interval_max_neural_footprint",
]
COUNTS: Final = {0: 10, 1: 16, 2: 18, 3: 27, 4: 35, 5: 36, 6: 56}


class Libproc:
    """What `ctypes.CDLL(None)` answers on the emulated Mac; everything else is the real library's."""

    def __init__(self, real: Any, *, newest: int = 6) -> None:
        self._real = real
        self._newest = newest
        self._peaks: dict[int, int] = {}
        self._waitid = os.waitid

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def proc_pid_rusage(self, pid: Any, flavor: Any, buffer: Any) -> int:
        """Fill a rusage_info of that flavor; of a zombie too."""
        number, version = _value(pid), _value(flavor)
        if version > self._newest:
            ctypes.set_errno(EINVAL)
            return -1
        try:
            stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            ctypes.set_errno(ESRCH)
            return -1
        user, system = (int(ticks) / CLOCK_TICKS for ticks in stat[11:13])
        status = dict(
            line.split(":", 1)
            for line in Path(f"/proc/{number}/status").read_text(encoding="utf-8").splitlines()
        )
        now = _kib(status, "RssAnon") + _kib(status, "VmPTE")
        peak = self._peaks[number] = max(self._peaks.get(number, 0), now)
        spent = user + system
        told = {
            "user_time": int(user * TICKS_A_SECOND),
            "system_time": int(system * TICKS_A_SECOND),
            "user_ptime": int(user * TICKS_A_SECOND * 0.75),
            "system_ptime": int(system * TICKS_A_SECOND * 0.75),
            "resident_size": _kib(status, "VmRSS"),
            "phys_footprint": now,
            "lifetime_max_phys_footprint": peak,
            "diskio_bytesread": 4096 * 7,
            "instructions": 1 + int(spent * 3e9),
            "cycles": 1 + int(spent * 1e9),
            "energy_nj": 1 + int(spent * 2e9),
        }
        raw = struct.pack(f"<16s{COUNTS[version]}Q", b"\xaa" * 16, *_in_order(told, COUNTS[version]))
        ctypes.memmove(buffer, raw, len(raw))
        return 0

    def waitid(self, kind: Any, pid: Any, info: Any, options: Any) -> int:
        """As Darwin's: its own option bits, its own siginfo_t."""
        assert _value(kind) == 1
        assert _value(options) == 0x20 | 4 | 1, "WNOWAIT | WEXITED | WNOHANG"
        found = self._waitid(os.P_PID, _value(pid), os.WEXITED | os.WNOWAIT | os.WNOHANG)
        raw = struct.pack("<iiii", 20, 0, 1, found.si_pid) if found else bytes(16)
        ctypes.memmove(info, raw, len(raw))
        return 0

    def sysctlbyname(self, name: bytes, value: Any, *_: Any) -> int:
        """The timer's rate; nothing else is asked for by number."""
        if name != b"hw.tbfrequency":
            return -1
        ctypes.memmove(value, struct.pack("<Q", TICKS_A_SECOND), 8)
        return 0

    def proc_pidinfo(self, pid: Any, flavor: int, argument: Any, buffer: Any, size: int) -> int:
        """PROC_PIDLISTFDS and PROC_PIDREGIONPATHINFO."""
        number, at = _value(pid), _value(argument)
        raw = _descriptors(number) if flavor == 1 else _region(number, at) if flavor == 8 else b""
        ctypes.memmove(buffer, raw, min(len(raw), size))
        return min(len(raw), size)

    def proc_pidfdinfo(self, pid: Any, descriptor: Any, flavor: int, buffer: Any, size: int) -> int:
        """PROC_PIDFDVNODEPATHINFO."""
        assert flavor == 2
        try:
            path = str(Path(f"/proc/{_value(pid)}/fd/{_value(descriptor)}").readlink()).encode()
        except OSError:
            return 0
        raw = bytes(24 + 152) + path.ljust(1024, b"\0")
        assert len(raw) == size
        ctypes.memmove(buffer, raw, size)
        return size


def _value(number: Any) -> int:
    return int(getattr(number, "value", number))


def _kib(status: dict[str, str], name: str) -> int:
    return int(status.get(name, "0").split()[0]) * 1024


def _in_order(told: dict[str, int], count: int) -> list[int]:
    whole = [told.get(name, 0) for name in ORDER] + [0] * 9
    return whole[:count]


def _descriptors(pid: int) -> bytes:
    raw = b""
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            kind = 1 if str(entry.readlink()).startswith("/") else 2
            raw += struct.pack("<iI", int(entry.name), kind)
    except OSError:
        return raw
    return raw


_MAPS: dict[int, Iterator[str]] = {}


def _region(pid: int, address: int) -> bytes:
    """The first mapping of a file at the address or above."""
    if address == 0 or pid not in _MAPS:  # a walk begins at 0; its later steps go on in the same list
        try:
            _MAPS[pid] = iter(Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines())
        except OSError:
            return b""
    for line in _MAPS[pid]:
        span, protection, offset, _, inode, *path = line.split(None, 5)
        start, end = (int(number, 16) for number in span.split("-"))
        if end <= address or inode == "0":
            continue
        bits = sum(bit for letter, bit in (("r", 1), ("w", 2), ("x", 4)) if letter in protection)
        info = struct.pack("<IIIIQ", bits, 7, 0, 0, int(offset, 16)) + bytes(14 * 4)
        info += struct.pack("<QQ", start, end - start)
        return info + bytes(152) + path[0].encode().ljust(1024, b"\0")
    return b""

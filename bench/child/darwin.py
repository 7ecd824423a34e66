"""macOS's own figures of a process, by ctypes: `proc_pid_rusage` and `proc_pidinfo` of libproc.

Loaded by path, into the supervisor after its fork, and by tests; it imports nothing of `bench`.
Layouts are those of xnu's bsd/sys/resource.h and bsd/sys/proc_info.h.  Not run on hardware by the
authors: tests hold the layouts against the headers' offsets and recorded bytes.
"""

from __future__ import annotations

import ctypes
import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# struct rusage_info_vN: 16 bytes of uuid, then uint64_t in this order.  Each version begins with the
# one before it.  Times are in ticks of `hw.tbfrequency`, sizes in bytes, energy in nanojoules.
UUID_BYTES = 16
V4 = (
    *("user_time", "system_time", "pkg_idle_wkups", "interrupt_wkups", "pageins", "wired_size"),
    *("resident_size", "phys_footprint", "proc_start_abstime", "proc_exit_abstime"),
    *("child_user_time", "child_system_time", "child_pkg_idle_wkups", "child_interrupt_wkups"),
    *("child_pageins", "child_elapsed_abstime", "diskio_bytesread", "diskio_byteswritten"),
    *("cpu_time_qos_default", "cpu_time_qos_maintenance", "cpu_time_qos_background"),
    *("cpu_time_qos_utility", "cpu_time_qos_legacy", "cpu_time_qos_user_initiated"),
    *("cpu_time_qos_user_interactive", "billed_system_time", "serviced_system_time"),
    *("logical_writes", "lifetime_max_phys_footprint", "instructions", "cycles"),
    *("billed_energy", "serviced_energy", "interval_max_phys_footprint", "runnable_time"),
)
V6 = (
    *V4,
    "flags",  # V5 ends here
    *("user_ptime", "system_ptime", "pinstructions", "pcycles", "energy_nj", "penergy_nj"),
    *("secure_time_in_system", "secure_ptime_in_system", "neural_footprint"),
    *("lifetime_max_neural_footprint", "interval_max_neural_footprint"),
)
RESERVED = 9  # uint64_t at the end of V6
FLAVORS = {6: (V6, UUID_BYTES + 8 * (len(V6) + RESERVED)), 4: (V4, UUID_BYTES + 8 * len(V4))}

# waitid: a look at an ended child that leaves it to be reaped.  Python has it on macOS from 3.13 on.
P_PID, WNOHANG, WEXITED, WNOWAIT = 1, 1, 4, 0x20
SIGINFO_BYTES, SI_PID = 104, 12

# proc_pidinfo and proc_pidfdinfo.
PROC_PIDLISTFDS, PROC_PIDREGIONPATHINFO, PROC_PIDFDVNODEPATHINFO = 1, 8, 2
FDINFO = struct.Struct("<iI")  # proc_fd, proc_fdtype
PROX_FDTYPE_VNODE = 1
MAXPATHLEN = 1024
VNODE_INFO_BYTES = 152  # vinfo_stat (136), vi_type, vi_pad, vi_fsid
FILEINFO_BYTES = 24  # proc_fileinfo
REGIONINFO_BYTES = 96  # proc_regioninfo; pri_address and pri_size are its last two fields
REGION_ADDRESS = 80
VM_PROT_EXECUTE = 4
MOST_REGIONS = 100_000


def parse_rusage(raw: bytes, flavor: int) -> dict[str, int]:
    """The fields of a rusage_info of that flavor, without their `ri_`."""
    names, size = FLAVORS[flavor]
    if len(raw) < size:
        raise ValueError(f"rusage_info_v{flavor} has {size} bytes, not {len(raw)}")
    return dict(zip(names, struct.unpack_from(f"<{len(names)}Q", raw, UUID_BYTES), strict=True))


class Libproc:
    """The calls; `library` is libSystem, or what stands in for it in a test."""

    def __init__(self, library: Any = None) -> None:
        self.library = ctypes.CDLL(None, use_errno=True) if library is None else library
        self.flavor: int | None = None
        self.errno = 0

    def rusage(self, pid: int) -> dict[str, int] | None:
        """What the kernel counts of a process, a zombie included; V6, or V4 where that is refused."""
        for flavor in (self.flavor,) if self.flavor else FLAVORS:
            buffer = ctypes.create_string_buffer(FLAVORS[flavor][1])
            if self.library.proc_pid_rusage(ctypes.c_int(pid), ctypes.c_int(flavor), buffer) == 0:
                self.flavor = flavor
                return parse_rusage(buffer.raw, flavor)
            self.errno = ctypes.get_errno()
        return None

    def has_ended(self, pid: int) -> bool:
        """Whether a child of ours is a zombie; it stays one.  True where that cannot be asked."""
        if hasattr(os, "waitid"):
            try:
                return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
            except ChildProcessError:
                return True
        info = ctypes.create_string_buffer(SIGINFO_BYTES)
        options = ctypes.c_int(WEXITED | WNOWAIT | WNOHANG)
        if self.library.waitid(ctypes.c_int(P_PID), ctypes.c_uint(pid), info, options) != 0:
            return True
        return int.from_bytes(info.raw[SI_PID : SI_PID + 4], "little") == pid

    def tick_frequency(self) -> int | None:
        """Ticks a second of the kernel's times: the timer's own rate, also under Rosetta.

        `mach_timebase_info` answers 1/1 to a translated process, while the kernel's counts stay in
        the ticks of the hardware.
        """
        value, size = ctypes.c_uint64(0), ctypes.c_size_t(8)
        status = self.library.sysctlbyname(
            b"hw.tbfrequency", ctypes.byref(value), ctypes.byref(size), None, ctypes.c_size_t(0)
        )
        return int(value.value) or None if status == 0 else None

    def descriptors(self, pid: int) -> Iterator[str]:
        """Paths of the files that a process holds open."""
        for number in self._vnodes(pid):
            buffer = ctypes.create_string_buffer(FILEINFO_BYTES + VNODE_INFO_BYTES + MAXPATHLEN)
            told = self.library.proc_pidfdinfo(
                ctypes.c_int(pid), ctypes.c_int(number), PROC_PIDFDVNODEPATHINFO, buffer, len(buffer)
            )
            if told >= len(buffer):
                yield path_at(buffer.raw, FILEINFO_BYTES + VNODE_INFO_BYTES)

    def _vnodes(self, pid: int) -> list[int]:
        buffer = ctypes.create_string_buffer(FDINFO.size * 1024)
        told = self.library.proc_pidinfo(
            ctypes.c_int(pid), PROC_PIDLISTFDS, ctypes.c_uint64(0), buffer, len(buffer)
        )
        found = (FDINFO.unpack_from(buffer.raw, at) for at in range(0, max(told, 0), FDINFO.size))
        return [number for number, kind in found if kind == PROX_FDTYPE_VNODE]

    def mappings(self, pid: int) -> Iterator[str]:
        """Paths of the files that a process has mapped other than to run them, each as often as mapped."""
        address = 0
        buffer = ctypes.create_string_buffer(REGIONINFO_BYTES + VNODE_INFO_BYTES + MAXPATHLEN)
        for _ in range(MOST_REGIONS):
            told = self.library.proc_pidinfo(
                ctypes.c_int(pid), PROC_PIDREGIONPATHINFO, ctypes.c_uint64(address), buffer, len(buffer)
            )
            if told < len(buffer):
                return
            (protection,) = struct.unpack_from("<I", buffer.raw, 0)
            start, size = struct.unpack_from("<QQ", buffer.raw, REGION_ADDRESS)
            path = path_at(buffer.raw, REGIONINFO_BYTES + VNODE_INFO_BYTES)
            if path and not protection & VM_PROT_EXECUTE:
                yield path
            if start + size <= address:
                return
            address = start + size


def path_at(raw: bytes, offset: int) -> str:
    """The NUL-terminated path of a vnode_info_path."""
    return raw[offset : offset + MAXPATHLEN].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")

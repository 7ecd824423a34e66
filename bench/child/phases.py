"""What a phase of this process cost in memory, reading and processor time.  Loaded by path, into the worker, before any timing.

A phase is marked at its beginning and read at its end, outside of what is timed; nothing runs
beside it.  Linux keeps a peak of the resident memory (VmHWM) that a process may reset for itself by
writing 5 to its clear_refs.  The reset also takes from `wait4` what came before, so the lifetime's peak
is kept here and told with every phase.  macOS keeps peaks of a lifetime alone: a phase's is known
where it rose above those before it.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PEAK = b"\nVmHWM:"
READ = b"\nread_bytes:"
RESET_PEAK = b"5"


class Phases:
    """Marks and readings of this process, by what its system tells."""

    def __init__(self) -> None:
        self.lifetime: int | None = None  # bytes, over all resets
        self.marked: dict[str, int] = {}
        self.reset = False
        self.worked = 0.0  # processor seconds of all threads until the phase began

    def begin(self) -> None:
        """The next phase begins now."""
        self.marked = self._read()
        self.reset = str(sys.platform) == "linux" and self._reset_peak()
        self.worked = time.process_time()

    def end(self) -> dict[str, Any]:
        """What the phase that ends now used, by what could be read.

        Peaks in bytes, processor time of all threads in seconds; `unknown` names peaks that only stayed
        below an earlier one.
        """
        worked = time.process_time() - self.worked
        found = self._read()
        used: dict[str, Any] = {"unknown": [], "processor_seconds": worked}
        for name in ("peak_rss_bytes", "peak_footprint_bytes"):
            if name not in found:
                continue
            if self.reset or found[name] > self.marked.get(name, 0):
                used[name] = found[name]
            else:
                used["unknown"].append(name)
        if "read_bytes" in found and "read_bytes" in self.marked:
            used["read_bytes"] = found["read_bytes"] - self.marked["read_bytes"]
        return used

    def _read(self) -> dict[str, int]:
        found = darwin() if sys.platform == "darwin" else linux()
        if "peak_rss_bytes" in found:
            self.lifetime = max(self.lifetime or 0, found["peak_rss_bytes"])
        return found

    def _reset_peak(self) -> bool:
        try:
            descriptor = os.open("/proc/self/clear_refs", os.O_WRONLY)
        except OSError:
            return False
        try:
            return os.write(descriptor, RESET_PEAK) == 1
        except OSError:
            return False
        finally:
            os.close(descriptor)


def linux() -> dict[str, int]:
    """VmHWM, and what came from the device since the process began, waited-for children included."""
    found = {}
    peak = number("/proc/self/status", PEAK)
    if peak is not None:
        found["peak_rss_bytes"] = peak * 1024
    read = number("/proc/self/io", READ)
    if read is not None:
        found["read_bytes"] = read
    return found


def number(path: str, key: bytes) -> int | None:
    """The number behind a key that begins a line; None where the file or the line is not there."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        text = os.read(descriptor, 4096)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    at = text.find(key)
    return None if at < 0 else int(text[at + len(key) :].split(None, 1)[0])


def darwin() -> dict[str, int]:
    """Peaks of the lifetime, and what was read from the device.  ctypes is loaded here, after the import was timed."""
    import resource
    from importlib.machinery import SourceFileLoader
    from types import ModuleType

    module = ModuleType("darwin")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "darwin.py")
    SourceFileLoader("darwin", path).exec_module(module)
    found = {"peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
    usage = module.Libproc().rusage(os.getpid())
    if usage is not None:
        found["peak_footprint_bytes"] = usage["lifetime_max_phys_footprint"]
        found["read_bytes"] = usage["diskio_bytesread"]
    return found

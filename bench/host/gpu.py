"""NVIDIA GPUs through NVML (package nvidia-ml-py, optional)."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final, Self

from bench.domain import Measurement, Reason, absent, measured
from bench.reasons import reason

SOURCE: Final = "NVML"
NO_PACKAGE: Final = reason("gpu.no_package")
NO_DRIVER: Final = reason("gpu.none")
NOT_LISTED: Final = reason("gpu.not_listed")


@contextlib.contextmanager
def nvml() -> Iterator[Any | None]:
    """NVML, initialized; None where there is no package or no driver."""
    try:
        import pynvml
    except ImportError:
        yield None
        return
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield None
        return
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()


def names() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs; empty without any."""
    with nvml() as library:
        if library is None:
            return ()
        handles = map(library.nvmlDeviceGetHandleByIndex, range(library.nvmlDeviceGetCount()))
        found = [library.nvmlDeviceGetName(handle) for handle in handles]
    return tuple(name.decode() if isinstance(name, bytes) else str(name) for name in found)


class MemoryWatch:
    """The most memory of the GPUs that processes held at once, seen by asking NVML five times a second.

    The asking happens in a thread of the launching process, not in the measured one, and only where
    there is an NVIDIA GPU.  A peak between two answers is missed: the figure is a lower bound.
    """

    PERIOD_SECONDS: Final = 0.2

    def __init__(self) -> None:
        self._peaks: dict[int, int] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._reason: Reason | None = None

    def __enter__(self) -> Self:
        if str(sys.platform) == "darwin":
            self._reason = NO_DRIVER  # whatever package there is: no Mac of today has such a GPU
        elif importlib.util.find_spec("pynvml") is None:
            self._reason = NO_PACKAGE
        elif not names():
            self._reason = NO_DRIVER
        else:
            self._thread = threading.Thread(target=self._watch, name="nvml", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        with nvml() as library:
            if library is None:
                return
            handles = [library.nvmlDeviceGetHandleByIndex(i) for i in range(library.nvmlDeviceGetCount())]
            while not self._stop.wait(self.PERIOD_SECONDS):
                held: dict[int, int] = {}
                for handle in handles:
                    with contextlib.suppress(library.NVMLError):
                        for process in library.nvmlDeviceGetComputeRunningProcesses(handle):
                            if process.usedGpuMemory is not None:
                                held[process.pid] = held.get(process.pid, 0) + process.usedGpuMemory
                for pid, used in held.items():
                    self._peaks[pid] = max(used, self._peaks.get(pid, 0))

    def of(self, pid: int | None) -> Measurement:
        """`gpu_memory_bytes` of that process; call it after the `with`."""
        peak = self._peaks.get(pid) if pid is not None else None
        if self._reason is not None:
            return absent("gpu_memory_bytes", self._reason, SOURCE)
        if peak is None:
            return absent("gpu_memory_bytes", NOT_LISTED, SOURCE)
        return measured(
            "gpu_memory_bytes", peak, f"{SOURCE}, asked {1 / self.PERIOD_SECONDS:g} times a second"
        )

"""NVIDIA GPUs, through a stand-in for the package that asks the driver."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.host import gpu

STAND_IN = """
class NVMLError(Exception): pass
class Process:
    def __init__(self, pid, used): self.pid, self.usedGpuMemory = pid, used
answers = iter([[Process(7, 100), Process(8, None)], [Process(7, 900)], [Process(7, 300)]])
def nvmlInit(): pass
def nvmlShutdown(): pass
def nvmlDeviceGetCount(): return 1
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetName(handle): return b"NVIDIA Stand-in"
def nvmlDeviceGetComputeRunningProcesses(handle):
    for answer in answers: return answer
    raise NVMLError("gone")
"""


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "pynvml.py"
    path.write_text(STAND_IN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    monkeypatch.setattr(gpu.MemoryWatch, "PERIOD_SECONDS", 0.01)
    yield path
    sys.modules.pop("pynvml", None)


def test_the_most_a_process_held_is_kept_and_the_others_are_not_its(driver: Path) -> None:
    with gpu.MemoryWatch() as watch:
        time.sleep(0.3)
    assert watch.of(7).value == 900
    assert watch.of(8).value is None  # the driver did not tell how much
    assert watch.of(9).reason == gpu.NOT_LISTED
    assert watch.of(None).reason == gpu.NOT_LISTED


def test_gpus_have_their_drivers_names(driver: Path) -> None:
    assert gpu.names() == ("NVIDIA Stand-in",)


def test_a_package_without_a_driver_is_no_gpu(driver: Path) -> None:
    driver.write_text(
        STAND_IN.replace("def nvmlInit(): pass", "def nvmlInit(): raise NVMLError('no driver')")
    )
    assert gpu.names() == ()
    with gpu.MemoryWatch() as watch:
        pass
    assert watch.of(7).reason == gpu.NO_DRIVER

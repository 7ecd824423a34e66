"""Energy of GPUs and of Apple's chips: what the meters told, and what they cover."""

from __future__ import annotations

import types
from typing import Any

import pytest

from bench.host import energy
from bench.host import gpu as gpus


def test_the_parts_that_a_chip_meters_add_up_and_are_named() -> None:
    metrics = types.SimpleNamespace(cpu_total_mj=21_500, gpu_mj=43_250, dram_mj=1_250, ane_mj=None)
    whole, gpu = energy.of_zeus(metrics)
    assert (whole.value, gpu.value) == (66.0, 43.25)
    assert whole.source == "zeus-apple-silicon, the whole machine's CPU, GPU, DRAM"


def test_a_chip_without_meters_has_no_energy() -> None:
    whole, gpu = energy.of_zeus(types.SimpleNamespace())
    assert (whole.value, gpu.value) == (None, None)


@pytest.fixture
def nvidia(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Two GPUs whose counters the test sets, in millijoules."""
    import contextlib

    counted = {0: 1_000_000, 1: 5_000_000}

    library = types.SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlDeviceGetCount=lambda: len(counted),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: counted[handle],
    )

    @contextlib.contextmanager
    def nvml() -> Any:
        yield library

    monkeypatch.setattr(gpus, "nvml", nvml)
    return counted


def test_what_all_gpus_used_between_is_the_gpus_energy(nvidia: dict[int, int]) -> None:
    window = energy.EnergyWindow()
    nvidia[0] += 12_500
    nvidia[1] += 500
    _, gpu = window.close()
    assert gpu.value == 13.0
    assert gpu.source == "NVML, the whole of all GPUs"


def test_without_a_gpu_its_energy_is_absent_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "gpu_millijoules", lambda: None)
    _, gpu = energy.EnergyWindow().close()
    assert gpu.reason == energy.NO_GPU_METER

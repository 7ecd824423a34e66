"""Where whisper.cpp ran, by what it says after its backend was made, never by what it was about to do."""

from __future__ import annotations

import pytest

from bench.contract import Outcome
from bench.domain import Status
from bench.engines.pywhispercpp import read_backend

BEFORE = "whisper_backend_init_gpu: using {name} backend\n"
LIES = "whisper_model_load: {name:>12} total size = {size:>8.2f} MB\n"


def outcome(stderr: str) -> Outcome:
    return Outcome(status=Status.OK, reason=None, events=(), stdout="", stderr=stderr, measurements=())


@pytest.mark.parametrize(
    ("name", "device"), [("MTL0", "metal"), ("Metal", "metal"), ("CUDA0", "cuda"), ("Vulkan0", "vulkan")]
)
def test_weights_that_lie_on_a_gpu_ran_there(name: str, device: str) -> None:
    found = read_backend(outcome(BEFORE.format(name=name) + LIES.format(name=name, size=147.37)))
    assert found is not None
    assert found.device == device
    assert found.detail == f"whisper_model_load: {name} total size = 147.37 MB"


def test_the_line_before_the_backend_is_made_is_no_proof() -> None:
    assert read_backend(outcome(BEFORE.format(name="MTL0"))) is None


@pytest.mark.parametrize("name", ["MTL0", "CUDA0", "Vulkan0"])
def test_a_backend_that_failed_and_weights_in_main_memory_are_the_cpu(name: str) -> None:
    log = BEFORE.format(name=name) + f"whisper_backend_init_gpu: failed to initialize {name} backend\n"
    found = read_backend(outcome(log + LIES.format(name="CPU", size=147.37)))
    assert found is not None
    assert found.device == "cpu"
    assert f"failed to initialize {name} backend" in found.detail


def test_a_gpu_that_holds_the_weights_and_cannot_compute_is_not_read_as_the_gpu() -> None:
    log = (
        LIES.format(name="CUDA0", size=147.37)
        + "whisper_backend_init_gpu: failed to initialize CUDA0 backend\n"
    )
    found = read_backend(outcome(log))
    assert found is not None
    assert found.device == "cpu"


def test_weights_in_two_places_are_neither() -> None:
    found = read_backend(outcome(LIES.format(name="Vulkan0", size=100) + LIES.format(name="CPU", size=40)))
    assert found is not None
    assert found.device == "mixed"
    assert "Vulkan0 total size = 100.00 MB" in found.detail

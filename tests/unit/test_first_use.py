"""The first use ever of an engine on a machine's GPU: run once, remembered, in no median."""

from __future__ import annotations

import dataclasses
import types
from pathlib import Path
from typing import Any

import pytest

from bench.domain import Case, Host, Record, Status, Variant, measured
from bench.first_use import first_uses, take

HOST = Host(
    id="abc", system="macos", machine="arm64", cpu="Apple M2", cores=8, memory_bytes=1 << 34,
    gpu="Apple M2, 10-core GPU", os="macOS 15.5", python="CPython 3.13.1",
)  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path))


def case(name: str, device: str = "auto", engine: str = "e") -> Case:
    variant = Variant(name=name, quantization=name, engine=engine, device=device)
    return Case(id=f"m.{name}.c", model="m", variant=variant, clip="c")


def ready(version: str = "1.5", devices: tuple[str, ...] = ("cpu", "metal"), name: str = "e") -> Any:
    engine = types.SimpleNamespace(name=name, availability=lambda: types.SimpleNamespace(devices=devices))
    return types.SimpleNamespace(engine=engine, version=version)


def record(status: Status = Status.OK) -> Record:
    values = {"load_seconds": 4.03, "transcribe_seconds": 6.6, "wall_seconds": 11.0}
    return Record(
        run="r", suite="s", case="m.f16.c", model="m", quantization="f16", variant="f16", clip="c", engine="e",
        engine_version="1.5", host="abc", block=0, position=0, attempt=1, status=status, reason=None,
        started_at="2026-02-11T09:00:00+00:00",
        measurements={name: measured(name, value, "worker events") for name, value in values.items()},
    )  # fmt: skip


def test_of_an_engines_cases_the_first_one_stands_for_all_and_once_only() -> None:
    cases = [(case("f16"), ready()), (case("q8_0"), ready())]
    [first] = first_uses(cases, HOST)
    assert first.case.id == "m.f16.c"
    found = {each.name: each.value for each in take(first, lambda _: record())}
    assert found == {"first_use_load_seconds": 4.03, "first_use_transcribe_seconds": 6.6}
    assert first_uses(cases, HOST) == []


def test_another_release_or_another_device_is_another_first_use() -> None:
    [first] = first_uses([(case("f16"), ready())], HOST)
    take(first, lambda _: record())
    assert len(first_uses([(case("f16"), ready("1.6"))], HOST)) == 1
    assert len(first_uses([(case("f16", "metal"), ready())], HOST)) == 1
    assert len(first_uses([(case("f16"), ready())], dataclasses.replace(HOST, id="other"))) == 1


def test_nothing_is_compiled_on_a_cpu() -> None:
    assert first_uses([(case("f16", "cpu"), ready())], HOST) == []
    assert first_uses([(case("f16"), ready(devices=("cpu",)))], HOST) == []
    assert first_uses([(case("f16"), ready())], dataclasses.replace(HOST, gpu=None)) == []


def test_a_first_use_that_failed_is_neither_a_figure_nor_remembered() -> None:
    [first] = first_uses([(case("f16"), ready())], HOST)
    assert take(first, lambda _: record(Status.CRASHED)) == ()
    assert len(first_uses([(case("f16"), ready())], HOST)) == 1

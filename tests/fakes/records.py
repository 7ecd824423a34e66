"""Records, suites and hosts made in code, for tests of everything that reads them."""

from __future__ import annotations

from typing import Any

from bench.domain import Case, Clip, Host, Model, Protocol, Record, Status, Suite, Variant, absent, measured
from bench.reasons import reason

HOST = Host(
    id="h1",
    system="linux",
    machine="x86_64",
    cpu="Test CPU",
    cores=2,
    memory_bytes=8 * 2**30,
    gpu=None,
    os="Linux 6",
    python="3.11",
)


def suite(*quantizations: str, blocks: int = 3) -> Suite:
    """A suite of one model and one clip, the first quantization its baseline."""
    names = quantizations or ("f16", "q4_0")
    cases = tuple(
        Case(
            id=f"m.{name}.c",
            model="m",
            variant=Variant(name=name, quantization=name, engine="fake"),
            clip="c",
            baseline=f"m.{names[0]}.c",
        )
        for name in names
    )
    return Suite(
        name="demo",
        title={"en": "Demo"},
        models={"m": Model(name="m", title="M", family="whisper", baseline=names[0], licence="MIT")},
        clips={"c": Clip(name="c", title="C", language="ru", duration_seconds=60.0, reference="раз два")},
        cases=cases,
        protocol=Protocol(blocks=blocks),
    )


def record(case: str = "m.f16.c", *, block: int = 1, **fields: Any) -> Record:
    """One trial that went well, unless told otherwise."""
    quantization = case.split(".")[1]
    base: dict[str, Any] = {
        "run": "r1",
        "suite": "demo",
        "case": case,
        "model": "m",
        "quantization": quantization,
        "variant": quantization,
        "clip": "c",
        "engine": "fake",
        "engine_version": "1.0",
        "host": "h1",
        "block": block,
        "position": 0,
        "attempt": 1,
        "status": Status.OK,
        "reason": None,
        "started_at": "2026-11-23T00:00:00.000+00:00",
        "measurements": {
            "transcribe_seconds": measured("transcribe_seconds", 4.0 + block / 10, "worker events"),
            "cycles": absent("cycles", reason("counter.not_offered")),
        },
    }
    return Record(**{**base, **fields})

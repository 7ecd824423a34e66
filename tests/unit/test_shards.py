"""A share of a pass says all that decides what is heard, and travels as JSON."""

from __future__ import annotations

import dataclasses

import pytest
import records

from bench.domain import Build
from bench.listening.shards import Shard, ShardListener, ShardUtterance, decoded


def shard(**changes: object) -> Shard:
    """One utterance for one variant in an environment of its own."""
    suite = records.suite("f16")
    (case,) = suite.cases
    listener = ShardListener(
        case=case, tuned={}, weights=(), version="1.5.1", pins=("engine==1.5.1",), build=Build(native=True)
    )
    return Shard(
        code="1",
        model=suite.models[case.model],
        leads=True,
        tokens=True,
        listeners=(dataclasses.replace(listener, **changes),),  # type: ignore[arg-type]  # fields by name
        utterances=(
            ShardUtterance(
                place="a.wav", sha256="aa", seconds=8.5, language="ru", on_floor=False, missing=("f16",)
            ),
        ),
        timeout_seconds=60.0,
    )


def test_it_is_the_same_after_a_journey() -> None:
    assert decoded(shard().encoded()) == shard()


@pytest.mark.parametrize(
    "other",
    [
        {"build": None},
        {"build": Build(environ={"CMAKE_ARGS": "-DGGML_BLAS=ON"})},
        {"pins": ("engine==1.5.0",)},
        {"version": "1.5.1+native"},
    ],
)
def test_what_is_heard_by_something_else_is_another_share(other: dict[str, object]) -> None:
    assert shard(**other).key != shard().key

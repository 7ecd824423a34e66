"""A start from an evicted page cache costs more than a warm one by what reading the weights from the disk costs."""

from __future__ import annotations

import os
from statistics import median

import evicted_reading
import pytest

ROUNDS = int(os.environ.get("ASR_QUANT_BENCH_ROUNDS", "12"))
SLACK = 0.25  # of the reading's cost: the engine reads in pieces of its own and allocates between them


def test_an_evicted_start_costs_what_reading_the_weights_costs() -> None:
    pytest.importorskip("pywhispercpp")
    size, took = evicted_reading.measure(ROUNDS)
    assert size == 147_951_465
    assert {each.before for kind in ("load, evicted", "read, evicted") for each in took[kind]} == {0.0}
    assert min(each.after for kind in evicted_reading.KINDS for each in took[kind]) > 0.9
    cost, found = median(evicted_reading.beyond(took, "read")), evicted_reading.excess(took)
    assert cost > 0
    assert found.low is not None
    assert found.high is not None
    print(
        f"\nreading adds {cost:.3f} s; a load {found.value:+.3f} s more ({found.low:+.3f} to {found.high:+.3f})"
    )
    assert found.low <= SLACK * cost, "an evicted start costs more than the disk does, beyond the noise"
    assert found.high >= -SLACK * cost, "an evicted start costs less than the disk does, beyond the noise"
    if found.high > SLACK * cost or found.low < -SLACK * cost:
        pytest.skip("too noisy to tell: take an idle machine, or more rounds")

"""How many blocks a run has is worked out from its journal alone."""

from __future__ import annotations

import dataclasses
import random

import pytest
import records

from bench.domain import Protocol, Record, Status, Suite, measured
from bench.pace import enough_blocks, paces, wanted_blocks


def asked(**protocol: object) -> Suite:
    return dataclasses.replace(records.suite("f16", "q4_0"), protocol=Protocol(**protocol))  # type: ignore[arg-type]  # fields by name


def trials(blocks: int, *, spread: float, wall: float = 7.0, **fields: object) -> list[Record]:
    """Both cases in every block, q4_0 at 0.8 of the baseline's time, each block its own speed."""
    chosen, found = random.Random(11), []
    for block in range(1, blocks + 1):
        speed = chosen.uniform(3.0, 9.0)
        for case, factor in (("m.f16.c", 1.0), ("m.q4_0.c", 0.8)):
            seconds = speed * factor * (1 + chosen.gauss(0, spread))
            values = {
                "transcribe_seconds": measured("transcribe_seconds", seconds, "worker events"),
                "wall_seconds": measured("wall_seconds", wall, "wait4"),
            }
            found.append(records.record(case, block=block, measurements=values, **fields))
    return found


def test_without_a_precision_a_run_has_the_blocks_it_was_given() -> None:
    suite = asked(blocks=3)
    assert wanted_blocks(suite, trials(12, spread=0.0)) == 3
    assert paces(suite, trials(12, spread=0.0)) == {}


def test_what_slows_a_whole_block_delays_nothing() -> None:
    assert wanted_blocks(asked(precision=0.01), trials(12, spread=0.001)) == 6


def test_scatter_between_the_cases_asks_for_more_blocks() -> None:
    suite = asked(precision=0.01)
    assert wanted_blocks(suite, trials(12, spread=0.05)) == 40
    assert not paces(suite, trials(12, spread=0.05))["m.q4_0.c"].done


def test_later_trials_do_not_change_when_a_run_was_finished() -> None:
    suite, known = asked(precision=0.01), trials(12, spread=0.004)
    stopped = wanted_blocks(suite, known)
    assert 6 <= stopped < 12
    assert wanted_blocks(suite, [record for record in known if record.block <= stopped]) == stopped


def test_the_budget_counts_the_time_of_the_trials() -> None:
    suite = asked(precision=0.01, max_seconds=2 * 7.0 * 8)
    known = trials(12, spread=0.05)
    assert not enough_blocks(suite, known, done=7)
    assert enough_blocks(suite, known, done=8)


def test_the_budget_counts_starts_from_an_evicted_cache() -> None:
    load = measured("evicted_wall_seconds", 7.0, "supervisor clock")
    known = [
        dataclasses.replace(record, measurements={**record.measurements, load.name: load})
        for record in trials(12, spread=0.05)
    ]
    suite = asked(precision=0.01, max_seconds=2 * 7.0 * 2 * 8)
    assert not enough_blocks(suite, known, done=7)
    assert enough_blocks(suite, known, done=8)


def test_a_case_that_never_runs_keeps_nobody_waiting() -> None:
    dead = [
        dataclasses.replace(record, status=Status.CRASHED) if record.case == "m.q4_0.c" else record
        for record in trials(12, spread=0.001)
    ]
    assert wanted_blocks(asked(precision=0.01), dead) == 6


@pytest.mark.parametrize("done", [0, 5])
def test_the_fewest_blocks_are_always_run(done: int) -> None:
    assert not enough_blocks(asked(precision=0.01), trials(12, spread=0.0), done=done)

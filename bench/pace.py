"""How many blocks a run wants, from what its trials say so far.  Pure.

A suite asks for a number of blocks or for a precision.  What a precision asks for depends on the
machine's noise, so it is worked out again after every block, from the journal alone: a resumed run
goes on as the first one would have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bench.domain import Record, Suite
from bench.results import cases_of
from bench.statistics.stopping import Goal, Pace, enough, log_ratios, pace

# What a ratio's precision is asked of; everything else scatters more or not at all.
METRIC: Final = "transcribe_seconds"


def goal_of(suite: Suite) -> Goal | None:
    """What a run of the suite is to find out; None where it has a fixed number of blocks."""
    protocol = suite.protocol
    if protocol.precision is None:
        return None
    return Goal(
        precision=protocol.precision,
        tolerance=protocol.decide_at,
        fewest=protocol.min_blocks,
        most=max(protocol.min_blocks, protocol.max_blocks),
        seconds=protocol.max_seconds,
    )


def enough_blocks(suite: Suite, records: Iterable[Record], *, done: int) -> bool:
    """Whether no more blocks are wanted after the first `done` of them."""
    goal = goal_of(suite)
    if goal is None:
        return done >= suite.protocol.blocks
    known = [record for record in records if record.block <= done]
    spent = sum(record.took_seconds for record in known)
    return enough(_comparisons(suite, known), blocks=done, spent=spent, goal=goal)


def wanted_blocks(suite: Suite, records: Iterable[Record]) -> int:
    """How many blocks a run with these trials has when it is finished."""
    known = list(records)
    for done in range(suite.protocol.most_blocks):
        if enough_blocks(suite, known, done=done):
            return done
    return suite.protocol.most_blocks


def paces(suite: Suite, records: Iterable[Record]) -> Mapping[str, Pace]:
    """How far each case's ratio to its baseline has come, by the case's id; empty without a precision."""
    goal = goal_of(suite)
    if goal is None:
        return {}
    return {case: pace(ratios, goal) for case, ratios in _comparisons(suite, records).items()}


def _comparisons(suite: Suite, records: Iterable[Record]) -> dict[str, list[float]]:
    """The log-ratios of each case to its baseline, over the blocks in which both delivered."""
    found = {
        case.case.id: log_ratios(case.pairs(case.base, METRIC))
        for case in cases_of(suite, records)
        if case.base is not None
    }
    return {case: ratios for case, ratios in found.items() if ratios}

"""Of a block that was run twice, one attempt counts, whole."""

from __future__ import annotations

import records

from bench.domain import Conditions, Record, Status
from bench.reasons import told
from bench.results.trials import settled

DISTURBED = Conditions(disturbances=(told("cpu steal 3 %"),))


def block(
    attempt: int, *, disturbed: tuple[str, ...] = (), cases: tuple[str, ...] = ("f16", "q4_0")
) -> list[Record]:
    return [
        records.record(
            f"m.{name}.c", attempt=attempt, conditions=DISTURBED if name in disturbed else Conditions()
        )
        for name in cases
    ]


def attempts(found: tuple[Record, ...]) -> set[tuple[str, int]]:
    return {(record.variant, record.attempt) for record in found}


def test_the_quiet_attempt_counts_for_all_its_cases() -> None:
    both = block(1, disturbed=("f16",)) + block(2)
    assert attempts(settled(both)) == {("f16", 2), ("q4_0", 2)}


def test_a_noisier_second_attempt_does_not_replace_the_first() -> None:
    both = block(1, disturbed=("f16",)) + block(2, disturbed=("f16", "q4_0"))
    assert attempts(settled(both)) == {("f16", 1), ("q4_0", 1)}


def test_of_equals_the_later_one_counts() -> None:
    both = block(1, disturbed=("f16",)) + block(2, disturbed=("q4_0",))
    assert attempts(settled(both)) == {("f16", 2), ("q4_0", 2)}


def test_an_attempt_that_was_cut_short_does_not_replace_a_whole_one() -> None:
    both = block(1, disturbed=("f16",)) + block(2, cases=("f16",))
    assert attempts(settled(both)) == {("f16", 1), ("q4_0", 1)}


def test_a_blocked_case_with_its_one_record_stays() -> None:
    missing = records.record("m.q8_0.c", status=Status.MISSING, reason=told("no file"), measurements={})
    both = [*block(1, disturbed=("f16",)), missing, *block(2)]
    assert ("q8_0", 1) in attempts(settled(both))
    assert len(settled(both)) == 3

"""Which trials of a run count, and whose they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bench.domain import Record


def settled(records: Iterable[Record]) -> tuple[Record, ...]:
    """The trials that count: of each block the attempt with the fewest disturbed trials, the later of equals.

    A disturbed block is run again as a whole and both attempts stay in the journal.  Choosing by
    block, not by trial, keeps the per-block pairs within one attempt.  A second attempt that was
    cut short does not replace a whole first one.
    """
    attempts: dict[int, dict[int, list[Record]]] = {}
    for record in records:
        attempts.setdefault(record.block, {}).setdefault(record.attempt, []).append(record)
    chosen: dict[tuple[int, str], Record] = {}
    for block in sorted(attempts):
        tries = attempts[block]
        best_first = sorted(
            tries, key=lambda number: (-len(tries[number]), disturbed(tries[number]), -number)
        )
        for record in (record for number in best_first for record in tries[number]):
            chosen.setdefault((block, record.case), record)
    return tuple(chosen.values())


def disturbed(trials: Collection[Record]) -> int:
    """How many of the trials ran while something disturbed the machine."""
    return sum(1 for record in trials if record.conditions.disturbances)


def by_case(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Trials grouped by their case, in the order of the blocks."""
    grouped: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda record: record.block):
        grouped.setdefault(record.case, []).append(record)
    return grouped

"""Which trials of a run count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeVar

from bench.domain import Record, WeightsFile

K = TypeVar("K")
V = TypeVar("V")


class TrialKey(NamedTuple):
    """Which trial of a run this is."""

    host: str
    case: str
    block: int
    attempt: int


def trial_key(record: Record) -> TrialKey:
    """The key of a record's trial."""
    return TrialKey(record.host, record.case, record.block, record.attempt)


def settled(records: Iterable[Record]) -> tuple[Record, ...]:
    """The trials that count: of each block the attempt with the fewest disturbed trials, the later of equals.

    A disturbed block is run again as a whole and both attempts stay in the journal.  Choosing by
    block, not by trial, keeps the per-block pairs within one attempt.  A second attempt that was
    cut short does not replace a whole first one.  Blocks of two machines have nothing in common.
    """
    attempts: dict[tuple[str, int], dict[int, list[Record]]] = {}
    for record in records:
        attempts.setdefault((record.host, record.block), {}).setdefault(record.attempt, []).append(record)
    chosen: dict[tuple[str, int, str], Record] = {}
    for host, block in sorted(attempts, key=lambda key: key[1]):
        tries = attempts[host, block]
        best_first = sorted(
            tries, key=lambda number: (-len(tries[number]), disturbed(tries[number]), -number)
        )
        for record in (record for number in best_first for record in tries[number]):
            chosen.setdefault((host, block, record.case), record)
    return tuple(chosen.values())


def disturbed(trials: Collection[Record]) -> int:
    """How many of the trials ran while something disturbed the machine."""
    return sum(1 for record in trials if record.conditions.disturbances)


def by_case(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Trials grouped by their case, in the order given."""
    grouped: dict[str, list[Record]] = {}
    for record in records:
        grouped.setdefault(record.case, []).append(record)
    return grouped


def content(files: Iterable[WeightsFile]) -> tuple[tuple[str, str], ...]:
    """What tells weights apart: the role and the hash of each file."""
    return tuple(sorted((file.role, file.sha256) for file in files))


def commonest(things: Mapping[K, V], seen: Iterable[K]) -> tuple[V, ...]:
    """The things by how often their key was seen, the commonest first, of equals the earlier one."""
    return tuple(things[key] for key, _ in Counter(seen).most_common())

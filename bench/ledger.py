"""What a run's journal already holds: which trials, and what disturbed them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bench.domain import Conditions, Reason, Record, Status
from bench.plan import Slot


class Ledger:
    """The trials of a run by case, block and attempt."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records: dict[tuple[str, int, int], Record] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """One more."""
        self._records[record.case, record.block, record.attempt] = record

    @property
    def records(self) -> Collection[Record]:
        """All of them."""
        return self._records.values()

    def holds(self, slot: Slot, attempt: int) -> bool:
        """Whether the trial is there.  One that could not be had never began, and is taken once it can be."""
        found = self._records.get((*slot.key, attempt))
        return found is not None and found.status is not Status.MISSING

    def holds_case(self, slot: Slot) -> bool:
        """Whether any trial of its case is there."""
        return any(case == slot.case.id for case, _, _ in self._records)

    def began(self, block: int, attempt: int) -> bool:
        """Whether any trial of that attempt is there."""
        return any(key[1:] == (block, attempt) for key in self._records)

    def disturbances(self, block: int, attempt: int) -> tuple[Reason, ...]:
        """What disturbed the trials of that attempt, each once."""
        conditions: list[Conditions] = [
            record.conditions for key, record in self._records.items() if key[1:] == (block, attempt)
        ]
        return tuple(dict.fromkeys(each for found in conditions for each in found.disturbances))

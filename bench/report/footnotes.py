"""Footnotes in the order a reader meets them; the same reason is the same footnote."""

from __future__ import annotations

from bench.domain import Reason
from bench.report.cells import Absent, Phrase
from bench.report.view import Note


class Notes:
    """Numbers reasons and remarks as they come up."""

    def __init__(self) -> None:
        self._numbers: dict[Reason | str, int] = {}
        self._notes: list[Note] = []

    def reason(self, reason: Reason) -> int:
        """The number of a reason."""
        number = self._numbers.get(reason)
        if number is None:
            number = self._add(reason, Note(number=len(self._notes) + 1, reason=reason))
        return number

    def phrase(self, message: str, **params: object) -> int:
        """The number of a remark of the catalogs."""
        key = f"{message}\0{sorted(params.items())}"
        number = self._numbers.get(key)
        if number is None:
            note = Note(number=len(self._notes) + 1, phrase=Phrase(message=message, params=params))
            number = self._add(key, note)
        return number

    def absent(self, reason: Reason) -> Absent:
        """A cell without a value, and why."""
        return Absent(note=self.reason(reason))

    def absent_phrase(self, message: str, **params: object) -> Absent:
        """A cell without a value, and why, in the report's language."""
        return Absent(note=self.phrase(message, **params))

    def all(self) -> tuple[Note, ...]:
        """Every footnote so far, in order."""
        return tuple(self._notes)

    def _add(self, key: Reason | str, note: Note) -> int:
        self._numbers[key] = note.number
        self._notes.append(note)
        return note.number

"""A quality pass utterance by utterance: what all variants heard of one, side by side.

Results are made of this, so that a pass of any length needs memory for figures, not for texts and tokens.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bench.quality.utterances import LinesAgain, UtteranceRecord, utterance_places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Placed = tuple[int, UtteranceRecord]
"""A record and its place: records of a pass are in the order in which their keys came up first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceHearing:
    """The records of one model of one utterance under one condition, the last of each key.

    `number` is the hearing's own, `utterance` that of the utterance under any condition.
    """

    number: int
    utterance: int
    records: tuple[Placed, ...]


class Hearings(Protocol):
    """A pass, to be gone through as often as wanted; false where nothing was heard."""

    @property
    def warnings(self) -> Sequence[str]:
        """What is no record."""
        ...

    def __bool__(self) -> bool: ...

    def __iter__(self) -> Iterator[UtteranceHearing]: ...


class _Numbers:
    """Numbers of utterances, and of utterances under a condition, in the order of their appearance."""

    def __init__(self) -> None:
        self.hearings: dict[tuple[str, str, str, str], int] = {}
        self.utterances: dict[tuple[str, str, str], int] = {}
        self.utterance_of = array("i")

    def of(self, record: UtteranceRecord) -> int:
        """The number of the record's hearing."""
        key = (record.model, *record.identity)
        number = self.hearings.setdefault(key, len(self.hearings))
        if number == len(self.utterance_of):
            whole = (record.model, record.corpus, record.utterance)
            self.utterance_of.append(self.utterances.setdefault(whole, len(self.utterances)))
        return number

    def hearing(self, number: int, given: Iterable[Placed]) -> UtteranceHearing:
        """The hearing of that number, of its records in the order in which they were written."""
        kept: dict[object, Placed] = {}
        for place, record in given:
            first = kept.get(record.key)
            kept[record.key] = (first[0] if first else place, record)
        return UtteranceHearing(
            number=number, utterance=self.utterance_of[number], records=tuple(kept.values())
        )


class HeardRecords:
    """Records that are in memory."""

    def __init__(self, records: Iterable[UtteranceRecord], warnings: Sequence[str] = ()) -> None:
        self.warnings = warnings
        self._numbers = _Numbers()
        self._groups: list[list[Placed]] = []
        for place, record in enumerate(records):
            number = self._numbers.of(record)
            if number == len(self._groups):
                self._groups.append([])
            self._groups[number].append((place, record))

    def __bool__(self) -> bool:
        return bool(self._groups)

    def __iter__(self) -> Iterator[UtteranceHearing]:
        return (self._numbers.hearing(number, each) for number, each in enumerate(self._groups))


class HeardFile:
    """The records of a run's quality pass: read once for their places, and again whenever they are gone through.

    A run without a quality pass has none.  Raises JournalError for a foreign schema.
    """

    def __init__(self, run: Path) -> None:
        self.warnings: list[str] = []
        self._run = run
        self._numbers = _Numbers()
        self._begins, self._hearing, self._listener = array("q"), array("i"), array("i")
        listeners: dict[tuple[str, str | None], int] = {}
        for begins, record in utterance_places(run, self.warnings.append):
            self._begins.append(begins)
            self._hearing.append(self._numbers.of(record))
            self._listener.append(listeners.setdefault((record.variant, record.floor), len(listeners)))
        self._numbers.hearings.clear()  # the numbers are known by now
        self._numbers.utterances.clear()

    def __bool__(self) -> bool:
        return bool(self._begins)

    def __iter__(self) -> Iterator[UtteranceHearing]:
        if not self._begins:
            return
        with LinesAgain(self._run) as opened:
            for number, lines in enumerate(self._lines()):
                yield self._numbers.hearing(number, self._read(opened, lines))

    def in_order(self) -> Iterator[UtteranceRecord]:
        """The last record of each key, one after another in the order in which the keys came up."""
        import numpy as np

        if not self._begins:
            return
        keys = np.stack([np.frombuffer(each, np.int32) for each in (self._hearing, self._listener)])
        _, first = np.unique(keys, axis=1, return_index=True)
        _, behind = np.unique(keys[:, ::-1], axis=1, return_index=True)
        last = keys.shape[1] - 1 - behind
        with LinesAgain(self._run) as opened:
            for line in last[np.argsort(first)].tolist():
                yield opened.at(self._begins[line])

    def _lines(self) -> Iterator[NDArray[np.int64]]:
        """The lines of each hearing in turn, in the order in which they were written."""
        import numpy as np

        owner = np.frombuffer(self._hearing, np.int32)
        order = np.argsort(owner, kind="stable")
        ends = np.cumsum(np.bincount(owner))
        start = 0
        for end in ends.tolist():
            yield order[start:end]
            start = end

    def _read(self, opened: LinesAgain, lines: NDArray[np.int64]) -> Iterator[Placed]:
        return ((line, opened.at(self._begins[line])) for line in lines.tolist())

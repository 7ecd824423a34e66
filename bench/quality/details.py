"""Where each variant of a quality pass hurts: errors by class, faults, the words and utterances that tell most.

Gathered in one more walk through the pass; of texts only those of the most telling utterances are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.domain import Status
from bench.quality.forced import ChangedToken, MostChanged
from bench.quality.gathering import Speakers
from bench.quality.hearings import Hearings, Placed
from bench.quality.losses import ClassLoss, ClassTally, FaultLoss, FaultTally, TellingSearch, TellingUtterance
from bench.quality.normalizer import normalizer
from bench.quality.passed import Passed
from bench.quality.profiles import ErrorProfile, ProfileTally

WORDS_KEPT: Final = 3  # of each variant, those of largest divergence


class RowDetails:
    """A row's, in the making until the pass was gone through."""

    def __init__(self, row: Passed, speakers: Speakers) -> None:
        way = normalizer(row.normalizer, row.language)
        self._profile, self._classes, self._faults = (
            ProfileTally(way),
            ClassTally(way, speakers),
            FaultTally(way),
        )
        self._telling, self._changed = TellingSearch(way), MostChanged(WORDS_KEPT)

    def add(self, mine: Placed, base: Placed | None) -> None:
        """A record, and its baseline's where both were heard and the row is held against it."""
        record = mine[1]
        if record.reference is not None and record.text is not None:
            self._profile.add(record.reference, record.text)
        if base is not None:
            place, leader = base
            self._classes.add(place, leader, record)
            self._faults.add(place, leader, record)
            self._telling.add(leader, record)
            self._changed.add(place, leader, record)

    @property
    def profile(self) -> ErrorProfile | None:
        """Errors by class and utterances by fault; None without references."""
        found = self._profile.profile()
        return found if found.utterances else None

    @property
    def classes(self) -> tuple[ClassLoss, ...]:
        """Errors by class beside the baseline's."""
        return self._classes.losses()

    @property
    def faults(self) -> tuple[FaultLoss, ...]:
        """Utterances lost as a whole where the baseline loses none."""
        return self._faults.losses()

    @property
    def changed(self) -> tuple[ChangedToken, ...]:
        """The words of largest divergence, at most `WORDS_KEPT`."""
        return self._changed.found()

    def telling(self, limit: int) -> list[TellingUtterance]:
        """The utterances that tell most, at most `limit`."""
        return self._telling.found(limit)


def details_of(hearings: Hearings, rows: Sequence[Passed]) -> tuple[RowDetails, ...]:
    """The details of each row, in one walk."""
    speakers = Speakers()
    made = tuple(RowDetails(row, speakers) for row in rows)
    known = {
        (row.model, row.corpus, row.condition, row.variant): (row, each)
        for row, each in zip(rows, made, strict=True)
    }
    for hearing in hearings:
        proper = {each.variant: (place, each) for place, each in hearing.records if each.floor is None}
        for mine in proper.values():
            record = mine[1]
            row, details = known[record.model, record.corpus, record.condition, record.variant]
            details.add(mine, _both(row, proper.get(row.baseline or ""), mine))
    return made


def _both(row: Passed, base: Placed | None, mine: Placed) -> Placed | None:
    held = not row.is_baseline and base is not None
    return base if held and base and base[1].status is mine[1].status is Status.OK else None

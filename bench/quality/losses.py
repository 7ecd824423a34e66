"""What a variant gets wrong that its baseline gets right: by class of error, and by utterance.

Everything is paired by utterance: what is hard for both cancels.  Gathered pair by pair, so that few texts are kept.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.quality.align import word_errors
from bench.quality.classes import ErrorClass, classify
from bench.quality.counts import several
from bench.quality.errors import ErrorPair, telling_errors
from bench.quality.faults import UtteranceFault, utterance_faults
from bench.quality.forced import word_of
from bench.quality.gathering import NumberTable, Speakers
from bench.quality.normalizer import Normalizer
from bench.quality.utterances import UtteranceRecord
from bench.statistics import Interval
from bench.statistics.rates import difference_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOOKED_AT: Final = 60  # utterances with the most new errors, among which the telling ones are sought
ERRORS_LOOKED_AT: Final = 50
NAMED: Final = 4  # utterances of a fault whose names are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLoss:
    """Errors of one class: how many, how many of the baseline's, and the difference a word of the references."""

    error: ErrorClass
    mine: int
    theirs: int
    difference: Interval

    @property
    def more(self) -> int:
        """How many more than the baseline's."""
        return self.mine - self.theirs


class ClassTally:
    """Errors by class of a variant and its baseline, gathered pair by pair."""

    def __init__(self, way: Normalizer, speakers: Speakers) -> None:
        self._way, self._speakers = way, speakers
        self._pairs = NumberTable(4)  # place, words, speaker, number
        self._mine: Counter[ErrorClass] = Counter()
        self._theirs: Counter[ErrorClass] = Counter()
        self._more = {
            error: array("q") for error in ErrorClass
        }  # number of the pair, difference; zeros left out

    def add(self, place: int, base: UtteranceRecord, mine: UtteranceRecord) -> None:
        """The baseline's record and the variant's of one utterance, at the place of the baseline's."""
        if not base.reference or base.text is None or mine.text is None:
            return
        number = len(self._pairs)
        words = len(self._way.words(base.reference))
        self._pairs.add(place, words, self._speakers.number(base.speaker), number)
        theirs, own = (
            Counter(each.error for each in classify(base.reference, text, self._way))
            for text in (base.text, mine.text)
        )
        self._mine.update(own)
        self._theirs.update(theirs)
        for error in own | theirs:
            if own[error] != theirs[error]:
                self._more[error].extend((number, own[error] - theirs[error]))

    def losses(self) -> tuple[ClassLoss, ...]:
        """Of every class that either side has errors of; over speakers where every utterance names one."""
        _, words, speakers, numbers = self._pairs.columns()
        clusters = several(speakers)
        return tuple(
            ClassLoss(
                error=error,
                mine=self._mine[error],
                theirs=self._theirs[error],
                difference=difference_interval(
                    self._differences(error)[numbers], words.astype(float), clusters=clusters
                ),
            )
            for error in ErrorClass
            if self._mine[error] or self._theirs[error]
        )

    def _differences(self, error: ErrorClass) -> NDArray[np.float64]:
        """By number of the pair."""
        import numpy as np

        found = np.zeros(len(self._pairs))
        numbers, more = np.array(self._more[error]).reshape(-1, 2).T
        found[numbers] = more
        return found


def new_faults(base: UtteranceRecord, mine: UtteranceRecord, way: Normalizer) -> tuple[UtteranceFault, ...]:
    """What is wrong with a variant's utterance as a whole that is not wrong with the baseline's."""
    if mine.text is None or base.text is None or mine.text == base.text:
        return ()
    theirs = utterance_faults(mine.reference, base.text, way)
    return tuple(each for each in utterance_faults(mine.reference, mine.text, way) if each not in theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultLoss:
    """How many utterances have a fault with the variant alone; the first of them by `names`, `NAMED` at most."""

    fault: UtteranceFault
    utterances: int
    names: tuple[str, ...]


class FaultTally:
    """Utterances with a fault that the baseline's do not have, gathered pair by pair."""

    def __init__(self, way: Normalizer) -> None:
        self._way = way
        self._counts: Counter[UtteranceFault] = Counter()
        self._first: dict[UtteranceFault, list[tuple[int, str]]] = {}

    def add(self, place: int, base: UtteranceRecord, mine: UtteranceRecord) -> None:
        """The baseline's record and the variant's of one utterance, at the place of the baseline's."""
        for fault in new_faults(base, mine, self._way):
            self._counts[fault] += 1
            named = [*self._first.get(fault, ()), (place, mine.utterance)]
            self._first[fault] = sorted(named)[:NAMED]

    def losses(self) -> tuple[FaultLoss, ...]:
        """By fault."""
        return tuple(
            FaultLoss(
                fault=fault,
                utterances=self._counts[fault],
                names=tuple(name for _, name in self._first[fault]),
            )
            for fault in UtteranceFault
            if self._counts[fault]
        )


# ----------------------------------------------------------------------- telling examples


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingUtterance:
    """An utterance that shows what a variant loses.

    `errors` are new, the most telling first; `nats` the largest divergence within each word of the
    baseline's transcript, None where none is known.
    """

    base: UtteranceRecord
    mine: UtteranceRecord
    faults: tuple[UtteranceFault, ...]
    errors: tuple[ErrorPair, ...]
    nats: tuple[float | None, ...]


class TellingSearch:
    """The utterances with the most new errors, sought pair by pair; `LOOKED_AT` of them are kept."""

    def __init__(self, way: Normalizer) -> None:
        self._way = way
        self._kept: list[tuple[tuple[int, str], UtteranceRecord, UtteranceRecord]] = []

    def add(self, base: UtteranceRecord, mine: UtteranceRecord) -> None:
        """The baseline's record and the variant's of one utterance."""
        if base.text is None or mine.text is None or base.text == mine.text:
            return
        key = (-_new_errors(base, mine, self._way), base.utterance)
        if key[0] < 0 and (len(self._kept) < LOOKED_AT or key < self._kept[-1][0]):
            insort(self._kept, (key, base, mine), key=lambda each: each[0])
            del self._kept[LOOKED_AT:]

    def found(self, limit: int) -> list[TellingUtterance]:
        """The utterances that tell most of a variant: those with a fault as a whole, then by their worst new error.

        Without references what differs from the baseline's transcript counts as the error.
        """
        looked_at = (_telling(base, mine, self._way) for _, base, mine in self._kept)
        return sorted((each for each in looked_at if each.faults or each.errors), key=_order)[:limit]


def _order(each: TellingUtterance) -> tuple[bool, tuple[int, float], str]:
    worst = min((error.order for error in each.errors), default=(3, 0.0))
    return not each.faults, worst, each.mine.utterance


def _new_errors(base: UtteranceRecord, mine: UtteranceRecord, way: Normalizer) -> int:
    after = way.words(mine.text or "")
    if base.reference is None:
        return word_errors(way.words(base.text or ""), after)[0]
    return (
        word_errors(way.words(mine.reference or ""), after)[0]
        - word_errors(way.words(base.reference), way.words(base.text or ""))[0]
    )


def _telling(base: UtteranceRecord, mine: UtteranceRecord, way: Normalizer) -> TellingUtterance:
    said = base.text if base.reference is None else base.reference
    old = (
        telling_errors(said or "", base.text or "", way, ERRORS_LOOKED_AT)
        if base.reference is not None
        else ()
    )
    known = {(each.reference, each.hypothesis) for each in old}
    new = telling_errors(said or "", mine.text or "", way, ERRORS_LOOKED_AT)
    return TellingUtterance(
        base=base,
        mine=mine,
        faults=new_faults(base, mine, way),
        errors=tuple(each for each in new if (each.reference, each.hypothesis) not in known),
        nats=word_divergences(base, mine),
    )


def word_divergences(base: UtteranceRecord, mine: UtteranceRecord) -> tuple[float | None, ...]:
    """The largest divergence within each word of the baseline's transcript, in nats; None where none is known."""
    found: list[float | None] = [None] * len(base.words)
    for at, nats in enumerate(mine.kl):
        word = word_of(base, at)
        if word is not None:
            found[word] = max(found[word] or 0.0, nats)
    return tuple(found)

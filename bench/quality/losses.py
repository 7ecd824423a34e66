"""What a variant gets wrong that its baseline gets right: by class of error, by utterance, by condition.

Everything is paired by utterance: what is hard for both cancels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.quality.classes import ErrorClass, classify
from bench.quality.errors import ErrorPair, telling_errors
from bench.quality.faults import UtteranceFault, utterance_faults
from bench.quality.forced import word_of
from bench.quality.normalizer import Normalizer
from bench.quality.score import Score, score
from bench.quality.utterances import UtteranceRecord
from bench.statistics import Interval
from bench.statistics.rates import difference_interval

RecordPair = tuple[UtteranceRecord, UtteranceRecord]
"""The baseline's record of an utterance and a variant's."""

LOOKED_AT: Final = 60  # utterances with the most new errors, among which the telling ones are sought
ERRORS_LOOKED_AT: Final = 50


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


def class_losses(pairs: Sequence[RecordPair], way: Normalizer) -> tuple[ClassLoss, ...]:
    """Of every class that either side has errors of; over speakers where every utterance names one."""
    usable = [
        pair for pair in pairs if pair[0].reference and pair[0].text is not None and pair[1].text is not None
    ]
    told = [(base.reference or "", base.text or "", mine.text or "") for base, mine in usable]
    counts = [
        tuple(Counter(each.error for each in classify(said, heard, way)) for heard in both)
        for said, *both in told
    ]
    words = [len(way.words(said)) for said, *_ in told]
    found = []
    for error in ErrorClass:
        theirs, mine = ([each[side][error] for each in counts] for side in (0, 1))
        if sum(theirs) or sum(mine):
            more = [one - other for one, other in zip(mine, theirs, strict=True)]
            found.append(
                ClassLoss(
                    error=error,
                    mine=sum(mine),
                    theirs=sum(theirs),
                    difference=difference_interval(more, words, clusters=_speakers(usable)),
                )
            )
    return tuple(found)


def new_faults(base: UtteranceRecord, mine: UtteranceRecord, way: Normalizer) -> tuple[UtteranceFault, ...]:
    """What is wrong with a variant's utterance as a whole that is not wrong with the baseline's."""
    if mine.text is None or base.text is None:
        return ()
    theirs = utterance_faults(mine.reference, base.text, way)
    return tuple(each for each in utterance_faults(mine.reference, mine.text, way) if each not in theirs)


def fault_losses(pairs: Sequence[RecordPair], way: Normalizer) -> dict[UtteranceFault, tuple[str, ...]]:
    """By fault the names of the utterances that have it with the variant alone."""
    found: dict[UtteranceFault, list[str]] = {}
    for base, mine in pairs:
        if base.text != mine.text:
            for fault in new_faults(base, mine, way):
                found.setdefault(fault, []).append(mine.utterance)
    return {fault: tuple(found[fault]) for fault in UtteranceFault if fault in found}


def condition_loss(
    clean: Sequence[RecordPair], degraded: Sequence[RecordPair], way: Normalizer
) -> Interval | None:
    """How much more a variant loses under a condition than as recorded, over the utterances heard under both.

    A difference of differences of error rates, positive where the condition makes the loss larger; None
    where no utterance was heard under both.
    """
    before = {base.utterance: _more(base, mine, way) for base, mine in clean}
    both = [
        (known, _more(base, mine, way), base)
        for base, mine in degraded
        if (known := before.get(base.utterance)) is not None
    ]
    told = [(was, now, base) for was, now, base in both if now is not None]
    if not told:
        return None
    return difference_interval(
        [now - was for was, now, _ in told],
        [len(way.words(base.reference or "")) for *_, base in told],
        clusters=_speakers([(base, base) for *_, base in told]),
    )


def _speakers(pairs: Sequence[RecordPair]) -> list[str] | None:
    """Whose each utterance is; None where that is not known of all, or all are one's."""
    known = [base.speaker for base, _ in pairs if base.speaker is not None]
    return known if len(known) == len(pairs) and len(set(known)) > 1 else None


def _more(base: UtteranceRecord, mine: UtteranceRecord, way: Normalizer) -> int | None:
    """Errors that the variant makes beyond the baseline's; None without a reference."""
    if not base.reference or not way.words(base.reference):
        return None
    return _score(mine, way).errors - _score(base, way).errors


def _score(record: UtteranceRecord, way: Normalizer) -> Score:
    return score(record.reference or "", record.text or "", way)


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


def telling_utterances(pairs: Sequence[RecordPair], way: Normalizer, limit: int) -> list[TellingUtterance]:
    """The utterances that tell most of a variant: those with a fault as a whole, then by their worst new error.

    Without references what differs from the baseline's transcript counts as the error.
    """
    ranked = sorted(
        (
            (more, base, mine)
            for base, mine in pairs
            if base.text is not None and mine.text is not None and (more := _new_errors(base, mine, way)) > 0
        ),
        key=lambda each: (-each[0], each[1].utterance),
    )
    found = [_telling(base, mine, way) for _, base, mine in ranked[:LOOKED_AT]]
    told = [each for each in found if each.faults or each.errors]
    return sorted(told, key=_order)[:limit]


def _order(each: TellingUtterance) -> tuple[bool, tuple[int, float], str]:
    worst = min((error.order for error in each.errors), default=(3, 0.0))
    return not each.faults, worst, each.mine.utterance


def _new_errors(base: UtteranceRecord, mine: UtteranceRecord, way: Normalizer) -> int:
    if base.text == mine.text:
        return 0
    if base.reference is None:
        return score(base.text or "", mine.text or "", way).errors
    return _score(mine, way).errors - _score(base, way).errors


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

"""A variant beside what it is held against: their texts, utterance by utterance, over all clips."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.quality import ErrorPair, Score, normalizer, telling_errors, wer_difference
from bench.quality.counts import pooled_difference
from bench.quality.passed import Passed
from bench.report.cells import Figure, Phrase
from bench.report.findings.families import Family
from bench.report.findings.model import SAME_WER, Evidence
from bench.results import CaseResult
from bench.results.heard import ScoredUtterance, UtteranceKey, independent
from bench.statistics import Estimate, Interval, units_needed
from bench.text.numbers import Quantity

ERRORS_LOOKED_AT: Final = 200
MOST_WANTED: Final = 10_000  # utterances; nobody records more to settle half a point


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A variant and what it is held against, over the clips that both transcribed."""

    mine: tuple[CaseResult, ...]
    theirs: tuple[CaseResult, ...]

    @property
    def published(self) -> bool:
        """Whether there is nothing but an author's judgement."""
        return all(case.judgement is not None and case.heard.transcript is None for case in self.mine)

    def evidence(self, table: str = "quality") -> tuple[Evidence, ...]:
        """The rows of both."""
        return tuple(Evidence(case=case.key, table=table) for case in (*self.mine, *self.theirs))


def pairs(family: Family) -> Iterator[Pair]:
    """Each variant of a family beside its baseline."""
    for cases in family.by_variant.values():
        both = []
        for case in cases:
            base = family.scene.figures.baseline(case)
            if base is not None and base.key != case.key:
                both.append((case, base))
        if both:
            yield Pair(mine=tuple(mine for mine, _ in both), theirs=tuple(base for _, base in both))


def heard_in_pass(pair: Pair) -> tuple[Passed, ...]:
    """What the quality pass says of the variant beside what it is held against; none where there was none."""
    other = pair.theirs[0].case.variant.name
    return tuple(row for row in pair.mine[0].passed if row.baseline == other and len(row.paired))


def same_texts(pair: Pair) -> bool | None:
    """Whether the pass heard the same words from both, in every utterance; None without a pass."""
    rows = heard_in_pass(pair)
    return all(row.same_texts == row.compared for row in rows) if rows else None


def difference(pair: Pair) -> Estimate | None:
    """WER minus the other's: over the utterances of the quality pass where there is one, else of all clips.

    An utterance in two clips counts once; None without utterances, or words in them.
    """
    found = _difference(pair)
    return found if isinstance(found, Estimate) else None


def _difference(pair: Pair) -> Interval | None:
    if rows := heard_in_pass(pair):
        return pooled_difference([row.paired for row in rows])
    ours: dict[UtteranceKey, ScoredUtterance] = {}
    theirs: list[Score] = []
    for mine, base in zip(pair.mine, pair.theirs, strict=True):
        for one, other in zip(mine.heard.utterances, base.heard.utterances, strict=False):
            if one.key not in ours and one.score.reference_words:
                ours[one.key] = one
                theirs.append(other.score)
    scores = [each.score for each in ours.values()]
    return wer_difference(scores, theirs, independent(list(ours.values()))) if scores else None


def points(change: Estimate, *, shown: bool = True) -> Figure:
    """A difference of error rates as a cell, with its interval where that shows something."""
    return Figure(
        value=change.value,
        quantity=Quantity.POINTS,
        low=change.low if shown else None,
        high=change.high if shown else None,
        n=change.n,
    )


def utterances_needed(change: Interval, margin: float = SAME_WER) -> int:
    """About how many utterances would settle it: a true loss of the margin is shown, or none is possible.

    `units_needed` for both; to two digits, since it is an estimate.
    """
    needed = units_needed(change, margin)
    return max(change.n, math.ceil(float(f"{needed:.2g}")))


def speech_wanted(utterances: int, heard: int) -> Phrase:
    """About how many utterances, or more than anybody records to settle half a point who has not `heard` as many."""
    if utterances > MOST_WANTED > heard:
        return Phrase(message="finding.utterances.over", count=MOST_WANTED)
    return Phrase(message="finding.utterances.about", count=utterances)


def fresh_errors(pair: Pair) -> list[ErrorPair]:
    """The telling errors against the reference that the baseline does not make."""
    found: list[ErrorPair] = []
    for mine, base in zip(pair.mine, pair.theirs, strict=True):
        reference, score = mine.clip.reference, mine.heard.score
        if (
            reference is None
            or score is None
            or mine.heard.transcript is None
            or base.heard.transcript is None
        ):
            continue
        way = normalizer(score.normalizer)
        old = telling_errors(reference, base.heard.transcript.text, way, ERRORS_LOOKED_AT)
        known = {(each.reference, each.hypothesis) for each in old}
        new = telling_errors(reference, mine.heard.transcript.text, way, ERRORS_LOOKED_AT)
        found += [each for each in new if (each.reference, each.hypothesis) not in known]
    return sorted(found, key=lambda each: each.order)

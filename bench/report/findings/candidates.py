"""How a variant's quality stands to its baseline's: what advice and recommendations weigh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from bench.quality.forced import ForcedDivergence
from bench.quality.passed import Passed
from bench.report.findings.families import Family, Scene, of_no_use
from bench.report.findings.model import LIKELY_WORSE, SAME_WER
from bench.report.findings.pairs import Pair, difference, heard_in_pass, pairs, same_texts, utterances_needed
from bench.results import CaseResult
from bench.statistics import FEWEST_TO_CLAIM, Estimate

UTTERANCES_WANTED = 300  # where nothing tells how many: differences of fine quantizations take hundreds
NEAR_WER = 0.01  # an estimated loss of up to one point may be advised where none is shown


class Loss(IntEnum):
    """What is known of a quality loss against the baseline; the lower, the better known to be none."""

    NONE = 0  # the baseline itself, or its very words
    SAME = 1  # shown to be the same to within half a point
    NOT_SHOWN = 2  # no loss shown, and estimated at no more than a point
    UNKNOWN = 3  # nothing to judge by, or an estimate that too few utterances leave open
    SHOWN = 4  # a loss is shown, or was judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A variant that could be chosen: its case on the family's longest clip, its quality.

    `broken` says that its transcripts are unusable: most words are wrong, or most of the text is loops.
    `passed` is what the quality pass says of it, beside its baseline.  `looped` counts the recordings on which it looped: one strikes it from long recordings alone.
    """

    case: CaseResult
    family: Family
    loss: Loss
    change: Estimate | None
    broken: bool
    looped: int = 0
    judged: bool = False
    passed: tuple[Passed, ...] = ()

    @property
    def divergence(self) -> ForcedDivergence | None:
        """How far its token distributions are from the baseline's; None where nobody could tell.

        Of the largest corpus: divergences of different corpora are not pooled.
        """
        told = [row.divergence for row in self.passed if row.divergence is not None]
        return max(told, key=lambda each: each.tokens, default=None)

    @property
    def measurable(self) -> bool:
        """Whether that is above the baseline's own noise."""
        return all(row.measurable is not False for row in self.passed)

    @property
    def heard_utterances(self) -> int:
        """How many utterances its loss is known from."""
        return self.change.n if self.change is not None else 0

    @property
    def hardly_heard(self) -> bool:
        """Whether its loss is estimated of so little speech that one wrong word makes points of it."""
        few = self.change is not None and self.change.n < FEWEST_TO_CLAIM
        return few and self.loss is Loss.UNKNOWN and not self.broken

    @property
    def likely_worse(self) -> bool:
        """Whether a loss that is not settled is estimated, of speech enough, at more than anybody would ship."""
        if self.loss is not Loss.UNKNOWN or self.change is None or self.change.n < FEWEST_TO_CLAIM:
            return False
        return self.change.value is not None and self.change.value > LIKELY_WORSE

    @property
    def open(self) -> bool:
        """Whether more than half a point may still be lost: also behind a text that is the baseline's own, of little speech."""
        if self.case.is_baseline or self.loss is Loss.SHOWN:
            return False
        if self.loss is Loss.NONE:
            possible = self.change.possible_high if self.change is not None else 0.0
            return possible is None or possible > SAME_WER
        return self.loss is not Loss.SAME

    @property
    def worth_naming(self) -> bool:
        """Whether it may be advised where others will do as well: no loss is shown or likely.

        A loop makes an estimate of any size by itself; it is said with the variant, and weighed for long recordings.
        """
        return self.loss is not Loss.SHOWN and (not self.likely_worse or bool(self.looped))

    @property
    def needed(self) -> int | None:
        """About how many utterances would tell half a point apart; None where unknown or enough."""
        change = self.change
        if change is None:
            return None
        if change.low is None or change.high is None or change.n < FEWEST_TO_CLAIM:
            return UTTERANCES_WANTED
        return utterances_needed(change)


def candidates(scene: Scene) -> tuple[Candidate, ...]:
    """Every variant with a good trial on its family's longest clip, in the suites' order."""
    return tuple(each for family in scene.families for each in _of(family))


def _of(family: Family) -> Iterator[Candidate]:
    known = {case.key: pair for pair in pairs(family) for case in pair.mine}
    stars = [case.judgement.stars for case in family.good if case.judgement and case.judgement.stars]
    for case in family.front:
        pair = known.get(case.key)
        loss, change, judged = _loss(case, pair, max(stars, default=None))
        cases = family.by_variant[case.case.variant.name]
        yield Candidate(
            case=case,
            family=family,
            loss=loss,
            change=change,
            broken=any(of_no_use(each) for each in cases) or _mostly_loops(cases),
            looped=sum(each.heard.loop is not None and each.heard.loop.looping for each in cases),
            judged=judged,
            passed=heard_in_pass(pair) if pair is not None else (),
        )


def _loss(case: CaseResult, pair: Pair | None, most_stars: int | None) -> tuple[Loss, Estimate | None, bool]:
    if case.is_baseline:
        return Loss.NONE, None, False
    alike = pair is not None and all(
        each.heard.identity and each.heard.identity.normalized for each in pair.mine
    )
    if pair is not None and alike and same_texts(pair) is not False:
        return Loss.NONE, difference(pair), False
    change = difference(pair) if pair is not None else None
    if change is not None:
        return loss_of(change), change, False
    judgement = case.judgement
    if judgement is None or case.heard.transcript is not None:
        return Loss.UNKNOWN, None, False
    if judgement.same_as_baseline:
        return Loss.NONE, None, True
    if judgement.stars is not None and most_stars is not None and judgement.stars < most_stars:
        return Loss.SHOWN, None, True
    return Loss.UNKNOWN, None, True


def loss_of(change: Estimate) -> Loss:
    """What a difference of error rates tells."""
    possible = change.possible_high
    if possible is None or change.n < FEWEST_TO_CLAIM:
        return Loss.UNKNOWN
    if possible <= SAME_WER:
        return Loss.SAME
    if change.clear and change.value > 0:
        return Loss.SHOWN
    return Loss.NOT_SHOWN if change.value <= NEAR_WER else Loss.UNKNOWN


def _mostly_loops(cases: Sequence[CaseResult]) -> bool:
    loops = [case.heard.loop for case in cases if case.heard.loop]
    return sum(each.looped_words for each in loops) * 2 > sum(each.words for each in loops) > 0

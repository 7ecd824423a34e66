"""A quantity against its baseline: ratios with intervals, paired and unpaired, and the verdict on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.domain import Reason
from bench.reasons import reason
from bench.statistics.levels import CLAIM_CONFIDENCE, CONFIDENCE, FEWEST_TO_CLAIM, FEWEST_TO_RANK, POWER
from bench.statistics.rank_sum import shifts
from bench.statistics.signed_rank import Centre, centres
from bench.statistics.student import plainly_off
from bench.units import Better

_MORE_TO_RANK: Final = 4  # blocks: what a rank test of a few wants beyond what a normal law does


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The ratio of a quantity to its baseline's, over `n` blocks (or the smaller sample, unpaired).

    `ratio` is None, with a `reason`, where a value is zero or negative or where there is none.
    `clear` says that the wider interval of `CLAIM_CONFIDENCE` excludes 1 as well, or of blocks too few
    for it that the difference is `plainly_off` none: what a sentence that claims a difference, one of dozens in a report, asks for.  `resolvable` is the smallest true
    difference that an audit of the machine could show in so many blocks (0.02 = 2 %), None without one.
    """

    n: int
    ratio: float | None
    low: float | None
    high: float | None
    paired: bool
    reason: Reason | None = None
    clear: bool = False
    resolvable: float | None = None

    @property
    def few(self) -> bool:
        """Whether there are too few blocks for the interval to mean what it says."""
        return self.n < FEWEST_TO_CLAIM

    @property
    def excludes_one(self) -> bool:
        """Whether a difference is shown: enough blocks and an interval wholly on one side of 1."""
        return (
            not self.few and self.low is not None and self.high is not None and not self.low <= 1 <= self.high
        )

    @property
    def below_resolution(self) -> bool:
        """Whether the estimate is smaller than what the machine was found to tell apart."""
        if self.resolvable is None or self.ratio is None:
            return False
        return abs(math.log(self.ratio)) < math.log1p(self.resolvable)

    @property
    def blocks_to_resolve(self) -> int | None:
        """At how many blocks the machine would tell a difference of this size; None where it was not audited.

        Noise falls with the square root of the blocks.
        """
        if self.resolvable is None or not self.ratio or self.ratio == 1:
            return None
        return math.ceil(self.n * (math.log1p(self.resolvable) / math.log(self.ratio)) ** 2 - 1e-9)

    @property
    def shown(self) -> bool:
        """Whether a difference is shown, and is one that the machine can tell from none."""
        return self.excludes_one and not self.below_resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioEstimate(Comparison):
    """A comparison that came to a ratio; `low` and `high` are None where there is one pair alone."""

    ratio: float


class Verdict(StrEnum):
    """What a comparison shows."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    DIFFERENT = "different"  # of a quantity in which neither direction is better
    INCONCLUSIVE = "inconclusive"


def compare_paired(pairs: Iterable[tuple[float, float]], *, confidence: float = CONFIDENCE) -> Comparison:
    """The ratio value / baseline from (value, baseline) pairs, one a block.

    The Hodges-Lehmann centre of the log-ratios, back from the logarithm, with its signed-rank
    interval over blocks: what slows a whole block cancels, and the interval holds its confidence
    at every number of blocks.  Too few blocks for it (`few`) give the whole range of pairwise means.
    """
    both = [(float(value), float(baseline)) for value, baseline in pairs]
    if why := _unusable(both):
        return Comparison(n=len(both), ratio=None, low=None, high=None, paired=True, reason=why)
    logs = [math.log(value / baseline) for value, baseline in both]
    usual, sure = centres(logs, (confidence, CLAIM_CONFIDENCE))
    ratio = math.exp(usual.value)
    if len(logs) == 1:
        return RatioEstimate(n=1, ratio=ratio, low=None, high=None, paired=True)
    low, high = usual.low, usual.high
    return RatioEstimate(
        n=len(logs),
        ratio=ratio,
        low=math.exp(min(logs) if low is None else low),
        high=math.exp(max(logs) if high is None else high),
        paired=True,
        clear=len(logs) >= FEWEST_TO_CLAIM and _claimed(logs, sure),
    )


def _claimed(logs: Sequence[float], sure: Centre) -> bool:
    if sure.low is None or sure.high is None:
        return plainly_off(logs)
    return not sure.low <= 0 <= sure.high


def compare_unpaired(
    values: Iterable[float], baseline: Iterable[float], *, confidence: float = CONFIDENCE
) -> Comparison:
    """The ratio value / baseline of two independent samples, such as two runs.

    The Hodges-Lehmann shift of the logarithms with the interval of the rank-sum test, which holds its
    confidence at every size.  Nothing that disturbs one of the samples cancels: prefer pairs.
    """
    mine, theirs = list(map(float, values)), list(map(float, baseline))
    n = min(len(mine), len(theirs))
    reason = _unusable([(value, 1.0) for value in mine]) or _unusable([(1.0, value) for value in theirs])
    if reason:
        return Comparison(n=n, ratio=None, low=None, high=None, paired=False, reason=reason)
    above, below = [math.log(value) for value in mine], [math.log(value) for value in theirs]
    usual, sure = shifts(above, below, (confidence, CLAIM_CONFIDENCE))
    ratio = math.exp(usual.value)
    if n == 1:
        return RatioEstimate(n=n, ratio=ratio, low=None, high=None, paired=False)
    low = min(above) - max(below) if usual.low is None else usual.low
    high = max(above) - min(below) if usual.high is None else usual.high
    return RatioEstimate(
        n=n,
        ratio=ratio,
        low=math.exp(low),
        high=math.exp(high),
        paired=False,
        clear=n >= FEWEST_TO_CLAIM
        and sure.low is not None
        and sure.high is not None
        and not sure.low <= 0 <= sure.high,
    )


def judge(comparison: Comparison, better: Better, tolerance: float) -> Verdict:
    """What the comparison shows, for a difference that matters from `tolerance` (0.05 = 5 %) on.

    SAME: the whole interval lies within the tolerance, 1 / (1 + t) to 1 + t.  WORSE, BETTER: the
    interval excludes 1 and the estimate lies beyond the tolerance and the machine's resolution.  Everything else, and
    everything from fewer than `FEWEST_TO_CLAIM` blocks, is INCONCLUSIVE.
    """
    ratio, low, high = comparison.ratio, comparison.low, comparison.high
    if ratio is None or low is None or high is None or comparison.few:
        return Verdict.INCONCLUSIVE
    upper = 1 + tolerance
    lower = 1 / upper
    if lower <= low and high <= upper:
        return Verdict.SAME
    if not comparison.shown or lower <= ratio <= upper:
        return Verdict.INCONCLUSIVE
    return changed(better, rose=ratio > 1)


def changed(better: Better, *, rose: bool) -> Verdict:
    """What a shown rise or fall means for a quantity that is better so."""
    if better is Better.NEITHER:
        return Verdict.DIFFERENT
    return Verdict.WORSE if rose == (better is Better.LOWER) else Verdict.BETTER


def blocks_needed(comparison: Comparison, tolerance: float) -> int | None:
    """How many blocks would narrow the interval to half the tolerance to either side.

    At that width only an estimate in the outer half of the tolerance stays inconclusive.  The
    width shrinks with the square root of the blocks; None where there is no interval to go by.
    A number not above `comparison.n` says that the blocks suffice.
    """
    low, high = comparison.low, comparison.high
    if low is None or high is None or tolerance <= 0:
        return None
    half = math.log(high / low) / 2
    wanted = math.log1p(tolerance) / 2
    return max(FEWEST_TO_CLAIM, math.ceil(comparison.n * (half / wanted) ** 2 - 1e-9))


def blocks_to_show(comparison: Comparison) -> int | None:
    """How many blocks would claim a difference as large as the estimate in 80 % of runs, if it is so large.

    A claim asks for `CLAIM_CONFIDENCE`, and a rank test of few blocks for some more of them; None where there is
    no interval to go by.  Simulated in tests/unit/test_stats.py.
    """
    low, high = comparison.low, comparison.high
    if low is None or high is None or not comparison.ratio or comparison.ratio == 1:
        return None
    from scipy.special import ndtri

    sure = float(ndtri((1 + CLAIM_CONFIDENCE) / 2) + ndtri(POWER)) / float(ndtri((1 + CONFIDENCE) / 2))
    half = math.log(high / low) / 2
    wanted = comparison.n * (sure * half / math.log(comparison.ratio)) ** 2
    return max(FEWEST_TO_RANK, math.ceil(wanted - 1e-9)) + _MORE_TO_RANK


def _unusable(pairs: Sequence[tuple[float, float]]) -> Reason | None:
    if not pairs:
        return reason("comparison.nothing")
    if not all(math.isfinite(value) for pair in pairs for value in pair):
        return reason("comparison.not_finite")
    if min(min(pair) for pair in pairs) <= 0:
        return reason("comparison.not_positive")
    return None

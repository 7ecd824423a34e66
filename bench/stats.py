"""Samples -> summaries, comparisons and verdicts.

Everything is the median, with a percentile-bootstrap interval.  The bootstrap distribution of a
median depends on the sample only through its order: the middle order statistics of the resamples
are drawn once per sample size and shared, which makes an interval cost microseconds and the same
values give the same interval always.  Why these choices: docs/adr/0004-medians-and-paired-ratios.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bench.units import Better

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES: Final = 2000
CONFIDENCE: Final = 0.95
CLAIM_CONFIDENCE: Final = (
    0.995  # of a sentence that claims a difference: a report makes dozens of comparisons
)
OUTLIER_MADS: Final = 14.8  # ten standard deviations of a normal: 10 * 1.4826
FEWEST_TO_CLAIM: Final = (
    6  # the range of n values holds the median with 1 - 2 ** (1 - n): 0.97 at 6, 0.94 at 5
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Repeated values of one quantity, in its base unit.

    `low` and `high` are the interval of the median, None for a single value.  Below
    `FEWEST_TO_CLAIM` values no interval reaches its nominal confidence: see `few`.  `outliers`
    are indexes into the values given; they are flagged and never dropped.
    """

    n: int
    median: float
    low: float | None
    high: float | None
    minimum: float
    maximum: float
    mad: float
    outliers: tuple[int, ...] = ()

    @property
    def few(self) -> bool:
        """Whether there are too few values for the interval to mean what it says."""
        return self.n < FEWEST_TO_CLAIM


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The ratio of a quantity to its baseline's, over `n` blocks (or the smaller sample, unpaired).

    `ratio` is None, with a `reason`, where a value is zero or negative or where there is none.
    `clear` says that the wider interval of `CLAIM_CONFIDENCE` excludes 1 as well: what a sentence
    that claims a difference, one of dozens in a report, asks for.
    """

    n: int
    ratio: float | None
    low: float | None
    high: float | None
    paired: bool
    reason: str | None = None
    clear: bool = False

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate from `n` independent units with its interval; `reason` where there is none.

    `clear` says that the wider interval of `CLAIM_CONFIDENCE` excludes zero, from enough units.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str | None = None
    clear: bool = False

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval is wholly on one side of zero, from enough units."""
        if self.low is None or self.high is None or self.n < FEWEST_TO_CLAIM:
            return False
        return not self.low <= 0 <= self.high


class Verdict(StrEnum):
    """What a comparison shows."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    DIFFERENT = "different"  # of a quantity in which neither direction is better
    INCONCLUSIVE = "inconclusive"


def summarize(
    values: Iterable[float], *, confidence: float = CONFIDENCE, resamples: int = RESAMPLES, seed: int = 0
) -> Summary | None:
    """Median, interval, range, spread and outliers of the values; None of no values."""
    given = [float(value) for value in values]
    if not given:
        return None
    ordered = sorted(given)
    middle = _median(ordered)
    mad = _median(sorted(abs(value - middle) for value in given))
    low = high = None
    if len(given) > 1:
        [(low, high)] = _intervals(ordered, (confidence,), resamples, seed)
    return Summary(
        n=len(given),
        median=middle,
        low=low,
        high=high,
        minimum=ordered[0],
        maximum=ordered[-1],
        mad=mad,
        outliers=_outliers(given, middle, mad),
    )


def compare_paired(
    pairs: Iterable[tuple[float, float]],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """The ratio value / baseline from (value, baseline) pairs, one a block.

    The median of the log-ratios, back from the logarithm, with its interval over blocks: what
    slows a whole block cancels.
    """
    both = [(float(value), float(baseline)) for value, baseline in pairs]
    reason = _unusable(both)
    if reason:
        return Comparison(n=len(both), ratio=None, low=None, high=None, paired=True, reason=reason)
    logs = sorted(math.log(value / baseline) for value, baseline in both)
    ratio = math.exp(_median(logs))
    if len(logs) == 1:
        return Comparison(n=1, ratio=ratio, low=None, high=None, paired=True)
    (low, high), (lowest, highest) = _intervals(logs, (confidence, CLAIM_CONFIDENCE), resamples, seed)
    return Comparison(
        n=len(both),
        ratio=ratio,
        low=math.exp(low),
        high=math.exp(high),
        paired=True,
        clear=len(logs) >= FEWEST_TO_CLAIM and not lowest <= 0 <= highest,
    )


def compare_unpaired(
    values: Iterable[float],
    baseline: Iterable[float],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """The ratio of medians value / baseline of two independent samples, such as two runs.

    Both samples are resampled.  Nothing that disturbs one of them cancels: prefer pairs.
    """
    import numpy as np

    mine, theirs = sorted(map(float, values)), sorted(map(float, baseline))
    n = min(len(mine), len(theirs))
    reason = _unusable([(value, 1.0) for value in mine]) or _unusable([(1.0, value) for value in theirs])
    if reason:
        return Comparison(n=n, ratio=None, low=None, high=None, paired=False, reason=reason)
    above, below = np.log(mine), np.log(theirs)
    ratio = math.exp(_median(above.tolist()) - _median(below.tolist()))
    if n == 1:
        return Comparison(n=n, ratio=ratio, low=None, high=None, paired=False)
    differences = _medians(above, resamples, seed) - _medians(below, resamples, seed + 1)
    tails = (*_tails(confidence), *_tails(CLAIM_CONFIDENCE))
    low, high, lowest, highest = np.quantile(differences, tails, method="inverted_cdf")
    return Comparison(
        n=n,
        ratio=ratio,
        low=math.exp(low),
        high=math.exp(high),
        paired=False,
        clear=n >= FEWEST_TO_CLAIM and not lowest <= 0 <= highest,
    )


def judge(comparison: Comparison, better: Better, tolerance: float) -> Verdict:
    """What the comparison shows, for a difference that matters from `tolerance` (0.05 = 5 %) on.

    SAME: the whole interval lies within the tolerance, 1 / (1 + t) to 1 + t.  WORSE, BETTER: the
    interval excludes 1 and the estimate lies beyond the tolerance.  Everything else, and
    everything from fewer than `FEWEST_TO_CLAIM` blocks, is INCONCLUSIVE.
    """
    ratio, low, high = comparison.ratio, comparison.low, comparison.high
    if ratio is None or low is None or high is None or comparison.few:
        return Verdict.INCONCLUSIVE
    upper = 1 + tolerance
    lower = 1 / upper
    if lower <= low and high <= upper:
        return Verdict.SAME
    if not comparison.excludes_one or lower <= ratio <= upper:
        return Verdict.INCONCLUSIVE
    if better is Better.NEITHER:
        return Verdict.DIFFERENT
    return Verdict.BETTER if (ratio < 1) == (better is Better.LOWER) else Verdict.WORSE


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


def bootstrap_ratio(
    numerators: Sequence[float],
    denominators: Sequence[float],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Sum of numerators / sum of denominators with its interval over units (utterances, clips).

    A pooled rate such as a word error rate, or a paired difference of two.
    """
    import numpy as np

    n, whole = len(numerators), float(sum(denominators))
    if not whole:
        return Interval(value=None, low=None, high=None, n=n, reason="there is nothing to divide by")
    value = float(sum(numerators)) / whole
    if n < 2:
        return Interval(value=value, low=None, high=None, n=n, reason="a single unit has no interval")
    counts = _counts(n, resamples, seed)
    above, below = (counts @ np.array([numerators, denominators], float).T).T
    rates = above[below > 0] / below[below > 0]
    tails = (*_tails(confidence), *_tails(CLAIM_CONFIDENCE))
    low, high, lowest, highest = np.quantile(rates, tails, method="inverted_cdf").tolist()
    clear = n >= FEWEST_TO_CLAIM and not lowest <= 0 <= highest
    return Interval(value=value, low=low, high=high, n=n, clear=clear)


# ------------------------------------------------------------------- resampling


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _outliers(values: Sequence[float], middle: float, mad: float) -> tuple[int, ...]:
    if not mad:
        return ()  # more than half the values are equal: there is no scale to judge the rest by
    return tuple(i for i, value in enumerate(values) if abs(value - middle) / mad > OUTLIER_MADS)


def _unusable(pairs: Sequence[tuple[float, float]]) -> str | None:
    if not pairs:
        return "there is nothing to compare with"
    if not all(math.isfinite(value) for pair in pairs for value in pair):
        return "a value is not finite"
    if min(min(pair) for pair in pairs) <= 0:
        return "a value is zero or negative: there is no ratio"
    return None


def _tails(confidence: float) -> tuple[float, float]:
    return (1 - confidence) / 2, (1 + confidence) / 2


def _intervals(
    ordered: Sequence[float], confidences: Sequence[float], resamples: int, seed: int
) -> list[tuple[float, float]]:
    """Percentile intervals of the median of sorted values, from the shared table of resamples."""
    table = _middles(len(ordered), resamples, seed)
    weighted = sorted([((ordered[i] + ordered[j]) / 2, weight) for i, j, weight in table])
    backwards = weighted[::-1]
    tails = [(1 - confidence) / 2 * resamples for confidence in confidences]
    return [(_walk(weighted, tail), _walk(backwards, tail)) for tail in tails]


def _walk(weighted: Sequence[tuple[float, int]], tail: float) -> float:
    seen = 0
    for value, weight in weighted:
        seen += weight
        if seen > tail:
            return value
    return weighted[-1][0]


@lru_cache(maxsize=256)
def _middles(n: int, resamples: int, seed: int) -> tuple[tuple[int, int, int], ...]:
    """The middle order statistics (i, j) of resamples of n sorted values, and how often each came."""
    import numpy as np

    pairs, weights = np.unique(_middle_orders(n, resamples, seed), axis=0, return_counts=True)
    return tuple((int(i), int(j), int(weight)) for (i, j), weight in zip(pairs, weights, strict=True))


@lru_cache(maxsize=64)
def _middle_orders(n: int, resamples: int, seed: int) -> NDArray[np.int32]:
    """Shape (resamples, 2): which sorted values stand in the middle of each resample."""
    import numpy as np

    random = np.random.default_rng((seed, n))
    lower, upper = (n - 1) // 2, n // 2
    rows = max(1, 1_000_000 // n)
    chunks = []
    for start in range(0, resamples, rows):
        drawn = random.integers(0, n, (min(rows, resamples - start), n), dtype=np.int32)
        drawn.partition((lower, upper), axis=1)
        chunks.append(drawn[:, (lower, upper)])
    return np.concatenate(chunks)


def _medians(ordered: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    orders = _middle_orders(len(ordered), resamples, seed)
    medians: NDArray[np.float64] = ordered[orders].mean(axis=1)
    return medians


@lru_cache(maxsize=16)
def _counts(n: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """Shape (resamples, n): how often each unit was drawn in each resample."""
    import numpy as np

    random = np.random.default_rng((seed, n))
    drawn = random.multinomial(n, np.full(n, 1 / n), size=resamples)
    return drawn.astype(np.float64)

"""Pooled rates, such as a word error rate, with their interval over units: utterances, clips, speakers.

A rate is a sum over a sum.  Its interval is Student's, by the linearized variance of a ratio (Cochran,
Sampling Techniques, 3rd ed., 2.11 and 6.3), on the scale of the logarithm where the rate cannot be negative, with as many degrees
of freedom as the variance itself is known by: few, where it rests on a few large terms (Satterthwaite's
way; 2 n / (kurtosis + 1)).  It covers what it says from 30 units on, where the percentile bootstrap does
not; simulated in tests/bench/coverage.py, the table is in docs/statistics.md.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.domain import Reason
from bench.reasons import reason
from bench.statistics.levels import CLAIM_CONFIDENCE, CONFIDENCE, FEWEST_TO_CLAIM, POWER
from bench.statistics.student import student_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = Sequence[float] | NDArray[np.float64]

FEWEST_TO_COVER: Final = 30  # units from which on the interval of a rate covers what it says
FEWEST_FREEDOM: Final = 4.0  # a variance of 30 terms and more is known at least so well
RULE_OF_THREE: Final = 3.0  # what did not happen in n units happens at most in 3 / n, says 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate over `n` utterances (or clips) with its interval; `reason` where there is none.

    `units` are independent: the utterances, or the speakers where there are several.  `clear` says that
    the wider interval of `CLAIM_CONFIDENCE` excludes zero, from enough units.  `scatter` is the standard
    deviation that a single unit adds, in the estimate's own scale, at its upper likely end; `per_unit`
    the mean of its denominator (words an utterance).
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: Reason | None = None
    clear: bool = False
    units: int = 0
    scatter: float | None = None
    per_unit: float = 1.0

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval is wholly on one side of zero, from enough units."""
        if self.low is None or self.high is None or self.n < FEWEST_TO_CLAIM:
            return False
        return not self.low <= 0 <= self.high

    @property
    def covers(self) -> bool:
        """Whether there are enough units for the interval to cover what it says."""
        return self.low is not None and self.n >= FEWEST_TO_COVER

    @property
    def unseen(self) -> float:
        """What rare disasters may still add: utterances lost as a whole that n of them did not show.

        A loop befalls an utterance, whoever speaks: the utterances count here, not the speakers.
        """
        return RULE_OF_THREE / self.n if self.n else math.inf

    @property
    def possible_low(self) -> float | None:
        """The lowest value still possible, rare disasters that no unit shows included."""
        return None if self.low is None or self.value is None else min(self.low, self.value - self.unseen)

    @property
    def possible_high(self) -> float | None:
        """The highest value still possible, rare disasters that no unit shows included."""
        return None if self.high is None or self.value is None else max(self.high, self.value + self.unseen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(Interval):
    """An interval around a known value; `low` and `high` are None where too few units give none."""

    value: float


def rate_interval(
    numerators: Numbers,
    denominators: Numbers,
    *,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Sum of numerators / sum of denominators, both not negative: a word error rate.

    `clusters` say whose each unit is, such as its speaker; from `FEWEST_TO_CLAIM` of them on they are
    the units.
    """
    return _interval(numerators, denominators, clusters, confidence, positive=True)


def difference_interval(
    differences: Numbers,
    denominators: Numbers,
    *,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Sum of paired differences / sum of denominators: a difference of two error rates.

    Where no unit differs the bound is that of the rule of three for single words, 3 / denominators
    (Hanley and Lippman-Hand, JAMA 249, 1983).
    """
    return _interval(differences, denominators, clusters, confidence, positive=False)


def units_needed(change: Interval, margin: float) -> float:
    """How many units (as in `change.n`) would tell a true difference of `margin` from none.

    So many that in 80 % of runs a true difference of the margin is *clear*, and that the rule of three leaves
    no more than the margin open.  The scatter is taken at its upper likely end, with what a loss of the margin adds
    of its own in errors of a word or two, and with one unit more that differs: a few units seldom
    show all that differs.  Simulated in tests/bench/coverage.py.
    """
    if change.scatter is None or not change.n:
        return RULE_OF_THREE / margin
    from scipy.special import ndtri

    sure = float(ndtri((1 + CLAIM_CONFIDENCE) / 2) + ndtri(POWER))
    size = change.per_unit
    variance = change.scatter**2 + _CLUMP * margin / size + _ONE_MORE / (change.n * size**2)
    return max(variance * (sure / margin) ** 2, RULE_OF_THREE / margin)


def _interval(
    numerators: Numbers,
    denominators: Numbers,
    clusters: Sequence[Hashable] | None,
    confidence: float,
    *,
    positive: bool,
) -> Interval:
    n, whole = len(numerators), float(sum(denominators))
    if not whole:
        return Interval(value=None, low=None, high=None, n=n, reason=reason("interval.nothing_to_divide_by"))
    value = float(sum(numerators)) / whole
    above, below = _by_cluster(numerators, denominators, clusters)
    units = len(above)
    if units < FEWEST_TO_CLAIM:
        why = reason("interval.single") if units == 1 else reason("interval.few", units=units)
        return Estimate(value=value, low=None, high=None, n=n, units=units, reason=why)
    squares = (above - value * below) ** 2
    total = float(squares.sum())
    error = math.sqrt(total * units / (units - 1)) / whole
    freedom = float(units - 1)
    if total:
        kurtosis = units * float((squares**2).sum()) / total**2
        freedom = min(freedom, max(FEWEST_FREEDOM, 2 * units / (kurtosis + 1)))
    ends = [
        _ends(value, error, student_quantile((1 + level) / 2, freedom), whole, positive=positive)
        for level in (confidence, CLAIM_CONFIDENCE)
    ]
    (low, high), (lowest, highest) = ends
    return Estimate(
        value=value,
        low=low,
        high=high,
        n=n,
        clear=n >= FEWEST_TO_CLAIM and not lowest <= 0 <= highest,
        units=units,
        per_unit=whole / n,
        scatter=math.sqrt(n) * error * math.sqrt(1 + _LIKELY * math.sqrt(2 / freedom)),
    )


_CLUMP: Final = 2.5  # words: the mean square of a unit's additional errors over their mean
_ONE_MORE: Final = 4.0  # words squared: one unit that differs by two words
_LIKELY: Final = 1.28  # the 90th percentile of a normal: how far a variance is likely to be underestimated


def _by_cluster(
    numerators: Numbers, denominators: Numbers, clusters: Sequence[Hashable] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    above, below = np.asarray(numerators, float), np.asarray(denominators, float)
    if clusters is None or len(set(clusters)) < FEWEST_TO_CLAIM:
        return above, below
    number: dict[Hashable, int] = {}
    owner = [number.setdefault(each, len(number)) for each in clusters]
    return np.bincount(owner, above).astype(float), np.bincount(owner, below).astype(float)


def _ends(value: float, error: float, wide: float, whole: float, *, positive: bool) -> tuple[float, float]:
    if not positive:
        half = wide * error or RULE_OF_THREE / whole
        return value - half, value + half
    # Half an error more keeps the logarithm of none finite.
    shift = 0.5 / whole
    factor = math.exp(min(50.0, wide * max(error, shift) / (value + shift)))
    return max(0.0, (value + shift) / factor - shift), (value + shift) * factor - shift

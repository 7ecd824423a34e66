"""Repeated values of one quantity -> median, interval, range, spread and outliers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final

from bench.statistics.levels import CONFIDENCE, FEWEST_TO_CLAIM

OUTLIER_MADS: Final = 14.8  # ten standard deviations of a normal: 10 * 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Repeated values of one quantity, in its base unit.

    `low` and `high` are the interval of the median, None for a single value: two of the values, which
    hold it with at least the confidence whatever the values are spread like.  Below `FEWEST_TO_CLAIM`
    values even the whole range does not reach it: see `few`.  `outliers`
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


def summarize(values: Iterable[float], *, confidence: float = CONFIDENCE) -> Summary | None:
    """Median, interval, range, spread and outliers of the values; None of no values."""
    given = [float(value) for value in values]
    if not given:
        return None
    ordered = sorted(given)
    middle = middle_of(ordered)
    mad = middle_of(sorted(abs(value - middle) for value in given))
    low = high = None
    if len(given) > 1:
        at = max(1, median_rank(len(ordered), confidence))
        low, high = ordered[at - 1], ordered[-at]
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


@lru_cache(maxsize=512)
def median_rank(n: int, confidence: float) -> int:
    """Which of n sorted values, counted from either end, bounds the interval of the median; 0 for none.

    The largest k with P(B < k) <= (1 - confidence) / 2, B being how many of n values lie below the median:
    binomial with a half (Hahn and Meeker, Statistical Intervals, 5.2).
    """
    tail = (1 - confidence) / 2 * 2**n
    return sum(1 for below in accumulate(math.comb(n, at) for at in range(n + 1)) if below <= tail)


def middle_of(ordered: Sequence[float]) -> float:
    """The median of sorted values."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _outliers(values: Sequence[float], middle: float, mad: float) -> tuple[int, ...]:
    if not mad:
        return ()  # more than half the values are equal: there is no scale to judge the rest by
    return tuple(i for i, value in enumerate(values) if abs(value - middle) / mad > OUTLIER_MADS)

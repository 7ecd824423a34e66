"""The shift between two independent samples and its exact distribution-free interval.

The Hodges-Lehmann shift is the median of all differences between the two; the interval is the one that the
rank-sum test of Wilcoxon, Mann and Whitney inverts to, which holds its confidence at every size.
Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed., 4.2-4.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from statistics import NormalDist, median
from typing import Final, NamedTuple

EXACT: Final = 60  # values of both samples; beyond, the normal approximation is exact enough


class Shift(NamedTuple):
    """`value` and the interval of at least the confidence asked; None where so few values do not reach it."""

    value: float
    low: float | None
    high: float | None


def shifts(values: Sequence[float], others: Sequence[float], confidences: Sequence[float]) -> list[Shift]:
    """How far `values` lie above `others`, with the interval of each confidence; ValueError for none."""
    if not values or not others:
        raise ValueError("no values have no shift")
    differences = sorted(one - other for one in values for other in others)
    middle = median(differences)
    found = []
    for confidence in confidences:
        rank = interval_rank(len(values), len(others), confidence)
        ends = (differences[rank - 1], differences[-rank]) if rank else (None, None)
        found.append(Shift(middle, *ends))
    return found


@lru_cache(maxsize=512)
def interval_rank(n: int, m: int, confidence: float) -> int:
    """Which of the sorted differences, counted from either end, bounds the interval; 0 for none.

    The largest k with P(U < k) <= (1 - confidence) / 2, U being Mann and Whitney's statistic.
    """
    tail = (1 - confidence) / 2
    if n + m > EXACT:
        spread = math.sqrt(n * m * (n + m + 1) / 12)
        return max(0, math.floor(n * m / 2 + NormalDist().inv_cdf(tail) * spread + 0.5))
    ways = _ways(n, m)
    total = math.comb(n + m, n)
    return sum(1 for below in accumulate(ways) if below <= tail * total)


def _ways(n: int, m: int) -> list[int]:
    """How many orders of n and m values give each value of U: the Gaussian binomial coefficient."""
    ways = [1]
    for i in range(1, n + 1):
        grown = [0] * (len(ways) + m + i)
        for at, count in enumerate(ways):  # times 1 - q ** (m + i)
            grown[at] += count
            grown[at + m + i] -= count
        for at in range(i, len(grown)):  # over 1 - q ** i
            grown[at] += grown[at - i]
        ways = grown[: i * m + 1]
    return ways

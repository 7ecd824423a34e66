"""The Hodges-Lehmann estimate of a paired difference and its exact distribution-free interval.

For differences that scatter symmetrically about their centre, as the log-ratios of two cases in one
block do, the median of all pairwise means wastes less than the plain median (96 against 64 % efficiency
for a normal, more than the mean where tails are heavy), and the interval that Wilcoxon's signed-rank
test inverts to holds its confidence at every n, where a bootstrap of ten values does not.

Hodges and Lehmann, Estimates of location based on rank tests, Ann. Math. Statist. 34 (1963);
Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed., 3.1-3.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """Where `n` symmetric values lie: the estimate, and the interval of at least the confidence asked.

    `low` and `high` are None where even the whole range of so few values does not reach it.
    """

    n: int
    value: float
    low: float | None
    high: float | None


def centre(values: Sequence[float], confidence: float) -> Centre:
    """The centre of the values, with its interval; ValueError for none."""
    means = _pairwise_means(values)
    return _centre(len(values), means, confidence)


def centres(values: Sequence[float], confidences: Sequence[float]) -> list[Centre]:
    """The same for several confidences at once."""
    means = _pairwise_means(values)
    return [_centre(len(values), means, confidence) for confidence in confidences]


def _pairwise_means(values: Sequence[float]) -> list[float]:
    if not values:
        raise ValueError("no values have no centre")
    return sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])


def _centre(n: int, means: Sequence[float], confidence: float) -> Centre:
    rank = interval_rank(n, confidence)
    low, high = (means[rank - 1], means[-rank]) if rank else (None, None)
    return Centre(n=n, value=median(means), low=low, high=high)


@lru_cache(maxsize=512)
def interval_rank(n: int, confidence: float) -> int:
    """Which of the sorted pairwise means, counted from either end, bounds the interval; 0 for none.

    The largest rank k with P(W < k) <= (1 - confidence) / 2, W being the signed-rank statistic of n
    values: its null distribution is that of a sum of independent fair choices from 1, 2, ... n.
    """
    ways = [1]
    for rank in range(1, n + 1):
        ways = [
            (ways[total] if total < len(ways) else 0) + (ways[total - rank] if total >= rank else 0)
            for total in range(len(ways) + rank)
        ]
    tail = (1 - confidence) / 2 * 2**n
    return sum(1 for below in accumulate(ways) if below <= tail)

"""Pooled rates, such as a word error rate, with their interval over units: utterances, clips, speakers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.statistics.bootstrap import draw_counts, percentile_intervals
from bench.statistics.levels import CLAIM_CONFIDENCE, CONFIDENCE, FEWEST_TO_CLAIM, RESAMPLES


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
    counts = draw_counts(n, resamples, seed)
    above, below = (counts @ np.array([numerators, denominators], float).T).T
    rates = above[below > 0] / below[below > 0]
    (low, high), (lowest, highest) = percentile_intervals(rates, (confidence, CLAIM_CONFIDENCE))
    clear = n >= FEWEST_TO_CLAIM and not lowest <= 0 <= highest
    return Interval(value=value, low=low, high=high, n=n, clear=clear)

"""How much the nights of a series differ by chance: what a change must stand out from.

Nights are few, so a series' own noise is drawn towards that of the other cases, or towards what is
assumed before anything is known.  Reasons: docs/adr/0006-nightly-gate.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist, median
from typing import Final

from bench.units import Unit

# How much nights are taken to differ (standard deviation of the log) before it is known.
ASSUMED_NOISE: Final[Mapping[Unit, float]] = {
    Unit.SECONDS: 0.02,
    Unit.PER_SECOND: 0.02,
    Unit.RATIO: 0.02,
    Unit.JOULES: 0.03,
    Unit.BYTES: 0.003,
    Unit.COUNT: 0.005,
}
ASSUMED_WEIGHT: Final = 4.0  # ... and the degrees of freedom that assumption is worth
SHARED_WEIGHT: Final = 10.0  # those that the other cases' noise in the same metric is worth
SHARED_CASES: Final = 3  # ... from so many cases on
KNOWN_NIGHTS: Final = 60  # nights looked back on for the noise
# The largest tenth of the moves is left out: a lasting change is one of them, a bad night two.
_TRIMMED: Final = 0.1
_NORMAL_95: Final = 1.96
# Variance of the median of n independent normal values, in units of theirs; then pi / 2n.
_MEDIAN_VARIANCE: Final = {1: 1.0, 2: 0.5, 3: 0.449, 4: 0.298, 5: 0.287, 6: 0.215, 7: 0.210}


def median_variance(n: int) -> float:
    """Variance of the median of n normal values with variance 1."""
    return _MEDIAN_VARIANCE.get(n, math.pi / (2 * n))


@dataclass(frozen=True, slots=True, kw_only=True)
class NightFigure:
    """A metric of a case in one night, in its base unit: median, interval, spread, trials."""

    median: float
    low: float | None
    high: float | None
    mad: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How much the nights of a series differ: the standard deviation of the log of one night's
    median, and the degrees of freedom it is known with.
    """

    deviation: float
    freedom: float


def own_noise(nights: Sequence[NightFigure]) -> Noise:
    """The noise of one series from the differences between successive nights.

    So a lasting change counts once, and robustly, so that it hardly counts.  None known: 0 degrees.
    """
    logs = [math.log(figure.median) for figure in nights[-KNOWN_NIGHTS:] if figure.median > 0]
    moves = sorted((after - before) ** 2 for before, after in pairwise(logs))
    left_out = math.floor(_TRIMMED * len(moves)) if len(moves) >= 10 else 0
    kept = moves[: len(moves) - left_out]
    if not kept:
        return Noise(deviation=0.0, freedom=0.0)
    variance = sum(kept) / len(kept) / _trimmed_variance(len(kept) / len(moves)) / 2
    # successive differences share their nights: two thirds of a degree each, less what is trimmed
    return Noise(deviation=math.sqrt(variance), freedom=len(kept) / 2)


def _trimmed_variance(kept: float) -> float:
    """Mean square of a standard normal within its middle share."""
    if kept >= 1:
        return 1.0
    edge = NormalDist().inv_cdf((1 + kept) / 2)
    return 1 - 2 * edge * NormalDist().pdf(edge) / kept


def settled_noise(own: Noise, others: Sequence[Noise], within: float, assumed: float) -> Noise:
    """The noise to judge by: the series' own, drawn towards what the other cases have in this metric.

    While nights or cases are few, towards what is `assumed` instead.  Never below `within`, what the
    spread of the trials within a night implies.
    """
    known = [other.deviation**2 for other in others if other.freedom >= 1]
    if len(known) >= SHARED_CASES:
        prior, weight = median(known), SHARED_WEIGHT
    else:
        prior, weight = assumed**2, ASSUMED_WEIGHT
    freedom = own.freedom + weight
    variance = (own.freedom * own.deviation**2 + weight * prior) / freedom
    return Noise(deviation=max(math.sqrt(variance), within), freedom=freedom)


def noise_within(figure: NightFigure) -> float:
    """Standard error of the log of a night's median: from its interval, or from the spread if that is wider.

    The interval sees tails that the median absolute deviation does not.
    """
    if figure.n < 2 or figure.median <= 0:
        return 0.0
    spread = 1.4826 * figure.mad / figure.median * math.sqrt(median_variance(figure.n))
    if figure.low is None or figure.high is None or figure.low <= 0:
        return spread
    return max(spread, math.log(figure.high / figure.low) / (2 * _NORMAL_95))

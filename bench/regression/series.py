"""The statistical gate: the last nights of one case and metric against the frozen reference.

The unit is the night.  The ratio of the median of the last nights to the median of the
reference's nights is judged twice: over the last night alone, which catches what is large the
morning after, and over the last few, which catches what is small and shrugs off one bad night.
The rule, its reasons and its measured error rates: docs/adr/0010-nightly-gate.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist, median
from typing import Final

from bench.regression.night import Figure
from bench.stats import Verdict
from bench.units import Better

ASSUMED_NOISE: Final = 0.02  # how much nights are taken to differ (a standard deviation) before it is known
ASSUMED_WEIGHT: Final = 4.0  # ... and how many nights that assumption is worth
KNOWN_NIGHTS: Final = 60  # nights looked back on for the noise
PASS_CONFIDENCE: Final = 0.95  # one-sided, that the change stays within the tolerance
# Variance of the median of n independent normal values, in units of theirs; then pi / 2n.
_MEDIAN_VARIANCE: Final = {1: 1.0, 2: 0.5, 3: 0.449, 4: 0.298, 5: 0.287, 6: 0.215, 7: 0.210}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How the gate decides.  `alarms` is the chance, over all series of a quiet night together,
    of at least one false alarm; `nights` the length of the longer window."""

    nights: int = 3
    alarms: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesVerdict:
    """What the gate says of one case and metric.

    `ratio` is that of the window which decided (of `window` nights), with its interval at the
    alarm level; `noise` the standard deviation of the log of one night's median; `catchable` the
    smallest ratio of a lasting change that the longer window finds with a probability of 95 %.
    `reason` is set where there is nothing to judge.
    """

    case: str
    metric: str
    verdict: Verdict
    tolerance: float
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    window: int = 0
    reference: float | None = None
    value: float | None = None
    noise: float | None = None
    catchable: float | None = None
    reason: str | None = None


def median_variance(n: int) -> float:
    """Variance of the median of n normal values with variance 1."""
    return _MEDIAN_VARIANCE.get(n, math.pi / (2 * n))


def night_noise(nights: Sequence[Figure]) -> float:
    """Standard deviation of the log of one night's median, from the nights known.

    From the differences between successive nights, so that a lasting change counts once; robust,
    so that it hardly counts; drawn towards `ASSUMED_NOISE` while nights are few; and never below
    what the spread within the nights implies.
    """
    logs = [math.log(figure.median) for figure in nights if figure.median > 0]
    moves = [abs(after - before) for before, after in pairwise(logs)]
    within = median([_within(figure) for figure in nights]) if nights else 0.0
    if not moves:
        return max(ASSUMED_NOISE, within)
    robust = 1.4826 * median(moves) / math.sqrt(2)
    if len(moves) < 8:  # too few for a median of them to be robust and efficient
        robust = max(robust, math.sqrt(sum(move**2 for move in moves) / len(moves) / 2))
    weight = len(moves)
    pooled = (ASSUMED_WEIGHT * ASSUMED_NOISE**2 + weight * robust**2) / (ASSUMED_WEIGHT + weight)
    return max(math.sqrt(pooled), within)


def _within(figure: Figure) -> float:
    """Standard error of the log of a night's median, from the spread of its trials."""
    if figure.n < 2 or figure.median <= 0:
        return 0.0
    return 1.4826 * figure.mad / figure.median * math.sqrt(median_variance(figure.n))


def judge_series(
    case: str,
    metric: str,
    *,
    better: Better,
    tolerance: float,
    reference: Sequence[Figure],
    nights: Sequence[Figure],
    rule: Rule = Rule(),
    together: int = 1,
) -> SeriesVerdict:
    """Hold the nights since the reference was accepted, tonight last, to the reference.

    `together` is how many series are judged in the same night: their false alarms add up, so each
    gets its share of `rule.alarms`.
    """

    def nothing(reason: str) -> SeriesVerdict:
        return SeriesVerdict(
            case=case, metric=metric, verdict=Verdict.INCONCLUSIVE, tolerance=tolerance, reason=reason
        )

    if not reference:
        return nothing("the reference has no value")
    if not nights:
        return nothing("tonight has no value")
    if min(figure.median for figure in (*reference, *nights)) <= 0:
        return nothing("a value is zero: there is no ratio")
    noise = night_noise([*reference, *nights][-KNOWN_NIGHTS:])
    base = median(figure.median for figure in reference)
    windows = sorted({1, min(rule.nights, len(nights))})
    z = NormalDist().inv_cdf(1 - rule.alarms / (2 * max(1, together) * len(windows)))
    judged = [
        _judge_window(nights[-length:], base, len(reference), noise, z, better, tolerance) for length in windows
    ]
    decisive = next((one for one in judged if one.verdict in (Verdict.WORSE, Verdict.DIFFERENT)), judged[-1])
    spread = noise * math.sqrt(median_variance(len(reference)) + median_variance(rule.nights))
    catchable = max(math.log1p(tolerance), z * spread) + NormalDist().inv_cdf(0.95) * spread
    return SeriesVerdict(
        case=case,
        metric=metric,
        verdict=decisive.verdict,
        tolerance=tolerance,
        ratio=decisive.ratio,
        low=decisive.low,
        high=decisive.high,
        window=decisive.window,
        reference=base,
        value=decisive.value,
        noise=noise,
        catchable=math.exp(catchable),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    verdict: Verdict
    ratio: float
    low: float
    high: float
    value: float
    window: int


def _judge_window(
    nights: Sequence[Figure],
    base: float,
    references: int,
    noise: float,
    z: float,
    better: Better,
    tolerance: float,
) -> _Window:
    value = median(figure.median for figure in nights)
    change = math.log(value / base)
    spread = noise * math.sqrt(median_variance(references) + median_variance(len(nights)))
    limit = math.log1p(tolerance)
    unadjusted = NormalDist().inv_cdf(PASS_CONFIDENCE) * spread
    shown = abs(change) > limit and abs(change) > z * spread
    if shown and better is Better.NEITHER:
        verdict = Verdict.DIFFERENT
    elif shown:
        verdict = Verdict.WORSE if (change > 0) == (better is Better.LOWER) else Verdict.BETTER
    else:
        worse_by = -change if better is Better.HIGHER else abs(change) if better is Better.NEITHER else change
        verdict = Verdict.SAME if worse_by + unadjusted <= limit else Verdict.INCONCLUSIVE
    return _Window(
        verdict=verdict,
        ratio=math.exp(change),
        low=math.exp(change - z * spread),
        high=math.exp(change + z * spread),
        value=value,
        window=len(nights),
    )


def common_shift(verdicts: Sequence[SeriesVerdict]) -> Mapping[str, float]:
    """Metrics in which all cases moved together, with the median ratio: look at the machine first.

    At least four cases, all on one side of 1, and by more than half the tolerance in the middle.
    """
    moved: dict[str, float] = {}
    for metric in dict.fromkeys(verdict.metric for verdict in verdicts):
        judged = [one for one in verdicts if one.metric == metric and one.ratio is not None]
        ratios = [one.ratio for one in judged if one.ratio is not None]
        if len(ratios) < 4 or not (min(ratios) > 1 or max(ratios) < 1):
            continue
        middle = median(ratios)
        if abs(math.log(middle)) > math.log1p(judged[0].tolerance) / 2:
            moved[metric] = middle
    return moved

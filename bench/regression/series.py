"""The statistical gate: the last nights of one case and metric against the frozen reference.

The unit is the night.  The ratio of the median of the last nights to the median of the
reference's nights is judged twice: over the last night alone, which catches what is large the
morning after, and over the last few, which catches what is small and shrugs off one bad night.
The rule, its reasons and its measured error rates: docs/adr/0006-nightly-gate.md.
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
from bench.units import METRICS, Better, Unit

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
PASS_CONFIDENCE: Final = 0.95  # one-sided, that the change stays within the tolerance
# The largest tenth of the moves is left out: a lasting change is one of them, a bad night two.
_TRIMMED: Final = 0.1
_NORMAL_95: Final = 1.96
# Variance of the median of n independent normal values, in units of theirs; then pi / 2n.
_MEDIAN_VARIANCE: Final = {1: 1.0, 2: 0.5, 3: 0.449, 4: 0.298, 5: 0.287, 6: 0.215, 7: 0.210}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How the gate decides.  `alarms` is the chance, over all series of a quiet night together,
    of at least one false alarm; `nights` the length of the longer window.
    """

    nights: int = 3
    alarms: float = 0.01


DEFAULT_RULE: Final = Rule()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How much the nights of a series differ: the standard deviation of the log of one night's
    median, and the degrees of freedom it is known with.
    """

    deviation: float
    freedom: float


def own_noise(nights: Sequence[Figure]) -> Noise:
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


def student_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t above the median, by the Cornish-Fisher expansion.

    Within 1 % from 5 degrees of freedom on for probabilities up to 0.999; beyond, it comes out low.
    """
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom ** (power + 1) for power, term in enumerate(terms))


def _within(figure: Figure) -> float:
    """Standard error of the log of a night's median: from its interval, or from the spread if that is wider.

    The interval sees tails that the median absolute deviation does not.
    """
    if figure.n < 2 or figure.median <= 0:
        return 0.0
    spread = 1.4826 * figure.mad / figure.median * math.sqrt(median_variance(figure.n))
    if figure.low is None or figure.high is None or figure.low <= 0:
        return spread
    return max(spread, math.log(figure.high / figure.low) / (2 * _NORMAL_95))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A case and metric to judge: the reference's nights, and those since it was accepted, tonight last."""

    case: str
    metric: str
    better: Better
    tolerance: float
    reference: tuple[Figure, ...]
    nights: tuple[Figure, ...]

    def unusable(self) -> str | None:
        """Why there is nothing to judge, or None."""
        if not self.reference:
            return "the reference has no value"
        if not self.nights:
            return "tonight has no value"
        if min(figure.median for figure in (*self.reference, *self.nights)) <= 0:
            return "a value is zero: there is no ratio"
        return None


def judge_lines(lines: Sequence[Line], rule: Rule = DEFAULT_RULE) -> tuple[SeriesVerdict, ...]:
    """Judge all series of a night together: their noise is pooled and their false alarms add up."""
    usable = [line for line in lines if line.unusable() is None]
    # the nights under judgement must not hide their own change by raising the noise
    own = {
        (line.case, line.metric): own_noise((*line.reference, *line.nights[: -rule.nights]))
        for line in usable
    }
    by_metric: dict[str, list[Noise]] = {}
    for (_, metric), noise in own.items():
        by_metric.setdefault(metric, []).append(noise)
    return tuple(
        SeriesVerdict(
            case=line.case,
            metric=line.metric,
            verdict=Verdict.INCONCLUSIVE,
            tolerance=line.tolerance,
            reason=line.unusable(),
        )
        if (line.case, line.metric) not in own
        else _judge_line(
            line,
            settled_noise(
                own[line.case, line.metric],
                by_metric[line.metric],
                _within_nights(line, rule),
                ASSUMED_NOISE[METRICS[line.metric].unit],
            ),
            rule,
            len(usable),
        )
        for line in lines
    )


def _within_nights(line: Line, rule: Rule) -> float:
    return median(_within(figure) for figure in (*line.reference, *line.nights[-rule.nights :]))


def _judge_line(line: Line, noise: Noise, rule: Rule, together: int) -> SeriesVerdict:
    base = median(figure.median for figure in line.reference)
    if exact := _judge_exactly(line, base):
        return exact
    windows = sorted({1, min(rule.nights, len(line.nights))})
    # two-sided, and each series and window gets its share of the alarms
    quantile = student_quantile(1 - rule.alarms / (2 * together * len(windows)), noise.freedom)
    judged = [_judge_window(line, base, length, noise, quantile) for length in windows]
    decisive = next((one for one in judged if one.verdict in (Verdict.WORSE, Verdict.DIFFERENT)), judged[-1])
    spread = noise.deviation * math.sqrt(median_variance(len(line.reference)) + median_variance(rule.nights))
    catchable = max(math.log1p(line.tolerance), quantile * spread) + NormalDist().inv_cdf(0.95) * spread
    return SeriesVerdict(
        case=line.case,
        metric=line.metric,
        verdict=decisive.verdict,
        tolerance=line.tolerance,
        ratio=decisive.ratio,
        low=decisive.low,
        high=decisive.high,
        window=decisive.window,
        reference=base,
        value=decisive.value,
        noise=noise.deviation,
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


def _judge_exactly(line: Line, base: float) -> SeriesVerdict | None:
    """The verdict on what never varied, or that a tolerance of 0 forbids to; None for a matter of chance."""
    known = {figure.median for figure in (*line.reference, *line.nights)}
    if len(known) > 1 and line.tolerance > 0:
        return None
    value = line.nights[-1].median
    ratio = value / base
    worse = (ratio > 1) == (line.better is Better.LOWER)
    changed = (
        Verdict.DIFFERENT if line.better is Better.NEITHER else Verdict.WORSE if worse else Verdict.BETTER
    )
    return SeriesVerdict(
        case=line.case,
        metric=line.metric,
        verdict=Verdict.SAME if ratio == 1 else changed,
        tolerance=line.tolerance,
        ratio=ratio,
        low=ratio,
        high=ratio,
        window=1,
        reference=base,
        value=value,
        noise=0.0,
    )


def _judge_window(line: Line, base: float, length: int, noise: Noise, quantile: float) -> _Window:
    nights = line.nights[-length:]
    value = median(figure.median for figure in nights)
    change = math.log(value / base)
    spread = noise.deviation * math.sqrt(median_variance(len(line.reference)) + median_variance(len(nights)))
    limit = math.log1p(line.tolerance)
    if abs(change) > limit and abs(change) > quantile * spread:
        worse = (change > 0) == (line.better is Better.LOWER)
        shown = Verdict.WORSE if worse else Verdict.BETTER
        verdict = Verdict.DIFFERENT if line.better is Better.NEITHER else shown
    else:
        worse_by = {Better.LOWER: change, Better.HIGHER: -change, Better.NEITHER: abs(change)}[line.better]
        unadjusted = NormalDist().inv_cdf(PASS_CONFIDENCE) * spread
        verdict = Verdict.SAME if worse_by + unadjusted <= limit else Verdict.INCONCLUSIVE
    return _Window(
        verdict=verdict,
        ratio=math.exp(change),
        low=math.exp(change - quantile * spread),
        high=math.exp(change + quantile * spread),
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

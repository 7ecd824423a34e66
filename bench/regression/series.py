"""The statistical gate: the last nights of one case and metric against the frozen reference.

The unit is the night.  Windows of the last nights are held to the reference's nights: the last one
alone, which catches what is large the morning after, and the last few, which catch what is small and
shrug off one bad night.  They are held to all nights before them as well, a better known level: that
catches smaller steps, while the frozen reference catches what creeps.
The rule, its reasons and its measured error rates: docs/adr/0006-nightly-gate.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median
from typing import Final

from bench.domain import Reason
from bench.metrics import METRICS
from bench.reasons import reason
from bench.statistics import Verdict, changed
from bench.statistics.levels import CONFIDENCE
from bench.statistics.nights import (
    ASSUMED_NOISE,
    NightFigure,
    Noise,
    median_variance,
    noise_within,
    own_noise,
    settled_noise,
)
from bench.statistics.signed_rank import centre
from bench.statistics.student import student_quantile
from bench.units import Better

MANY_NIGHTS: Final = 6
CENTRE_VARIANCE: Final = math.pi / 3  # of the Hodges-Lehmann centre of normal values, in units of the mean's
PASS_CONFIDENCE: Final = 0.95  # one-sided, that the change stays within the tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRule:
    """How the gate decides.  `alarms` is the chance, over all series of a quiet night together,
    of at least one false alarm; `nights` the length of the longer window, `long` that of the one held to all
    nights before it.
    """

    nights: int = 3
    long: int = 7
    alarms: float = 0.01


DEFAULT_RULE: Final = SeriesRule()


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
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A case and metric to judge: the reference's nights, and those since it was accepted, tonight last."""

    case: str
    metric: str
    better: Better
    tolerance: float
    reference: tuple[NightFigure, ...]
    nights: tuple[NightFigure, ...]

    def unusable(self) -> Reason | None:
        """Why there is nothing to judge, or None."""
        if not self.reference:
            return reason("series.no_reference")
        if not self.nights:
            return reason("series.no_value")
        if min(figure.median for figure in (*self.reference, *self.nights)) <= 0:
            return reason("series.zero")
        return None


def judge_lines(lines: Sequence[Line], rule: SeriesRule = DEFAULT_RULE) -> tuple[SeriesVerdict, ...]:
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


def _within_nights(line: Line, rule: SeriesRule) -> float:
    return median(noise_within(figure) for figure in (*line.reference, *line.nights[-rule.nights :]))


def _judge_line(line: Line, noise: Noise, rule: SeriesRule, together: int) -> SeriesVerdict:
    base = median(figure.median for figure in line.reference)
    if exact := _judge_exactly(line, base):
        return exact
    looks = _gate_looks(line, rule)
    # two-sided, and each series and look gets its share of the alarms
    quantile = student_quantile(1 - rule.alarms / (2 * together * len(looks)), noise.freedom)
    judged = [_judge_look(line, look, noise, quantile) for look in looks]
    frozen = [one for one, look in zip(judged, looks, strict=True) if look.frozen]
    decisive = next((one for one in judged if one.verdict in (Verdict.WORSE, Verdict.DIFFERENT)), frozen[-1])
    if decisive.verdict is Verdict.INCONCLUSIVE:  # what is open shows the window that moved furthest
        open_ = [one for one in frozen if one.verdict is Verdict.INCONCLUSIVE]
        decisive = max(open_, key=lambda one: abs(math.log(one.ratio)))
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
class _GateLook:
    """The last `length` nights, and the nights they are held to."""

    length: int
    base: tuple[NightFigure, ...]
    frozen: bool


def _gate_looks(line: Line, rule: SeriesRule) -> list[_GateLook]:
    """The looks at a night: against the reference, and where there are more nights, against all before."""
    count = len(line.nights)
    looks = [
        _GateLook(length=length, base=line.reference, frozen=True)
        for length in sorted({1, min(rule.nights, count)})
    ]
    looks += [
        _GateLook(length=length, base=(*line.reference, *line.nights[:-length]), frozen=False)
        for length in (1, rule.nights, rule.long)
        if length < count
    ]
    return looks


def _level(nights: Sequence[NightFigure]) -> float:
    """Where a stretch of nights lies: of a few the median, which one bad night cannot move; of more, the
    Hodges-Lehmann centre of their logarithms, which wastes less.
    """
    if len(nights) < MANY_NIGHTS:
        return median(figure.median for figure in nights)
    return math.exp(centre([math.log(figure.median) for figure in nights], CONFIDENCE).value)


def _level_variance(count: int) -> float:
    return median_variance(count) if count < MANY_NIGHTS else CENTRE_VARIANCE / count


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
    return SeriesVerdict(
        case=line.case,
        metric=line.metric,
        verdict=Verdict.SAME if ratio == 1 else changed(line.better, rose=ratio > 1),
        tolerance=line.tolerance,
        ratio=ratio,
        low=ratio,
        high=ratio,
        window=1,
        reference=base,
        value=value,
        noise=0.0,
    )


def _judge_look(line: Line, look: _GateLook, noise: Noise, quantile: float) -> _Window:
    nights = line.nights[-look.length :]
    value = _level(nights)
    change = math.log(value / _level(look.base))
    spread = noise.deviation * math.sqrt(_level_variance(len(look.base)) + _level_variance(len(nights)))
    limit = math.log1p(line.tolerance)
    if abs(change) > limit and abs(change) > quantile * spread:
        verdict = changed(line.better, rose=change > 0)
    else:
        worse_by = {Better.LOWER: change, Better.HIGHER: -change, Better.NEITHER: abs(change)}[line.better]
        unadjusted = student_quantile(PASS_CONFIDENCE, noise.freedom) * spread
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

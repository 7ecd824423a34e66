"""Limits a variant must keep: each checked against its figure, with what is missing where that is open.

A limit is met when the whole interval lies within it, broken when the whole interval lies beyond,
and open otherwise: then the check says how many blocks or how much speech would close it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from bench.domain import Reason
from bench.quality.counts import pooled_rate
from bench.reasons import reason
from bench.report.cells import Cell, Figure, Phrase
from bench.report.findings.candidates import UTTERANCES_WANTED, Candidate, Loss
from bench.report.findings.file_sizes import partial
from bench.report.findings.model import MOST_BLOCKS
from bench.report.findings.pairs import points
from bench.results import CaseResult
from bench.results.heard import NO_REFERENCE
from bench.statistics import FEWEST_TO_CLAIM, Estimate, Interval
from bench.text.numbers import Quantity

BLOCKS_PUBLISHED: Final = 10  # what is asked for where there is no interval to go by


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What a variant must keep; None asks nothing.  Base units; WER as ratios (0.005 = half a point).

    `max_wer_loss` is against the baseline of the same model.  `model` and `machine` narrow the
    choice to a model's name and a host's id.
    """

    max_footprint_bytes: float | None = None
    max_rss_bytes: float | None = None
    max_weights_bytes: float | None = None
    max_rtf: float | None = None
    max_load_seconds: float | None = None
    max_wer: float | None = None
    max_wer_loss: float | None = None
    model: str | None = None
    machine: str | None = None

    @property
    def asked(self) -> dict[str, float]:
        """The limits that are set, by name."""
        given = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name.startswith("max_")
        }
        return {name: value for name, value in given.items() if value is not None}


class LimitState(StrEnum):
    """How a figure stands to its limit."""

    MET = "met"
    OPEN = "open"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One limit and one candidate: the figure, and what is missing where it is open."""

    limit: str
    state: LimitState
    figure: Cell
    missing: Phrase | Reason | None = None

    @property
    def table(self) -> str:
        """The table of the report that the figure stands in."""
        return _LIMITS[self.limit].table


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """How a limit is written, and in which table its figure stands."""

    quantity: Quantity
    table: str
    metric: str = ""


_LIMITS: Final = {
    "max_footprint_bytes": _Limit(quantity=Quantity.MEMORY, table="memory", metric="footprint"),
    "max_rss_bytes": _Limit(quantity=Quantity.MEMORY, table="memory", metric="peak_rss_bytes"),
    "max_weights_bytes": _Limit(quantity=Quantity.SIZE, table="weights"),
    "max_rtf": _Limit(quantity=Quantity.RTF, table="performance", metric="rtf"),
    "max_load_seconds": _Limit(quantity=Quantity.SECONDS, table="performance", metric="load_seconds"),
    "max_wer": _Limit(quantity=Quantity.PERCENT, table="rates"),
    "max_wer_loss": _Limit(quantity=Quantity.POINTS, table="rates"),
}


def checks(each: Candidate, constraints: Constraints) -> Iterator[Check]:
    """Every limit that is asked for against the candidate, in the order of `Constraints`."""
    for name, limit in constraints.asked.items():
        if name == "max_weights_bytes":
            yield check_size(each.case.weights_bytes, limit, decoder_alone=partial(each.case))
        elif name == "max_wer":
            yield _check_wer(each.case, limit)
        elif name == "max_wer_loss":
            yield _check_loss(each, limit)
        else:
            yield _check_metric(name, each.case, limit)


def _check_metric(name: str, case: CaseResult, limit: float) -> Check:
    how = _LIMITS[name]
    metric = case.footprint_metric if how.metric == "footprint" else how.metric
    summary = case.summaries.get(metric)
    if summary is None:
        return nothing(name, case.absences.get(metric, reason("comparison.nothing")))
    figure = Figure(
        value=summary.median,
        quantity=how.quantity,
        low=None if summary.few else summary.low,
        high=None if summary.few else summary.high,
        n=summary.n,
    )
    return _check_interval(name, figure, limit, _blocks)


def check_size(size: float | None, limit: float, *, decoder_alone: bool) -> Check:
    """The weights on disk; of files that hold the decoder alone a limit is broken or open."""
    if size is None:
        return nothing("max_weights_bytes", reason("weights.not_recorded"))
    figure = Figure(value=size, quantity=Quantity.SIZE)
    if size > limit:
        return Check(limit="max_weights_bytes", state=LimitState.BROKEN, figure=figure)
    if decoder_alone:
        missing = reason("weights.decoder_only")
        return Check(limit="max_weights_bytes", state=LimitState.OPEN, figure=figure, missing=missing)
    return Check(limit="max_weights_bytes", state=LimitState.MET, figure=figure)


def _check_wer(case: CaseResult, limit: float) -> Check:
    interval, score = case.heard.interval, case.heard.score
    wer = score.wer if score else None
    if rows := [row.scored for row in case.passed if len(row.scored)]:
        interval = pooled_rate(rows)  # of many utterances, where one clip has few
        wer = interval.value
    return check_wer(wer, interval, limit, case.heard.reason or NO_REFERENCE)


def check_wer(wer: float | None, interval: Interval | None, limit: float, why: Reason) -> Check:
    """An error rate with its interval; `why` there is none."""
    if wer is None:
        return nothing("max_wer", why)
    figure = Figure(value=wer, quantity=Quantity.PERCENT)
    if interval is not None and interval.n >= FEWEST_TO_CLAIM:
        figure = dataclasses.replace(figure, low=interval.low, high=interval.high, n=interval.n)
    return _check_interval("max_wer", figure, limit, _utterances)


def _check_loss(each: Candidate, limit: float) -> Check:
    if each.loss is Loss.NONE and each.judged and not each.case.is_baseline:
        figure = Figure(value=0.0, quantity=Quantity.POINTS)
        missing = Phrase(message="recommend.missing.transcript")
        return Check(limit="max_wer_loss", state=LimitState.OPEN, figure=figure, missing=missing)
    why = each.case.heard.reason or NO_REFERENCE
    return check_loss(each.change, limit, why, is_baseline=each.case.is_baseline)


def check_loss(change: Estimate | None, limit: float, why: Reason, *, is_baseline: bool) -> Check:
    """A difference of error rates to the baseline's; `why` there is none."""
    name = "max_wer_loss"
    if is_baseline:
        return Check(limit=name, state=LimitState.MET, figure=Figure(value=0.0, quantity=Quantity.POINTS))
    if change is None:
        return nothing(name, why)
    figure = points(change, shown=change.n >= FEWEST_TO_CLAIM)
    if figure.high is not None:
        # What is promised must hold for rare disasters too, which no utterance may have shown.
        figure = dataclasses.replace(figure, high=change.possible_high)
    found = _check_interval(name, figure, limit, _utterances)
    if found.state is LimitState.OPEN and change.value < limit and change.high is not None:
        found = dataclasses.replace(found, missing=_speech_for(change, limit - change.value) or found.missing)
    return found


def _speech_for(change: Estimate, far: float) -> Phrase | None:
    """The utterances that bring a loss within a limit so far above it; None where it is too close for any number.

    What scatters narrows with the square root of their number, what none has shown with the number itself.
    """
    width = (change.value if change.high is None else change.high) - change.value
    seen = (width / far) ** 2 if change.scatter else 0.0
    return _utterances(change.n, max(seen, change.unseen / far)) if seen <= 100 else None


def _check_interval(
    name: str, figure: Figure, limit: float, needed: Callable[[int, float | None], Phrase]
) -> Check:
    """A figure with its interval; `needed` says of how many repeats more would settle what is open.

    It is given the number there is, and how many times that would bring the interval to one side of
    the limit, were the figure to stay: None where there is no interval to go by.
    """
    if figure.low is None or figure.high is None:
        return Check(limit=name, state=LimitState.OPEN, figure=figure, missing=needed(figure.n, None))
    if figure.high <= limit:
        return Check(limit=name, state=LimitState.MET, figure=figure)
    if figure.low > limit:
        return Check(limit=name, state=LimitState.BROKEN, figure=figure)
    far = abs(figure.value - limit)
    wide = figure.high - figure.value if figure.value <= limit else figure.value - figure.low
    if far <= 0 or (wide / far) ** 2 > 100:
        missing = Phrase(message="recommend.missing.too_close")
    else:
        missing = needed(figure.n, (wide / far) ** 2)
    return Check(limit=name, state=LimitState.OPEN, figure=figure, missing=missing)


def _blocks(n: int, times: float | None) -> Phrase:
    count = BLOCKS_PUBLISHED if times is None else max(n + 1, math.ceil(n * times))
    if count > MOST_BLOCKS:
        return Phrase(
            message="finding.blocks.many",
            params={"most": Phrase(message="finding.blocks", count=MOST_BLOCKS)},
        )
    return Phrase(message="recommend.missing.blocks", count=count)


def _utterances(n: int, times: float | None) -> Phrase:
    """Their number to two digits: it is an estimate."""
    count = UTTERANCES_WANTED if times is None else max(n + 1, math.ceil(float(f"{n * times:.2g}")))
    return Phrase(message="recommend.missing.utterances", count=count)


def nothing(name: str, why: Phrase | Reason) -> Check:
    """A limit whose figure there is none of."""
    return Check(limit=name, state=LimitState.OPEN, figure=Phrase(message="recommend.no_figure"), missing=why)

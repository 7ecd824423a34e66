"""One question, one answer: which variant satisfies these limits, by which figures, and what is missing.

A limit is met when the whole interval lies within it, broken when the whole interval lies beyond,
and open otherwise: then the answer says how many blocks or how much speech would close it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from bench.report.figures import CaseFigures, Figures
from bench.report.findings.model import Evidence
from bench.report.findings.scene import Scene
from bench.report.findings.size import partial
from bench.report.findings.standing import UTTERANCES_WANTED, Candidate, Loss, candidates
from bench.report.numbers import Quantity
from bench.report.view import Cell, Figure, Many, Phrase, Reason, Text
from bench.stats import FEWEST_TO_CLAIM, Summary

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


class State(StrEnum):
    """How a figure stands to its limit."""

    MET = "met"
    OPEN = "open"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One limit and one candidate: the figure, and what is missing where it is open."""

    limit: str
    state: State
    figure: Cell
    missing: Phrase | Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A candidate with its checks, in the order of the limits."""

    case: CaseFigures
    name: Text
    checks: tuple[Check, ...]

    @property
    def state(self) -> State:
        """The worst of its checks."""
        states = {check.state for check in self.checks}
        return State.BROKEN if State.BROKEN in states else State.OPEN if State.OPEN in states else State.MET

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The rows of the report its figures stand in."""
        tables = dict.fromkeys(_LIMITS[check.limit].table for check in self.checks)
        return tuple(Evidence(case=self.case.key, table=table) for table in tables)


class Decision(StrEnum):
    """The kind of answer."""

    CHOSEN = "chosen"
    INCONCLUSIVE = "inconclusive"
    IMPOSSIBLE = "impossible"  # every candidate breaks a limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The answer: `choice` and `runner_up` when CHOSEN; `missing` says what would make it so when not.

    `answers` hold every candidate, the better first.
    """

    decision: Decision
    choice: Answer | None
    runner_up: Answer | None
    missing: tuple[Phrase | Reason, ...]
    answers: tuple[Answer, ...]

    def phrases(self) -> tuple[Cell, ...]:
        """The answer in words, a cell a line."""
        return tuple(_lines(self))


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


def recommend(figures: Figures, constraints: Constraints) -> Recommendation:
    """The variant with the least known loss, then the smallest file, of those that keep the limits."""
    scene = Scene(figures)
    known = [each for each in candidates(scene) if _wanted(each, constraints)]
    ranked = sorted(known, key=_rank)
    answers = tuple(
        Answer(case=each.case, name=_name(scene, each), checks=tuple(_checks(each, constraints)))
        for each in ranked
    )
    met = [each for each in answers if each.state is State.MET]
    if met:
        return Recommendation(
            decision=Decision.CHOSEN,
            choice=met[0],
            runner_up=met[1] if len(met) > 1 else None,
            missing=(),
            answers=answers,
        )
    unsettled = [each for each in answers if each.state is State.OPEN]
    missing = [check.missing for each in unsettled[:1] for check in each.checks if check.missing]
    return Recommendation(
        decision=Decision.INCONCLUSIVE if unsettled or not answers else Decision.IMPOSSIBLE,
        choice=None,
        runner_up=unsettled[0] if unsettled else None,
        missing=_distinct(missing) if answers else (Phrase(message="recommend.nothing"),),
        answers=answers,
    )


def _distinct(missing: Sequence[Phrase | Reason]) -> tuple[Phrase | Reason, ...]:
    """What is missing, each thing once; of several numbers of blocks the largest."""
    kept: dict[str, Phrase | Reason] = {}
    for each in missing:
        key = each.text if isinstance(each, Reason) else each.message
        before = kept.get(key)
        if (
            isinstance(before, Phrase)
            and isinstance(each, Phrase)
            and (before.count or 0) >= (each.count or 0)
        ):
            continue
        kept[key] = each
    return tuple(kept.values())


def _wanted(each: Candidate, constraints: Constraints) -> bool:
    return (
        not each.broken
        and constraints.model in {None, each.case.case.model}
        and constraints.machine in {None, each.case.host.id}
    )


def _rank(each: Candidate) -> tuple[float, int, float]:
    """Models by their baseline's WER, then variants by what is known of their loss, then by size."""
    wers = [case.heard.score.wer for case in each.family.front if case.is_baseline and case.heard.score]
    known = [wer for wer in wers if wer is not None]
    tier = 0 if each.loss <= Loss.SAME else int(each.loss)
    return (min(known, default=math.inf), tier, float(each.case.weights_bytes or math.inf))


def _name(scene: Scene, each: Candidate) -> Text:
    return Text(text=f"{scene.subject([each.case]).text} {scene.names.label(each.case)}", strong=True)


# ------------------------------------------------------------------------- checks


def _checks(each: Candidate, constraints: Constraints) -> Iterator[Check]:
    for name, limit in constraints.asked.items():
        if name == "max_weights_bytes":
            yield _check_size(each.case, limit)
        elif name == "max_wer":
            yield _check_wer(each.case, limit)
        elif name == "max_wer_loss":
            yield _check_loss(each, limit)
        else:
            yield _check_metric(name, each.case, limit)


def _check_metric(name: str, case: CaseFigures, limit: float) -> Check:
    how = _LIMITS[name]
    metric = case.footprint_metric if how.metric == "footprint" else how.metric
    summary = case.summaries.get(metric)
    if summary is None:
        return _nothing(name, Reason(text=case.absences.get(metric, "there is nothing to compare with")))
    figure = Figure(
        value=summary.median,
        quantity=how.quantity,
        low=None if summary.few else summary.low,
        high=None if summary.few else summary.high,
        n=summary.n,
    )
    if summary.few or summary.low is None or summary.high is None:
        more = Phrase(message="recommend.missing.blocks", count=BLOCKS_PUBLISHED)
        return Check(limit=name, state=State.OPEN, figure=figure, missing=more)
    state = _state(summary.low, summary.high, limit)
    missing = _blocks(summary, limit) if state is State.OPEN else None
    return Check(limit=name, state=state, figure=figure, missing=missing)


def _state(low: float, high: float, limit: float) -> State:
    return State.MET if high <= limit else State.BROKEN if low > limit else State.OPEN


def _blocks(summary: Summary, limit: float) -> Phrase:
    """How many blocks would bring the interval to one side of the limit, were the median to stay."""
    assert summary.low is not None
    assert summary.high is not None
    far = abs(summary.median - limit)
    wide = summary.high - summary.median if summary.median <= limit else summary.median - summary.low
    if far <= 0 or (wide / far) ** 2 > 100:
        return Phrase(message="recommend.missing.too_close")
    needed = math.ceil(summary.n * (wide / far) ** 2)
    return Phrase(message="recommend.missing.blocks", count=max(needed, summary.n + 1))


def _check_size(case: CaseFigures, limit: float) -> Check:
    size = case.weights_bytes
    if size is None:
        return _nothing("max_weights_bytes", Reason(text="the journal has no weights file"))
    figure = Figure(value=size, quantity=Quantity.SIZE)
    if size > limit:
        return Check(limit="max_weights_bytes", state=State.BROKEN, figure=figure)
    if partial(case):
        missing = Reason(text="the file holds the decoder alone; the encoder's size is not known")
        return Check(limit="max_weights_bytes", state=State.OPEN, figure=figure, missing=missing)
    return Check(limit="max_weights_bytes", state=State.MET, figure=figure)


def _check_wer(case: CaseFigures, limit: float) -> Check:
    interval, score = case.heard.interval, case.heard.score
    wer = score.wer if score else None
    if wer is None:
        return _nothing("max_wer", Reason(text=case.heard.reason or "the clip has no reference transcript"))
    if interval is None or interval.low is None or interval.high is None or interval.n < FEWEST_TO_CLAIM:
        figure = Figure(value=wer, quantity=Quantity.PERCENT)
        more = Phrase(message="recommend.missing.utterances", count=UTTERANCES_WANTED)
        return Check(limit="max_wer", state=State.OPEN, figure=figure, missing=more)
    figure = Figure(value=wer, quantity=Quantity.PERCENT, low=interval.low, high=interval.high, n=interval.n)
    state = _state(interval.low, interval.high, limit)
    missing = _speech(wer, interval.low, interval.high, interval.n, limit) if state is State.OPEN else None
    return Check(limit="max_wer", state=state, figure=figure, missing=missing)


def _check_loss(each: Candidate, limit: float) -> Check:
    name, change = "max_wer_loss", each.change
    if each.loss is Loss.NONE:
        state = State.OPEN if each.judged else State.MET
        missing = Phrase(message="recommend.missing.transcript") if each.judged else None
        figure = Figure(value=0.0, quantity=Quantity.POINTS)
        return Check(limit=name, state=state, figure=figure, missing=missing)
    if change is None or change.value is None:
        return _nothing(name, Reason(text=each.case.heard.reason or "the clip has no reference transcript"))
    if change.low is None or change.high is None or change.n < FEWEST_TO_CLAIM:
        figure = Figure(value=change.value, quantity=Quantity.POINTS, n=change.n)
        more = Phrase(message="recommend.missing.utterances", count=UTTERANCES_WANTED)
        return Check(limit=name, state=State.OPEN, figure=figure, missing=more)
    figure = Figure(
        value=change.value, quantity=Quantity.POINTS, low=change.low, high=change.high, n=change.n
    )
    state = _state(change.low, change.high, limit)
    missing = _speech(change.value, change.low, change.high, change.n, limit) if state is State.OPEN else None
    return Check(limit=name, state=state, figure=figure, missing=missing)


def _speech(value: float, low: float, high: float, n: int, limit: float) -> Phrase:
    """About how many utterances would bring the interval to one side of the limit."""
    far = abs(limit - value)
    wide = high - value if value <= limit else value - low
    if far <= 0 or (wide / far) ** 2 > 100:
        return Phrase(message="recommend.missing.too_close")
    needed = float(f"{n * (wide / far) ** 2:.2g}")
    return Phrase(message="recommend.missing.utterances", count=max(n + 1, math.ceil(needed)))


def _nothing(name: str, reason: Reason) -> Check:
    return Check(limit=name, state=State.OPEN, figure=Phrase(message="recommend.no_figure"), missing=reason)


# -------------------------------------------------------------------------- words


def _lines(found: Recommendation) -> Iterator[Cell]:
    if found.choice is not None:
        yield Phrase(
            message="recommend.chosen", params={"name": found.choice.name, "figures": _figures(found.choice)}
        )
        if found.runner_up is not None:
            params: dict[str, Cell] = {"name": found.runner_up.name, "figures": _figures(found.runner_up)}
            yield Phrase(message="recommend.runner_up", params=params)
        return
    if found.decision is Decision.IMPOSSIBLE:
        yield Phrase(message="recommend.impossible")
    else:
        yield Phrase(message="recommend.inconclusive")
        if found.runner_up is not None:
            params = {"name": found.runner_up.name, "figures": _figures(found.runner_up)}
            yield Phrase(message="recommend.nearest", params=params)
        for each in found.missing:
            yield Phrase(message="recommend.missing", params={"what": each})
    for answer in found.answers:
        broken = [check for check in answer.checks if check.state is State.BROKEN]
        if broken:
            params = {"name": answer.name, "figures": _many(broken)}
            yield Phrase(message="recommend.broken", params=params)


def _figures(answer: Answer) -> Cell:
    return _many(answer.checks) if answer.checks else Phrase(message="recommend.no_limits")


def _many(checks: Sequence[Check]) -> Many:
    items = [Phrase(message=f"recommend.{check.limit}", params={"figure": check.figure}) for check in checks]
    return Many(parts=tuple(items), between="; ")

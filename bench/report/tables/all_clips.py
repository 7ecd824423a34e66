"""Quality over all clips of a report: rates from summed counts, intervals over all utterances."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.quality import (
    Score,
    no_regression_share,
    pool,
    wer_difference,
    wer_interval,
)
from bench.reasons import reason
from bench.report.cells import Cell, Counts, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.tables.error_rates import loss_cell
from bench.report.tables.layout import ColumnOf, Context, Layout, count, quantization_title
from bench.report.view import Table
from bench.results import CaseResult, Results, RunKey
from bench.results.heard import independent
from bench.statistics import Estimate, Interval
from bench.text.numbers import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pooled:
    """One variant over its clips: whole scores for counts, utterances for intervals."""

    case: CaseResult
    clips: int
    whole: Score
    utterances: tuple[Score, ...]
    baseline: tuple[Score, ...]
    units: tuple[Hashable, ...]
    interval: Interval


def pooled(context: Context) -> tuple[Table, ...]:
    """A table a machine and model whose variants were judged on several clips; else none."""
    groups: dict[tuple[str, RunKey, str, str], dict[str, list[CaseResult]]] = {}
    for case in context.found.cases:
        if case.heard.score is not None:
            key = (case.host.id, case.run, case.case.model, case.case.variant.engine)
            groups.setdefault(key, {}).setdefault(case.case.variant.name, []).append(case)
    several = [group for group in groups.values() if any(len(cases) > 1 for cases in group.values())]
    pooled_groups = ([_pool(cases, context.found) for cases in group.values()] for group in several)
    made = (_table([row for row in rows if row is not None], context) for rows in pooled_groups)
    return tuple(table for table in made if table is not None)


def _table(variants: Sequence[_Pooled], context: Context) -> Table | None:
    first, names = variants[0].case, context.names
    scope: list[Cell] = [Text(text=names.model(first)), Phrase(message="quality.all_clips")]
    if names.many_machines:
        scope.insert(1, Text(text=names.machine(first.host)))
    return POOLED.table(variants, context, tuple(scope))


def _pool(cases: Sequence[CaseResult], found: Results) -> _Pooled | None:
    mine: list[Score] = []
    theirs: list[Score] = []
    complete = True
    for case in cases:
        mine += [each.score for each in case.heard.utterances]
        baseline = found.baseline(case)
        if baseline is None or baseline.heard.score is None:
            complete = False
        else:
            theirs += [each.score for each in baseline.heard.utterances]
    whole = pool(case.heard.score for case in cases if case.heard.score is not None)
    if whole is None:
        return None
    units = tuple(independent([each for case in cases for each in case.heard.utterances]))
    return _Pooled(
        case=cases[0],
        clips=len(cases),
        whole=whole,
        utterances=tuple(mine),
        baseline=tuple(theirs) if complete else (),
        units=units,
        interval=wer_interval(mine, units),
    )


def _loss(pair: _Pooled, context: Context) -> Cell:
    if pair.case.is_baseline:
        return Phrase(message="baseline")
    if not pair.baseline:
        return context.notes.absent_phrase("reason.baseline_missing")
    difference = wer_difference(pair.utterances, pair.baseline, pair.units)
    if isinstance(difference, Estimate):
        return loss_cell(difference)
    return context.notes.absent(difference.reason or reason("interval.nothing_to_divide_by"))


def _kept(pair: _Pooled, context: Context) -> Cell:
    if pair.case.is_baseline:
        return Phrase(message="baseline")
    if not pair.baseline:
        return context.notes.absent_phrase("reason.baseline_missing")
    kept = no_regression_share(pair.utterances, pair.baseline)
    if kept is None:
        return context.notes.absent(reason("interval.nothing_to_divide_by"))
    return Figure(value=kept, quantity=Quantity.PERCENT)


def _counts(pair: _Pooled, context: Context) -> Cell:
    whole = pair.whole
    return Counts(substitutions=whole.substitutions, deletions=whole.deletions, insertions=whole.insertions)


def _rate(value: float | None, notes: Notes, low: float | None = None, high: float | None = None) -> Cell:
    if value is None:
        return notes.absent(reason("quality.empty_reference"))
    return Figure(value=value, quantity=Quantity.PERCENT, low=low, high=high)


POOLED: Final = Layout[_Pooled](
    name="pooled",
    columns=(
        ColumnOf(
            heading="column.quant",
            cell=lambda pair, context: quantization_title(pair.case, context.names),
            numeric=False,
        ),
        ColumnOf(heading="column.clips", cell=lambda pair, _: count(pair.clips)),
        ColumnOf(heading="column.utterances", cell=lambda pair, _: count(len(pair.utterances))),
        ColumnOf(
            heading="column.wer",
            cell=lambda pair, context: _rate(
                pair.whole.wer, context.notes, pair.interval.low, pair.interval.high
            ),
            note="note.pooled",
        ),
        ColumnOf(heading="column.cer", cell=lambda pair, context: _rate(pair.whole.cer, context.notes)),
        ColumnOf(heading="column.sdi", cell=_counts, note="note.sdi"),
        ColumnOf(heading="column.wer_loss", cell=_loss, note="note.wer_loss"),
        ColumnOf(heading="column.kept", cell=_kept, note="note.kept"),
    ),
    case=lambda pair: pair.case,
)

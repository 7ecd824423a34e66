"""Quality over all clips of a report: rates from summed counts, intervals over all utterances."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

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
from bench.report.names import Names
from bench.report.tables.error_rates import loss_cell
from bench.report.view import Column, Row, Table
from bench.results import CaseResult, Results, RunKey
from bench.results.heard import independent
from bench.text.numbers import Quantity

_HEADINGS = (
    ("column.clips", ""),
    ("column.utterances", ""),
    ("column.wer", "note.pooled"),
    ("column.cer", ""),
    ("column.sdi", "note.sdi"),
    ("column.wer_loss", "note.wer_loss"),
    ("column.kept", "note.kept"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pooled:
    """One variant over its clips: whole scores for counts, utterances for intervals."""

    whole: Score
    utterances: tuple[Score, ...]
    baseline: tuple[Score, ...]
    units: tuple[Hashable, ...]


def pooled(found: Results, names: Names, notes: Notes) -> tuple[Table, ...]:
    """A table a machine and model whose variants were judged on several clips; else none."""
    groups: dict[tuple[str, RunKey, str, str], dict[str, list[CaseResult]]] = {}
    for case in found.cases:
        if case.heard.score is not None:
            key = (case.host.id, case.run, case.case.model, case.case.variant.engine)
            groups.setdefault(key, {}).setdefault(case.case.variant.name, []).append(case)
    return tuple(
        _table(list(variants.values()), found, names, notes)
        for variants in groups.values()
        if any(len(cases) > 1 for cases in variants.values())
    )


def _table(
    variants: Sequence[Sequence[CaseResult]],
    found: Results,
    names: Names,
    notes: Notes,
) -> Table:
    first = variants[0][0]
    scope: list[Cell] = [Text(text=names.model(first)), Phrase(message="quality.all_clips")]
    if names.many_machines:
        scope.insert(1, Text(text=names.machine(first.host)))
    return Table(
        name="pooled",
        columns=(
            Column(heading=Phrase(message="column.quant")),
            *(
                Column(
                    heading=Phrase(message=heading), note=notes.phrase(note) if note else None, numeric=True
                )
                for heading, note in _HEADINGS
            ),
        ),
        rows=tuple(_row(cases, found, names, notes) for cases in variants),
        scope=tuple(scope),
    )


def _row(cases: Sequence[CaseResult], found: Results, names: Names, notes: Notes) -> Row:
    one = cases[0]
    pair = _pool(cases, found)
    interval = wer_interval(pair.utterances, pair.units)
    assert pair.whole.wer is not None or pair.whole.reason
    cells: list[Cell] = [
        Text(text=names.label(one), strong=not one.is_baseline),
        Figure(value=len(cases), quantity=Quantity.COUNT),
        Figure(value=len(pair.utterances), quantity=Quantity.COUNT),
        _rate(pair.whole.wer, notes, interval.low, interval.high),
        _rate(pair.whole.cer, notes),
        Counts(
            substitutions=pair.whole.substitutions,
            deletions=pair.whole.deletions,
            insertions=pair.whole.insertions,
        ),
        *_against_baseline(one, pair, notes),
    ]
    return Row(cells=tuple(cells), key=one.key, label=names.full(one), quantization=one.quantization)


def _pool(cases: Sequence[CaseResult], found: Results) -> _Pooled:
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
    units = independent([each for case in cases for each in case.heard.utterances])
    whole = pool(case.heard.score for case in cases if case.heard.score is not None)
    assert whole is not None
    return _Pooled(
        whole=whole, utterances=tuple(mine), baseline=tuple(theirs) if complete else (), units=tuple(units)
    )


def _against_baseline(case: CaseResult, pair: _Pooled, notes: Notes) -> tuple[Cell, Cell]:
    if case.is_baseline:
        return Phrase(message="baseline"), Phrase(message="baseline")
    if not pair.baseline:
        missing = notes.absent_phrase("reason.baseline_missing")
        return missing, missing
    difference = wer_difference(pair.utterances, pair.baseline, pair.units)
    kept = no_regression_share(pair.utterances, pair.baseline)
    if difference.value is None or kept is None:
        missing = notes.absent(difference.reason or reason("interval.nothing_to_divide_by"))
        return missing, missing
    return loss_cell(difference), Figure(value=kept, quantity=Quantity.PERCENT)


def _rate(value: float | None, notes: Notes, low: float | None = None, high: float | None = None) -> Cell:
    if value is None:
        return notes.absent(reason("quality.empty_reference"))
    return Figure(value=value, quantity=Quantity.PERCENT, low=low, high=high)

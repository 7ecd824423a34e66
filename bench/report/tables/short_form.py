"""The short form: one row a case with the figures a decision starts from; for a pull request."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bench.report.cells import Absent, Cell, Figure, Phrase, Text, Times
from bench.report.footnotes import Notes
from bench.report.names import Names, Scope
from bench.report.tables.error_rates import wer_cell
from bench.report.tables.measured import cell, ratio, titles
from bench.report.tables.word_errors import stars_cell
from bench.report.view import Column, Row, Table
from bench.results import CaseResult, Results
from bench.text.numbers import Quantity

_HEADINGS = (
    "column.size",
    "column.cold_start",
    "column.rtf",
    "column.rtf_ratio",
    "column.peak_rss",
    "column.memory_ratio",
    "column.wer",
    "column.stars",
)


def digest(scopes: Sequence[Scope], found: Results, names: Names) -> tuple[Table, ...]:
    """A table a machine and clip.  What is absent is `n/a`: the reasons are in the full report."""
    return tuple(_table(scope, found, names) for scope in scopes)


def _table(scope: Scope, found: Results, names: Names) -> Table:
    return Table(
        name="digest",
        columns=(
            Column(heading=Phrase(message="column.model")),
            Column(heading=Phrase(message="column.quant")),
            *(
                Column(heading=Phrase(message=heading), numeric=heading != "column.stars")
                for heading in _HEADINGS
            ),
        ),
        rows=tuple(
            Row(
                cells=(*titles(case, names), *(_bare(each) for each in _cells(case, found))),
                key=case.key,
                label=names.full(case),
                quantization=case.quantization,
            )
            for case in scope.cases
        ),
        scope=names.scope(scope),
        heads=2,
    )


def _cells(case: CaseResult, found: Results) -> tuple[Cell, ...]:
    notes = Notes()
    size = case.weights_bytes
    return (
        notes.absent_phrase("reason.no_weights")
        if size is None
        else Figure(value=size, quantity=Quantity.SIZE),
        cell(case, "load_seconds", Quantity.SECONDS, notes),
        cell(case, "rtf", Quantity.RTF, notes),
        ratio(case, "rtf", found, notes),
        cell(case, "peak_rss_bytes", Quantity.MEMORY, notes),
        ratio(case, case.footprint_metric, found, notes),
        wer_cell(case, notes),
        stars_cell(case, notes),
    )


def _bare(found: Cell) -> Cell:
    """The cell without its footnote: the short form has none."""
    match found:
        case Absent():
            return Phrase(message="absent")
        case Figure() | Times() | Text() if found.note is not None:
            return dataclasses.replace(found, note=None)
        case _:
            return found

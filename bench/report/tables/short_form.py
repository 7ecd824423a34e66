"""The short form: one row a case with the figures a decision starts from; for a pull request."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from bench.metrics import METRICS
from bench.report.cells import Absent, BaselineRatio, Cell, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.names import Scope
from bench.report.tables.error_rates import wer_cell
from bench.report.tables.layout import TITLES, ColumnOf, Context, Layout, of_case
from bench.report.tables.measured import Heading, cell, cold_start, ratio
from bench.report.tables.weights import size_cell
from bench.report.tables.word_errors import stars_cell
from bench.report.view import Table
from bench.results import CaseResult


def digest(scopes: Sequence[Scope], context: Context) -> tuple[Table, ...]:
    """A table a machine and clip.  What is absent is `n/a`: the reasons are in the full report."""
    made = (DIGEST.table(scope.cases, context, context.names.scope(scope)) for scope in scopes)
    return tuple(table for table in made if table is not None)


def _bare(found: Cell) -> Cell:
    """The cell without its footnote: the short form has none."""
    match found:
        case Absent():
            return Phrase(message="absent")
        case Figure() | BaselineRatio() | Text() if found.note is not None:
            return dataclasses.replace(found, note=None)
        case _:
            return found


def _median(heading: str | Heading, metric: str) -> ColumnOf[CaseResult]:
    name = METRICS[metric].name
    return ColumnOf(heading=heading, cell=lambda case, _: _bare(cell(case, name, Notes())))


DIGEST: Final = Layout[CaseResult](
    name="digest",
    columns=(
        *TITLES,
        ColumnOf(heading="column.size", cell=lambda case, _: _bare(size_cell(case, Notes()))),
        _median(cold_start, "load_seconds"),
        _median("column.rtf", "rtf"),
        ColumnOf(
            heading="column.rtf_ratio",
            cell=lambda case, context: _bare(ratio(case, "rtf", context.found, Notes())),
        ),
        _median("column.peak_rss", "peak_rss_bytes"),
        ColumnOf(
            heading="column.memory_ratio",
            cell=lambda case, context: _bare(ratio(case, case.footprint_metric, context.found, Notes())),
        ),
        ColumnOf(heading="column.wer", cell=lambda case, _: _bare(wer_cell(case, Notes()))),
        ColumnOf(
            heading="column.stars", cell=lambda case, _: _bare(stars_cell(case, Notes())), numeric=False
        ),
    ),
    case=of_case,
    heads=len(TITLES),
)

"""Rows and tables of the quality pass: what all of them have in common."""

from __future__ import annotations

from collections.abc import Sequence

from bench.quality.passed import Passed
from bench.report.cells import Cell, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.names import quantization
from bench.report.pass_groups import PassGroup
from bench.report.view import Column, Row, Table
from bench.results import CaseKey
from bench.statistics import Interval
from bench.text.numbers import Quantity

Headings = Sequence[tuple[str, str]]
"""Of each column the message of its heading, and that of its footnote or ""."""


def pass_table(
    name: str, headings: Headings, rows: Sequence[Row], notes: Notes, scope: tuple[Cell, ...] = ()
) -> Table:
    """A table whose first column is the variant, all others figures."""
    return Table(
        name=name,
        columns=(
            Column(heading=Phrase(message="column.quant")),
            *(
                Column(
                    heading=Phrase(message=heading), note=notes.phrase(note) if note else None, numeric=True
                )
                for heading, note in headings
            ),
        ),
        rows=tuple(rows),
        scope=scope,
    )


def pass_row(group: PassGroup, row: Passed, cells: Sequence[Cell]) -> Row:
    """A variant's row."""
    case = group.cases.get(row.variant)
    key: CaseKey | None = case.key if case else None
    label = quantization(row.variant)
    return Row(
        cells=(Text(text=label, strong=not row.is_baseline), *cells),
        key=key,
        label=label,
        quantization=row.quantization,
    )


def interval_cell(found: Interval | None, quantity: Quantity, notes: Notes) -> Cell:
    """An estimate with its interval."""
    if found is None or found.value is None:
        return notes.absent_phrase("reason.not_measured")
    return Figure(value=found.value, quantity=quantity, low=found.low, high=found.high, n=found.n)

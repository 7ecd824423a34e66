"""Error rates of the quality pass: of each variant, beside the baseline's, and condition by condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.quality.passed import Passed
from bench.reasons import reason
from bench.report.cells import Cell, CellGroup, Figure, Phrase
from bench.report.footnotes import Notes
from bench.report.pass_groups import PassGroup, condition_cell
from bench.report.tables.error_rates import loss_cell
from bench.report.tables.pass_rows import interval_cell, pass_row, pass_table
from bench.report.view import Column, Table
from bench.statistics import Estimate
from bench.text.numbers import Quantity

_RATES: Final = (
    ("column.utterances", ""),
    ("column.unheard", "note.unheard"),
    ("column.wer", "note.pass.wer"),
    ("column.wer_loss", "note.wer_loss"),
    ("column.possible", "note.possible"),
    ("column.kept", "note.kept"),
    ("column.flips", "note.flips"),
)


def rates(group: PassGroup, notes: Notes) -> Table:
    """A row a variant: its error rate, and what it loses; its size where no table of timed cases has it."""
    sized = not group.cases and any(row.weights_bytes for row in group.rows)
    rows = [
        pass_row(group, row, [*([_size(row, notes)] if sized else []), *_cells(row, notes)])
        for row in group.rows
    ]
    headings = ((("column.size", ""),) if sized else ()) + _RATES
    return pass_table("passed", headings, rows, notes, group.scope)


def _size(row: Passed, notes: Notes) -> Cell:
    if row.weights_bytes is None:
        return notes.absent(reason("weights.not_recorded"))
    return Figure(value=row.weights_bytes, quantity=Quantity.SIZE)


def _cells(row: Passed, notes: Notes) -> list[Cell]:
    cells: list[Cell] = [
        Figure(value=row.heard, quantity=Quantity.COUNT),
        Figure(value=row.failed, quantity=Quantity.COUNT),
        interval_cell(row.wer, Quantity.PERCENT, notes),
    ]
    if row.is_baseline:
        return [*cells, *[Phrase(message="baseline")] * 4]
    change, kept, flips = row.difference, row.kept, row.flips
    missing = notes.absent_phrase("reason.baseline_missing")
    return [
        *cells,
        loss_cell(change) if isinstance(change, Estimate) else missing,
        missing
        if change is None or change.possible_high is None
        else Figure(value=max(change.possible_high, 0.0), quantity=Quantity.POINTS),
        missing if kept is None else Figure(value=kept, quantity=Quantity.PERCENT),
        missing
        if flips is None
        else Phrase(message="pass.flips", params={"mended": str(flips.mended), "broken": str(flips.broken)}),
    ]


def by_condition(groups: Sequence[PassGroup], notes: Notes) -> Table | None:
    """Of one model and corpus what each variant loses under each condition; None where there is one.

    `groups` are its conditions.  A cell holds the difference of error rates and the divergence.
    """
    if len(groups) < 2:
        return None
    columns = (
        Column(heading=Phrase(message="column.quant")),
        *(
            Column(
                heading=condition_cell(group.condition),
                note=notes.phrase("note.by_condition") if at == 0 else None,
                numeric=True,
            )
            for at, group in enumerate(groups)
        ),
    )
    first = groups[0]
    known = [{row.variant: row for row in group.rows} for group in groups]
    rows = [
        pass_row(first, row, [_under(here.get(row.variant), notes) for here in known]) for row in first.rows
    ]
    return Table(name="conditions", columns=columns, rows=tuple(rows), scope=first.scope[:2])


def _under(row: Passed | None, notes: Notes) -> Cell:
    if row is None:
        return notes.absent_phrase("reason.not_measured")
    if row.is_baseline:
        return interval_cell(row.wer, Quantity.PERCENT, notes)
    parts: list[Cell] = []
    if isinstance(row.difference, Estimate):
        parts.append(loss_cell(row.difference))
    if row.divergence is not None:
        parts.append(Figure(value=row.divergence.mean.value, quantity=Quantity.NATS))
    return (
        CellGroup(parts=tuple(parts), between="; ") if parts else notes.absent_phrase("reason.not_measured")
    )

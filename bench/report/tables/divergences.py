"""Divergence from the baseline along its own transcript: the floor, and every variant above or under it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from bench.quality.forced import PERCENTILES, ForcedDivergence
from bench.quality.passed import Passed
from bench.report.cells import Cell, Figure, Phrase
from bench.report.footnotes import Notes
from bench.report.names import quantization
from bench.report.pass_groups import PassGroup
from bench.report.tables.pass_rows import interval_cell, pass_row, pass_table
from bench.report.view import Column, Row, Table
from bench.text.numbers import Quantity

_DIVERGENCE: Final = (
    ("column.tokens", ""),
    ("column.kl", "note.kl"),
    *((f"column.kl_p{str(each).replace('.0', '').replace('.', '')}", "") for each in PERCENTILES),
    ("column.kl_max", ""),
    ("column.same_top", "note.same_top"),
    ("column.probability", "note.probability"),
    ("column.probability_rms", ""),
    ("column.log_ppl", "note.log_ppl"),
    ("column.correlation", ""),
)


def divergence(group: PassGroup, notes: Notes) -> Table:
    """The floor, then a row a variant."""
    baseline = group.baseline or group.rows[0]
    made = [
        Row(
            cells=(
                Phrase(
                    message=f"floor.{floor.setting}" if floor.setting == "again" else "floor.setting",
                    params={"name": quantization(baseline.variant), "setting": floor.setting},
                ),
                *_statistics(floor.divergence, None, notes),
            ),
        )
        for floor in group.floors
    ]
    made += [pass_row(group, row, _statistics(row.divergence, row, notes)) for row in group.others]
    table = pass_table("divergence", _DIVERGENCE, made, notes)
    told = [*(floor.divergence for floor in group.floors), *(row.divergence for row in group.others)]
    return _with_spoken(table, told, notes) if any(each and each.spoken for each in told) else table


def _with_spoken(table: Table, told: Sequence[ForcedDivergence | None], notes: Notes) -> Table:
    """A last column for CTC: the frames that say something, apart from the blank ones."""
    column = Column(
        heading=Phrase(message="column.kl_spoken"), note=notes.phrase("note.kl_spoken"), numeric=True
    )
    rows = tuple(
        dataclasses.replace(
            row, cells=(*row.cells, interval_cell(each.spoken if each else None, Quantity.NATS, notes))
        )
        for row, each in zip(table.rows, told, strict=True)
    )
    return dataclasses.replace(table, columns=(*table.columns, column), rows=rows)


def _statistics(found: ForcedDivergence | None, row: Passed | None, notes: Notes) -> list[Cell]:
    if found is None:
        why = row.reason if row else None
        missing = notes.absent(why) if why else notes.absent_phrase("reason.not_measured")
        return [missing] * len(_DIVERGENCE)
    under = row is not None and row.measurable is False
    mean = Figure(
        value=found.mean.value,
        quantity=Quantity.NATS,
        low=found.mean.low,
        high=found.mean.high,
        n=found.mean.n,
        note=notes.phrase("note.under_floor") if under else None,
    )
    return [
        Figure(value=found.tokens, quantity=Quantity.COUNT),
        mean,
        *(Figure(value=each, quantity=Quantity.NATS) for each in found.percentiles),
        Figure(value=found.largest, quantity=Quantity.NATS),
        interval_cell(found.same_top, Quantity.PERCENT, notes),
        Figure(value=found.probability_change, quantity=Quantity.POINTS),
        Figure(value=found.probability_rms, quantity=Quantity.PERCENT),
        interval_cell(found.log_perplexity_ratio, Quantity.NATS, notes),
        notes.absent_phrase("reason.not_measured")
        if found.correlation is None
        else Figure(value=found.correlation, quantity=Quantity.CORRELATION),
    ]

"""Divergence from the baseline along its own transcript: the floor, and every variant above or under it."""

from __future__ import annotations

from typing import Final

from bench.quality.forced import PERCENTILES, ForcedDivergence
from bench.quality.passed import Passed
from bench.report.cells import Cell, Figure, Phrase
from bench.report.footnotes import Notes
from bench.report.names import quantization
from bench.report.pass_groups import PassGroup
from bench.report.tables.pass_rows import interval_cell, pass_row, pass_table
from bench.report.view import Row, Table
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
    return pass_table("divergence", _DIVERGENCE, made, notes)


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

"""Whether a stated confidence still means what it says, variant by variant."""

from __future__ import annotations

from typing import Final

from bench.quality.passed import Passed
from bench.report.cells import Cell, Figure
from bench.report.footnotes import Notes
from bench.report.pass_groups import PassGroup
from bench.report.tables.pass_rows import pass_row, pass_table
from bench.report.view import Table
from bench.text.numbers import Quantity

_CALIBRATION: Final = (
    ("column.words", ""),
    ("column.right", ""),
    ("column.stated", "note.stated"),
    ("column.stated_90", "note.stated_90"),
    ("column.ece", "note.ece"),
    ("column.nce", "note.nce"),
    ("column.auc_roc", "note.auc"),
    ("column.auc_pr", ""),
    ("column.auc_nt", ""),
)


def calibration(group: PassGroup, notes: Notes) -> Table:
    """A row a variant."""
    rows = [pass_row(group, row, _calibrated(row, notes)) for row in group.rows]
    return pass_table("calibration", _CALIBRATION, rows, notes)


def _calibrated(row: Passed, notes: Notes) -> list[Cell]:
    found = row.calibration
    if found is None:
        return [notes.absent_phrase("reason.no_confidences")] * len(_CALIBRATION)

    def ratio(value: float | None) -> Cell:
        if value is None:
            return notes.absent_phrase("reason.one_kind")
        return Figure(value=value, quantity=Quantity.CORRELATION)

    stated: Cell = notes.absent_phrase("reason.one_kind")
    if found.stated_90 is not None:
        stated = Figure(value=found.stated_90, quantity=Quantity.PERCENT)
    return [
        Figure(value=found.words, quantity=Quantity.COUNT),
        Figure(value=found.right / found.words, quantity=Quantity.PERCENT),
        Figure(value=found.mean_confidence, quantity=Quantity.PERCENT),
        stated,
        ratio(found.ece),
        ratio(found.nce),
        ratio(found.auc_roc),
        ratio(found.auc_pr),
        ratio(found.auc_nt),
    ]

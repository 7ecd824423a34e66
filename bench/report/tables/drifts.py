"""The words at which a variant is farthest from the baseline, marked in the baseline's transcript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.pass_groups import PassGroup
from bench.report.tables.pass_rows import pass_row
from bench.report.view import Column, Table
from bench.text.numbers import Quantity

CONTEXT: Final = 6  # words shown on either side of a drifting one


def drifts(group: PassGroup, notes: Notes) -> Table | None:
    """A row a word; None where no distributions were compared."""
    made = []
    for row in group.rows:
        if row.divergence is None:
            continue
        for each in group.results.details(row).changed:
            words = [text for text, _, _ in each.base.words]
            cells: list[Cell] = [
                Text(text=each.mine.utterance, code=True),
                Figure(value=each.nats, quantity=Quantity.NATS),
                _marked(words, each.word),
                Text(text=each.mine.text or ""),
            ]
            made.append(pass_row(group, row, cells))
    if not made:
        return None
    return Table(
        name="drift",
        columns=(
            Column(heading=Phrase(message="column.quant")),
            Column(heading=Phrase(message="column.utterance")),
            Column(heading=Phrase(message="column.kl"), numeric=True, note=notes.phrase("note.drift")),
            Column(heading=Phrase(message="column.baseline_text")),
            Column(heading=Phrase(message="column.variant_text")),
        ),
        rows=tuple(made),
    )


def _marked(words: Sequence[str], at: int) -> Cell:
    before = words[max(0, at - CONTEXT) : at]
    after = words[at + 1 : at + 1 + CONTEXT]
    parts: list[Cell] = []
    if before:
        parts.append(Text(text=("… " if at > CONTEXT else "") + " ".join(before)))
    parts.append(Text(text=words[at], strong=True))
    if after:
        parts.append(Text(text=" ".join(after) + (" …" if at + 1 + CONTEXT < len(words) else "")))
    return CellGroup(parts=tuple(parts))

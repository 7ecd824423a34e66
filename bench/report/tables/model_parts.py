"""Encoder and decoder, each quantized or not: what either loses alone, and both together."""

from __future__ import annotations

from bench.quality.parts import Parted, parted
from bench.quality.passed import Passed
from bench.report.cells import Cell, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.names import quantization
from bench.report.pass_groups import PassGroup
from bench.report.view import Column, Row, Table
from bench.text.numbers import Quantity

_HEADINGS = ("column.decoder_alone", "column.encoder_alone", "column.both_parts", "column.decoder_more")


def model_parts(group: PassGroup, notes: Notes) -> Table | None:
    """A row a pair of a quantized decoder and a quantized encoder; None where none were heard apart."""
    found = parted(group.rows)
    if not found:
        return None
    return Table(
        name="parts",
        columns=(
            Column(heading=Phrase(message="column.parts"), note=notes.phrase("note.parts")),
            *(Column(heading=Phrase(message=heading), numeric=True) for heading in _HEADINGS),
        ),
        rows=tuple(_row(each, notes) for each in found),
    )


def _row(each: Parted, notes: Notes) -> Row:
    names: dict[str, Cell] = {
        "decoder": Text(text=quantization(each.decoder_type)),
        "encoder": Text(text=quantization(each.encoder_type)),
    }
    more = each.difference
    return Row(
        cells=(
            Phrase(message="parts.pair", params=names),
            _nats(each.decoder, notes),
            _nats(each.encoder, notes),
            _nats(each.both, notes),
            Figure(
                value=more.value,
                quantity=Quantity.NATS,
                low=more.low,
                high=more.high,
                n=more.n,
                strong=more.clear,
            ),
        ),
        label=f"{each.decoder_type} {each.encoder_type}",
        quantization=each.decoder_type,
    )


def _nats(row: Passed | None, notes: Notes) -> Cell:
    if row is None or row.divergence is None:
        return notes.absent_phrase("reason.not_measured")
    mean = row.divergence.mean
    return Figure(value=mean.value, quantity=Quantity.NATS, low=mean.low, high=mean.high, n=mean.n)

"""What the quality pass says, in tables: model by model, corpus by corpus, condition by condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.report.cells import Phrase
from bench.report.footnotes import Notes
from bench.report.pass_groups import PassGroup
from bench.report.tables.calibrations import calibration
from bench.report.tables.divergences import divergence
from bench.report.tables.drifts import drifts
from bench.report.tables.model_parts import model_parts
from bench.report.tables.pass_rates import by_condition, rates
from bench.report.tables.pass_rows import pass_row
from bench.report.tables.where_it_hurts import by_class, by_utterance, profiles_of
from bench.report.view import Column, Table


def passes(groups: Sequence[PassGroup], notes: Notes) -> tuple[Table, ...]:
    """The tables of every group, and behind a corpus's own what its conditions do to each variant."""
    made: list[Table] = []
    for at, group in enumerate(groups):
        made += _tables(group, notes)
        place = _place(group)
        if at + 1 == len(groups) or _place(groups[at + 1]) != place:
            beside = by_condition([each for each in groups if _place(each) == place], notes)
            made += [beside] if beside else []
    return tuple(made)


def _place(group: PassGroup) -> tuple[object, ...]:
    return group.run, group.rows[0].model, group.rows[0].corpus


def _tables(group: PassGroup, notes: Notes) -> Iterator[Table]:
    rows = group.rows
    if any(row.wer for row in rows):
        yield rates(group, notes)
    if any(row.divergence or row.reason for row in rows):
        yield divergence(group, notes)
        if parts := model_parts(group, notes):
            yield parts
    yield from _where(group, notes)
    if any(row.calibration for row in rows):
        yield calibration(group, notes)
    if group.clean and (words := drifts(group, notes)):
        yield words


def _where(group: PassGroup, notes: Notes) -> Iterator[Table]:
    """Errors by class; error rates by length and utterances by fault."""
    profiles = profiles_of(group.rows, group.results)
    if not profiles:
        return
    for name, (columns, cells) in (
        ("classes", by_class(group.rows, profiles, notes)),
        ("faults", by_utterance(group.rows, profiles, notes)),
    ):
        if columns:
            yield Table(
                name=name,
                columns=(Column(heading=Phrase(message="column.quant")), *columns),
                rows=tuple(
                    pass_row(group, row, cells[row.variant]) for row in group.rows if row.variant in cells
                ),
            )

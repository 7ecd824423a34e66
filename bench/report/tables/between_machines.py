"""Machines side by side: a table for each metric, with a column for each machine."""

from __future__ import annotations

from collections.abc import Iterable

from bench.domain import Status
from bench.metrics import Metric, Place, columns_of
from bench.report.cells import Cell, Phrase, Text
from bench.report.tables.layout import MODEL, QUANTIZATION, ColumnOf, Context, Layout
from bench.report.tables.measured import HEADINGS, cell
from bench.report.view import Table
from bench.results import CaseResult

ByHost = dict[str, CaseResult]
"""One variant and clip: its case on each machine, by the machine's id."""


def side_by_side(context: Context) -> tuple[Table, ...]:
    """A table for each metric with a column for each machine, for reports of several machines."""
    names = context.names
    if not names.many_machines:
        return ()
    rows: dict[tuple[str, str, str], ByHost] = {}
    for case in context.found.cases:
        if case.status is not Status.UNSUPPORTED:
            rows.setdefault((case.case.model, case.case.id, names.label(case)), {})[case.host.id] = case
    made = [
        _layout(metric, context).table(
            list(rows.values()), context, (_heading(place, rows.values(), context),)
        )
        for metric, place in columns_of("side_by_side")
    ]
    return tuple(table for table in made if table is not None)


def _heading(place: Place, rows: Iterable[ByHost], context: Context) -> Cell:
    made = HEADINGS.get(place.heading)
    cases = [case for row in rows for case in row.values()]
    return made(cases, context) if made else Phrase(message=place.heading)


def _layout(metric: Metric, context: Context) -> Layout[ByHost]:
    names = context.names
    hosts = {case.host.id: case.host for case in context.found.cases}
    clip: tuple[ColumnOf[ByHost], ...] = (
        ColumnOf(
            heading="column.clip",
            cell=lambda cases, _: names.clip_cell(_one(cases).clip),
            numeric=False,
        ),
    )
    return Layout(
        name=f"side_by_side.{metric.name}",
        columns=(
            _of_one(MODEL),
            _of_one(QUANTIZATION),
            *(clip if names.many_clips else ()),
            *(_machine(metric, host, names.machine(known)) for host, known in hosts.items()),
        ),
        case=_one,
        heads=2,
    )


def _one(cases: ByHost) -> CaseResult:
    return next(iter(cases.values()))


def _of_one(column: ColumnOf[CaseResult]) -> ColumnOf[ByHost]:
    """A column of cases as one of the first of each row."""
    return ColumnOf(
        heading=column.heading if isinstance(column.heading, str) else "",
        cell=lambda cases, context: column.cell(_one(cases), context),
        numeric=column.numeric,
        wanted=lambda rows, context: column.wanted([_one(cases) for cases in rows], context),
    )


def _machine(metric: Metric, host: str, title: str) -> ColumnOf[ByHost]:
    def found(cases: ByHost, context: Context) -> Cell:
        if host not in cases:
            return context.notes.absent_phrase("reason.not_on_machine")
        return cell(cases[host], metric.name, context.notes)

    return ColumnOf(heading=lambda _, __: Text(text=title), cell=found)

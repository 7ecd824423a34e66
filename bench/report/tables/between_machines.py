"""Machines side by side: a table a metric with a column a machine."""

from __future__ import annotations

from typing import Final

from bench.domain import Status
from bench.report.cells import Phrase, Text
from bench.report.footnotes import Notes
from bench.report.names import Names
from bench.report.tables.measured import Median, cell, seconds, title_columns, titles
from bench.report.view import Column, Row, Table
from bench.results import CaseResult, Results
from bench.text.numbers import Quantity

_SIDE_BY_SIDE: Final = (
    Median(heading="column.rtf", metric="rtf", quantity=Quantity.RTF),
    seconds("column.cold_start", "load_seconds"),
    Median(heading="column.peak_rss", metric="peak_rss_bytes", quantity=Quantity.MEMORY),
)


def side_by_side(found: Results, names: Names, notes: Notes) -> tuple[Table, ...]:
    """A table a metric with a column a machine, for reports of several machines."""
    if not names.many_machines:
        return ()
    hosts = {case.host.id: case.host for case in found.cases}
    rows: dict[tuple[str, str, str], dict[str, CaseResult]] = {}
    for case in found.cases:
        if case.status is not Status.UNSUPPORTED:
            rows.setdefault((case.case.model, case.case.id, names.label(case)), {})[case.host.id] = case
    made = []
    for column in _SIDE_BY_SIDE:
        body = []
        for cases in rows.values():
            one = next(iter(cases.values()))
            cells = [
                cell(cases[host], column.metric, column.quantity, notes)
                if host in cases
                else notes.absent_phrase("reason.not_on_machine")
                for host in hosts
            ]
            titled = list(titles(one, names))
            if names.many_clips:
                titled.append(Text(text=names.clip(one.clip)))
            body.append(
                Row(
                    cells=(*titled, *cells), key=one.key, label=names.full(one), quantization=one.quantization
                )
            )
        headings = [
            *title_columns(),
            *([Column(heading=Phrase(message="column.clip"))] if names.many_clips else []),
        ]
        headings += [Column(heading=Text(text=names.machine(host)), numeric=True) for host in hosts.values()]
        made.append(
            Table(
                name=f"side_by_side.{column.metric}",
                columns=tuple(headings),
                rows=tuple(body),
                scope=(Phrase(message=column.heading),),
                heads=2,
            )
        )
    return tuple(made)

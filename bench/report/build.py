"""Runs -> view: which tables there are, and of what; each table is made in a module of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.report import diffs, machines, metrics, parameters, quality_tables, traces, troubles, weights
from bench.report.cells import Cell, Phrase, Spoken, Text
from bench.report.digest import digest
from bench.report.figures import Figures
from bench.report.findings import findings
from bench.report.findings.advice import advice
from bench.report.names import Names, scopes
from bench.report.notes import Notes
from bench.report.pooled import pooled
from bench.report.side_by_side import side_by_side
from bench.report.view import View

if TYPE_CHECKING:
    from bench.journal import RunData


def build(
    runs: Sequence[RunData],
    found: Figures,
    names: Names,
    *,
    out: Path,
    with_diffs: bool = False,
    undrawn: int = 0,
) -> View:
    """The view of the runs' figures; links in it are relative to the folder `out`.

    Word diffs cost more than all the rest, so they are made only for formats that show them.
    `undrawn` tables have no charts, for there are too many of them.
    """
    notes = Notes()
    parts = scopes(found)
    first, last = _days(runs)
    # In the order of the page, so that footnotes are numbered as a reader meets them.
    asked = parameters.parameters(runs, found, names)
    sizes = weights.sizes(found, names, notes)
    performance = metrics.tables(metrics.PERFORMANCE, parts, found, names, notes)
    stages = metrics.tables(metrics.STAGES, parts, found, names, notes)
    memory = metrics.tables(metrics.MEMORY, parts, found, names, notes)
    cpu = metrics.tables(metrics.CPU, parts, found, names, notes)
    beside = side_by_side(found, names, notes)
    quality = (*pooled(found, names, notes), *quality_tables.quality(parts, found, names, notes))
    return View(
        title=runs[0].suite.title if len({run.suite.name for run in runs}) == 1 else _titles(found),
        name=" + ".join(dict.fromkeys(run.suite.name for run in runs)),
        provenance=tuple(Text(text=published.source) for published in found.published),
        first_day=first,
        last_day=last,
        synthetic=any(case.model.synthetic for case in found.cases),
        machines=machines.machines(runs, names),
        parameters=asked,
        weights=sizes,
        performance=performance,
        memory=memory,
        cpu=cpu,
        stages=stages,
        quality=quality,
        side_by_side=beside,
        digest=digest(parts, found, names),
        findings=tuple(finding.sentence() for finding in findings(found)),
        advice=advice(found),
        refusals=troubles.refusals(found, names),
        failures=troubles.failures(runs, found, names),
        loops=troubles.loops(found, names),
        disturbances=machines.disturbances(found),
        warnings=tuple(_warnings(found, undrawn)),
        commands=traces.commands(found, names),
        logs=traces.logs(runs, found, names, out),
        journals=traces.journals(runs, names, out),
        diffs=diffs.diffs(found, names) if with_diffs else (),
        sounds=machines.sounds(runs),
        notes=notes.all(),
        out=out,
    )


def _titles(found: Figures) -> dict[str, str]:
    spoken = dict.fromkeys(code for suite in found.suites for code in suite.title)
    return {
        code: " + ".join(dict.fromkeys(suite.title.get(code, suite.name) for suite in found.suites))
        for code in spoken
    }


def _days(runs: Sequence[RunData]) -> tuple[date | None, date | None]:
    starts = (_day(record.started_at) for run in runs for record in run.records)
    days = sorted({day for day in starts if day is not None})
    return (days[0], days[-1]) if days else (None, None)


def _day(moment: str) -> date | None:
    try:
        return datetime.fromisoformat(moment).date()
    except ValueError:
        return None  # a foreign record's: its figures count all the same


def _warnings(found: Figures, undrawn: int) -> Iterator[Cell]:
    if undrawn:
        yield Phrase(message="chart.undrawn", count=undrawn)
    for text in found.warnings:
        yield Text(text=text)
    for published in found.published:
        for note in published.notes:
            yield Spoken(texts=note)

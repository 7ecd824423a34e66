"""Runs -> view: which tables there are, and of what; each table is made in a module of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from bench.report.cells import Cell, Localized, Phrase, Text
from bench.report.findings import findings
from bench.report.findings.advice import advice
from bench.report.findings.families import Scene
from bench.report.findings.verdict import verdict
from bench.report.footnotes import Notes
from bench.report.names import Names, Scope, gathered
from bench.report.pass_groups import pass_groups
from bench.report.tables import (
    examples,
    failures,
    machines,
    measured,
    opened,
    parameters,
    passes,
    provenance,
    transcripts,
    weights,
    word_errors,
)
from bench.report.tables.all_clips import pooled
from bench.report.tables.between_machines import side_by_side
from bench.report.tables.by_machine import by_machine
from bench.report.tables.folding import fold
from bench.report.tables.layout import Context
from bench.report.tables.short_form import digest
from bench.report.tables.verdict_table import overall_tables, verdict_table
from bench.report.view import AbsentHost, Advice, Refusal, Sentence, Table, VerdictBox, View
from bench.results import Results

if TYPE_CHECKING:
    from bench.journal import RunData


def build(
    runs: Sequence[RunData],
    found: Results,
    names: Names,
    *,
    out: Path,
    with_diffs: bool = False,
    undrawn: int = 0,
    absent: Sequence[AbsentHost] = (),
) -> View:
    """The view of the runs' figures; links in it are relative to the folder `out`.

    Word diffs cost more than all the rest, so they are made only for formats that show them.
    `undrawn` tables have no charts, for there are too many of them.
    """
    context = Context(found=found, names=names, notes=Notes())
    parts = gathered(found)
    first, last = _days(runs)
    scene = Scene(found)
    box = VerdictBox(lines=verdict(scene), table=verdict_table(scene, context))
    # In the order of the page, so that footnotes are numbered as a reader meets them.
    asked = parameters.parameters(runs, found, names)
    sizes = weights.sizes(context)
    figures = _measured(parts, context)
    beside = side_by_side(context)
    groups = pass_groups(found)
    quality, further = fold((*passes.passes(groups, context.notes), *word_errors.quality(parts, context)))
    over_all = pooled(context)
    more = measured.tables(measured.MORE, parts, context)
    return View(
        title=runs[0].suite.title if len({run.suite.name for run in runs}) == 1 else _titles(found),
        name=" + ".join(dict.fromkeys(run.suite.name for run in runs)),
        provenance=tuple(Text(text=published.source) for published in found.published),
        first_day=first,
        last_day=last,
        synthetic=any(case.model.synthetic for case in found.cases),
        verdict=box,
        gathered=names.gathered,
        overall=overall_tables(scene, context) if names.many_clips else (),
        machines=machines.machines(runs, names),
        parameters=asked,
        weights=sizes,
        **figures,
        more=more,
        quality=quality,
        further=further,
        examples=examples.examples(groups),
        pooled=over_all,
        side_by_side=beside,
        digest=digest(parts, context),
        **_told(context),
        **_trouble(runs, context, absent),
        warnings=tuple(_warnings(found, undrawn)),
        commands=provenance.commands(found, names),
        logs=provenance.logs(found, names, out),
        journals=provenance.journals(runs, names, out),
        diffs=transcripts.diffs(found, names) if with_diffs else (),
        sounds=machines.sounds(runs),
        notes=context.notes.all(),
    )


class _Measured(TypedDict):
    """The tables of what was measured, each a part of the view."""

    performance: tuple[Table, ...]
    stages: tuple[Table, ...]
    memory: tuple[Table, ...]
    phases: tuple[Table, ...]
    cpu: tuple[Table, ...]


def _measured(parts: Sequence[Scope], context: Context) -> _Measured:
    return _Measured(
        performance=measured.tables(measured.PERFORMANCE, parts, context),
        stages=measured.stages(parts, context),
        memory=measured.tables(measured.MEMORY, parts, context),
        phases=measured.tables(measured.PHASES, parts, context),
        cpu=measured.tables(measured.CPU, parts, context),
    )


class _Told(TypedDict):
    """What the figures come to, each a part of the view."""

    findings: tuple[Sentence, ...]
    by_machine: Table | None
    advice: tuple[Advice, ...]


def _told(context: Context) -> _Told:
    told = findings(context.found)
    return _Told(
        findings=tuple(finding.sentence() for finding in told),
        by_machine=by_machine(told, context),
        advice=advice(context.found),
    )


class _Trouble(TypedDict):
    """What went wrong, each a part of the view."""

    refusals: tuple[Refusal, ...]
    failures: Table | None
    loops: tuple[Sentence, ...]
    disturbances: Table | None
    opened: Table | None
    absent_hosts: Table | None


def _trouble(runs: Sequence[RunData], context: Context, absent: Sequence[AbsentHost]) -> _Trouble:
    return _Trouble(
        refusals=failures.refusals(context.found, context.names),
        failures=failures.failures(runs, context),
        loops=failures.loops(context.found, context.names),
        disturbances=machines.disturbances(context),
        opened=opened.opened(context),
        absent_hosts=machines.absent_hosts(absent),
    )


def _titles(found: Results) -> dict[str, str]:
    spoken = dict.fromkeys(code for suite in found.suites for code in suite.title)
    return {
        code: " + ".join(dict.fromkeys(suite.title.get(code, suite.name) for suite in found.suites))
        for code in spoken
    }


def _days(runs: Sequence[RunData]) -> tuple[date | None, date | None]:
    starts = [_day(record.started_at) for run in runs for record in run.records]
    starts += [
        _day(run.run_id) for run in runs if not run.records
    ]  # a quality pass alone: named by its start
    days = sorted({day for day in starts if day is not None})
    return (days[0], days[-1]) if days else (None, None)


def _day(moment: str) -> date | None:
    try:
        return datetime.fromisoformat(moment).date()
    except ValueError:
        return None  # a foreign record's: its figures count all the same


def _warnings(found: Results, undrawn: int) -> Iterator[Cell]:
    if undrawn:
        yield Phrase(message="chart.undrawn", count=undrawn)
    for text in found.warnings:
        yield Text(text=text)
    for published in found.published:
        for note in published.notes:
            yield Localized(texts=note)

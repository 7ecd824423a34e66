"""The verdict for a terminal: its lines, and the rows of its table, as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bench.journal import RunData
from bench.language import language
from bench.report.findings.families import Scene
from bench.report.findings.verdict import verdict
from bench.report.footnotes import Notes
from bench.report.names import Names
from bench.report.tables.layout import Context
from bench.report.tables.verdict_table import verdict_table
from bench.report.writing.writers import PlainWriter
from bench.results import results_of


class PlainVerdict(NamedTuple):
    """The title, at most eight lines, and the table: its headings, its rows."""

    title: str
    lines: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def plain_verdict(runs: Sequence[RunData], code: str) -> PlainVerdict:
    """The verdict on the runs in a language of the catalogs."""
    found = results_of(runs)
    scene = Scene(found)
    context = Context(found=found, names=Names(found, runs), notes=Notes())
    table = verdict_table(scene, context)
    writer = PlainWriter(language(code))
    return PlainVerdict(
        title=str(writer.words("section.verdict")),
        lines=tuple(" ".join(str(writer.cell(cell)) for cell in line) for line in verdict(scene)),
        headings=tuple(str(writer.cell(column.heading)) for column in table.columns) if table else (),
        rows=tuple(tuple(str(writer.cell(cell)) for cell in row.cells) for row in table.rows)
        if table
        else (),
    )

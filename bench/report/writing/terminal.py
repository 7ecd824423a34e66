"""The verdict for a terminal: its lines, and the rows of its table, as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from bench.journal import RunData
from bench.language import language
from bench.report.cells import Phrase
from bench.report.findings.families import Scene
from bench.report.findings.verdict import verdict
from bench.report.footnotes import Notes
from bench.report.names import Names
from bench.report.tables.layout import Context
from bench.report.tables.verdict_table import verdict_table
from bench.report.view import Table
from bench.report.writing.writers import PlainWriter
from bench.results import results_of


class PlainVerdict(NamedTuple):
    """The title, at most eight lines, and the table: its columns by message id, its headings, its rows.

    `brief` are the rows without intervals, for a narrow terminal.
    """

    title: str
    lines: tuple[str, ...]
    columns: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    brief: tuple[tuple[str, ...], ...]


class BriefWriter(PlainWriter):
    """Plain text without intervals."""

    def range(self, text: str) -> Markup:
        """Nothing."""
        return Markup()


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
        columns=tuple(
            column.heading.message if isinstance(column.heading, Phrase) else "" for column in table.columns
        )
        if table
        else (),
        headings=tuple(str(writer.cell(column.heading)) for column in table.columns) if table else (),
        rows=_rows(table, writer),
        brief=_rows(table, BriefWriter(writer.language)),
    )


def _rows(table: Table | None, writer: PlainWriter) -> tuple[tuple[str, ...], ...]:
    if table is None:
        return ()
    return tuple(tuple(str(writer.cell(cell)) for cell in row.cells) for row in table.rows)

"""`report`: reports from run directories, old ones and other machines' too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    runs: Annotated[
        list[Path], typer.Argument(help="Run directories: reports/SUITE/RUN-ID", show_default=False)
    ],
    lang: Annotated[list[str] | None, typer.Option(help="Report languages: ru, en. May be repeated.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write into; a single run's own by default.")
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option("--format", help="md, html, charts, json, csv, short; all by default. May be repeated."),
    ] = None,
    templates: Annotated[
        Path | None, typer.Option(help="Folder of own templates, which go before the built-in ones.")
    ] = None,
    sound: Annotated[bool, typer.Option("--sound", help="Put the clips into the HTML page.")] = False,
) -> None:
    """Render the reports of one or more runs, from their records alone."""
    from bench.errors import ReportError
    from bench.journal import read_run
    from bench.report import render

    if len(runs) > 1 and out is None:
        raise ReportError(
            "a report of several runs is none of theirs.", hint="Say where to write it with --out FOLDER."
        )
    data = [read_run(run) for run in runs]
    languages = tuple(lang) if lang else data[0].suite.report.languages
    for path in render(
        data, languages=languages, out=out or runs[0], formats=form, templates=templates, sound=sound
    ):
        typer.echo(f"wrote {path}")

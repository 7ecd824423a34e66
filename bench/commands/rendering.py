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
        Path | None, typer.Option(help="Folder to write into; the first run's own by default.")
    ] = None,
) -> None:
    """Render the reports of one or more runs, from their records alone."""
    from bench.journal import read_run
    from bench.report import render

    data = [read_run(run) for run in runs]
    languages = tuple(lang) if lang else data[0].suite.report.languages
    for path in render(data, languages=languages, out=out or runs[0]):
        typer.echo(f"wrote {path}")

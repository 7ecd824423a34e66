"""`audit`: what this machine can tell apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import LogsOption, ReportsOption, SuiteArgument

if TYPE_CHECKING:
    from bench.audit import Audit

# What an audit's table shows first; the others follow in the order of their names.
FIRST = ("transcribe_seconds", "load_seconds", "wall_seconds", "peak_rss_bytes")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(
    suite: SuiteArgument = Path("configs/whisper-base.yaml"),
    copies: Annotated[int, typer.Option(min=2, max=20, help="As how many cases the one is measured.")] = 4,
    blocks: Annotated[int | None, typer.Option(min=6, help="Repetitions, instead of the suite's.")] = None,
    reports: ReportsOption = Path("reports"),
    logs: LogsOption = Path("logs"),
) -> None:
    """Measure one case as several (A/A): the smallest differences that this machine can resolve."""
    from datetime import UTC, datetime

    from bench.audit import Audit, audited_suite, keep, resolutions
    from bench.commands.measure import measure, select
    from bench.config import load_suite
    from bench.journal import read_run

    asked = audited_suite(load_suite(suite), copies=copies)
    asked = select(asked, [], blocks or asked.protocol.blocks, source=suite)
    folders = measure(asked, source=suite, out=reports, logs=logs)
    run = read_run(folders.run)
    made = Audit(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        host=run.host.id,
        suite=asked.name,
        case=asked.cases[0].id,
        blocks=asked.protocol.blocks,
        resolutions=resolutions(run.records),
    )
    _print(made)
    typer.echo(f"wrote {keep(made, reports)}; the next runs here carry it")


def _print(audit: Audit) -> None:
    from rich.table import Table

    from bench.commands.terminal import wide_console

    table = Table(
        "metric",
        "resolvable",
        "A/A error",
        "worst",
        "false alarms",
        title=f"{audit.case}, {audit.blocks} blocks",
    )
    for each in sorted(audit.resolutions, key=lambda one: (_place(one.metric), one.metric)):
        figures = (each.resolvable, each.error, each.worst, each.false_alarms)
        table.add_row(each.metric, *(f"{figure:.1%}" for figure in figures))
    console = wide_console()
    console.print(table)
    console.print(
        "resolvable: a true difference this large is shown in 80 % of comparisons of so many blocks; "
        "smaller ones are lost in this machine's noise.",
        highlight=False,
    )


def _place(metric: str) -> int:
    return FIRST.index(metric) if metric in FIRST else len(FIRST)

"""`accept`, `history`: the reference that nights are held to, and what they were."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.arguments import ClassOption, ReportsOption


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("accept")(accept)
    app.command("history")(history)


def accept(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run directories, each one a night of the reference.", show_default=False),
    ],
    why: Annotated[str, typer.Option(help="Why these are the reference from now on; kept with it.")],
    machine_class: ClassOption = None,
    reports: ReportsOption = Path("reports"),
) -> None:
    """Freeze runs as the reference of their suite on their machine; earlier ones are kept."""
    from bench.journal import read_run
    from bench.nightly import in_class
    from bench.regression.baselines import accept as accept_runs
    from bench.regression.baselines import baseline_file

    given = [in_class(read_run(run), machine_class) for run in runs]
    reference = accept_runs(given, why, reports)
    file = baseline_file(reports, reference.machine, reference.suite)
    typer.echo(f"{reference.id}: {len(reference.nights)} nights, {len(reference.states)} cases -> {file}")
    disturbed = sum(night.disturbed_trials for night in reference.nights)
    if disturbed:
        trials = sum(night.trials for night in reference.nights)
        typer.echo(
            f"  {disturbed} of its {trials} trials were disturbed: a quieter hour would make a better reference."
        )
    if len(reference.nights) == 1:
        typer.echo(
            "  One night: how much nights differ here is assumed. Several runs in one accept make it known."
        )


def history(
    suite: Annotated[str, typer.Argument(help="A suite's name or file.", show_default=False)],
    machine: Annotated[str | None, typer.Option(help="A machine's id; this one by default.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Metrics to show. May be repeated.")] = None,
    nights: Annotated[int, typer.Option(min=2, help="Nights to show in the terminal.")] = 40,
    html: Annotated[Path | None, typer.Option(help="Write the dashboard here instead.")] = None,
    reports: ReportsOption = Path("reports"),
    rebuild_index: Annotated[bool, typer.Option("--rebuild-index", help="Rebuild the SQLite file.")] = False,
) -> None:
    """Show a suite's trends over nights, or write them as one HTML page."""
    from rich.table import Table
    from rich.text import Text

    from bench.commands.terminal import wide_console
    from bench.language import metric_text
    from bench.regression.baselines import baseline_file, read_references
    from bench.regression.dashboard import write_dashboard
    from bench.regression.gate import DEFAULT_TOLERANCES
    from bench.regression.history import find_history, read_history
    from bench.regression.index import index_file
    from bench.regression.index import rebuild_index as rebuild
    from bench.regression.trends import collect_trends, sparkline, version_changes
    from bench.text.changes import change_text
    from bench.text.safe import clean

    file = find_history(reports, _suite_name(suite), machine or _this_machine)
    found = read_history(file)
    references, warnings = read_references(baseline_file(reports, file.parent.name, file.stem))
    for warning in (*found.warnings, *warnings):
        typer.secho(warning, fg="yellow", err=True)
    if rebuild_index:
        rebuild(index_file(file), found.nights)
        typer.echo(f"wrote {index_file(file)}")
    if html is not None:
        write_dashboard(html, found.nights, references, reports=reports, warnings=found.warnings)
        typer.echo(f"wrote {html}")
        return
    shown = found.nights[-nights:]
    table = Table(
        title=Text(f"{file.stem} on {file.parent.name}: the last {len(shown)} of {len(found.nights)} nights")
    )
    for title in ("case", "metric", "trend", "last", "reference", "last change of level"):
        table.add_column(title, no_wrap=title == "trend")
    for trend in collect_trends(shown, references, metric or tuple(DEFAULT_TOLERANCES)):
        held = (
            f"{change_text(trend.last / trend.references[-1][1])}" if trend.references and trend.last else "-"
        )
        change = trend.changes[-1] if trend.changes else None
        when = f"{shown[change.index].started_at[:10]} {change_text(change.ratio)}" if change else "-"
        last = metric_text(trend.metric, trend.last) if trend.last is not None else "-"
        table.add_row(Text(clean(trend.case)), trend.metric, sparkline(trend.values), last, held, when)
    console = wide_console()
    console.print(table)
    console.print(Text("verdicts  " + " ".join((night.verdict or "-")[0] for night in shown)))
    for index, text in version_changes(shown):
        console.print(Text(f"{shown[index].started_at[:10]}  {clean(text)}"))


def _suite_name(given: str) -> str:
    if not given.endswith((".yaml", ".yml")):
        return given
    from bench.config import load_suite

    return load_suite(Path(given)).name


def _this_machine() -> str:
    from bench import host

    return host.describe().id

"""`gate` and `nightly`: measure a suite, hold it to its frozen reference, keep the night."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench import nightly
from bench.commands.arguments import ClassOption, LogsOption, ReportsOption, SuiteArgument
from bench.commands.trust import TrustOption
from bench.language import english
from bench.nightly import Judging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.regression.gate import GateReport

RunOption = Annotated[
    Path | None,
    typer.Option("--run", help="Judge this run instead of measuring a new one.", show_default=False),
]
NightsOption = Annotated[int, typer.Option(min=1, max=30, help="Nights of the longer window.")]
AlarmsOption = Annotated[
    float,
    typer.Option(
        min=1e-6, max=0.5, help="Chance of a false alarm on a quiet night, over all series together."
    ),
]
ExactOption = Annotated[
    bool,
    typer.Option("--exact-only", help="Judge only text, backend, files and status, not times or memory."),
]
EnvironmentOption = Annotated[
    str | None, typer.Option(help="Compare the other environments with this one, within the night.")
]
InconclusiveOption = Annotated[
    int, typer.Option(min=0, max=255, help="Exit code of INCONCLUSIVE: 0 lets it pass, 1 makes it fail.")
]
SummaryOption = Annotated[
    Path | None, typer.Option(help="Append the short report to this file (a CI job's summary).")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    gate = "Hold a suite to its frozen reference.  Exit 0 PASS, 1 FAIL, 2 INCONCLUSIVE."
    app.command("gate", help=gate)(_command())
    nightly = "The whole night: measure, gate, history and its index, dashboard.  Exits like gate."
    app.command("nightly", help=nightly)(_command(then=_publish))


def _command(then: Callable[[GateReport, Path], None] | None = None) -> Callable[..., None]:
    """A command that gates a suite; `then` gets the night's report and the folder of reports."""

    def command(
        suite: SuiteArgument,
        run: RunOption = None,
        nights: NightsOption = 3,
        alarms: AlarmsOption = 0.01,
        exact_only: ExactOption = False,
        reference_environment: EnvironmentOption = None,
        inconclusive: InconclusiveOption = 2,
        summary: SummaryOption = None,
        machine_class: ClassOption = None,
        reports: ReportsOption = Path("reports"),
        logs: LogsOption = Path("logs"),
        trust: TrustOption = False,
    ) -> None:
        from bench.regression.gate import GateOutcome
        from bench.regression.series import SeriesRule

        judging = Judging(
            rule=SeriesRule(nights=nights, alarms=alarms),
            exact_only=exact_only,
            reference_environment=reference_environment,
            machine_class=machine_class,
        )
        report = _gate(suite, run=run, judging=judging, summary=summary, reports=reports, logs=logs)
        if then is not None:
            then(report, reports)
        open_night = report.outcome is GateOutcome.INCONCLUSIVE
        raise typer.Exit(inconclusive if open_night else report.outcome.exit_code)

    return command


def _publish(report: GateReport, reports: Path) -> None:
    """Rebuild the history's index and dashboard."""
    typer.echo(f"wrote {nightly.publish(report, reports)}")


def _gate(
    suite: Path,
    *,
    run: Path | None,
    judging: Judging,
    summary: Path | None,
    reports: Path,
    logs: Path,
) -> GateReport:
    """Gate the suite and show what was found."""
    from bench.commands.measure import measured
    from bench.config import load_suite
    from bench.regression.texts import gate_markdown

    asked = load_suite(suite)
    found = nightly.gate(
        asked,
        run=run,
        judging=judging,
        reports=reports,
        measure=lambda: measured(asked, source=suite, out=reports, logs=logs).run,
    )
    report = found.report
    print_warnings(found.warnings)
    _print(report)
    if report.reference is None and os.environ.get("GITHUB_ACTIONS") == "true":
        text = (
            f"{report.night.suite} on {report.night.machine} was compared with nothing; see docs/nightly.md"
        )
        typer.echo(f"::warning title=No reference yet::{text}")
    if summary is not None:
        try:
            with summary.open("a", encoding="utf-8") as stream:
                stream.write(gate_markdown(report) + "\n")
        except OSError as error:  # the verdict stands without it
            typer.secho(f"{summary}: cannot be written: {error.strerror}.", fg="yellow", err=True)
    return report


def print_warnings(warnings: Iterable[str]) -> None:
    """What of a history could not be read."""
    for warning in warnings:
        typer.secho(warning, fg="yellow", err=True)


def _print(report: GateReport) -> None:
    """The verdict and what led to it, on the terminal."""
    from rich.table import Table
    from rich.text import Text

    from bench.commands.terminal import print_facts, wide_console
    from bench.regression.texts import comparison_cells, series_cells
    from bench.statistics import Verdict
    from bench.text.changes import change_text
    from bench.text.safe import clean

    console = wide_console()
    print_facts(console, report.facts)
    shown = [one for one in report.series if one.verdict is not Verdict.SAME]
    if shown:
        table = Table(
            "case", "metric", "reference", "now", "change", "over", "tolerance", "verdict", "can catch"
        )
        for one in shown:
            style = {"worse": "red", "better": "green"}.get(str(one.verdict))
            catchable = change_text(one.catchable) if one.catchable is not None else "-"
            table.add_row(*(Text(clean(cell)) for cell in series_cells(one)), catchable, style=style)
        console.print(table)
    if report.interleaved:
        table = Table(
            "case",
            "metric",
            "reference",
            "other",
            "change (95 %)",
            "tolerance",
            "verdict",
            title="within the night",
        )
        for row in report.interleaved:
            style = {"worse": "red", "better": "green"}.get(str(row.verdict))
            table.add_row(*(Text(clean(cell)) for cell in comparison_cells(row)), style=style)
        console.print(table)
    for metric, ratio in report.shifted.items():
        text = f"all cases moved together in {metric} ({change_text(ratio)}): look at the machine first"
        console.print(Text(text, style="yellow"))
    for note in report.notes:
        console.print(Text(clean(english(note))))
    same = sum(1 for one in report.series if one.verdict is Verdict.SAME)
    style = {"PASS": "bold green", "FAIL": "bold red"}.get(str(report.outcome), "bold yellow")
    held = f"{same} of {len(report.series)} series held" if report.series else ""
    console.print(Text(f"{report.outcome}", style=style), Text(held))

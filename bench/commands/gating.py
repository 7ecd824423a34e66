"""`gate` and `nightly`: measure a suite, hold it to its frozen reference, keep the night."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import ClassOption, LogsOption, ReportsOption, SuiteArgument

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.journal import RunData
    from bench.regression.gate import GateReport
    from bench.regression.series import SeriesRule

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
    bool, typer.Option("--exact-only", help="Judge text, backend, files and status; no times, no memory.")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How a night is judged: the rule of the statistical gate (None: the default one) and its scope."""

    rule: SeriesRule | None = None
    exact_only: bool = False
    reference_environment: str | None = None
    machine_class: str | None = None


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
    """Make the index and the dashboard of the history anew."""
    from bench.regression.baselines import baseline_file, read_references
    from bench.regression.dashboard import write_dashboard
    from bench.regression.history import history_file, read_history
    from bench.regression.index import index_file, rebuild_index

    night = report.night
    file = history_file(reports, night.machine, night.suite)
    found = read_history(file)
    references, _ = read_references(baseline_file(reports, night.machine, night.suite))
    rebuild_index(index_file(file), found.nights)
    page = file.with_suffix(".html")
    write_dashboard(page, found.nights, references, reports=reports, warnings=found.warnings)
    typer.echo(f"wrote {page}")


def _gate(
    suite: Path,
    *,
    run: Path | None,
    judging: Judging,
    summary: Path | None,
    reports: Path,
    logs: Path,
) -> GateReport:
    """Measure (or read) the night, judge it, write what was found beside it, append it to history."""
    from bench import host
    from bench.commands.measure import measure
    from bench.config import load_suite
    from bench.errors import JournalError, SuiteError
    from bench.journal import read_run
    from bench.regression.history import append_night, history_file, nightly_lock

    if judging.machine_class is not None and not judging.exact_only:
        raise SuiteError(
            "--machine-class puts different machines under one name: their times and memory do not compare.",
            hint="Add --exact-only, or leave the class out to gate this machine against itself.",
        )
    asked = load_suite(suite)
    machine = judging.machine_class or (host.describe().id if run is None else read_run(run).host.id)
    file = history_file(reports, machine, asked.name)
    with nightly_lock(file):
        folder = measure(asked, source=suite, out=reports, logs=logs).run if run is None else run
        data = in_class(read_run(folder), judging.machine_class)
        if data.suite.name != asked.name:
            raise JournalError(
                f"{folder} is a run of {data.suite.name}, not of {asked.name}.",
                hint="Give a run of the suite.",
            )
        report = judge(data, reports, judging)
        _write_beside(report, data)
        append_night(file, report.night)
    _print(report)
    if report.reference is None and os.environ.get("GITHUB_ACTIONS") == "true":
        text = f"{report.night.suite} on {report.night.machine} is held to nothing; see docs/nightly.md"
        typer.echo(f"::warning title=There is no reference yet::{text}")
    if summary is not None:
        from bench.regression.texts import gate_markdown

        with summary.open("a", encoding="utf-8") as stream:
            stream.write(gate_markdown(report) + "\n")
    return report


def in_class(data: RunData, machine_class: str | None) -> RunData:
    """The run as one of that machine class; unchanged without a class."""
    if machine_class is None:
        return data
    records = tuple(
        dataclasses.replace(record, host=machine_class) if record.host == data.host.id else record
        for record in data.records
    )
    return dataclasses.replace(data, host=dataclasses.replace(data.host, id=machine_class), records=records)


def judge(data: RunData, reports: Path, judging: Judging | None = None) -> GateReport:
    """The gate's report on a run, from the reference and history under `reports`; writes nothing."""
    from bench.regression.baselines import baseline_file, reference_in_force
    from bench.regression.gate import gate_run
    from bench.regression.history import history_file, read_history
    from bench.regression.series import DEFAULT_RULE

    judging = judging or Judging()
    reference = reference_in_force(baseline_file(reports, data.host.id, data.suite.name))
    found = read_history(history_file(reports, data.host.id, data.suite.name))
    for warning in found.warnings:
        typer.secho(warning, fg="yellow", err=True)
    before = list(found.since(reference.accepted_at)) if reference else []
    earliest = min((record.started_at for record in data.records), default="")
    report = gate_run(
        data,
        reference,
        [night for night in before if night.started_at < earliest],
        rule=judging.rule or DEFAULT_RULE,
        exact_only=judging.exact_only,
        reference_environment=judging.reference_environment,
    )
    return dataclasses.replace(
        report, night=dataclasses.replace(report.night, report=_report_path(data.path, reports))
    )


def _report_path(run: Path, reports: Path) -> str | None:
    """The run's report as a path below `reports`; None where there is none there."""
    found = (run / name for name in ("report.html", "report.en.md", "report.ru.md"))
    file = next((file for file in found if file.is_file()), None)
    try:
        return file.resolve().relative_to(reports.resolve()).as_posix() if file else None
    except ValueError:
        return None


def _write_beside(report: GateReport, data: RunData) -> None:
    """gate.md, gate.json and gate.junit.xml in the run's folder, each replaced as a whole."""
    from bench.exports.junit import export_junit
    from bench.jsonlines import replace_lines
    from bench.regression.texts import gate_json, gate_markdown

    as_json = json.dumps(gate_json(report), ensure_ascii=False, indent=2) + "\n"
    texts = {"gate.md": gate_markdown(report), "gate.json": as_json, "gate.junit.xml": export_junit(report)}
    for name, text in texts.items():
        replace_lines(data.path / name, [text.encode()])


def _print(report: GateReport) -> None:
    """The verdict and what led to it, on the terminal."""
    from rich.table import Table
    from rich.text import Text

    from bench.commands.terminal import print_facts, wide_console
    from bench.regression.texts import comparison_cells, series_cells
    from bench.statistics import Verdict
    from bench.text.figures import change_text
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
        console.print(Text(clean(note)))
    same = sum(1 for one in report.series if one.verdict is Verdict.SAME)
    style = {"PASS": "bold green", "FAIL": "bold red"}.get(str(report.outcome), "bold yellow")
    held = f"{same} of {len(report.series)} series held" if report.series else ""
    console.print(Text(f"{report.outcome}", style=style), Text(held))

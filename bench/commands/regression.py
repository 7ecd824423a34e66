"""`compare`, `accept`, `history`, `export`: what changed between runs and over nights."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import bisecting, gating
from bench.commands.arguments import ClassOption, ReportsOption, refuse_unknown_metrics
from bench.language import english

if TYPE_CHECKING:
    from bench.journal import RunData
    from bench.regression.compare import RunComparison, Side


class Form(StrEnum):
    """How a comparison is written."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    SHORT = "short"
    JSON = "json"


class Export(StrEnum):
    """The formats a run can be exported in."""

    PYTEST_BENCHMARK = "pytest-benchmark"
    BENCHER = "bencher"
    CSV = "csv"
    JUNIT = "junit"
    MODEL_INDEX = "model-index"
    ACTION_BENCHMARK = "github-action-benchmark"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("compare")(compare)
    gating.register(app)
    app.command("accept")(accept)
    app.command("history")(history)
    app.command("export")(export)
    bisecting.register(app)


def compare(
    base: Annotated[Path, typer.Argument(help="A run directory: what to compare with.", show_default=False)],
    new: Annotated[
        Path | None,
        typer.Argument(help="Another run; without it, two variants of the first.", show_default=False),
    ] = None,
    base_variant: Annotated[str | None, typer.Option(help="Only this variant of the base.")] = None,
    new_variant: Annotated[str | None, typer.Option(help="Only this variant of the new run.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="A metric to compare. May be repeated.")] = None,
    tolerance: Annotated[
        float, typer.Option(min=0.001, help="Change that matters, where the suite names none: 0.05 = 5 %.")
    ] = 0.05,
    across: Annotated[
        bool, typer.Option("--across", help="Compare across machines and protocols all the same, marked.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="short is for a pull request.")] = Form.TERMINAL,
    out: Annotated[Path | None, typer.Option(help="File to write; the terminal by default.")] = None,
) -> None:
    """Compare two runs, or two variants of one, case by case: ratios, intervals, verdicts."""
    from bench.errors import SuiteError
    from bench.journal import read_run
    from bench.regression.compare import Side
    from bench.regression.compare import compare as compare_sides

    if new is None and (base_variant is None or new_variant is None):
        raise SuiteError(
            "There is nothing to compare with.",
            hint="Give a second run, or two variants of this one: --base-variant f16 --new-variant q8_0",
        )
    first = read_run(base)
    second = first if new is None or new.resolve() == first.path else read_run(new)
    left, right = Side(run=first, variant=base_variant), Side(run=second, variant=new_variant)
    _check_names(left, right, metric or [])
    comparison = compare_sides(left, right, metrics=metric or (), default_tolerance=tolerance, across=across)
    if form is Form.TERMINAL and out is None:
        _print_comparison(comparison)
    else:
        _write(_formed(comparison, form), out)


def _check_names(left: Side, right: Side, metrics: list[str]) -> None:
    from bench.errors import SuiteError
    from bench.yamlfile import nearest

    refuse_unknown_metrics(metrics)
    for side in (left, right):
        known = sorted({record.variant for record in side.run.records})
        if side.variant is not None and side.variant not in known:
            raise SuiteError(
                f'{side.run.run_id} has no variant "{side.variant}"{nearest(side.variant, known)}',
                hint=f"Its variants: {', '.join(known)}.",
            )


def _formed(comparison: RunComparison, form: Form) -> str:
    from bench.regression.texts import comparison_json, comparison_markdown

    if form is Form.JSON:
        return json.dumps(comparison_json(comparison), ensure_ascii=False, indent=2) + "\n"
    return comparison_markdown(comparison, short=form is Form.SHORT)


def _print_comparison(comparison: RunComparison) -> None:
    from rich.table import Table
    from rich.text import Text

    from bench.commands.terminal import print_facts, wide_console
    from bench.regression.texts import comparison_cells
    from bench.text.safe import clean

    console = wide_console()
    for caution in comparison.cautions:
        console.print(Text(f"! {clean(english(caution))}", style="yellow"))
    table = Table(title=Text(f"{comparison.new} against {comparison.base}"))
    for title in ("case", "metric", "base", "new", "change (95 %)", "tolerance", "verdict"):
        table.add_column(title, justify="right" if title in ("base", "new", "tolerance") else "left")
    for row in comparison.rows:
        style = {"worse": "red", "better": "green", "different": "magenta"}.get(str(row.verdict))
        table.add_row(*(Text(clean(cell)) for cell in comparison_cells(row)), style=style)
    console.print(table)
    print_facts(console, comparison.facts)
    for title, cases in (
        ("only in the base", comparison.only_base),
        ("only in the new", comparison.only_new),
    ):
        if cases:
            console.print(Text(f"{title}: {', '.join(cases)}"))


def accept(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run directories, each one a night of the reference.", show_default=False),
    ],
    why: Annotated[str, typer.Option(help="Why these are right from now on; kept with the reference.")],
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
            f"  {disturbed} of its {trials} trials were disturbed: a quieter hour makes a sharper reference."
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
    rebuild_index: Annotated[
        bool, typer.Option("--rebuild-index", help="Make the SQLite file anew.")
    ] = False,
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


def export(
    run: Annotated[Path, typer.Argument(help="A run directory.", show_default=False)],
    form: Annotated[Export, typer.Option("--format", help="What to write.")],
    metric: Annotated[str, typer.Option(help="pytest-benchmark: the time to export.")] = "transcribe_seconds",
    out: Annotated[Path | None, typer.Option(help="File to write; the standard output by default.")] = None,
    reports: ReportsOption = Path("reports"),
) -> None:
    """Export a run for other tools.

    pytest-benchmark's JSON, Bencher's metric format, CSV, a JUnit file of verdicts, the model-index of a
    Hugging Face model card, github-action-benchmark's JSON, Parquet.
    """
    from bench.exports.bencher import export_bencher
    from bench.exports.junit import export_junit
    from bench.exports.pytest_benchmark import export_pytest_benchmark
    from bench.exports.table import export_csv
    from bench.journal import read_run

    refuse_unknown_metrics([metric])
    data = read_run(run)
    if form is Export.CSV:
        _write(export_csv(data), out)
    elif form is Export.PARQUET:
        _write_parquet(data, out)
    elif form is Export.MODEL_INDEX:
        from bench.exports.model_index import export_model_index

        _write(export_model_index(data), out)
    elif form is Export.ACTION_BENCHMARK:
        from bench.exports.action_benchmark import export_action_benchmark

        _write(json.dumps(export_action_benchmark(data), ensure_ascii=False, indent=2) + "\n", out)
    elif form is Export.JUNIT:
        from bench.nightly import judge

        judged = judge(data, reports)
        gating.print_warnings(judged.warnings)
        _write(export_junit(judged.report), out)
    else:
        made = export_bencher(data) if form is Export.BENCHER else export_pytest_benchmark(data, metric)
        _write(json.dumps(made, ensure_ascii=False, indent=2) + "\n", out)


def _write_parquet(data: RunData, out: Path | None) -> None:
    from bench.errors import ReportError
    from bench.frames import frame_of

    if out is None:
        raise ReportError("Parquet is no text.", hint="Say where to write it: --out run.parquet")
    frame = frame_of(data, discarded=True)
    try:
        frame.to_parquet(out)
    except ImportError:
        raise ReportError(
            "pyarrow is not installed.", hint="Install it with: pip install 'asr-quant-bench[parquet]'"
        ) from None
    except OSError as error:
        raise ReportError(
            f"{out}: cannot be written: {error.strerror}.", hint="Give another --out."
        ) from error
    typer.echo(f"wrote {out}")


def _write(text: str, out: Path | None) -> None:
    from bench.files import write_file

    if out is None:
        typer.echo(text, nl=False)
        return
    write_file(out, text, hint="Give another --out.")
    typer.echo(f"wrote {out}")

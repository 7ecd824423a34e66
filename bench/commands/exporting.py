"""`export`: a run for other tools."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import gating
from bench.commands.arguments import ReportsOption, refuse_unknown_metrics
from bench.commands.output import write_or_print

if TYPE_CHECKING:
    from bench.journal import RunData


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
    """Add the command."""
    app.command("export")(export)


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
        write_or_print(export_csv(data), out)
    elif form is Export.PARQUET:
        _write_parquet(data, out)
    elif form is Export.MODEL_INDEX:
        from bench.exports.model_index import export_model_index

        write_or_print(export_model_index(data), out)
    elif form is Export.ACTION_BENCHMARK:
        from bench.exports.action_benchmark import export_action_benchmark

        write_or_print(json.dumps(export_action_benchmark(data), ensure_ascii=False, indent=2) + "\n", out)
    elif form is Export.JUNIT:
        from bench.nightly import judge

        judged = judge(data, reports)
        gating.print_warnings(judged.warnings)
        write_or_print(export_junit(judged.report), out)
    else:
        made = export_bencher(data) if form is Export.BENCHER else export_pytest_benchmark(data, metric)
        write_or_print(json.dumps(made, ensure_ascii=False, indent=2) + "\n", out)


def _write_parquet(data: RunData, out: Path | None) -> None:
    from bench.errors import ReportError
    from bench.frames import frame_of

    if out is None:
        raise ReportError(
            "Parquet cannot go to the terminal.", hint="Say where to write it: --out run.parquet"
        )
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

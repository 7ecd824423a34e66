"""`compare`: what changed between two runs, or two variants of one."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import refuse_unknown_metrics
from bench.commands.output import write_or_print
from bench.language import english

if TYPE_CHECKING:
    from bench.regression.compare import RunComparison, Side


class Form(StrEnum):
    """How a comparison is written."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    SHORT = "short"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare)


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
        float,
        typer.Option(min=0.001, help="Smallest change that matters, where the suite names none: 0.05 = 5 %."),
    ] = 0.05,
    across: Annotated[
        bool,
        typer.Option("--across", help="Compare across machines and protocols anyway, and mark the result."),
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
        write_or_print(_formed(comparison, form), out)


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

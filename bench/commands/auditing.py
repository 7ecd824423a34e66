"""`audit` and `tune`: what this machine can tell apart, and which settings suit it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import LogsOption, OnlyOption, ReportsOption, SuiteArgument

if TYPE_CHECKING:
    from bench.resolution import Audit

# What an audit's table shows first; the others follow in the order of their names.
FIRST = (
    "transcribe_seconds",
    "transcribe_processor_seconds",
    "load_seconds",
    "wall_seconds",
    "peak_rss_bytes",
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("audit")(audit)
    app.command("tune")(tune)


def audit(
    suite: SuiteArgument = Path("configs/whisper-base.yaml"),
    copies: Annotated[int, typer.Option(min=2, max=20, help="How many copies of the case to measure.")] = 4,
    blocks: Annotated[
        int | None, typer.Option(min=6, help="Number of repetitions, instead of the suite's.")
    ] = None,
    reports: ReportsOption = Path("reports"),
    logs: LogsOption = Path("logs"),
) -> None:
    """Measure one case as several (A/A): the smallest differences that this machine can resolve."""
    from datetime import UTC, datetime

    from bench.audit import audited_suite, keep, resolutions
    from bench.commands.measure import measured
    from bench.config import load_suite
    from bench.journal import read_run
    from bench.resolution import Audit
    from bench.session import select

    asked = audited_suite(load_suite(suite), copies=copies)
    asked = select(asked, [], blocks or asked.protocol.blocks, source=suite)
    folders = measured(asked, source=suite, out=reports, logs=logs)
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


def tune(
    suite: SuiteArgument,
    out: Annotated[
        Path | None, typer.Option(help="The suite to write; NAME-tuned.yaml beside the suite if not given.")
    ] = None,
    only: OnlyOption = None,
    knob: Annotated[
        list[str] | None, typer.Option(help="Tune this setting alone: threads, flash_attention ...")
    ] = None,
    reports: ReportsOption = Path("reports"),
    logs: LogsOption = Path("logs"),
) -> None:
    """Find threads, attention, batches and wait policy for this machine; write the suite with them."""
    import os
    import sys

    from bench import tuning
    from bench.commands.measure import measured
    from bench.config import load_suite
    from bench.engines import registry
    from bench.errors import SuiteError
    from bench.files import replace_file
    from bench.journal import read_run
    from bench.session import select

    asked = select(load_suite(suite), only or [], None, source=suite)
    engines = {case.variant.engine for case in asked.cases}
    if len(engines) > 1:
        raise SuiteError(
            f"{suite}: has cases of several engines: {', '.join(sorted(engines))}.",
            hint="Tune one engine at a time, with --only PATTERN.",
        )
    settings = registry.get(engines.pop()).settings
    known = tuning.knobs(settings, cores=os.cpu_count() or 1, openmp=sys.platform == "linux")
    wanted = [each for each in known if not knob or each.name in knob]
    if not wanted:
        names = ", ".join(each.name for each in known) or "none"
        raise SuiteError(
            f"--knob {' '.join(knob or [])}: the engine has no such knob.", hint=f"It has: {names}."
        )
    choices: list[tuning.Choice] = []
    for each in wanted:
        trial = tuning.knob_suite(asked, each)
        folders = measured(trial, source=suite, out=reports, logs=logs)
        made = tuning.choose(asked, each, read_run(folders.run).records)
        for choice in made:
            gained = f"{choice.gain:.1%} faster" if choice.gain else "nothing shown to be faster"
            typer.echo(f"{choice.case.id}: {each.name}: {choice.value}: {gained}")
        choices += made
        asked = tuning.tuned(asked, made)
    target = out or suite.with_name(f"{suite.stem}-tuned.yaml")
    name = asked.name + "-tuned"
    replace_file(target, tuning.tuned_text(suite.read_text(encoding="utf-8"), name, choices))
    load_suite(target)
    typer.echo(f"wrote {target}")

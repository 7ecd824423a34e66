"""`plan` and `fetch`: what a suite needs, before anything is measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import OnlyOption, SuiteArgument
from bench.commands.trust import TrustOption, require_trust
from bench.estimates import estimate, estimate_pass
from bench.session import select

if TYPE_CHECKING:
    from rich.console import Console

    from bench.domain import Suite


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("plan")(plan)
    app.command("fetch")(fetch)


def plan(
    suite: SuiteArgument,
    only: OnlyOption = None,
    blocks: Annotated[
        int | None, typer.Option(min=1, help="Number of repetitions, instead of the suite's.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of earlier runs, for the time estimate.")] = Path(
        "reports"
    ),
) -> None:
    """Show a suite's cases, downloads and time; run nothing, download nothing."""
    from rich.table import Table

    from bench.commands.terminal import blocks_of, counted, wide_console
    from bench.config import load_suite

    asked = select(load_suite(suite), only or [], blocks, source=suite)
    console = wide_console()
    table = Table("case", "engine", "device", "baseline", title=f"{asked.name}: {len(asked.cases)} cases")
    for case in asked.cases:
        table.add_row(
            case.id, case.variant.engine, case.variant.device, "itself" if case.is_baseline else case.baseline
        )
    console.print(table)
    _print_needs(console, asked)
    seconds, source = estimate(asked, out)
    trials = len(asked.cases) * asked.protocol.most_blocks
    console.print(
        f"{blocks_of(asked.protocol)} x {counted(len(asked.cases), 'case')} = {trials} trials at most, "
        f"about {max(1, round(seconds / 60))} min ({source}); no trial longer than "
        f"{asked.protocol.timeout_seconds:.0f} s.",
        highlight=False,
    )
    listening, utterances = estimate_pass(asked, out)
    if utterances:
        console.print(
            f"then {utterances} utterances, heard by every variant: about {max(1, round(listening / 60))} min "
            "(run --no-quality leaves them out).",
            highlight=False,
        )


def _print_needs(console: Console, suite: Suite) -> None:
    from rich.filesize import decimal
    from rich.table import Table
    from rich.text import Text

    from bench.assets import clip_needs, needs
    from bench.prepare import wanted_weights
    from bench.text.safe import clean

    found = {
        need.title: need
        for model, quantization, form in wanted_weights(suite)
        for need in needs(suite.models[model], quantization, form)
    }
    found |= {need.title: need for clip in suite.clips.values() for need in clip_needs(clip)}
    table = Table("input", "how", "size", "state", title="inputs")
    for need in found.values():
        size = "?" if need.bytes is None else decimal(need.bytes)
        table.add_row(
            Text(clean(need.title)), need.kind, size, "in the cache" if need.cached else "to be made"
        )
    console.print(table)
    for need in found.values():
        if need.hint and not need.cached:
            console.print(f"! {need.title}: {need.hint}", style="yellow", markup=False, soft_wrap=True)


def fetch(
    suite: SuiteArgument,
    only: OnlyOption = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Hash every file again, even those whose size and times have not changed."
        ),
    ] = False,
    trust: TrustOption = False,
) -> None:
    """Download and build everything a suite needs; verified, resumed, each thing once."""
    from contextlib import nullcontext

    from bench.assets.hashes import reading_everything
    from bench.commands.display import Display
    from bench.config import load_suite
    from bench.prepare import prepare

    asked = select(load_suite(suite), only or [], None, source=suite)
    require_trust(asked, suite)
    with Display(asked) as display, reading_everything() if verify else nullcontext():
        prepared = prepare(asked, display)
        display.prepared(prepared)
    raise typer.Exit(1 if prepared.blocked else 0)

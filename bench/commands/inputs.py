"""`plan` and `fetch`: what a suite needs, before anything is measured."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import OnlyOption, SuiteArgument
from bench.commands.measure import select

if TYPE_CHECKING:
    from bench.domain import Suite

# Where no earlier run tells: a guess for the time estimate, never a figure of a report.
_GUESSED_RTF = 0.25
_GUESSED_START_SECONDS = 2.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("plan")(plan)
    app.command("fetch")(fetch)


def plan(
    suite: SuiteArgument,
    only: OnlyOption = None,
    blocks: Annotated[int | None, typer.Option(min=1, help="Repetitions, instead of the suite's.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of earlier runs, for the time estimate.")] = Path(
        "reports"
    ),
) -> None:
    """Show a suite's cases, downloads and time; run nothing, download nothing."""
    from rich.table import Table

    from bench.commands.terminal import wide_console
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
    bound = "" if asked.protocol.precision is None else f"{asked.protocol.min_blocks} to "
    console.print(
        f"{bound}{asked.protocol.most_blocks} blocks x {len(asked.cases)} cases = {trials} trials, "
        f"about {max(1, round(seconds / 60))} min ({source}); no trial longer than "
        f"{asked.protocol.timeout_seconds:.0f} s.",
        highlight=False,
    )


def _print_needs(console: object, suite: Suite) -> None:
    from rich.console import Console
    from rich.filesize import decimal
    from rich.table import Table

    from bench.assets import clip_needs, needs
    from bench.engines import registry

    assert isinstance(console, Console)
    wanted = set()
    for case in suite.cases:
        engine, settings = registry.get(case.variant.engine), registry.settings_of(case.variant)
        if not engine.refusal(suite.models[case.model], settings, case.variant.quantization):
            form = registry.format_of(engine, settings)
            wanted.add((case.model, case.variant.quantization, form))
    found = {
        need.title: need
        for model, quantization, form in sorted(wanted)
        for need in needs(suite.models[model], quantization, form)
    }
    found |= {need.title: need for clip in suite.clips.values() for need in clip_needs(clip)}
    table = Table("input", "how", "size", "state", title="inputs")
    for need in found.values():
        size = "?" if need.bytes is None else decimal(need.bytes)
        table.add_row(need.title, need.kind, size, "in the cache" if need.cached else "to be made")
    console.print(table)


def estimate(suite: Suite, reports: Path) -> tuple[float, str]:
    """Seconds of a run of the suite, and where the estimate comes from."""
    seconds = {
        case.id: _GUESSED_START_SECONDS
        + suite.protocol.passes * _GUESSED_RTF * suite.clips[case.clip].duration_seconds
        for case in suite.cases
    }
    seen = _earlier_walls(reports / suite.name / "latest")
    known = seen.keys() & seconds.keys()
    seconds |= {name: seen[name] for name in known}
    each = sum(seconds.values()) + len(suite.cases) * suite.protocol.cooldown_seconds
    if not known:
        source = f"a guess at RTF {_GUESSED_RTF}: no earlier run of it is here"
    else:
        source = f"from the latest run: {len(known)} of {len(seconds)} cases"
    longest = each * suite.protocol.most_blocks
    if suite.protocol.precision is not None and suite.protocol.max_seconds is not None:
        longest = min(longest, max(suite.protocol.max_seconds, each * suite.protocol.min_blocks))
    return longest, source


def _earlier_walls(run: Path) -> dict[str, float]:
    from bench.journal import RECORDS, read_records

    if not (run / RECORDS).exists():
        return {}
    walls: dict[str, list[float]] = {}
    for record in read_records(run / RECORDS)[0]:
        if (wall := record.value("wall_seconds")) is not None:
            walls.setdefault(record.case, []).append(wall)
    return {case: median(values) for case, values in walls.items()}


def fetch(
    suite: SuiteArgument,
    only: OnlyOption = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Read every file again, also those whose size and times are as they were."
        ),
    ] = False,
) -> None:
    """Download and build everything a suite needs; verified, resumed, each thing once."""
    from contextlib import nullcontext

    from bench.assets.hashes import reading_everything
    from bench.commands.display import Display
    from bench.config import load_suite
    from bench.prepare import prepare

    asked = select(load_suite(suite), only or [], None, source=suite)
    with Display(asked) as display, reading_everything() if verify else nullcontext():
        prepared = prepare(asked, display)
        display.prepared(prepared)
    raise typer.Exit(1 if prepared.blocked else 0)

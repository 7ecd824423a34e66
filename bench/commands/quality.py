"""`quality`: hear a suite's corpora with every variant, and write the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.arguments import (
    LogsOption,
    OnlyOption,
    OnOption,
    ShareOption,
    SuiteArgument,
    WaitOption,
)
from bench.errors import FleetError, Interrupted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("quality")(quality)


def quality(
    suite: SuiteArgument,
    only: OnlyOption = None,
    out: Annotated[Path, typer.Option(help="Folder for SUITE/RUN-ID.")] = Path("reports"),
    logs: LogsOption = Path("logs"),
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Use the suite's newest run: add the pass to it, or resume it."),
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Number of processes, instead of the suite's.")
    ] = None,
    on: OnOption = None,
    share: ShareOption = None,
    wait: WaitOption = "10 min",
    lang: Annotated[
        list[str] | None, typer.Option(help="Report language, such as ru or en. May be repeated.")
    ] = None,
) -> None:
    """Hear every utterance of a suite's corpora with every variant; nothing is timed."""
    from bench import session
    from bench.commands.fleet import seconds_of, working_on
    from bench.commands.measure import reported
    from bench.commands.pass_display import PassDisplay
    from bench.config import load_suite
    from bench.listening.hear import hear_into, hear_pass

    asked = session.select(load_suite(suite), only or [], source=suite)
    with working_on(on) as executor:
        folders = hear_into(asked, reports=out, logs=logs, resume=resume)
        display = PassDisplay()
        try:
            hear_pass(
                asked,
                display,
                folders=folders,
                source=suite,
                workers=workers,
                executor=executor,
                share_seconds=None if share is None else seconds_of("--share", share),
                wait_seconds=seconds_of("--wait", wait),
            )
        except (Interrupted, FleetError):
            reported(folders, lang or asked.report.languages)
            raise
    display.ended()
    reported(folders, lang or asked.report.languages)
    raise typer.Exit(1 if display.bad else 0)

"""`run`: measure a suite and write its reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import (
    BudgetOption,
    LogsOption,
    OnlyOption,
    OnOption,
    PrecisionOption,
    SuiteArgument,
    WaitOption,
)
from bench.commands.trust import TrustOption, require_trust
from bench.errors import Interrupted
from bench.language import english

if TYPE_CHECKING:
    from bench.domain import Suite
    from bench.folders import RunFolders


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    suite: SuiteArgument,
    only: OnlyOption = None,
    blocks: Annotated[
        int | None, typer.Option(min=1, help="Number of repetitions, instead of the suite's.")
    ] = None,
    precision: PrecisionOption = None,
    budget: BudgetOption = None,
    out: Annotated[Path, typer.Option(help="Folder for SUITE/RUN-ID.")] = Path("reports"),
    logs: LogsOption = Path("logs"),
    resume: Annotated[bool, typer.Option("--resume", help="Resume the suite's newest run.")] = False,
    lang: Annotated[
        list[str] | None, typer.Option(help="Report language, such as ru or en. May be repeated.")
    ] = None,
    hear: Annotated[
        bool,
        typer.Option("--quality/--no-quality", help="Run the quality pass as well, if the suite has one."),
    ] = True,
    on: OnOption = None,
    hosts: Annotated[
        str | None,
        typer.Option(
            metavar="LABELS", help="With --on: the hosts to time on, m4,m1; the suite's by default."
        ),
    ] = None,
    wait: WaitOption = "10 min",
    trust: TrustOption = False,
) -> None:
    """Measure every case of a suite in fresh child processes, hear its corpora, then write the reports."""
    from bench import session
    from bench.config import load_suite

    asked = session.select(load_suite(suite), only or [], blocks, source=suite)
    if resume and on is None:
        asked = session.as_begun(asked, only=only or [], blocks=blocks, reports=out, logs=logs)
    asked = session.paced(asked, precision=precision, budget=budget)
    if on is not None:
        from bench.commands.fleet import seconds_of
        from bench.commands.on_hosts import time_and_report

        require_trust(asked, suite)
        code = time_and_report(
            asked,
            on=on,
            hosts=hosts,
            source=suite,
            out=out,
            logs=logs,
            resume=resume,
            languages=lang or asked.report.languages,
            hear=hear,
            wait_seconds=seconds_of("--wait", wait),
        )
        raise typer.Exit(code)
    folders = measured(asked, source=suite, out=out, logs=logs, resume=resume, lang=lang, hear=hear)
    raise typer.Exit(conclude(folders))


def measured(
    asked: Suite,
    *,
    source: Path,
    out: Path = Path("reports"),
    logs: Path = Path("logs"),
    resume: bool = False,
    lang: list[str] | None = None,
    hear: bool = False,
) -> RunFolders:
    """Measure a suite and write its reports while a person looks on; with `hear` its quality pass follows."""
    from bench import session
    from bench.commands.display import Display

    require_trust(asked, source)
    languages = lang or asked.report.languages
    with Display(asked) as display:
        folders = session.measure(
            asked, source=source, reports=out, logs=logs, resume=resume, onlooker=display, languages=languages
        )
    if hear and asked.quality.corpora:
        from bench.commands.pass_display import PassDisplay
        from bench.listening.hear import hear_pass

        try:
            hear_pass(asked, PassDisplay(), folders=folders, source=source)
        except Interrupted:
            reported(folders, languages)
            raise
    return reported(folders, languages)


def reported(folders: RunFolders, languages: Sequence[str]) -> RunFolders:
    """Write a run's reports and say where they are."""
    from bench import session
    from bench.commands.terminal import print_verdict
    from bench.journal import read_run

    written = session.write_reports(folders, languages)
    pages = [path for path in written if path.name.startswith("report.") and path.parent == folders.run]
    for path in pages:
        typer.echo(f"wrote {path}")
    if not written:
        return folders
    typer.echo(f"and {len(written) - len(pages)} files of charts and data beside them")
    print_verdict([read_run(folders.run)], languages[0])
    return folders


def conclude(folders: RunFolders) -> int:
    """Say which cases are not ok; the exit code."""
    from bench.session import failures

    bad = failures(folders.run)
    for case, record in bad.items():
        first_line = english(record.reason).partition("\n")[0]
        typer.secho(f"{case}: {record.status}: {first_line}", fg="red", err=True)
    return 1 if bad else 0

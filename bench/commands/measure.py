"""`run`: measure a suite and write its reports."""

from __future__ import annotations

import dataclasses
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import BudgetOption, LogsOption, OnlyOption, PrecisionOption, SuiteArgument
from bench.errors import Interrupted, SuiteError
from bench.language import english

if TYPE_CHECKING:
    from bench.domain import Suite
    from bench.folders import RunFolders


DEFAULT_PRECISION = 0.01  # of --budget in a suite that asks for none


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    suite: SuiteArgument,
    only: OnlyOption = None,
    blocks: Annotated[int | None, typer.Option(min=1, help="Repetitions, instead of the suite's.")] = None,
    precision: PrecisionOption = None,
    budget: BudgetOption = None,
    out: Annotated[Path, typer.Option(help="Folder for SUITE/RUN-ID.")] = Path("reports"),
    logs: LogsOption = Path("logs"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the suite's newest run.")] = False,
    lang: Annotated[list[str] | None, typer.Option(help="Report languages: ru, en. May be repeated.")] = None,
) -> None:
    """Measure every case of a suite in fresh child processes, then write the reports."""
    from bench.config import load_suite

    asked = select(load_suite(suite), only or [], blocks, source=suite)
    asked = paced(asked, precision=precision, budget=budget)
    folders = measure(asked, source=suite, out=out, logs=logs, resume=resume, lang=lang)
    raise typer.Exit(_conclude(folders))


def measure(
    asked: Suite,
    *,
    source: Path,
    out: Path = Path("reports"),
    logs: Path = Path("logs"),
    resume: bool = False,
    lang: list[str] | None = None,
) -> RunFolders:
    """Prepare and measure a suite, write its reports; Interrupted says how to go on."""
    from bench import host
    from bench.audit import carry
    from bench.commands.display import Display
    from bench.folders import (
        find_resumable,
        new_folders,
        refuse_other_cases,
        refuse_other_inputs,
        resumed_host,
        start,
    )
    from bench.prepare import prepare
    from bench.run import Runner

    machine = host.describe()
    if resume:
        folders = find_resumable(asked.name, reports=out, logs=logs)
        refuse_other_cases(folders, asked)
        machine = resumed_host(folders, machine)
    with Display(asked) as display:
        prepared = prepare(asked, display)
        display.prepared(prepared)
        if resume:
            refuse_other_inputs(folders, prepared.suite)
        else:
            folders = new_folders(asked.name, reports=out, logs=logs)
            start(folders, prepared.suite, machine)
            carry(out, machine.id, folders.run)
        display.measuring(folders)
        try:
            Runner(prepared=prepared, folders=folders, host=machine, watcher=display).run()
        except KeyboardInterrupt:
            display.interrupted()
            _write_reports(folders, asked, lang)
            raise Interrupted(
                "interrupted; what was measured is kept.",
                hint=f"Go on with: asr-quant-bench run {source} --resume",
            ) from None
    _write_reports(folders, asked, lang)
    return folders


def select(suite: Suite, only: list[str], blocks: int | None, *, source: Path) -> Suite:
    """The suite with the cases asked for and that many blocks; SuiteError when nothing is left."""
    cases = tuple(c for c in suite.cases if not only or any(fnmatchcase(c.id, pattern) for pattern in only))
    if not cases:
        listed = "\n    ".join(case.id for case in suite.cases)
        raise SuiteError(
            f"--only {' '.join(only)}: matches no case of {source}.", hint=f"Its cases:\n    {listed}"
        )
    kept = {case.id for case in cases}
    cases = tuple(c if c.baseline in kept else dataclasses.replace(c, baseline=None) for c in cases)
    protocol = suite.protocol
    if blocks:
        protocol = dataclasses.replace(protocol, blocks=blocks, precision=None)
    return dataclasses.replace(
        suite,
        cases=cases,
        protocol=protocol,
        models={name: model for name, model in suite.models.items() if any(c.model == name for c in cases)},
        clips={name: clip for name, clip in suite.clips.items() if any(c.clip == name for c in cases)},
    )


def paced(suite: Suite, *, precision: str | None, budget: str | None) -> Suite:
    """The suite going on until its ratios are known so well, or its trials have taken so long."""
    from pydantic import ValidationError

    from bench.config.shape import ProtocolEntry

    if precision is None and budget is None:
        return suite
    protocol = suite.protocol
    given = {"precision": precision or protocol.precision or DEFAULT_PRECISION, "max_time": budget}
    try:
        entry = ProtocolEntry.model_validate(given)
    except ValidationError as error:
        option = "--budget" if error.errors()[0]["loc"] == ("max_time",) else "--precision"
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise SuiteError(
            f"{option}: {message}.", hint='For example: --precision "1 %" --budget "20 min"'
        ) from error
    return dataclasses.replace(
        suite,
        protocol=dataclasses.replace(
            protocol,
            precision=entry.precision,
            max_seconds=protocol.max_seconds if budget is None else entry.max_time,
        ),
    )


def _write_reports(folders: RunFolders, suite: Suite, lang: list[str] | None) -> None:
    from bench.commands.terminal import print_verdict
    from bench.folders import point_latest
    from bench.journal import read_run
    from bench.report import render

    data = read_run(folders.run)
    if not data.records:
        return
    if any(record.status.delivered for record in data.records):
        point_latest(folders.run)
    languages = tuple(lang or suite.report.languages)
    written = render([data], languages=languages, out=folders.run)
    pages = [path for path in written if path.name.startswith("report.") and path.parent == folders.run]
    for path in pages:
        typer.echo(f"wrote {path}")
    typer.echo(f"and {len(written) - len(pages)} files of charts and data beside them")
    print_verdict([data], languages[0])


def _conclude(folders: RunFolders) -> int:
    """Say which cases are not ok; the exit code."""
    from bench.domain import Status
    from bench.journal import read_run

    bad = {r.case: r for r in read_run(folders.run).records if r.status is not Status.OK}
    for case, record in bad.items():
        first_line = english(record.reason).partition("\n")[0]
        typer.secho(f"{case}: {record.status}: {first_line}", fg="red", err=True)
    return 1 if bad else 0

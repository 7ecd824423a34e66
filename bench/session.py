"""What the commands, the pytest plugin and notebooks do: select, measure, report.

Nothing here prints: an `Onlooker` is told, errors are raised with their next step, and what was
written is returned.  Holding a night to its reference is `bench.nightly`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from bench.errors import Interrupted, SuiteError

if TYPE_CHECKING:
    from bench.domain import Reason, Record, Suite
    from bench.folders import RunFolders
    from bench.journal import RunData
    from bench.plan import Slot
    from bench.prepare import Prepared

DEFAULT_PRECISION: Final = 0.01  # of a time budget in a suite that asks for no precision


class Onlooker(Protocol):
    """Told what a session does: a `PrepareProgress`, a `Watcher`, and what lies between them."""

    def advance(self, title: str, done: int, total: int | None) -> None:
        """One more piece of an input is there."""

    def prepared(self, prepared: Prepared) -> None:
        """Every case is ready or blocked."""

    def measuring(self, folders: RunFolders) -> None:
        """The run begins, in these folders."""

    def interrupted(self) -> None:
        """Ctrl-C: the reports of what was measured are about to be written."""

    def goes_on(self, records: Iterable[Record]) -> None:
        """See `bench.runner.Watcher`."""

    def waits(self) -> None:
        """See `bench.runner.Watcher`."""

    def trial_starts(self, slot: Slot, attempt: int) -> None:
        """See `bench.runner.Watcher`."""

    def trial_ended(self, record: Record) -> None:
        """See `bench.runner.Watcher`."""

    def block_ended(self, number: int, records: Collection[Record]) -> None:
        """See `bench.runner.Watcher`."""

    def block_repeats(self, number: int, disturbances: Iterable[Reason]) -> None:
        """See `bench.runner.Watcher`."""


def run(
    suite: Suite | Path | str,
    *,
    only: Sequence[str] = (),
    blocks: int | None = None,
    reports: Path = Path("reports"),
    logs: Path = Path("logs"),
    languages: Sequence[str] | None = None,
    onlooker: Onlooker | None = None,
) -> RunData:
    """Measure a suite, write its reports, and return what was measured.

        import bench
        run = bench.run("configs/smoke.yaml", only=["*.f16.*"], blocks=3)

    `only` are patterns of case ids.  Raises the errors of `bench.errors`; a case that fails is no error
    but a record with a status.
    """
    from bench.config import load_suite
    from bench.journal import read_run

    asked = load_suite(Path(suite)) if isinstance(suite, Path | str) else suite
    asked = select(asked, only, blocks)
    folders = measure(asked, reports=reports, logs=logs, onlooker=onlooker, languages=languages)
    write_reports(folders, languages or asked.report.languages)
    return read_run(folders.run)


def select(
    suite: Suite, only: Sequence[str] = (), blocks: int | None = None, *, source: Path | None = None
) -> Suite:
    """The suite with the cases asked for and that many blocks; SuiteError when nothing is left."""
    cases = tuple(c for c in suite.cases if not only or any(fnmatchcase(c.id, pattern) for pattern in only))
    if not cases:
        listed = "\n    ".join(case.id for case in suite.cases)
        raise SuiteError(
            f"--only {' '.join(only)}: matches no case of {source or suite.name}.",
            hint=f"Its cases:\n    {listed}",
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


def as_begun(
    suite: Suite,
    *,
    only: Sequence[str] = (),
    blocks: int | None = None,
    reports: Path = Path("reports"),
    logs: Path = Path("logs"),
) -> Suite:
    """The suite as its newest run was begun: with the cases and the number of blocks of then.

    `only` and `blocks` are what is asked for now, and go before.
    """
    from glob import escape

    from bench.folders import find_resumable
    from bench.journal import read_suite

    before = read_suite(find_resumable(suite.name, reports=reports, logs=logs).run)
    if not only and {case.id for case in suite.cases}.issuperset(case.id for case in before.cases):
        suite = select(suite, [escape(case.id) for case in before.cases])
    if blocks is not None:
        return suite
    begun = before.protocol
    protocol = dataclasses.replace(suite.protocol, blocks=begun.blocks, precision=begun.precision)
    return dataclasses.replace(suite, protocol=protocol)


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


def measure(
    asked: Suite,
    *,
    source: Path | None = None,
    reports: Path = Path("reports"),
    logs: Path = Path("logs"),
    resume: bool = False,
    onlooker: Onlooker | None = None,
    languages: Sequence[str] | None = None,
) -> RunFolders:
    """Prepare and measure a suite into a new run, or go on with its newest one.

    Ctrl-C leaves a run that can be gone on with: its reports are written in `languages` (the suite's
    where there are none), and Interrupted says how.
    """
    from bench import folders as places
    from bench import host
    from bench.audit import carry
    from bench.engines import registry
    from bench.prepare import prepare
    from bench.runner import Runner

    machine = host.describe(registry.packages())
    if resume:
        folders = places.find_resumable(asked.name, reports=reports, logs=logs)
        places.refuse_other_cases(folders, asked)
        machine = places.resumed_host(folders, machine)
    prepared = prepare(asked, onlooker)
    if onlooker:
        onlooker.prepared(prepared)
    if resume:
        places.refuse_other_inputs(folders, prepared.suite)
    else:
        folders = places.new_folders(asked.name, reports=reports, logs=logs)
        places.start(folders, prepared.suite, machine)
        carry(reports, machine.id, folders.run)
    if onlooker:
        onlooker.measuring(folders)
    try:
        Runner(prepared=prepared, folders=folders, host=machine, watcher=onlooker).run()
    except KeyboardInterrupt:
        if onlooker:
            onlooker.interrupted()
        write_reports(folders, languages or asked.report.languages)
        raise Interrupted(
            "interrupted; what was measured is kept.",
            hint=f"Go on with: asr-quant-bench run {source or asked.name} --resume",
        ) from None
    return folders


def write_reports(folders: RunFolders, languages: Sequence[str]) -> tuple[Path, ...]:
    """Every report of a run, and `latest` pointed at it where it measured anything; what was written."""
    from bench.folders import point_latest
    from bench.journal import read_run
    from bench.quality.utterances import UTTERANCES
    from bench.report import render

    data = read_run(folders.run)
    if not data.records and not (folders.run / UTTERANCES).is_file():
        return ()
    if any(record.status.delivered for record in data.records):
        point_latest(folders.run)
    return tuple(render([data], languages=tuple(languages), out=folders.run))


def failures(run: Path) -> Mapping[str, Record]:
    """The last record of each case that has one which is not ok, by the case's id."""
    from bench.domain import Status
    from bench.journal import read_run

    return {each.case: each for each in read_run(run).records if each.status is not Status.OK}

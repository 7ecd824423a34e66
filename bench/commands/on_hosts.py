"""`run --on`: a suite timed on the hosts of a fleet, and one report of all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.commands.pass_display import PassDisplay, clock
from bench.errors import FleetError, Interrupted, SuiteError
from bench.language import english

if TYPE_CHECKING:
    from bench.domain import Suite
    from bench.fleet.on_dask import DaskExecutor
    from bench.hostruns import HostRun


class HostDisplay:
    """A line for whatever happens to a host."""

    def __init__(self) -> None:
        self._inputs: set[str] = set()
        self._begun: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def _line(self, text: str, *, bad: bool = False) -> None:
        with self._lock:
            typer.secho(text, fg="red" if bad else None, err=True)

    def advance(self, title: str, done: int, total: int | None) -> None:
        """An input is being made."""
        if title not in self._inputs:
            self._inputs.add(title)
            self._line(title)

    def timing(self, label: str) -> None:
        """The host is asked."""
        self._line(f"{label}: asked; it starts when nothing else runs there")

    def waiting_for(self, label: str) -> None:
        """No worker has the label."""
        self._line(f"{label}: no worker has this label; waiting for one")

    def progress(self, label: str, block: int, of: int) -> None:
        """So many blocks are done there; what is left, by those that were seen."""
        now = time.monotonic()
        begun, first = self._begun.setdefault(label, (now, block))
        if block <= first:
            self._begun[label] = now, block
            self._line(f"{label}: timing, block {block + 1} of {of}")
        else:
            left = (now - begun) / (block - first) * (of - block)
            self._line(f"{label}: block {block} of {of} done, ETA {clock(left)}")

    def timed(self, host: HostRun) -> None:
        """The host is through."""
        if host.timed:
            self._line(f"{host.label}: timed, run {host.run}")
        else:
            why = english(host.reason).splitlines()[0] if host.reason else ""
            self._line(f"{host.label}: absent: {why}", bad=True)


def time_and_report(
    asked: Suite,
    *,
    on: str,
    hosts: str | None,
    source: Path,
    out: Path,
    logs: Path,
    resume: bool,
    languages: Sequence[str],
    hear: bool,
    wait_seconds: float,
) -> int:
    """Time the suite on its hosts, hear its corpora on the fleet, report all; the exit code."""
    from bench.commands.fleet import working_on
    from bench.fleet import on_dask
    from bench.fleet.timing import time_on_hosts
    from bench.session import failures

    labels = tuple(hosts.split(",")) if hosts else asked.hosts
    if not labels and not resume:
        raise SuiteError(
            f"{source}: names no hosts to time it on.", hint="Add `hosts: [m4]` to it, or give --hosts m4,m1."
        )
    with working_on(on) as executor:
        if not isinstance(executor, on_dask.DaskExecutor):
            raise FleetError(
                f"--on {on}: only hosts can be timed on.",
                hint="Give a Dask scheduler, tcp://HEAD:8786; `run` without --on times on this machine.",
            )
        try:
            folder, found = time_on_hosts(
                asked,
                labels,
                executor,
                HostDisplay(),
                reports=out,
                logs=logs,
                resume=resume,
                wait_seconds=wait_seconds,
            )
            heard = (
                _heard(asked, executor, source, out, logs, folder) if hear and asked.quality.corpora else None
            )
        except KeyboardInterrupt:
            raise Interrupted(
                "interrupted; what has come back is kept, and what was timed on each host waits there.",
                hint=f"Go on with: asr-quant-bench run {source} --on {on} --resume",
            ) from None
    report_hosts(folder, languages, more=[heard] if heard else [])
    bad = any(not each.timed for each in found)
    for each in found:
        for case, record in failures(out / asked.name / each.run).items() if each.timed else ():
            bad = True
            first_line = english(record.reason).partition("\n")[0]
            typer.secho(f"{each.label}: {case}: {record.status}: {first_line}", fg="red", err=True)
    return 1 if bad else 0


def _heard(
    asked: Suite, executor: DaskExecutor, source: Path, out: Path, logs: Path, folder: Path
) -> Path | None:
    """Hear the suite's corpora into the runs of its hosts, once for all; the pass's own run where no host was timed."""
    from bench.folders import RunFolders
    from bench.hostruns import read_hosts, runs_of
    from bench.listening.hear import has_pass, hear_into, hear_pass, share_pass

    runs = runs_of(folder, read_hosts(folder))
    if runs:
        first = next(filter(has_pass, runs), runs[0])
        folders = RunFolders(run=first, logs=logs / asked.name / first.name)
    else:
        folders = hear_into(asked, reports=out, logs=logs, resume=False)
    try:
        hear_pass(asked, PassDisplay(), folders=folders, source=source, executor=executor)
    finally:
        for run in runs:
            share_pass(folders.run, run)
    return None if runs else folders.run


def languages_of(folder: Path) -> tuple[str, ...]:
    """The report languages of the suite that was timed; English where no host was."""
    from bench.hostruns import read_hosts, runs_of
    from bench.journal import read_suite

    runs = runs_of(folder, read_hosts(folder))
    return read_suite(runs[0]).report.languages if runs else ("en",)


def report_hosts(
    folder: Path,
    languages: Sequence[str],
    *,
    more: Sequence[Path] = (),
    out: Path | None = None,
    formats: Sequence[str] | None = None,
    templates: Path | None = None,
    sound: bool = False,
) -> None:
    """Write the report of all hosts of a folder, absent ones with their reason; say where it is."""
    from bench.commands.terminal import print_verdict
    from bench.hostruns import read_hosts, runs_of
    from bench.journal import read_run
    from bench.report import render
    from bench.report.view import AbsentHost

    hosts = read_hosts(folder)
    data = [read_run(run) for run in (*runs_of(folder, hosts), *more)]
    absent = [AbsentHost(label=each.label, reason=each.reason) for each in hosts if not each.timed]
    if not data:
        return
    written = render(
        data,
        languages=tuple(languages),
        out=out or folder,
        formats=formats,
        templates=templates,
        sound=sound,
        absent=absent,
    )
    for path in written:
        if path.name.startswith("report."):
            typer.echo(f"wrote {path}")
    print_verdict(data, languages[0])

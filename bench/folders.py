"""Where runs live: `reports/SUITE/RUN-ID`, their logs beside, and which of them to go on with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.domain import Host, Suite
from bench.errors import JournalError
from bench.journal import RECORDS, create_run, read_host, read_suite


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolders:
    """Where a run is written: its directory under reports/, its logs beside."""

    run: Path
    logs: Path

    @property
    def run_id(self) -> str:
        """The directory's name."""
        return self.run.name


def new_folders(suite: str, *, reports: Path, logs: Path, now: datetime | None = None) -> RunFolders:
    """Folders for a new run, named by its start in UTC; a second run in that second gets a suffix."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 1000):
        run_id = stamp if number == 1 else f"{stamp}-{number}"
        if not (reports / suite / run_id).exists():
            return RunFolders(run=reports / suite / run_id, logs=logs / suite / run_id)
    raise JournalError(
        f"{reports / suite / stamp}: there is no free name for a new run.", hint="Wait a second."
    )


def start(folders: RunFolders, suite: Suite, host: Host) -> None:
    """Make the run's folders and point `latest` at it."""
    create_run(folders.run, suite, host)
    try:
        folders.logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"{folders.logs}: cannot be made: {error.strerror}.", hint="Give --logs FOLDER."
        ) from error
    _point_latest(folders.run)


def find_resumable(suite: str, *, reports: Path, logs: Path) -> RunFolders:
    """The newest run of a suite, to go on with."""
    runs = sorted((reports / suite).glob(f"*/{RECORDS}"), key=lambda file: file.stat().st_mtime)
    if not runs:
        raise JournalError(
            f"{reports / suite}: there is no run to resume.", hint="Start one without --resume."
        )
    run_id = runs[-1].parent.name
    if run_id == "latest":
        run_id = runs[-1].parent.resolve().name
    return RunFolders(run=reports / suite / run_id, logs=logs / suite / run_id)


def refuse_other_cases(folders: RunFolders, asked: Suite) -> None:
    """JournalError when the run to go on with has other cases or settings than those asked for."""
    before = read_suite(folders.run)
    if {case.id: case for case in before.cases} != {case.id: case for case in asked.cases}:
        raise JournalError(
            f"{folders.run}: was started with other cases or settings than the suite has now.",
            hint="Start a new run without --resume, or restore the suite file.",
        )


def resumed_host(folders: RunFolders, host: Host) -> Host:
    """The host of a run to go on with; JournalError on another machine."""
    before = read_host(folders.run)
    if before.id != host.id:
        raise JournalError(
            f"{folders.run}: was measured on another machine ({before.cpu}).", hint="Start a new run here."
        )
    return before


def _point_latest(run: Path) -> None:
    link = run.parent / "latest"
    temporary = run.parent / f".latest.{os.getpid()}"
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(run.name)
        temporary.replace(link)
    except OSError:
        temporary.unlink(missing_ok=True)  # a file system without links: `latest` is a convenience

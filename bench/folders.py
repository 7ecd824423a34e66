"""Where runs live: `reports/SUITE/RUN-ID`, their logs beside, and which of them to go on with."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.domain import Host, Suite
from bench.errors import JournalError
from bench.journal import RECORDS, create_run, read_host, read_suite, to_json, unwritable, write_suite
from bench.naming import below
from bench.places import portable

LATEST: Final = "latest"  # a link to the newest run that measured something


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
    """A new run's folder, made, and where its logs go; named by its start in UTC.

    A second run in that second gets a suffix.  Making the folder is what claims the name: two runs
    that start at the same instant never share one.
    """
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 1000):
        run_id = stamp if number == 1 else f"{stamp}-{number}"
        try:
            below(reports, suite).mkdir(parents=True, exist_ok=True)
            (reports / suite / run_id).mkdir()
        except FileExistsError:
            if (reports / suite / run_id).is_dir():
                continue
            raise unwritable(
                reports / suite, NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            ) from None
        except OSError as error:
            raise unwritable(reports / suite, error) from error
        return RunFolders(run=reports / suite / run_id, logs=logs / suite / run_id)
    raise JournalError(
        f"{reports / suite / stamp}: all names for a new run are taken.", hint="Wait a second."
    )


def start(folders: RunFolders, suite: Suite, host: Host) -> None:
    """Make the run's folders; `latest` stays at the run before until this one has measured something."""
    create_run(folders.run, suite, host)
    try:
        folders.logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"{folders.logs}: cannot be made: {error.strerror}.", hint="Give --logs FOLDER."
        ) from error
    if not (folders.run.parent / LATEST).exists():
        point_latest(folders.run)


def find_resumable(suite: str, *, reports: Path, logs: Path) -> RunFolders:
    """The newest run of a suite, to go on with."""
    runs = sorted((reports / suite).glob(f"*/{RECORDS}"), key=lambda file: file.stat().st_mtime)
    if not runs:
        raise JournalError(
            f"{reports / suite}: there is no run to resume.", hint="Start one without --resume."
        )
    run_id = runs[-1].parent.name
    if run_id == LATEST:
        run_id = runs[-1].parent.resolve().name
    return RunFolders(run=reports / suite / run_id, logs=logs / suite / run_id)


def refuse_other_cases(folders: RunFolders, asked: Suite) -> None:
    """JournalError when the run to go on with has other cases or settings than those asked for."""
    before = read_suite(folders.run)
    if _written(before) != _written(asked):
        raise JournalError(
            f"{folders.run}: was started with other cases or settings than the suite has now.",
            hint="Start a new run without --resume, or restore the suite file.",
        )


def _written(suite: Suite) -> dict[str, str]:
    """Its cases as a run directory holds them: this machine's paths by variable."""
    return {case["id"]: portable(json.dumps(case, sort_keys=True)) for case in to_json(suite)["cases"]}


def refuse_other_inputs(folders: RunFolders, prepared: Suite) -> None:
    """JournalError when the run to go on with heard other audio, other words or another protocol.

    By content: a clip's name and path may be what they were, and its samples others.  The number of
    blocks is free.  A clip that could not be had when the run began is taken up now.
    """
    before = read_suite(folders.run)
    for name, clip in prepared.clips.items():
        was = before.clips.get(name)
        if was is None or was.sha256 is None or clip.sha256 is None:
            continue
        for what, is_, then in (
            ("audio", clip.sha256, was.sha256),
            ("reference text", clip.reference, was.reference),
            ("utterances", clip.utterances, was.utterances),
        ):
            if is_ != then:
                raise _other(folders, f"the {what} of the clip {name}")
    for field in dataclasses.fields(before.protocol):
        if field.name != "blocks" and getattr(before.protocol, field.name) != getattr(
            prepared.protocol, field.name
        ):
            raise _other(folders, f"protocol.{field.name}")
    if (before.environments, before.builds) != (prepared.environments, prepared.builds):
        raise _other(folders, "what is pinned under environments")
    late = {
        name: prepared.clips[name]
        for name, was in before.clips.items()
        if was.sha256 is None and name in prepared.clips and prepared.clips[name].sha256
    }
    if late:
        write_suite(folders.run, dataclasses.replace(before, clips={**before.clips, **late}))


def _other(folders: RunFolders, what: str) -> JournalError:
    return JournalError(
        f"{folders.run}: {what} has changed since this run began.",
        hint="Two of them in one median would mean nothing. Start a new run without --resume.",
    )


def resumed_host(folders: RunFolders, host: Host) -> Host:
    """The host of a run to go on with; JournalError on another machine."""
    before = read_host(folders.run)
    if before.id != host.id:
        raise JournalError(
            f"{folders.run}: was measured on another machine ({before.cpu}).", hint="Start a new run here."
        )
    return before


def point_latest(run: Path) -> None:
    """Make `latest` lead to the run."""
    link = run.parent / LATEST
    temporary = run.parent / f".latest.{os.getpid()}"
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(run.name)
        temporary.replace(link)
    except OSError:
        temporary.unlink(missing_ok=True)  # a file system without links: `latest` is a convenience

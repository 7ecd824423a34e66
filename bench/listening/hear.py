"""Make a suite's quality pass, or go on with one: what commands and notebooks call."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import Interrupted, SuiteError
from bench.files import replacing
from bench.quality.utterances import UTTERANCES, UTTERANCES_PARQUET

if TYPE_CHECKING:
    from bench.domain import Suite
    from bench.executor import Executor
    from bench.folders import RunFolders
    from bench.listening.passes import PassWatcher


def hear_pass(
    asked: Suite,
    watcher: PassWatcher,
    *,
    folders: RunFolders,
    source: Path | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    share_seconds: float | None = None,
    wait_seconds: float | None = None,
) -> None:
    """Make the quality pass of a suite into a run, or go on with it; Interrupted says how.

    On `executor`, `share_seconds` of speech at a time; None: in `workers` children of this machine.
    """
    import os

    import psutil

    from bench import host
    from bench.engines import registry
    from bench.frames import save_utterances
    from bench.listening.dispatch import WAIT_SECONDS
    from bench.listening.passes import MEMORY_SHARE, QualityPass
    from bench.prepare import prepare

    count = workers or asked.quality.workers or os.cpu_count() or 1
    try:
        QualityPass(
            prepared=prepare(asked, watcher),
            folders=folders,
            host=host.describe(registry.packages()),
            workers=count,
            watcher=watcher,
            executor=executor,
            share_seconds=share_seconds,
            wait_seconds=WAIT_SECONDS if wait_seconds is None else wait_seconds,
            memory_bytes=psutil.virtual_memory().total * MEMORY_SHARE / count,
        ).run()
        save_utterances(folders.run)
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted; what was heard is kept.",
            hint=f"Go on with: asr-quant-bench quality {source or asked.name} --resume",
        ) from None


def hear_into(asked: Suite, *, reports: Path, logs: Path, resume: bool) -> RunFolders:
    """Where a quality pass of its own goes: a new run without trials, or the suite's newest run.

    Raises SuiteError for a suite without corpora, JournalError for a run of another suite, or one with
    trials of another machine.
    """
    from bench import folders as places
    from bench import host
    from bench.engines import registry
    from bench.journal import RECORDS

    if not asked.quality.corpora:
        raise SuiteError(
            f"{asked.name}: there is nothing to hear: the suite names no corpus.",
            hint="Add quality.corpora: see docs/suite-format.md.",
        )
    machine = host.describe(registry.packages())
    if resume:
        folders = places.find_resumable(asked.name, reports=reports, logs=logs)
        places.refuse_other_cases(folders, asked)
        if (folders.run / RECORDS).stat().st_size:  # trials are of one machine; what is only heard is of any
            places.resumed_host(folders, machine)
        return folders
    folders = places.new_folders(asked.name, reports=reports, logs=logs)
    places.start(folders, asked, machine)
    (folders.run / RECORDS).touch()
    return folders


def has_pass(run: Path) -> bool:
    """Whether anything was heard into a run."""
    return (run / UTTERANCES).is_file()


def share_pass(heard: Path, run: Path) -> None:
    """Put what was heard into one run into another: the same file where the disk allows it, else a copy."""
    for name in (UTTERANCES, UTTERANCES_PARQUET):
        file, there = heard / name, run / name
        if not file.is_file() or (there.exists() and file.samefile(there)):
            continue
        with replacing(there) as beside:
            try:
                beside.hardlink_to(file)
            except OSError:
                shutil.copyfile(file, beside)

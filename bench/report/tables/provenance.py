"""How to repeat each case, and where its logs and records are."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from bench.domain import Status
from bench.journal import HOST, RECORDS, SUITE
from bench.quality.utterances import UTTERANCES, UTTERANCES_PARQUET
from bench.report.cells import Link
from bench.report.view import CaseCommand, Logs

if TYPE_CHECKING:
    from bench.journal import RunData
    from bench.report.names import Names
    from bench.results import CaseResult, Results

_PLACED: Final = re.compile(r"\$(?:ASR_QUANT_BENCH_CACHE|VIRTUAL_ENV|PWD|TMPDIR|HOME)(?:/[\w@%+=:,./-]*)?")
_WORKER: Final = "child/worker.py"  # its job file is gone with the trial: nothing to repeat by hand


def commands(found: Results, names: Names) -> tuple[CaseCommand, ...]:
    """How to repeat each case, and what its measured process ran."""
    made: list[CaseCommand] = []
    if names.gathered:
        return _by_variant(found, names)
    for case in found.cases:
        if case.status is Status.UNSUPPORTED or not (case.command or not case.published):
            continue
        made.append(CaseCommand(label=names.full(case), text=_repeat(case)))
    return tuple(made)


def _by_variant(found: Results, names: Names) -> tuple[CaseCommand, ...]:
    """How to repeat each variant on all clips: there are too many cases to list."""
    made: dict[str, CaseCommand] = {}
    for case in found.cases:
        if case.published or case.status is Status.UNSUPPORTED:
            continue
        name, variant = f"{names.model(case)} · {names.label(case)}", case.case.variant.name
        base = case.base.case.variant.name if case.base else variant
        only = " ".join(
            f"--only {shlex.quote(f'{case.case.model}.{each}.*')}" for each in dict.fromkeys([base, variant])
        )
        text = f"asr-quant-bench run {shlex.quote(f'configs/{case.suite}.yaml')} {only}"
        made.setdefault(text, CaseCommand(label=name, text=text))
    return tuple(made.values())


def _repeat(case: CaseResult) -> str:
    lines = []
    if not case.published:
        only = " ".join(
            f"--only {shlex.quote(each)}"
            for each in dict.fromkeys([case.case.baseline, case.case.id])
            if each
        )
        lines.append(f"asr-quant-bench run {shlex.quote(f'configs/{case.suite}.yaml')} {only}")
    if case.command and not any(part.endswith(_WORKER) for part in case.command):
        lines.append(" ".join(map(_quoted, case.command)))
    return "\n".join(lines)


def _quoted(part: str) -> str:
    """An argument as a shell takes it; the journal's stand-ins for folders stay variables."""
    return part if _PLACED.fullmatch(part) else shlex.quote(part)


def logs(found: Results, names: Names, out: Path) -> tuple[Logs, ...]:
    """Links to each case's logs: cases in the order of the tables, blocks rising.

    A log that is gone is named unlinked.
    """
    folders = {run.path: _Folders(run.path, out) for run in found.runs.values()}
    made = []
    for case in found.cases:
        run = found.runs[case.run]
        links = []
        for record in sorted(case.records, key=lambda record: (record.block, record.attempt)):
            if record.log:
                target = folders[run.path].target(record.log)
                text = f"b{record.block}" + (f".a{record.attempt}" if record.attempt > 1 else "")
                if target is None and run.suite.protocol.blocks == 1:
                    text = PurePath(record.log).name
                links.append(Link(text=text, target=target))
        if links:
            made.append(Logs(label=names.full(case), links=tuple(links)))
    return tuple(made)


def journals(runs: Sequence[RunData], names: Names, out: Path) -> tuple[Logs, ...]:
    """Links to the records that each run's figures come from, those of its quality pass among them."""
    made = []
    for run in runs:
        there = _Folders(run.path, out)
        links = tuple(Link(text=file, target=there.target(file)) for file in (RECORDS, SUITE, HOST))
        heard = ((file, there.target(file)) for file in (UTTERANCES, UTTERANCES_PARQUET))
        links += tuple(Link(text=file, target=target) for file, target in heard if target)
        made.append(Logs(label=names.run(run), links=links))
    return tuple(made)


class _Folders:
    """Targets of links from the report's folder to files named relative to a run's."""

    def __init__(self, run: Path, out: Path) -> None:
        self._run, self._out = run, out
        self._listed: dict[Path, frozenset[str]] = {}

    def target(self, name: str) -> str | None:
        """The relative path, None where there is no such file."""
        path = Path(os.path.normpath(self._run / name))
        if path.name not in self._names(path.parent):
            return None
        return os.path.relpath(path, self._out)

    def _names(self, folder: Path) -> frozenset[str]:
        """One listing a folder: thousands of logs are not asked after one by one."""
        if folder not in self._listed:
            try:
                self._listed[folder] = frozenset(path.name for path in folder.iterdir())
            except OSError:
                self._listed[folder] = frozenset()
        return self._listed[folder]

"""Frozen references: `reports/baselines/MACHINE/SUITE.jsonl`, one accepted reference a line.

The last line is in force; the lines above it are the history of what was accepted before and why.
Nothing but `accept` writes here: a reference never drifts along with what it is to catch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.errors import JournalError
from bench.files import sweep_beside
from bench.journal import RunData
from bench.jsonlines import encode, read_lines, replace_lines
from bench.language import english
from bench.regression.exact import State
from bench.regression.history import kept_file, require_moment
from bench.regression.night import (
    Night,
    from_json,
    missing_trials,
    night_of,
    night_texts,
    nothing_measured,
    refuse_unsound_night,
    to_json,
)
from bench.statistics.nights import NightFigure

SCHEMA: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What nights are held to: one night or several, accepted at a time for a reason.

    `texts` holds their transcripts by hash, so that a changed text can be shown as a difference.
    """

    id: str
    suite: str
    machine: str
    accepted_at: str
    why: str
    nights: tuple[Night, ...]
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def protocol(self) -> str:
        """The protocol's hash, the same for all its nights."""
        return self.nights[-1].protocol

    @property
    def states(self) -> dict[str, State]:
        """The exact state of every case, from the last of its nights."""
        return {case: found.state for case, found in self.nights[-1].cases.items()}

    def figures(self, case: str, metric: str) -> tuple[NightFigure, ...]:
        """A metric of a case, night by night, oldest first; nights without it are left out."""
        cases = [night.cases[case] for night in self.nights if case in night.cases]
        return tuple(found.figures[metric] for found in cases if metric in found.figures)


def baseline_file(reports: Path, machine: str, suite: str) -> Path:
    """Where the references of a suite on a machine class lie."""
    return kept_file(reports, "baselines", machine, suite)


def read_references(file: Path) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    """All references ever accepted, oldest first, and warnings with the numbers of corrupt lines."""

    def decode(data: dict[str, Any]) -> Reference:
        reference = from_json(Reference, data)
        if not reference.nights:
            raise ValueError("a reference without nights")
        require_moment(reference.accepted_at)
        for night in reference.nights:
            refuse_unsound_night(night)
        return reference

    found, warnings = read_lines(file, SCHEMA, decode)
    return tuple(found), tuple(warnings)


def reference_in_force(file: Path) -> Reference | None:
    """The reference to hold a night to; None where none was ever accepted.

    JournalError where a line cannot be read: it may have been the one in force, and the one before
    it was replaced for a reason.
    """
    found, warnings = read_references(file)
    if warnings:
        raise JournalError(
            "\n".join(warnings),
            hint=f"Which reference is in force cannot be told: restore {file}, or accept a new one into an empty file.",
        )
    return found[-1] if found else None


def accept(runs: Sequence[RunData], why: str, reports: Path, *, now: datetime | None = None) -> Reference:
    """Freeze the runs, each one a night, as the reference from now on.

    Several nights make a better reference than one: how much nights differ is then known from the
    start.  Raises JournalError for runs that do not belong together or were not finished, and
    for a missing reason.
    """
    from filelock import FileLock

    if not why.strip():
        raise JournalError(
            "A reference is accepted for a reason.", hint='Say it: --why "engine 1.5.1 is faster"'
        )
    nights = sorted((_whole_night(run) for run in runs), key=lambda night: night.started_at)
    _refuse_mixture(nights)
    file = baseline_file(reports, nights[0].machine, nights[0].suite)
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name(f".{file.name}.lock")):
        sweep_beside(file.parent)
        before, warnings = read_references(file)
        if warnings:
            raise JournalError(
                "\n".join(warnings),
                hint="Fix or remove these lines first: accepting must not lose what they held.",
            )
        reference = Reference(
            id=f"ref-{len(before) + 1}",
            suite=nights[0].suite,
            machine=nights[0].machine,
            accepted_at=(now or datetime.now(UTC)).isoformat(timespec="seconds"),
            why=why.strip(),
            nights=tuple(nights),
            texts={name: text for run in runs for name, text in night_texts(run).items()},
        )
        replace_lines(file, [encode(SCHEMA, to_json(one)) for one in (*before, reference)])
    return reference


def _whole_night(run: RunData) -> Night:
    """The night of a finished run; an unfinished one, or one that measured nothing, is refused."""
    missing = missing_trials(run)
    if missing:
        case, block = missing[0]
        raise JournalError(
            f"{run.path}: {len(missing)} trials are missing (the first: {case}, block {block}).",
            hint="Finish the run with --resume, then accept it.",
        )
    night = night_of(run)
    if nothing := nothing_measured(night):
        raise JournalError(
            f"{run.path}: {english(nothing[0].message)}; a reference of it would let every night pass.\n{nothing[0].detail}",
            hint="Fix what stopped its cases, measure again, and accept that run.",
        )
    return night


def _refuse_mixture(nights: Sequence[Night]) -> None:
    for what in ("suite", "machine", "protocol"):
        different = {getattr(night, what) for night in nights}
        if len(different) > 1:
            raise JournalError(
                f"These runs differ in their {what}: {', '.join(sorted(different))}.",
                hint="A reference is made of runs of one suite on one machine under one protocol.",
            )
    if len({night.run for night in nights}) < len(nights):
        raise JournalError("A run is given twice.", hint="Give each run once: every run is one night.")

"""The history of a suite on a machine: `reports/history/MACHINE/SUITE.jsonl`, one line a night.

These lines are the truth; the SQLite file beside them (see `index`) can be made again at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import JournalError
from bench.files import sweep_beside
from bench.jsonlines import append_line, encode, read_lines
from bench.naming import below, is_safe_name
from bench.regression.night import SCHEMA, Night, from_json, refuse_unsound_night, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Nights in the order they were run; `warnings` name the lines that were skipped."""

    nights: tuple[Night, ...]
    warnings: tuple[str, ...] = ()

    def since(self, accepted_at: str) -> tuple[Night, ...]:
        """The nights that began after a reference was accepted."""
        from datetime import datetime

        start = datetime.fromisoformat(accepted_at)
        return tuple(night for night in self.nights if datetime.fromisoformat(night.started_at) > start)


def history_file(reports: Path, machine: str, suite: str) -> Path:
    """Where the history of a suite on a machine lies."""
    return kept_file(reports, "history", machine, suite)


def kept_file(reports: Path, room: str, machine: str, suite: str) -> Path:
    """`reports/ROOM/MACHINE/SUITE.jsonl`; JournalError where a stranger's name would lead elsewhere."""
    for what, name in (("machine", machine), ("suite", suite)):
        if not is_safe_name(name):
            raise JournalError(
                f"{name!r} is no name of a {what} that a file can bear.",
                hint="The run's host.json or suite.yaml was not written by asr-quant-bench: do not use it.",
            )
    try:
        return below(reports, room, machine, f"{suite}.jsonl")
    except ValueError as error:
        raise JournalError(f"{reports}: {error}.", hint="Remove the symbolic link.") from None


def require_moment(text: str) -> None:
    """ValueError for what is no date and time with a time zone."""
    from datetime import datetime

    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"{text}: no time zone")


def find_history(reports: Path, suite: str, machine: str | Callable[[], str]) -> Path:
    """The history file of a suite.

    `machine` is an id; or what tells this machine's, which is asked only where several machines
    have a history of the suite.  JournalError where there is none.
    """
    kept_file(reports, "history", "any", suite)  # refuses what is no name
    found = sorted((reports / "history").glob(f"*/{suite}.jsonl"))
    if isinstance(machine, str):
        found = [file for file in found if file.parent.name == machine]
    elif len(found) > 1:
        this = machine()
        found = [file for file in found if file.parent.name == this] or found
    if len(found) > 1:
        names = ", ".join(file.parent.name for file in found)
        raise JournalError(
            f"{suite} has a history on several machines: {names}.", hint="Name one with --machine."
        )
    if not found:
        raise JournalError(
            f"{reports / 'history'}: there is no history of {suite}.",
            hint="Run its gate first, or give --reports.",
        )
    return found[0]


def read_history(file: Path) -> History:
    """All nights of a history file; no file is no nights."""

    def decode(data: dict[str, object]) -> Night:
        night = from_json(Night, data)
        require_moment(night.started_at)
        refuse_unsound_night(night)
        return night

    nights, warnings = read_lines(file, SCHEMA, decode)
    latest = {night.run: night for night in nights}  # a run judged again counts once, as judged last
    ordered = sorted(latest.values(), key=lambda night: (night.started_at, night.run))
    return History(nights=tuple(ordered), warnings=tuple(warnings))


def append_night(file: Path, night: Night) -> None:
    """Add a night, in one write."""
    append_line(file, encode(SCHEMA, to_json(night)))


@contextmanager
def nightly_lock(file: Path) -> Iterator[None]:
    """Hold the history for one gate run; a second one on the same machine and suite is refused."""
    from filelock import FileLock, Timeout

    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file.with_name(f".{file.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise JournalError(
            f"{file}: another gate of this suite is running on this machine.",
            hint="Two at once would disturb each other's measurements. Wait for it to end, then start again.",
        ) from None
    try:
        sweep_beside(file.parent)
        yield
    finally:
        lock.release()

"""A history as SQLite, for questions in SQL.  An index: it can be removed and made again at any time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from bench.errors import JournalError
from bench.files import replacing
from bench.language import english
from bench.regression.night import Night

_TABLES: Final = """
CREATE TABLE nights (
  run TEXT PRIMARY KEY, suite TEXT, machine TEXT, started_at TEXT, verdict TEXT, reference TEXT,
  trials INTEGER, disturbed_trials INTEGER, report TEXT
);
CREATE TABLE cases (
  run TEXT REFERENCES nights(run), case_id TEXT, status TEXT, reason TEXT, engine TEXT, engine_version TEXT,
  backend TEXT, transcript TEXT, PRIMARY KEY (run, case_id)
);
CREATE TABLE figures (
  run TEXT, case_id TEXT, metric TEXT, median REAL, low REAL, high REAL, mad REAL, n INTEGER,
  PRIMARY KEY (run, case_id, metric)
) WITHOUT ROWID;
CREATE INDEX figures_by_series ON figures (case_id, metric);
"""


def index_file(history: Path) -> Path:
    """The index beside a history file."""
    return history.with_suffix(".sqlite")


def rebuild_index(file: Path, nights: Iterable[Night]) -> None:
    """Rebuild the index beside the old one, and put it in its place."""
    import sqlite3

    try:
        with replacing(file) as aside, closing(sqlite3.connect(aside)) as database:
            database.executescript(_TABLES)
            for night in nights:
                database.execute("INSERT INTO nights VALUES (?,?,?,?,?,?,?,?,?)", _night_row(night))
                database.executemany("INSERT INTO cases VALUES (?,?,?,?,?,?,?,?)", _case_rows(night))
                database.executemany("INSERT INTO figures VALUES (?,?,?,?,?,?,?,?)", _figure_rows(night))
            database.commit()
    except (OSError, sqlite3.Error, OverflowError) as error:
        words = (error.strerror if isinstance(error, OSError) else None) or error
        raise JournalError(
            f"{file}: the index cannot be written: {words}.",
            hint="The history beside it is whole: make the index again with history --rebuild-index.",
        ) from error


def _night_row(night: Night) -> tuple[object, ...]:
    return (
        night.run,
        night.suite,
        night.machine,
        night.started_at,
        night.verdict,
        night.reference,
        night.trials,
        night.disturbed_trials,
        night.report,
    )


def _case_rows(night: Night) -> Iterator[tuple[object, ...]]:
    for case, found in night.cases.items():
        state = found.state
        transcript = state.transcripts[0] if state.transcripts else None
        yield (
            night.run,
            case,
            str(state.status),
            english(state.reason) or None,
            state.engine,
            state.engine_version,
            state.backend,
            transcript,
        )


def _figure_rows(night: Night) -> Iterator[tuple[object, ...]]:
    for case, found in night.cases.items():
        for metric, figure in found.figures.items():
            yield night.run, case, metric, figure.median, figure.low, figure.high, figure.mad, figure.n

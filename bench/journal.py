"""Run directories: `suite.yaml` (what was asked), `host.json` (where), `records.jsonl` (what happened).

The journal is append-only JSON lines (`bench.jsonlines`), one a finished trial: after a kill at any
moment every finished trial is there exactly once.

Schema history: 1, the first; 2, reasons are codes with parameters (`bench.old_reasons` reads those of 1).
"""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from bench import jsonlines
from bench.domain import Host, Reason, Record, Status, Suite
from bench.errors import JournalError
from bench.files import replace_file, sweep_beside
from bench.old_reasons import upgraded
from bench.places import portable
from bench.resolution import IN_RUN, Audit, read_newest
from bench.soundness import judged_part, refuse_unsound, sound_reason, sound_record

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA: Final = 2
RECORDS: Final = "records.jsonl"
SUITE: Final = "suite.yaml"
HOST: Final = "host.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunData:
    """One run as read from its directory; `warnings` name the lines that could not be read.

    `audit` is what its machine was found to tell apart, where that was known when the run began.
    """

    path: Path
    suite: Suite
    host: Host
    records: tuple[Record, ...]
    warnings: tuple[str, ...] = ()
    audit: Audit | None = None

    @property
    def run_id(self) -> str:
        """The directory's name."""
        return self.path.name


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def to_json(thing: Record | Suite | Host, *, defaults: bool = True) -> dict[str, Any]:
    """A noun as plain JSON data, with its defaults or without."""
    kind: Any = type(thing)
    data: dict[str, Any] = _adapter(kind).dump_python(
        thing, mode="json", by_alias=True, exclude_defaults=not defaults
    )
    return data


def create_run(path: Path, suite: Suite, host: Host) -> None:
    """Make a run directory with its suite and host; JournalError where that cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        write_suite(path, suite)
        replace_file(path / HOST, portable(json.dumps(to_json(host), ensure_ascii=False, indent=2)) + "\n")
    except OSError as error:
        raise unwritable(path, error) from error


def write_suite(path: Path, suite: Suite) -> None:
    """Write the resolved suite into a run directory, atomically."""
    import io

    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # untyped in ruamel
    text = io.StringIO()
    text.write("# Resolved suite: every default explicit, every case listed. Written by asr-quant-bench.\n")
    yaml.dump(to_json(suite), text)
    replace_file(path / SUITE, portable(text.getvalue()))


def read_suite(path: Path) -> Suite:
    """The resolved suite of a run directory."""
    from bench.yamlfile import load_plain

    try:
        suite: Suite = _adapter(Suite).validate_python(_unknown_lengths(load_plain(path / SUITE)))
        refuse_unsound(suite)
    except (OSError, ValueError) as error:
        raise _unreadable(path / SUITE, error) from error
    return suite


def _unknown_lengths(tree: Any) -> Any:
    """A clip that was never had is of unknown length; earlier releases wrote 0 seconds."""
    clips = tree.get("clips") if isinstance(tree, dict) else None
    for clip in clips.values() if isinstance(clips, dict) else ():
        if isinstance(clip, dict) and clip.get("duration_seconds") == 0:
            clip["duration_seconds"] = None
    return tree


def read_host(path: Path) -> Host:
    """The host of a run directory."""
    try:
        host: Host = _adapter(Host).validate_python(upgraded(json.loads((path / HOST).read_bytes())))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path / HOST, error) from error
    return dataclasses.replace(host, warnings=tuple(map(sound_reason, host.warnings)))


def read_run(path: str | Path) -> RunData:
    """A run directory as data.  Unreadable lines become warnings; a foreign schema is an error."""
    path = Path(path)
    if not path.is_dir():
        raise JournalError(
            f"{path}: no such run directory.",
            hint="Give a folder that holds records.jsonl: reports/SUITE/RUN-ID.",
        )
    suite, host = read_suite(path), read_host(path)
    records, warnings = read_records(path / RECORDS)
    judged = tuple(_judged(record, suite) for record in records)
    cut = [new.case for old, new in zip(records, judged, strict=True) if new is not old]
    warnings += tuple(
        f"{RECORDS}: {case}: {count} transcripts are longer than anybody can speak; their beginning is judged"
        for case, count in Counter(cut).items()
    )
    return RunData(
        path=path.resolve(),
        suite=suite,
        host=host,
        records=judged,
        warnings=warnings,
        audit=read_newest(path / IN_RUN),
    )


def _judged(record: Record, suite: Suite) -> Record:
    clip = suite.clips.get(record.clip)
    if record.transcript is None:
        return record
    part = judged_part(record.transcript, (clip.duration_seconds if clip else None) or 0.0)
    return record if part is record.transcript else dataclasses.replace(record, transcript=part)


def read_records(file: Path) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """The records of a journal and a warning for each line that could not be read."""
    if not file.is_file():
        raise _unreadable(file, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
    records, warnings = jsonlines.read_lines(file, SCHEMA, _record, refuse_foreign=True, name=file.name)
    return _without_superseded(records), tuple(warnings)


def _without_superseded(records: Sequence[Record]) -> tuple[Record, ...]:
    """All but the records of trials that could not be had at first, and were taken when the run went on."""
    last = {(record.case, record.block, record.attempt): record for record in records}
    return tuple(
        record
        for record in records
        if record.status is not Status.MISSING or last[record.case, record.block, record.attempt] is record
    )


def _record(data: dict[str, Any]) -> Record:
    """A record as it was written, its figures and text sound; older schemas in today's form."""
    return sound_record(_adapter(Record).validate_python(upgraded(data)))


def warn(run: Path, warnings: Iterable[Reason]) -> None:
    """Keep what is wrong with a whole run where every report of it says so: among its host's warnings."""
    host = read_host(run)
    whole = dataclasses.replace(host, warnings=tuple(dict.fromkeys((*host.warnings, *warnings))))
    try:
        replace_file(run / HOST, portable(json.dumps(to_json(whole), ensure_ascii=False, indent=2)) + "\n")
    except OSError as error:
        raise unwritable(run / HOST, error) from error


def encode(record: Record) -> bytes:
    """One journal line, newline included."""
    return jsonlines.encode(SCHEMA, to_json(record, defaults=False))


def write_records(file: Path, records: Iterable[Record]) -> None:
    """A whole journal at once, for records that were not measured here (published figures)."""
    jsonlines.replace_lines(file, map(encode, records))


class Journal:
    """The writing end of a run's journal.  One process at a time: a second one is refused."""

    def __init__(self, run: Path, name: str = RECORDS) -> None:
        self.file = run / name
        self._lock_file = run / ".lock"
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Lock the run, cut off a torn last line and open for appending."""
        from filelock import FileLock, Timeout

        self._lock = FileLock(self._lock_file)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise JournalError(
                f"{self.file.parent}: another process is writing this run.",
                hint="Wait for it, or start a new run.",
            ) from None
        except OSError as error:
            raise unwritable(self.file.parent, error) from error
        sweep_beside(self.file.parent)
        try:
            self._descriptor = jsonlines.open_to_append(self.file)
        except OSError as error:
            self._lock.release()
            raise unwritable(self.file, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close and unlock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self._lock.release()

    def append(self, record: Record) -> None:
        """Write and fsync one record, its paths portable, or leave the file as it was and raise JournalError."""
        self.append_line(encode(record))

    def append_line(self, encoded: bytes) -> None:
        """The same of a record that is a line of JSON already."""
        if self._descriptor is None:
            raise ValueError("the journal is not open")
        line = portable(encoded.decode()).encode()
        try:
            jsonlines.append(self._descriptor, line)
        except OSError as error:
            raise unwritable(self.file, error) from error


def unwritable(path: Path, error: OSError) -> JournalError:
    """What is raised where a run's file cannot be written: with the next step, by the kind of error."""
    if error.errno == errno.ENOSPC:
        hint = "Free some space, then go on with --resume: nothing that was written is lost."
    else:
        hint = "Give a folder you can write to with --out."
    return JournalError(f"{path}: cannot be written: {error.strerror or error}.", hint=hint)


def _unreadable(path: Path, error: Exception) -> JournalError:
    reason = error.strerror if isinstance(error, OSError) else (str(error).splitlines() or [repr(error)])[0]
    return JournalError(
        f"{path}: cannot be read: {reason}.", hint="Give a run directory that a run has written."
    )

"""Run directories: `suite.yaml` (what was asked), `host.json` (where), `records.jsonl` (what happened).

The journal is append-only JSON lines, one a finished trial, each written in one call and fsynced:
after a kill at any moment every finished trial is there exactly once and at most one torn line
stands at the end, which the next writer cuts off.

Schema history: 1, the first.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from bench.domain import Host, Record, Suite
from bench.errors import JournalError
from bench.places import portable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA: Final = 1
RECORDS: Final = "records.jsonl"
SUITE: Final = "suite.yaml"
HOST: Final = "host.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunData:
    """One run as read from its directory; `warnings` name the lines that could not be read."""

    path: Path
    suite: Suite
    host: Host
    records: tuple[Record, ...]
    warnings: tuple[str, ...] = ()

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
    data: dict[str, Any] = _adapter(kind).dump_python(thing, mode="json", exclude_defaults=not defaults)
    return data


def create_run(path: Path, suite: Suite, host: Host) -> None:
    """Make a run directory with its suite and host; JournalError where that cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        write_suite(path, suite)
        _replace(path / HOST, portable(json.dumps(to_json(host), ensure_ascii=False, indent=2)) + "\n")
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
    _replace(path / SUITE, portable(text.getvalue()))


def read_suite(path: Path) -> Suite:
    """The resolved suite of a run directory."""
    from pydantic import ValidationError
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        tree = YAML(typ="safe").load((path / SUITE).read_text(encoding="utf-8"))
        suite: Suite = _adapter(Suite).validate_python(tree)
    except (OSError, YAMLError, ValidationError) as error:
        raise _unreadable(path / SUITE, error) from error
    return suite


def read_host(path: Path) -> Host:
    """The host of a run directory."""
    from pydantic import ValidationError

    try:
        host: Host = _adapter(Host).validate_json((path / HOST).read_bytes())
    except (OSError, ValidationError) as error:
        raise _unreadable(path / HOST, error) from error
    return host


def read_run(path: Path) -> RunData:
    """A run directory as data.  Unreadable lines become warnings; a foreign schema is an error."""
    if not path.is_dir():
        raise JournalError(
            f"{path}: no such run directory.",
            hint="Give a folder that holds records.jsonl: reports/SUITE/RUN-ID.",
        )
    records, warnings = read_records(path / RECORDS)
    return RunData(
        path=path.resolve(), suite=read_suite(path), host=read_host(path), records=records, warnings=warnings
    )


def read_records(file: Path) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """The records of a journal and a warning for each line that could not be read."""
    from pydantic import ValidationError

    try:
        raw = file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error
    records: list[Record] = []
    warnings: list[str] = []
    lines = raw.split(b"\n")
    torn = lines.pop()
    for number, line in enumerate(lines, start=1):
        try:
            records.append(decode(line, file, number))
        except (ValueError, ValidationError) as error:
            reason = str(error).splitlines()[0]
            warnings.append(f"{file.name}:{number}: not a record, skipped: {reason}")
    if torn:
        warnings.append(f"{file.name}:{len(lines) + 1}: torn line at the end, skipped.")
    return tuple(records), tuple(warnings)


def decode(line: bytes, file: Path, number: int) -> Record:
    """One journal line.  ValueError for what is no record, JournalError for a foreign schema."""
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("not an object")  # noqa: TRY004  # the caller skips lines by ValueError
    schema = data.pop("schema", None)
    if schema != SCHEMA:
        raise JournalError(
            f"{file}:{number}: record schema {schema!r}; this version reads schema {SCHEMA}.",
            hint="Use the version of asr-quant-bench that wrote the run, or a newer one.",
        )
    record: Record = _adapter(Record).validate_python(data)
    return record


def encode(record: Record) -> bytes:
    """One journal line, newline included."""
    data = {"schema": SCHEMA, **to_json(record, defaults=False)}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def write_records(file: Path, records: Iterable[Record]) -> None:
    """A whole journal at once, for records that were not measured here (published figures)."""
    _replace(file, b"".join(encode(record) for record in records).decode())


class Journal:
    """The writing end of a run's journal.  One process at a time: a second one is refused."""

    def __init__(self, run: Path) -> None:
        self.file = run / RECORDS
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
        try:
            self._descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._cut_torn_line()
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
        if self._descriptor is None:
            raise ValueError("the journal is not open")
        line = portable(encode(record).decode()).encode()
        size = os.fstat(self._descriptor).st_size
        try:
            written = os.write(self._descriptor, line)
            if written != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, size)
            raise unwritable(self.file, error) from error

    def _cut_torn_line(self) -> None:
        assert self._descriptor is not None
        whole = self.file.read_bytes()
        if whole and not whole.endswith(b"\n"):
            os.ftruncate(self._descriptor, whole.rfind(b"\n") + 1)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> JournalError:
    """What is raised where a run's file cannot be written: with the next step, by the kind of error."""
    if error.errno == errno.ENOSPC:
        hint = "Free some space, then go on with --resume: nothing that was written is lost."
    else:
        hint = "Give a folder you can write to with --out."
    return JournalError(f"{path}: cannot be written: {error.strerror or error}.", hint=hint)


def _unreadable(path: Path, error: Exception) -> JournalError:
    reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
    return JournalError(
        f"{path}: cannot be read: {reason}.", hint="Give a run directory that a run has written."
    )

"""Files of JSON lines that outlive a kill: append one line at once, or replace the whole at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from bench.errors import JournalError

T = TypeVar("T")


def encode(schema: int, data: Mapping[str, Any]) -> bytes:
    """One line with its schema version, newline included."""
    return json.dumps({"schema": schema, **data}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_lines(file: Path, schema: int, decode: Callable[[dict[str, Any]], T]) -> tuple[list[T], list[str]]:
    """What the lines of a file hold, and a warning with the number of each that was skipped.

    No file is no lines.  A line of another schema is skipped like a corrupt one: what the others
    say still holds.  `decode` raises ValueError for what it cannot use.
    """
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise JournalError(
            f"{file}: cannot be read: {error.strerror}.", hint="Check its permissions."
        ) from error
    found: list[T] = []
    warnings: list[str] = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if not isinstance(data, dict) or data.pop("schema", None) != schema:
                raise ValueError(f"not schema {schema}")
            found.append(decode(data))
        except ValueError as error:  # also JSON's, UTF-8's and pydantic's own errors
            warnings.append(f"{file}:{number}: skipped: {str(error).splitlines()[0]}")
    return found, warnings


def append_line(file: Path, line: bytes) -> None:
    """Add one line and fsync it; a torn line that a kill left is closed first, never joined."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            whole = b"\n" + line if torn else line
            if os.write(descriptor, whole) != len(whole):
                os.ftruncate(descriptor, size)
                raise OSError(28, "no space left on the device")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unwritable(file, error) from error


def replace_lines(file: Path, lines: Iterable[bytes]) -> None:
    """Put a whole file in the place of another; a kill leaves the one or the other."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            stream.writelines(lines)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except OSError as error:
        raise _unwritable(file, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _unwritable(file: Path, error: OSError) -> JournalError:
    return JournalError(
        f"{file}: cannot be written: {error.strerror}.",
        hint="What was there before is unharmed; mend and repeat.",
    )

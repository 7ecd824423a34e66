"""Files of JSON lines with a schema version: append one line at once, or replace the whole at once.

A line is written in one call and forced to the disk.  After a kill at any moment every line written
before is there exactly once and at most one torn line stands at the end, which the next writer
cuts off.  A last line that lacks nothing but its line break counts.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from bench.errors import JournalError
from bench.files import replace_file
from bench.text.safe import whole_characters

T = TypeVar("T")
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")  # `json` reads both spellings


def encode(schema: int, data: Mapping[str, Any]) -> bytes:
    """One line with its schema version, newline included.

    Whatever the data holds, the line is JSON in UTF-8: halves of surrogate pairs become U+FFFD, numbers
    that are none become null.
    """
    whole = {"schema": schema, **data}
    try:
        text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(whole), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return whole_characters(text).encode() + b"\n"


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def decode(line: bytes, schema: int) -> dict[str, Any]:
    """The data of one line.  ValueError for what is none, `ForeignSchemaError` for that of another version.

    Halves of surrogate pairs, which JSON can spell and no file can hold, are U+FFFD.
    """
    data = json.loads(line)
    if _HALF.search(line):
        data = _whole_text(data)
    if not isinstance(data, dict):
        raise ValueError("not an object")  # noqa: TRY004  # readers skip lines by ValueError
    found = data.pop("schema", None)
    if type(found) is not int or not 1 <= found <= schema:
        raise ForeignSchemaError(found, schema)
    return data


def _whole_text(data: Any) -> Any:
    if isinstance(data, str):
        return whole_characters(data)
    if isinstance(data, dict):
        return {whole_characters(key): _whole_text(value) for key, value in data.items()}
    return [_whole_text(value) for value in data] if isinstance(data, list) else data


class ForeignSchemaError(ValueError):
    """A line that another version wrote."""

    def __init__(self, found: object, expected: int) -> None:
        super().__init__(f"not schema {expected} or an older one but {found!r}")
        self.found = found


def read_lines(
    file: Path,
    schema: int,
    decoded: Callable[[dict[str, Any]], T],
    *,
    refuse_foreign: bool = False,
    name: str | None = None,
) -> tuple[list[T], list[str]]:
    """What the lines of a file hold, and a warning with the number of each that was skipped.

    No file is no lines.  `decoded` reads every schema up to this one and raises
    ValueError for what it cannot use.  A line of a newer schema is skipped like a corrupt one, since what the others say still holds, or with
    `refuse_foreign` it is a JournalError.  `name` is what the warnings call the file, its path if None.
    """
    warnings: list[str] = []
    lines = each_line(file, schema, decoded, refuse_foreign=refuse_foreign, warn=warnings.append, name=name)
    return list(lines), warnings


def each_line(
    file: Path,
    schema: int,
    decoded: Callable[[dict[str, Any]], T],
    *,
    warn: Callable[[str], object],
    refuse_foreign: bool = False,
    name: str | None = None,
) -> Iterator[T]:
    """`read_lines` one after another, for files that need not fit into memory; warnings as they come."""
    placed = placed_lines(file, schema, decoded, warn=warn, refuse_foreign=refuse_foreign, name=name)
    return (each for _, each in placed)


def placed_lines(
    file: Path,
    schema: int,
    decoded: Callable[[dict[str, Any]], T],
    *,
    warn: Callable[[str], object],
    refuse_foreign: bool = False,
    name: str | None = None,
) -> Iterator[tuple[int, T]]:
    """`each_line`, each with the byte at which its line begins."""
    after = 0
    for number, (line, whole) in enumerate(_raw_lines(file), start=1):
        begins, after = after, after + len(line) + 1
        if not line.strip():
            continue
        if not whole and not _whole(line):
            warn(f"{name or file}:{number}: torn line at the end, skipped.")
            return
        try:
            yield begins, decoded(decode(line, schema))
        except ForeignSchemaError as error:
            if refuse_foreign:
                raise JournalError(
                    f"{file}:{number}: record schema {error.found!r}; this version reads schema {schema} and older ones.",
                    hint="Use the version of asr-quant-bench that wrote the run, or a newer one.",
                ) from None
            warn(f"{name or file}:{number}: skipped: {error}")
        except (ValueError, RecursionError) as error:  # also JSON's, UTF-8's and pydantic's own errors
            warn(f"{name or file}:{number}: skipped: {str(error).splitlines()[0]}")


def _raw_lines(file: Path) -> Iterator[tuple[bytes, bool]]:
    """The lines of a file without their line breaks, and whether each had one; none of no file."""
    try:
        with file.open("rb") as opened:
            for line in opened:
                yield line.removesuffix(b"\n"), line.endswith(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise JournalError(
            f"{file}: cannot be read: {error.strerror}.", hint="Check its permissions."
        ) from error


def open_to_append(file: Path) -> int:
    """A descriptor to append whole lines to, a torn line at the file's end cut off; OSError where it fails."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        _mend_end(descriptor)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def append(descriptor: int, line: bytes) -> None:
    """Write one line and force it to the disk, or leave the file as it was and raise OSError."""
    size = os.fstat(descriptor).st_size
    try:
        if os.write(descriptor, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def append_line(file: Path, line: bytes) -> None:
    """Add one line to a file; JournalError where it cannot be written."""
    try:
        descriptor = open_to_append(file)
        try:
            append(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unwritable(file, error) from error


def replace_lines(file: Path, lines: Iterable[bytes]) -> None:
    """Put a whole file in the place of another; a kill leaves the one or the other."""
    try:
        replace_file(file, b"".join(lines))
    except OSError as error:
        raise _unwritable(file, error) from error


_STEP = 1 << 16


def _whole(line: bytes) -> bool:
    """Whether a last line without a line break lacks only that: no beginning of a JSON object is one."""
    try:
        return not line or isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _mend_end(descriptor: int) -> None:
    """Close the last line, or cut it off where it is torn; read backwards, since a history may be long."""
    size = os.fstat(descriptor).st_size
    start, tail = size, b""
    while start > 0 and b"\n" not in tail:
        step = min(_STEP, start)
        start -= step
        tail = os.pread(descriptor, step, start) + tail
    last = tail.rpartition(b"\n")[2]
    if last and _whole(last):
        os.write(descriptor, b"\n")
    elif last:
        os.ftruncate(descriptor, size - len(last))


def _unwritable(file: Path, error: OSError) -> JournalError:
    return JournalError(
        f"{file}: cannot be written: {error.strerror or error}.",
        hint="What was there before is intact; fix this and try again.",
    )

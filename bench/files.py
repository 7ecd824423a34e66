"""Replacing a file: the whole of it or not at all, whatever ends the process at whatever moment.

The new content is written beside the old file, forced to the disk, and renamed over it; then the
rename is forced to the disk too.  Everything here that is kept is written this way or appended by
`bench.jsonlines`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.errors import ReportError

_BESIDE = re.compile(r"\..+\.(\d{1,9})")


def replace_file(path: Path, content: str | bytes) -> None:
    """Put `content` in the place of a file, its folder made where it is missing; OSError where that fails."""
    with replacing(path) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, as a new file; without an error it takes that file's place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.unlink(missing_ok=True)
        yield beside
        sync(beside)
        beside.replace(path)
        with suppress(OSError):  # a file system that cannot sync a folder: the rename is done all the same
            sync(path.parent)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def sweep_beside(folder: Path) -> None:
    """Remove what processes that were killed while they replaced a file of this folder have left beside it."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in [entry for entry in entries if _is_left(entry.name)]:
            with suppress(OSError):
                os.unlink(entry.path)  # noqa: PTH108  # an entry has no such method


def _is_left(name: str) -> bool:
    found = _BESIDE.fullmatch(name)
    return found is not None and not is_alive(int(found.group(1)))


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number; a reused number only puts the sweeping off."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def write_file(path: Path, text: str, hint: str = "Give a folder you can write to with --out.") -> Path:
    """`replace_file` for what a user asked for: ReportError where it fails, with what to do instead."""
    try:
        replace_file(path, text)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}.", hint=hint) from error
    return path


def sync(path: Path) -> None:
    """Force a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

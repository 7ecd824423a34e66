"""Replacing a file: the whole of it or not at all, whatever ends the process at whatever moment.

The new content is written beside the old file, forced to the disk, and renamed over it; then the
rename is forced to the disk too.  Everything here that is kept is written this way or appended by
`bench.jsonlines`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.errors import ReportError


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

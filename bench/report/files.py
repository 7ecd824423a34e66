"""Writing files as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

from bench.errors import ReportError
from bench.files import replace_file


def write_file(path: Path, text: str, hint: str = "Give a folder you can write to with --out.") -> Path:
    """Write a file atomically; ReportError where that cannot be done, with what to do instead."""
    try:
        replace_file(path, text)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}.", hint=hint) from error
    return path

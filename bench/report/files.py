"""Writing files as a whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from bench.errors import ReportError


def write_file(path: Path, text: str, hint: str = "Give a folder you can write to with --out.") -> Path:
    """Write a file atomically; ReportError where that cannot be done, with what to do instead."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}.", hint=hint) from error
    return path

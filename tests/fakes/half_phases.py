"""An engine's child half whose phases hold and read known amounts: a peak in each, given back at its end."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

MIB = 1 << 20


def imports() -> None:
    """Hold 150 MiB for a moment, before anything is loaded."""
    hold(150)


def load(payload: dict[str, Any]) -> mmap.mmap:
    """Read a file without a buffer, peak 100 MiB higher, and keep 20 MiB."""
    for path in payload.get("weights", ()):
        with Path(path).open("rb", buffering=0) as file:
            while file.read(MIB):
                pass
    hold(100)
    return held(20)


def transcribe(model: mmap.mmap, pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """60 MiB more in the first pass, 40 MiB in the later ones."""
    hold(payload.pop("first_mib", 60))
    payload["first_mib"] = 40
    return {"text": "one"}


def held(mib: int) -> mmap.mmap:
    """Anonymous memory, every page of it touched."""
    pages = mmap.mmap(-1, mib * MIB)
    for at in range(0, mib * MIB, mmap.PAGESIZE):
        pages[at] = 1
    return pages


def hold(mib: int) -> None:
    """Take memory and give it back."""
    held(mib).close()

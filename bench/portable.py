"""Paths of this machine -> paths that mean something on any machine, and that tell nothing of its user.

Records, resolved suites and logs are published: they name the cache, the working folder, the home
and the temporary folder by variable.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path


def _places() -> list[tuple[str, str]]:
    """Folders and their names, the deepest first."""
    from bench.assets import cache_root

    places = {
        str(cache_root()): "$ASR_QUANT_BENCH_CACHE",
        sys.prefix: "$VIRTUAL_ENV",
        str(Path.cwd()): "$PWD",
        tempfile.gettempdir(): "$TMPDIR",
        str(Path.home()): "$HOME",
    }
    places |= {os.path.realpath(path): name for path, name in places.items()}
    return sorted(((path, name) for path, name in places.items() if len(path) > 1), key=lambda p: -len(p[0]))


def portable(text: str) -> str:
    """The text with every path below a known folder written by that folder's variable."""
    for path, name in _places():
        text = re.sub(rf"{re.escape(path)}(?=$|[/\s\"':,;)\]])", lambda _found, name=name: name, text)
    return text


def expand(path: str) -> Path:
    """A portable path on this machine."""
    for place, name in reversed(_places()):
        if path == name or path.startswith(f"{name}/"):
            return Path(place + path[len(name) :])
    return Path(path)

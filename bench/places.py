"""Where the cache is; and this machine's paths written so that they mean something on any machine.

Records, resolved suites and logs are published: they name the cache, the working folder, the home
and the temporary folder by variable, and tell nothing of their user.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

# The user and password of an address, wherever it stands.
_PASSWORD = re.compile(r"\b([a-z][a-z0-9+.-]*://)[^/\s@\"']+@", re.IGNORECASE)


def cache_root() -> Path:
    """The cache of inputs: `$ASR_QUANT_BENCH_CACHE`, else the user's cache folder."""
    given = os.environ.get("ASR_QUANT_BENCH_CACHE")
    if given:
        return Path(os.path.expanduser(given)).absolute()  # noqa: PTH111  # Path's own fails without a home
    from platformdirs import user_cache_path

    try:
        found = user_cache_path("asr-quant-bench")
    except RuntimeError:  # newer versions of it say so; older ones leave "~" as it is
        found = Path("~")
    if not found.is_absolute():
        words = "there is no home folder to keep the cache of inputs in: set HOME, or ASR_QUANT_BENCH_CACHE"
        raise FileNotFoundError(errno.ENOENT, words)
    return found


def _home() -> str:
    """The home folder; empty where there is none, as in some containers."""
    try:
        return str(Path.home())
    except RuntimeError:
        return ""


def _places() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Folders, their names and what finds them in a text, the deepest first."""
    said = tuple(os.environ.get(name) for name in ("ASR_QUANT_BENCH_CACHE", "XDG_CACHE_HOME", "HOME"))
    return _known(said, os.getcwd(), tempfile.gettempdir())  # noqa: PTH109  # asked for each record


@lru_cache(maxsize=8)
def _known(
    said: tuple[str | None, ...], working: str, temporary: str
) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """The same by what it depends on; `said` are variables that the cache's and the home's places come from."""
    places = {
        str(cache_root()): "$ASR_QUANT_BENCH_CACHE",
        sys.prefix: "$VIRTUAL_ENV",
        working: "$PWD",
        temporary: "$TMPDIR",
        _home(): "$HOME",
    }
    places |= {os.path.realpath(path): name for path, name in places.items()}
    deepest = sorted((path for path in places if len(path) > 1), key=lambda path: -len(path))
    return tuple(
        (path, places[path], re.compile(rf"{re.escape(path)}(?=$|[/\s\"':,;)\]])")) for path in deepest
    )


def portable(text: str) -> str:
    """The text with every path below a known folder written by that folder's variable, and no password in an address."""
    text = _PASSWORD.sub(r"\1***@", text)
    for path, name, found in _places():
        if path in text:
            text = found.sub(name, text)
    return text


def expand(path: str) -> Path:
    """A portable path on this machine."""
    for place, name, _ in reversed(_places()):
        if path == name or path.startswith(f"{name}/"):
            return Path(place + path[len(name) :])
    return Path(path)

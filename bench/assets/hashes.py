"""sha256 of files and folders, remembered so that gigabytes are read once."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bench.errors import AssetError
from bench.files import replace_file
from bench.places import cache_root
from bench.problems import problem

CARD: Final = "asset.json"
_read_now: dict[Path, str] | None = None


def sha256_of(path: Path) -> str:
    """sha256 of a file, or of a folder's list of hashes, remembered by path, inode, size and times.

    The time of the inode's change is among them: a copy that keeps a file's own time (`cp -p`, `rsync`) is
    seen.  Trap: bit rot is not; delete `hashes/` of the cache to read every file again.
    """
    if path.is_dir():
        names = sorted(p for p in path.rglob("*") if p.is_file() and p.name != CARD)
        return listing_sha256({p.relative_to(path).as_posix(): sha256_of(p) for p in names})
    path = path.absolute()
    if _read_now is not None:
        if path not in _read_now:
            _read_now[path] = read_sha256(path)
            remember(path, _read_now[path])
        return _read_now[path]
    state = _state(path)
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        known = json.loads(_memory(path).read_text(encoding="utf-8"))
        if known["state"] == state:
            return str(known["sha256"])
    digest = read_sha256(path)
    if _state(path) == state:
        remember(path, digest)
    return digest


@contextlib.contextmanager
def reading_everything() -> Iterator[None]:
    """Within it no hash is believed: every file that is asked about is read, once."""
    global _read_now  # noqa: PLW0603  # one switch for all that asks below
    _read_now = {}
    try:
        yield
    finally:
        _read_now = None


def forget_readings(folder: Path) -> None:
    """What was read below a folder was replaced since."""
    known = _read_now or {}
    for path in [p for p in known if p.is_relative_to(folder.absolute())]:
        del known[path]


def read_sha256(path: Path) -> str:
    """sha256 of a file's bytes as they are now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_tree_sha256(path: Path) -> str:
    """`sha256_of` without its memory: every byte is read now."""
    if not path.is_dir():
        return read_sha256(path)
    names = sorted(p for p in path.rglob("*") if p.is_file() and p.name != CARD)
    return listing_sha256({p.relative_to(path).as_posix(): read_sha256(p) for p in names})


def listing_sha256(hashes: Mapping[str, str]) -> str:
    """sha256 of `<sha256>  <name>` lines in the order of names: one hash for a folder."""
    text = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
    return hashlib.sha256(text.encode()).hexdigest()


def require_sha256(path: Path, expected: str, what: str) -> None:
    """Raise `AssetError` that shows both hashes when the file is not the expected one."""
    actual = read_sha256(path)
    if actual != expected:
        raise problem(AssetError, "hash.other", what=str(what), actual=str(actual), expected=str(expected))


def _state(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _memory(path: Path) -> Path:
    return cache_root() / "hashes" / (hashlib.sha256(str(path).encode()).hexdigest()[:32] + ".json")


def remember(path: Path, digest: str) -> None:
    """Take note of a hash just computed.  Best effort: a cache that cannot be written is only slower."""
    memory = _memory(path)
    entry = {"path": str(path), "state": _state(path), "sha256": digest}
    with contextlib.suppress(OSError):
        replace_file(memory, json.dumps(entry))

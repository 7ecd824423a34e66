"""The cache: every input lands whole or not at all, is made once and is checked before use.

A landing is a folder `<root>/<room>/<name>-<fingerprint>` with its files and `asset.json` (each
file's sha256 and size, roles, facts).  It is made beside its place, hashed, fsynced and renamed, under a
file lock: two processes that want the same thing make it once.  A landing whose files no longer
have their hashes is made again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.assets.hashes import (
    CARD,
    forget_readings,
    listing_sha256,
    read_sha256,
    remember,
    require_sha256,
    sha256_of,
)
from bench.assets.progress import Progress, Silent
from bench.errors import AssetError
from bench.files import sync
from bench.places import cache_root
from bench.problems import problem

CARD_SCHEMA: Final = 1
CHUNK: Final = 1 << 20
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What makes an asset itself.  `recipe` is JSON: two recipes never share a landing."""

    room: str
    name: str
    title: str
    recipe: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of the recipe's hash."""
        text = json.dumps(self.recipe, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def folder(self) -> Path:
        """Where the asset lands."""
        return cache_root() / self.room / f"{self.name}-{self.fingerprint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What a build says of the folder it filled.

    `roles` name the file an engine is given for each role ("." is the folder); `expected` are
    sha256 the files must have; `facts` are JSON kept with the landing.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAsset:
    """An asset in its place.  `files` maps names to (sha256, bytes)."""

    folder: Path
    files: Mapping[str, tuple[str, int]]
    roles: Mapping[str, str]
    facts: Mapping[str, Any]

    def path(self, role: str) -> Path:
        """The file or folder of a role."""
        return self.folder / self.roles[role] if self.roles[role] != "." else self.folder

    def size(self, role: str) -> int:
        """Bytes of a role's file, or of all files of its folder."""
        name = self.roles[role]
        return sum(size for _, size in self.files.values()) if name == "." else self.files[name][1]

    def sha256(self, role: str) -> str:
        """Hash of a role's file, or of the list of all hashes of its folder."""
        name = self.roles[role]
        return (
            listing_sha256({n: h for n, (h, _) in self.files.items()}) if name == "." else self.files[name][0]
        )


Build = Callable[[Path], BuildResult]


def obtain(
    key: Key,
    build: Build,
    *,
    fresh: Callable[[StoredAsset], bool] = lambda _: True,
    progress: Progress | None = None,
) -> StoredAsset:
    """The asset, made by `build(folder)` unless a whole one is there for which `fresh` holds.

    Raises `AssetError` on a full disk, a folder that cannot be written, or a wrong sha256; nothing
    half-made stays.
    """
    landing = found(key)
    if landing is not None and fresh(landing):
        return landing
    try:
        with locked(key, progress or Silent()):
            landing = found(key)
            if landing is not None and fresh(landing):
                return landing
            if landing is None and (key.folder / CARD).exists():
                (progress or Silent()).advance(f"{key.title}: was damaged in the cache, made again", 0, None)
            return _make(key, build)
    except OSError as error:
        raise _disk_error(key, error) from error


def found(key: Key) -> StoredAsset | None:
    """The landed asset if it is whole: every file there with its size and hash; else None."""
    folder = key.folder
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["schema"] != CARD_SCHEMA:
            return None
        files = {name: (entry["sha256"], entry["bytes"]) for name, entry in card["files"].items()}
        roles, facts = card["roles"], card["facts"]
        whole = all(_is(folder / name, *facts_of) for name, facts_of in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return StoredAsset(folder=folder, files=files, roles=roles, facts=facts) if whole else None


def given(name: str) -> Path | None:
    """A file the user put below the cache's folder `given/`, for machines without the source."""
    path = given_folder() / name
    # by the listing: a disk without case would give BF16.gguf of one repository for bf16.gguf of another
    return path if path.is_file() and path.name in {each.name for each in path.parent.iterdir()} else None


def given_folder() -> Path:
    """Where files brought by hand go."""
    return cache_root() / "given"


def by_hand(*names: str) -> dict[str, str]:
    """Which files to put where, to bring them by hand: parameters of a problem's words."""
    return {"files": ", ".join(names), "given": str(given_folder())}


@contextlib.contextmanager
def locked(key: Key, progress: Progress) -> Iterator[None]:
    """Hold the asset's lock; says so while another process has it."""
    from filelock import FileLock, Timeout

    path = cache_root() / "locks" / f"{key.room}-{key.name}-{key.fingerprint}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress.advance(f"{key.title}: another process is making it, waiting", 0, None)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _make(key: Key, build: Build) -> StoredAsset:
    folder = key.folder
    making = folder.with_name(folder.name + ".making")
    spoiled = folder.with_name(folder.name + ".spoiled")
    _remove(making)
    making.mkdir(parents=True)
    try:
        made = build(making)
        files = _hashed(making)
        for name, expected in made.expected.items():
            if files[name]["sha256"] != expected:
                require_sha256(making / name, expected, f"{key.title}: {name}")
        card = {
            "schema": CARD_SCHEMA,
            "title": key.title,
            "recipe": dict(key.recipe),
            "files": files,
            "roles": dict(made.roles),
            "facts": dict(made.facts),
        }
        (making / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        _sync_tree(making)
        if folder.exists():
            _remove(spoiled)
            folder.rename(spoiled)
        making.rename(folder)
        forget_readings(folder)
        sync(folder.parent)
        for name, entry in files.items():
            remember(folder / name, entry["sha256"])
    finally:
        _remove(making)
        _remove(spoiled)
    landing = found(key)
    if landing is None:
        raise problem(AssetError, "store.changed", title=key.title, folder=str(folder))
    return landing


def _hashed(folder: Path) -> dict[str, dict[str, Any]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): {"sha256": read_sha256(path), "bytes": path.stat().st_size}
        for path in files
    }


def _is(path: Path, sha256: str, size: int) -> bool:
    return path.stat().st_size == size and sha256_of(path) == sha256


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def _disk_error(key: Key, error: OSError) -> AssetError:
    root = cache_root()
    if error.errno in FULL:
        free = shutil.disk_usage(root).free if root.exists() else 0
        return problem(AssetError, "store.full", title=key.title, folder=str(root), free=str(free // 10**6))
    return problem(AssetError, "store.unwritable", title=key.title, folder=str(root), error=str(error))

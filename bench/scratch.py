"""Scratch folders, where work keeps what nobody wants after it, and the end of what a killed command left.

Whoever makes one holds a lock within it; a lock that can be had belongs to nobody any more.  A trial's
names its mark in the lock file, so that processes which outlived their runner, in sessions of their own
even, are found by it and ended before the next command does anything.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.errors import BenchError
from bench.files import sweep_beside
from bench.interrupts import uninterrupted
from bench.places import cache_root

PREFIX: Final = "asr-quant-bench."
OWNER: Final = "owner"
# A folder without an owner file is being made now, or was left by a kill within a millisecond of its making.
BEING_MADE_SECONDS: Final = 60.0
PROBE_BYTES: Final = 1 << 16


@contextlib.contextmanager
def scratch_folder(mark: str = "") -> Iterator[Path]:
    """A new folder that lasts as long as the block, whatever signal ends it; of a trial with its mark."""
    folder = descriptor = None
    try:
        with uninterrupted():
            folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}scratch-"))
            descriptor = os.open(folder / OWNER, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(descriptor, mark.encode())
        yield folder
    finally:
        with uninterrupted():
            if descriptor is not None:
                os.close(descriptor)
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def has_room(folder: Path) -> bool:
    """Whether a little more could be written there.

    Where not, what a program printed may be cut, and no program checks that its text was written.
    """
    probe = folder / "probe"
    try:
        with probe.open("wb") as file:
            file.write(os.urandom(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno not in (errno.ENOSPC, errno.EDQUOT)
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)
    return True


def sweep_left() -> tuple[str, ...]:
    """End what killed runners left running, remove their folders; names of both, for whoever tells."""
    ended: list[str] = []
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        left = [Path(entry.path) for entry in entries if entry.name.startswith(PREFIX) and _ours(entry)]
        for folder in left:
            ended += _sweep(folder)
    with contextlib.suppress(OSError, BenchError):
        ended += _sweep_cache(cache_root())
    return tuple(ended)


def _sweep_cache(root: Path) -> list[str]:
    """Half-made inputs and environments whose maker is gone: their lock can be had."""
    from filelock import FileLock, Timeout

    places = [
        (path, root / "locks" / f"{path.parent.name}-{path.stem}.lock") for path in root.glob("*/*.making")
    ]
    for path in (root / "environments").glob(".*.*"):
        key, _, pid = path.name[1:].rpartition(".")
        if path.is_dir() and pid.isdigit():
            places.append((path, root / "environments" / f".{key}.lock"))
    swept = []
    for folder in (root, root / "hashes"):
        sweep_beside(folder)
    for path, lock in places:
        with contextlib.suppress(Timeout, OSError), FileLock(lock, timeout=0):
            shutil.rmtree(path, ignore_errors=True)
            swept.append(str(path))
    return swept


def _ours(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.getuid()
    except OSError:
        return False


def _sweep(folder: Path) -> list[str]:
    try:
        descriptor = os.open(folder / OWNER, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > BEING_MADE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
                return [str(folder)]
        return []
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mark = os.read(descriptor, 64).decode("ascii", "replace")
        strays: tuple[str, ...] = ()
        if mark:
            from bench.strays import end_strays

            strays = end_strays(None, mark)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return []  # its runner lives
    finally:
        os.close(descriptor)
    return [*strays, str(folder)]

"""One measurement at a time on a machine: two at once would each be the other's disturbance."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import AssetError
from bench.places import cache_root

if TYPE_CHECKING:
    from filelock import BaseFileLock


@contextmanager
def machine_turn(waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the machine for a run; `waiting` is called once where another run holds it.

    The turn is a file lock in the cache of inputs, so it is kept between processes that share a
    cache, and a killed holder leaves it free.  Raises `AssetError` where the cache cannot be written.
    """
    path = cache_root() / "locks" / "measuring.lock"
    try:
        try:
            lock = _acquired(path, waiting)
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                raise
            # a filled cache that may only be read is enough to measure
            path = Path(tempfile.gettempdir()) / f"asr-quant-bench.{os.getuid()}.lock"
            lock = _acquired(path, waiting)
    except OSError as error:
        raise AssetError(
            f"{path}: cannot be locked: {error.strerror}.",
            hint="Set ASR_QUANT_BENCH_CACHE to a folder you can write to.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _acquired(path: Path, waiting: Callable[[], None]) -> BaseFileLock:
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        lock.acquire(poll_interval=0.5)
    return lock

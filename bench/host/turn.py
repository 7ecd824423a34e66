"""One measurement at a time on a machine: two at once would each be the other's disturbance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.errors import AssetError
from bench.places import cache_root


@contextmanager
def machine_turn(waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the machine for a run; `waiting` is called once where another run holds it.

    The turn is a file lock in the cache of inputs, so it is kept between processes that share a
    cache, and a killed holder leaves it free.  Raises `AssetError` where the cache cannot be written.
    """
    from filelock import FileLock, Timeout

    path = cache_root() / "locks" / "measuring.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waiting()
            lock.acquire(poll_interval=0.5)
    except OSError as error:
        raise AssetError(
            f"{path}: cannot be locked: {error.strerror}.",
            hint="Set ASR_QUANT_BENCH_CACHE to a folder you can write to.",
        ) from error
    try:
        yield
    finally:
        lock.release()

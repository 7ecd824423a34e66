"""A host's worker and the head's scheduler: Dask's own, started with what this work needs.

A worker does one task at a time, in a process that nobody restarts in the middle of one, and looks at
itself as rarely as Dask allows: what it does beside a timed child is the child's disturbance.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

from bench.errors import FleetError
from bench.fleet.duty import Duty, on_duty
from bench.places import cache_root
from bench.scratch import scratch_folder

AGAIN_SECONDS: Final = 5.0
DEATH_SECONDS: Final = 30.0
DEFAULT_LISTEN: Final = "tcp://127.0.0.1:8786"
ENCRYPTED: Final = ("tls", "wss")

# Dask samples its own threads a hundred times a second and its process twice: for whom it is all there is.
_QUIET: Final = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "1s",
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
}
_TALKATIVE: Final = ("distributed.core", "distributed.worker", "distributed.scheduler", "distributed.batched")


def refuse_open_doors(address: str, *, without_tls: bool) -> None:
    """FleetError for an address that others can reach unencrypted, unless that was asked for.

    Whoever reaches a scheduler or worker can have any code run there: Dask's messages are pickles.
    """
    parts = urlsplit(address)
    if parts.scheme in ENCRYPTED or without_tls or is_loopback(parts.hostname or ""):
        return
    raise FleetError(
        f"{address}: whoever reaches this address could run any program here.",
        hint="Use tls:// with Dask's security settings (docs/fleet.md), an SSH tunnel to 127.0.0.1, or, "
        "on a network where everybody is trusted, --without-tls.",
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the host's name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def work_for(address: str, duty: Duty, say: Callable[[str], None]) -> None:
    """Be a worker until SIGINT or SIGTERM; a scheduler that goes is waited for."""
    on_duty(duty)
    with _host_shared_with_others(alone=bool(duty.labels)), _quietly():
        asyncio.run(_work_for(address, duty, say))


async def _work_for(address: str, duty: Duty, say: Callable[[str], None]) -> None:
    from distributed import Worker

    over = _ended_by_signals()
    local = "127.0.0.1" if is_loopback(urlsplit(address).hostname or "") else None
    waiting = False
    with scratch_folder() as folder:
        while not over.is_set():
            worker = Worker(
                address,
                nthreads=1,
                name=duty.name,
                resources=duty.resources,
                memory_limit=0,
                local_directory=str(folder),
                death_timeout=DEATH_SECONDS,
                host=local,
                dashboard=False,
                dashboard_address="127.0.0.1:0",
            )
            try:
                async with worker:
                    say(f"{duty.title}: takes work from {address}")
                    waiting = False
                    await _first(over.wait(), worker.finished())
            except (OSError, TimeoutError) as error:
                if not waiting:
                    say(f"{duty.title}: {address} does not answer ({error}); trying again")
                waiting = True
            if not over.is_set():
                if not waiting:
                    say(f"{duty.title}: {address} is gone; waiting for it")
                waiting = True
                await _first(over.wait(), asyncio.sleep(AGAIN_SECONDS))


def lead(listen: str, say: Callable[[str], None]) -> None:
    """Be the head's scheduler until SIGINT or SIGTERM."""
    with _quietly():
        asyncio.run(_lead(listen, say))


async def _lead(listen: str, say: Callable[[str], None]) -> None:
    from distributed import Scheduler

    parts = urlsplit(listen)
    over = _ended_by_signals()
    scheduler = Scheduler(
        host=parts.hostname,
        port=parts.port or 8786,
        protocol=parts.scheme,
        dashboard_address="127.0.0.1:8787",
    )
    try:
        async with scheduler:
            say(f"head: {scheduler.address}")
            if find_spec("bokeh"):
                say(f"dashboard: http://127.0.0.1:{scheduler.services['dashboard'].port}/status")
            else:
                say("dashboard: none; it wants the package bokeh (pip install bokeh)")
            await _first(over.wait(), scheduler.finished())
    except (OSError, ValueError) as error:
        raise FleetError(f"{listen}: cannot listen there: {error}.", hint="Give another --listen.") from error


def _ended_by_signals() -> asyncio.Event:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    return over


async def _first(*things: Any) -> None:
    tasks = [asyncio.ensure_future(thing) for thing in things]
    done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    for task in done:
        task.result()


@contextmanager
def _quietly() -> Iterator[None]:
    try:
        import dask
        import distributed  # noqa: F401  # its settings come with it
    except ImportError:
        raise FleetError(
            "the package distributed is not installed.",
            hint='Install it with: pip install "asr-quant-bench[fleet]"',
        ) from None
    for name in ("distributed", *_TALKATIVE):
        logging.getLogger(name).setLevel(logging.ERROR)
    with dask.config.set(_QUIET):
        yield


@contextmanager
def _host_shared_with_others(*, alone: bool) -> Iterator[None]:
    """A worker with a label is the only one of its host; those without one share it."""
    import fcntl

    path = cache_root() / "locks" / "workers.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise FleetError(
            f"{path}: cannot be opened: {error.strerror}.",
            hint="Set ASR_QUANT_BENCH_CACHE to a folder you can write to.",
        ) from error
    with file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FleetError(
                "another worker runs on this host: nothing could be timed here undisturbed.",
                hint="A host with --label has one worker; give it --processes for quality passes.",
            ) from None
        yield

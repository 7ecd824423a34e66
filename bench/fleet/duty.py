"""What a Dask worker of ours declares and does: one task at a time, in this process, under its own settings.

What a host may be asked for is told by resources, which Dask's scheduler knows how to keep: `slot` (one task
at a time), `label:NAME` (which host this is) and `code:VERSION` (which code runs there).
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.executor import Site, Work, code_version
from bench.scratch import scratch_folder

SLOT: Final = "slot"
LABEL: Final = "label:"
CODE: Final = "code:"
LOOK_SECONDS: Final = 1.0
_MEMORY_SHARE: Final = 0.5

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """How this worker works: see the options of the command `worker`."""

    labels: tuple[str, ...] = ()
    lanes: int = 1
    memory_bytes: float | None = None
    shared: Path | None = None

    @property
    def resources(self) -> dict[str, float]:
        """What the worker declares to Dask."""
        return {SLOT: 1.0, f"{CODE}{code_version()}": 1.0, **{f"{LABEL}{each}": 1.0 for each in self.labels}}

    @property
    def title(self) -> str:
        """What lines about the host begin with: its label, where it has one, and its name."""
        host = socket.gethostname()
        return f"{'+'.join(self.labels)} ({host})" if self.labels else host

    @property
    def name(self) -> str:
        """The worker's name in Dask: the title, and the process."""
        return f"{self.title} #{os.getpid()}"


_current = Duty()


def on_duty(duty: Duty) -> None:
    """The duty of this process from now on."""
    global _current  # noqa: PLW0603  # a process is one worker
    _current = duty


def needs(*labels: str) -> dict[str, float]:
    """What a task of this code asks of a worker, on any host or on one with these labels."""
    return {SLOT: 1.0, f"{CODE}{code_version()}": 1.0, **{f"{LABEL}{each}": 1.0 for each in labels}}


def labels_of(resources: Sequence[str]) -> tuple[str, ...]:
    """The labels among a worker's resources."""
    return tuple(name.removeprefix(LABEL) for name in resources if name.startswith(LABEL))


def perform(work: Work, payload: bytes, topic: str | None = None) -> tuple[str, bytes]:
    """Do work in a Dask worker's thread: the worker's address, and what came of it.

    A task that nobody waits for any more is stopped; the next begins when it has ended.  What the work says
    meanwhile goes to those who subscribe to the topic.
    """
    from distributed import get_worker

    worker = get_worker()
    with (
        _one_at_a_time,
        scratch_folder() as folder,
        _stopped_when_unwanted(worker) as stop,
    ):
        site = Site(
            scratch=folder / "spool",
            log=folder / "log" / "children.log",
            memory_bytes=_memory(),
            worker=_current.title,
            lanes=_current.lanes,
            shared=_current.shared,
            stop=stop,
            tell=None if topic is None else partial(worker.log_event, topic),
        )
        return worker.address, work(payload, site)


def _memory() -> float:
    import psutil

    whole = _current.memory_bytes or psutil.virtual_memory().total * _MEMORY_SHARE
    return whole / _current.lanes


@contextmanager
def _stopped_when_unwanted(worker: Any) -> Iterator[threading.Event]:
    """An event that is set once the worker closes, or its scheduler has given the running task up."""
    stop, over = threading.Event(), threading.Event()
    key = worker.get_current_task()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            task = worker.state.tasks.get(key)
            if task is None or task.state in ("cancelled", "released", "forgotten") or _closing(worker):
                stop.set()
                return

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield stop
    finally:
        over.set()


def _closing(worker: Any) -> bool:
    return worker.status.name in ("closing", "closed", "closing_gracefully", "failed")

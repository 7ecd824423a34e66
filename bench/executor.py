"""Where work is done: in this process, in others of this machine, on other machines.

An `Executor` takes a `Task` and gives back a future, as `concurrent.futures` does.  What a task is made of
is a function of this package, by its name, and bytes: no object of one process means anything in another,
and nothing that comes back is more than data.  Who executes is chosen by the commands; suites, plans and
records know nothing of it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from bench.domain import Reason

Said = dict[str, Any]  # JSON that work says of itself while it goes on


class WorkerLost(Exception):
    """The worker that had the task is gone: killed, unplugged, restarted; so were `times` of them.

    The task may be done again.
    """

    def __init__(self, times: int = 1) -> None:
        super().__init__(times)
        self.times = times


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What work finds where it is done.

    `scratch` is a folder of its own, `log` what its children print; `memory_bytes` may be taken by one of
    `lanes` children side by side.  Once `stop` is set nobody wants the result.  `tell` hands on what is
    said at once, None where only the result travels.  `worker` is the name that lines about this host
    begin with, `shared` the folder in which the cache of whoever handed out the work can be read.
    """

    scratch: Path
    log: Path
    memory_bytes: float
    worker: str
    lanes: int = 1
    shared: Path | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[Said], None] | None = None


Work = Callable[[bytes, Site], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A piece of work.

    `key` is made of its content: two tasks of one key are the same work.  `labels` are what a worker
    must have declared; `only` is the one worker that may do it and `avoid` are those that must
    not, by the address that answers carry.  `scratch` and `log` are used where the work stays in this
    process; elsewhere the worker has its own.
    """

    key: str
    work: Work
    payload: bytes
    labels: tuple[str, ...] = ()
    only: str | None = None
    avoid: frozenset[str] = frozenset()
    scratch: Path = Path()
    log: Path = Path()
    tell: Callable[[Said], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a task came to, and the address of the worker that did it."""

    worker: str
    content: bytes


class Executor(Protocol):
    """Does tasks.  `apart` says that workers share no files with this process, nor its imports."""

    apart: bool

    def room(self, avoid: frozenset[str], labels: tuple[str, ...] = ()) -> int:
        """How many tasks may be out at once now, on workers with these labels; 0 where none could take one."""

    def unfit(self) -> Mapping[str, Reason]:
        """Workers that get no task of ours whatever it is, by address, and why."""

    def title(self, worker: str) -> str:
        """What lines about the worker of that address begin with."""

    def submit(self, task: Task) -> Future[Done]:
        """Have the task done; the future raises `WorkerLost`, or what the work raised."""

    def stop(self) -> None:
        """End what is being done; what was said is kept.  Returns when nothing runs any more here."""

    def close(self) -> None:
        """Give back what the executor holds."""


@cache
def code_version() -> str:
    """Which code this is: the release, and the beginning of a hash over every module of the package."""
    root = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{version('asr-quant-bench')}+{digest.hexdigest()[:12]}"

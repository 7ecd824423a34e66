"""The executor that nobody has to ask for: threads of this process, each minding the children of its task."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from bench.domain import Reason
from bench.executor import Done, Site, Task

NAME = "here"


class Here:
    """`workers` tasks at once, with `memory_bytes` for the children of each."""

    apart = False

    def __init__(self, workers: int, memory_bytes: float) -> None:
        self.workers, self.memory_bytes = workers, memory_bytes
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="lane")

    def room(self, avoid: frozenset[str], labels: tuple[str, ...] = ()) -> int:
        """One a worker."""
        return 0 if labels or NAME in avoid else self.workers

    def unfit(self) -> Mapping[str, Reason]:
        """This process is fit for its own work."""
        return {}

    def title(self, worker: str) -> str:
        """The one there is."""
        return worker

    def submit(self, task: Task) -> Future[Done]:
        """In a thread, which sleeps while a child works."""
        return self._pool.submit(self._do, task)

    def _do(self, task: Task) -> Done:
        site = Site(
            scratch=task.scratch,
            log=task.log,
            memory_bytes=self.memory_bytes,
            worker=NAME,
            stop=self._stop,
            tell=task.tell,
        )
        return Done(worker=NAME, content=task.work(task.payload, site))

    def stop(self) -> None:
        """The children are ended, and what they had said is told."""
        self._stop.set()
        self.close()

    def close(self) -> None:
        """The threads end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

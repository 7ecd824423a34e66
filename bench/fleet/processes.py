"""Tasks in processes of this machine: what a cluster does, without one.

Each process does one task at a time; one that is killed costs its task and is replaced.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from typing import Final

from bench.domain import Reason
from bench.executor import Done, Site, Task, Work, WorkerLost
from bench.scratch import scratch_folder

NAME: Final = "this machine"


class WorkFailed(RuntimeError):
    """What work raised in another process, in words."""


class LocalProcesses:
    """`count` processes; `setup` is called in each before its first task."""

    apart = True

    def __init__(self, count: int, setup: Callable[[], None] | None = None) -> None:
        self.count, self.setup = count, setup
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        self._all: set[_Process] = set()
        self._stopped = False
        for _ in range(count):
            self._idle.put(self._started())
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="process")

    def room(self, avoid: frozenset[str], labels: tuple[str, ...] = ()) -> int:
        """One a process."""
        return 0 if labels or NAME in avoid else self.count

    def unfit(self) -> Mapping[str, Reason]:
        """They are of one code."""
        return {}

    def title(self, worker: str) -> str:
        """All have one."""
        return worker

    def submit(self, task: Task) -> Future[Done]:
        """To the next process that is idle."""
        return self._threads.submit(self._do, task)

    def _do(self, task: Task) -> Done:
        process = self._idle.get()
        try:
            return Done(worker=NAME, content=process.do(task.work, task.payload))
        except WorkerLost:
            self._all.discard(process)
            process.end()
            if not self._stopped:
                process = self._started()
            raise
        finally:
            self._idle.put(process)

    def _started(self) -> _Process:
        process = _Process(self.setup, self.count)
        self._all.add(process)
        return process

    def stop(self) -> None:
        """The processes are ended, and their children with them."""
        self._stopped = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in tuple(self._all):
            process.end()
        self._threads.shutdown(wait=True)

    def close(self) -> None:
        """As `stop`: what is still being done is wanted by nobody."""
        self.stop()


class _Process:
    """One process and the pipe to it."""

    def __init__(self, setup: Callable[[], None] | None, count: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, setup, count), daemon=True)
        self._process.start()
        theirs.close()

    def do(self, work: Work, payload: bytes) -> bytes:
        """The work's result; WorkerLost where the process ends meanwhile."""
        try:
            self._pipe.send((work, payload))
            ended, content = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkerLost from error
        if not ended:
            raise WorkFailed(content)
        answer: bytes = content
        return answer

    def end(self) -> None:
        """By SIGTERM; its children's supervisors notice."""
        self._process.terminate()
        self._process.join()
        with contextlib.suppress(OSError):
            self._pipe.close()


def _serve(pipe: Connection, setup: Callable[[], None] | None, count: int) -> None:
    """What a process does: task after task, until its parent is gone."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that its scratch folder goes
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if setup is not None:
        setup()
    import psutil

    memory = psutil.virtual_memory().total * 0.5 / count
    while True:
        try:
            work, payload = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        with scratch_folder() as folder:
            site = Site(
                scratch=folder / "spool",
                log=folder / "log" / "children.log",
                memory_bytes=memory,
                worker=NAME,
            )
            try:
                answer: tuple[bool, bytes | str] = True, work(payload, site)
            except Exception as error:  # noqa: BLE001  # told to the parent
                answer = False, f"{type(error).__name__}: {error}"
            except KeyboardInterrupt:
                return
        with contextlib.suppress(OSError):
            pipe.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)

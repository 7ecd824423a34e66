"""Tasks on a Dask cluster: its scheduler places them, by the resources that workers have declared."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from bench.domain import Reason
from bench.errors import FleetError
from bench.executor import Done, Task, WorkerLost, code_version
from bench.fleet import duty
from bench.reasons import reason

ANSWER_SECONDS: Final = 15.0
FRESH_SECONDS: Final = 0.5  # how old what is known of the workers may be
ALLOWED_DEATHS: Final = 3  # Dask's own limit of workers that one task may take with it


@dataclass(slots=True, eq=False)
class _Out:
    """A task on its way: Dask's future, ours, the only workers that may have it, and where it is heard of meanwhile."""

    theirs: Any
    ours: Future[Done]
    allowed: frozenset[str] | None
    topic: str | None


class DaskExecutor:
    """The workers of a scheduler that run this code."""

    apart = True

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise FleetError(
                f"--on {address}: the package distributed is not installed.",
                hint='Install it with: pip install "asr-quant-bench[fleet]"',
            ) from None
        self.address = address
        try:
            self.client = Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise FleetError(
                f"{address}: no Dask scheduler answers: {error}.",
                hint="Start one with: asr-quant-bench head. For tls:// see docs/fleet.md.",
            ) from error
        self._lock = threading.Lock()
        self._out: set[_Out] = set()
        self._known: dict[str, Any] = {}
        self._seen = 0.0
        self._stopped = False

    @property
    def dashboard(self) -> str | None:
        """The address of Dask's own page about what goes on; None where none answers."""
        from urllib.error import URLError

        from bench.assets.sources.web import opener

        link = str(self.client.dashboard_link)
        try:
            with opener().open(link, timeout=2.0) as page:
                return link if page.status == 200 else None
        except (URLError, OSError, ValueError):
            return None

    def workers(self) -> dict[str, Any]:
        """What Dask knows of each worker, by its address.  FleetError where the scheduler is gone."""
        now = time.monotonic()
        if now - self._seen > FRESH_SECONDS:
            try:
                info = self.client.scheduler_info() if self.client.status == "running" else None
            except (OSError, TimeoutError):
                info = None
            if info is None:
                raise FleetError(
                    f"{self.address}: the scheduler is gone; what was heard is kept.",
                    hint="Start it again (asr-quant-bench head), then go on with --resume.",
                )
            self._known, self._seen = dict(info["workers"]), now
            self._mind_the_lost()
        return self._known

    def room(self, avoid: frozenset[str], labels: tuple[str, ...] = ()) -> int:
        """One a worker that declares what is needed."""
        return len(self._eligible(avoid, labels))

    def _eligible(self, avoid: frozenset[str], labels: tuple[str, ...]) -> list[str]:
        needs = duty.needs(*labels)
        return [
            address
            for address, worker in self.workers().items()
            if address not in avoid
            and all(worker["resources"].get(name, 0.0) >= amount for name, amount in needs.items())
        ]

    def unfit(self) -> Mapping[str, Reason]:
        """Workers of other code, by address, and why."""
        found: dict[str, Reason] = {}
        for address, worker in self.workers().items():
            theirs = [name for name in worker["resources"] if name.startswith(duty.CODE)]
            if not theirs:
                found[address] = reason("fleet.not_ours")
            elif theirs[0] != duty.CODE + code_version():
                runs = theirs[0].removeprefix(duty.CODE)
                found[address] = reason("fleet.other_code", theirs=runs, ours=code_version())
        return found

    def labels(self, worker: str) -> tuple[str, ...]:
        """What the worker of that address is called in suites."""
        return duty.labels_of(tuple(self._known.get(worker, {}).get("resources", ())))

    def title(self, worker: str) -> str:
        """The worker's name, else its address."""
        return str(self._known.get(worker, {}).get("name", worker))

    def submit(self, task: Task) -> Future[Done]:
        """To a worker that Dask chooses."""
        if self._stopped:
            raise FleetError("the work was stopped.", hint="Go on with --resume.")
        allowed: frozenset[str] | None = None
        if task.only is not None:
            allowed = frozenset({task.only})
        elif task.avoid:
            allowed = frozenset(self._eligible(task.avoid, task.labels))
        topic = self._listened_to(task)
        theirs = self.client.submit(
            duty.perform,
            task.work,
            task.payload,
            topic,
            key=task.key,
            resources=duty.needs(*task.labels),
            workers=None if allowed is None else sorted(allowed),
            allow_other_workers=False,
            retries=0,
        )
        out = _Out(theirs, Future(), allowed, topic)
        with self._lock:
            self._out.add(out)
        out.ours.set_running_or_notify_cancel()
        theirs.add_done_callback(lambda _: self._ended(out))
        return out.ours

    def _listened_to(self, task: Task) -> str | None:
        """The topic under which the task's worker tells what its work says; None where nobody asks."""
        tell = task.tell
        if tell is None:
            return None
        topic = f"asr-quant-bench {task.key}"
        self.client.subscribe_topic(topic, lambda event: tell(event[1]))
        return topic

    def _ended(self, out: _Out) -> None:
        """In a thread of Dask's: hand its future's end on to ours."""
        from distributed.scheduler import KilledWorker

        with self._lock:
            if out not in self._out:
                return
            self._out.discard(out)
        try:
            if out.theirs.status == "finished":
                worker, content = out.theirs.result()
                out.ours.set_result(Done(worker=worker, content=content))
            elif out.theirs.status == "error":
                error = out.theirs.exception()
                lost = WorkerLost(ALLOWED_DEATHS) if isinstance(error, KilledWorker) else error
                out.ours.set_exception(lost)
            else:
                out.ours.set_exception(WorkerLost())
        except Exception as error:  # noqa: BLE001  # the scheduler went meanwhile
            if not out.ours.done():
                lost = WorkerLost()
                lost.__cause__ = error
                out.ours.set_exception(lost)
        finally:
            out.theirs.release()
            if out.topic is not None:
                self.client.unsubscribe_topic(out.topic)

    def _mind_the_lost(self) -> None:
        """Tasks whose only workers are gone would wait for ever."""
        with self._lock:
            lost = {
                out for out in self._out if out.allowed is not None and not out.allowed & self._known.keys()
            }
            self._out -= lost
        for out in lost:
            out.ours.set_exception(WorkerLost())
            out.theirs.cancel()

    def stop(self) -> None:
        """Nobody waits for what is out any more; workers notice within a second or two."""
        self._stopped = True
        with self._lock:
            out, self._out = self._out, set()
        if out and self.client.status == "running":
            self.client.cancel([each.theirs for each in out])
        for each in out:
            if not each.ours.done():
                each.ours.set_exception(WorkerLost())

    def close(self) -> None:
        """The connection."""
        self.stop()
        self.client.close()

"""Time a suite on hosts by their labels: each a whole run of its own, all hosts at once, one run a host."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bench.audit import carry
from bench.domain import Reason, Suite
from bench.errors import BenchError, FleetError
from bench.executor import Said
from bench.fleet.orders import TimingOrder, for_host, orders, put
from bench.fleet.timed import time_suite
from bench.folders import RunFolders, new_folders
from bench.hostruns import HostRun, new_folder, newest_folder, read_hosts, write_hosts
from bench.journal import read_host
from bench.listening.dispatch import WAIT_SECONDS, Answer, Dispatcher, Ticket
from bench.problems import why as because
from bench.reasons import reason, told

if TYPE_CHECKING:
    from bench.fleet.on_dask import DaskExecutor


class HostWatcher(Protocol):
    """Told as hosts are timed."""

    def advance(self, title: str, done: int, total: int | None) -> None:
        """One more piece of an input is there."""

    def timing(self, label: str) -> None:
        """A host is asked, and times the suite when its slot is free."""

    def waiting_for(self, label: str) -> None:
        """No worker has that label: one is waited for."""

    def progress(self, label: str, block: int, of: int) -> None:
        """So many blocks of the host's run are done, of as many as it may have."""

    def timed(self, host: HostRun) -> None:
        """The host's run has come back, or has a reason why not."""


@dataclass(slots=True, kw_only=True)
class HostTiming:
    """A suite timed on hosts; what is known of them is in `folder` at any moment."""

    asked: Suite
    executor: DaskExecutor
    watcher: HostWatcher
    reports: Path
    logs: Path
    folder: Path
    hosts: dict[str, HostRun]
    wait_seconds: float = WAIT_SECONDS
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> tuple[HostRun, ...]:
        """Every host that has not been timed yet, side by side; KeyboardInterrupt as it comes."""
        order = orders(self.asked, self.watcher)
        threads = [
            threading.Thread(target=self._host, args=(host, order), daemon=True)
            for host in self.hosts.values()
            if not host.timed
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.5)
        except BaseException:
            self.executor.stop()
            for thread in threads:
                thread.join()
            raise
        return tuple(self.hosts.values())

    def _host(self, host: HostRun, order: TimingOrder) -> None:
        self.watcher.timing(host.label)
        try:
            found = _OneHost(
                host=host,
                executor=self.executor,
                folders=self._folders(host),
                reports=self.reports,
                waiting=lambda: self.watcher.waiting_for(host.label),
                progress=lambda said: self.watcher.progress(host.label, said["block"], said["of"]),
                wait_seconds=self.wait_seconds,
            ).timed(for_host(order, host))
        except Exception as error:  # noqa: BLE001  # whatever it is, the other hosts go on
            said = (
                because(error) if isinstance(error, BenchError) else told(f"{type(error).__name__}: {error}")
            )
            found = dataclasses.replace(host, reason=said)
        with self._lock:
            self.hosts[host.label] = found
            write_hosts(self.folder, self.hosts.values())
        self.watcher.timed(found)

    def _folders(self, host: HostRun) -> RunFolders:
        return RunFolders(
            run=self.reports / self.asked.name / host.run, logs=self.logs / self.asked.name / host.run
        )


@dataclass(slots=True, kw_only=True)
class _OneHost:
    """One host's run: asked for, waited for, taken in."""

    host: HostRun
    executor: DaskExecutor
    folders: RunFolders
    reports: Path
    waiting: Callable[[], None]
    progress: Callable[[Said], None]
    wait_seconds: float
    _refusals: list[Reason] = field(default_factory=list)
    _found: HostRun | None = None

    def timed(self, order: TimingOrder) -> HostRun:
        """The host with its run, or with the reason why it has none."""
        ticket = Ticket(
            key=f"time-{order.nonce}",
            work=time_suite,
            payload=order.encoded(),
            inputs=order.inputs,
            labels=(self.host.label,),
        )
        dispatcher = Dispatcher(
            executor=self.executor,
            take=self._take,
            give_up=self._give_up,
            refuse=self._refuse,
            wait=self._wait,
            said=lambda _, said: self.progress(said),
            wait_seconds=self.wait_seconds,
            sole=False,
        )
        try:
            dispatcher.run([ticket])
        except FleetError:
            if self._found is None and not self._refusals:
                return self._absent(reason("fleet.no_host", label=self.host.label))
        return self._found or self._absent(self._refusals[0])

    def _take(self, ticket: Ticket, answer: Answer) -> None:
        put(answer["files"], self.folders)
        carry(self.reports, read_host(self.folders.run).id, self.folders.run)
        self._found = dataclasses.replace(self.host, timed=True, reason=None)

    def _give_up(self, ticket: Ticket, why: Reason) -> None:
        self._found = self._absent(why)

    def _absent(self, why: Reason) -> HostRun:
        return dataclasses.replace(self.host, timed=False, reason=why)

    def _refuse(self, worker: str, why: Reason) -> None:
        if self.host.label in self.executor.labels(worker):
            self._refusals.append(why)

    def _wait(self) -> None:
        """The host's only worker was refused: nothing is waited for; else one may come yet."""
        if self._refusals:
            raise FleetError("the host was refused.")
        self.waiting()


def time_on_hosts(
    asked: Suite,
    labels: Sequence[str],
    executor: DaskExecutor,
    watcher: HostWatcher,
    *,
    reports: Path,
    logs: Path,
    resume: bool = False,
    wait_seconds: float = WAIT_SECONDS,
) -> tuple[Path, tuple[HostRun, ...]]:
    """Time a suite on hosts; the folder of their list and report, and what became of each.

    With `resume` the newest list is gone on with: hosts that have no run yet, each where it was cut short.
    """
    place = reports / asked.name
    if resume:
        folder = newest_folder(place)
        hosts = {each.label: each for each in read_hosts(folder)}
    else:
        folder = new_folder(place)
        hosts = {
            label: HostRun(
                label=label,
                run=new_folders(asked.name, reports=reports, logs=logs).run_id,
                nonce=secrets.token_hex(8),
            )
            for label in labels
        }
        folder.mkdir(parents=True, exist_ok=True)
        write_hosts(folder, hosts.values())
    timing = HostTiming(
        asked=asked,
        executor=executor,
        watcher=watcher,
        reports=reports,
        logs=logs,
        folder=folder,
        hosts=hosts,
        wait_seconds=wait_seconds,
    )
    return folder, timing.run()

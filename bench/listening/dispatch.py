"""Hands work to an executor and takes in what comes of it: sends what a host lacks, tries again what was lost."""

from __future__ import annotations

import json
import queue
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.assets.handed import HandedInput, packs
from bench.domain import Reason
from bench.errors import FleetError
from bench.executor import Done, Executor, Said, Task, Work, WorkerLost
from bench.listening.hearing import lay_pack
from bench.listening.templates import reason_of
from bench.places import expand
from bench.reasons import reason, told

MOST_ATTEMPTS: Final = 3  # of work whose workers are lost, or that fails
MOST_SENDINGS: Final = 5  # of inputs to hosts that lack them still
LOOK_SECONDS: Final = 1.0
WAIT_SECONDS: Final = 600.0  # for a worker that may take what is left

Answer = dict[str, Any]


@dataclass(slots=True, kw_only=True, eq=False)
class Ticket:
    """A piece of work on its way, and what has happened to it.

    `engine` is the one it runs on, empty where it is of several; `inputs` are all that its worker reads, by
    hash; `labels` are what its worker must have.
    """

    key: str
    work: Work
    payload: bytes
    inputs: dict[str, HandedInput]
    engine: str = ""
    labels: tuple[str, ...] = ()
    scratch: Path = Path()
    log: Path = Path()
    attempts: int = 0
    sendings: int = 0
    submitted: int = 0
    only: str | None = None


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """What comes of tickets is handed on in the thread that `run` is called in.

    `take` gets a ticket's answer, `said` what its work says meanwhile, where that stays in this process,
    `give_up` a ticket that cannot be done and why, `refuse` a worker's address and why it gets no more;
    `wait` is told once where no worker may take what is left.  With `sole` nobody else uses the executor:
    it is stopped where something ends the run.
    """

    executor: Executor
    take: Callable[[Ticket, Answer], None]
    give_up: Callable[[Ticket, Reason], None]
    refuse: Callable[[str, Reason], None]
    wait: Callable[[], None]
    said: Callable[[Ticket, Said], None] | None = None
    wait_seconds: float = WAIT_SECONDS
    sole: bool = True
    _inbox: queue.SimpleQueue[tuple[Any, ...]] = field(default_factory=queue.SimpleQueue)
    _ready: deque[Ticket] = field(default_factory=deque)
    _out: dict[Future[Done], Ticket] = field(default_factory=dict)
    _sending: set[str] = field(default_factory=set)
    _after: dict[str, list[Ticket]] = field(default_factory=lambda: defaultdict(list))
    _refused: dict[str | None, set[str]] = field(default_factory=lambda: defaultdict(set))
    _idle_since: float | None = None

    def run(self, tickets: Iterable[Ticket]) -> None:
        """Every ticket to its end.

        Raises FleetError where nobody may take what is left, and what work raises in this process.
        """
        coming = iter(tickets)
        try:
            while self._hand_out(coming) or self._out or self._sending:
                self._take_in()
        except BaseException:
            if self.sole:
                self.executor.stop()
            self._take_in_the_rest()
            raise

    # ------------------------------------------------------------------------- going out

    def _hand_out(self, coming: Iterator[Ticket]) -> bool:
        """Hand out what there is room for; whether anything is left to be handed out."""
        for worker, why in self.executor.unfit().items():
            self._refuse(worker, None, why)
        while True:
            if not self._ready:
                ticket = next(coming, None)
                if ticket is None:
                    return False
                self._ready.append(ticket)
            ticket = self._ready[0]
            avoid = self._avoid(ticket)
            room = self.executor.room(avoid, ticket.labels)
            self._mind_emptiness(room)
            if len(self._out) >= room:
                return True
            self._submit(self._ready.popleft(), avoid)

    def _submit(self, ticket: Ticket, avoid: frozenset[str]) -> None:
        said = self.said
        task = Task(
            key=ticket.key + (f"-{ticket.submitted}" if ticket.submitted else ""),
            work=ticket.work,
            payload=ticket.payload,
            labels=ticket.labels,
            only=None if ticket.only in avoid else ticket.only,
            avoid=avoid,
            scratch=ticket.scratch,
            log=ticket.log,
            tell=None if said is None else lambda each: self._inbox.put(("said", ticket, each)),
        )
        ticket.only = None
        ticket.submitted += 1
        future = self.executor.submit(task)
        self._out[future] = ticket
        future.add_done_callback(lambda done: self._inbox.put(("done", done)))

    def _avoid(self, ticket: Ticket) -> frozenset[str]:
        return frozenset(self._refused[None] | self._refused[ticket.engine])

    def _mind_emptiness(self, room: int) -> None:
        """Wait for a worker that may take the rest, but not for ever."""
        if room or self._out or self._sending:
            self._idle_since = None
            return
        now = time.monotonic()
        if self._idle_since is None:
            self._idle_since = now
            self.wait()
        if now - self._idle_since >= self.wait_seconds:
            raise FleetError(
                "no worker may take what is left to hear; what was heard is kept.",
                hint="Start a worker (docs/fleet.md), or fix those that were refused; then go on with --resume.",
            )

    # ------------------------------------------------------------------------- coming in

    def _take_in(self) -> None:
        try:
            self._hear_of(*self._inbox.get(timeout=LOOK_SECONDS))
        except queue.Empty:
            return

    def _take_in_the_rest(self) -> None:
        """What was said before everything was stopped."""
        while not self._inbox.empty():
            kind, *rest = self._inbox.get()
            if kind == "said" or (kind == "done" and not rest[0].cancelled() and not rest[0].exception()):
                self._hear_of(kind, *rest)

    def _hear_of(self, kind: str, *rest: Any) -> None:
        match kind:
            case "said" if self.said is not None:
                self.said(*rest)
            case "done":
                self._done(rest[0])
            case "sent":
                self._sent(rest[0], rest[1])

    def _done(self, future: Future[Done]) -> None:
        ticket = self._out.pop(future)
        try:
            done = future.result()
        except CancelledError:
            return
        except WorkerLost as lost:
            why = reason("fleet.lost", count=ticket.attempts + lost.times)
            self._again(ticket, why, times=lost.times)
            return
        except Exception as error:
            if not self.executor.apart:
                raise
            self._again(ticket, told(f"{type(error).__name__}: {error}"))
            return
        answer = json.loads(done.content)
        if (why := answer.get("refused")) is not None:
            self._refuse(done.worker, answer.get("engine"), reason_of(why))
            self._ready.appendleft(ticket)
        elif lacks := answer.get("lacks"):
            self._send(ticket, done.worker, lacks)
        else:
            self.take(ticket, answer)

    def _again(self, ticket: Ticket, why: Reason, times: int = 1) -> None:
        ticket.attempts += times
        if ticket.attempts < MOST_ATTEMPTS:
            self._ready.append(ticket)
        else:
            self.give_up(ticket, why)

    def _refuse(self, worker: str, engine: str | None, why: Reason) -> None:
        if worker not in self._refused[engine]:
            self._refused[engine].add(worker)
            self.refuse(worker, why)

    # --------------------------------------------------------------------------- sending

    def _send(self, ticket: Ticket, worker: str, lacks: Sequence[str]) -> None:
        """Send inputs to a worker, pack after pack, and hand it the ticket then; one sending at a time."""
        ticket.sendings += 1
        if ticket.sendings > MOST_SENDINGS:
            self._again(ticket, reason("fleet.not_kept", count=MOST_SENDINGS))
            return
        self._after[worker].append(ticket)
        if worker in self._sending:
            return  # what it is being sent may be what this ticket wants too: it asks again
        known = ticket.inputs
        inputs = [(known[sha], expand(known[sha].place)) for sha in lacks if sha in known]
        tasks = (
            Task(key=f"lay-{ticket.key}-{ticket.sendings}-{n}", work=lay_pack, payload=pack, only=worker)
            for n, pack in enumerate(packs(inputs))
        )
        self._sending.add(worker)
        self._next_pack(worker, tasks)

    def _next_pack(self, worker: str, tasks: Iterator[Task]) -> None:
        task = next(tasks, None)
        if task is None:
            self._sending_ended(worker)
            return
        future = self.executor.submit(task)
        future.add_done_callback(lambda done: self._inbox.put(("sent", (worker, tasks), done)))

    def _sent(self, at: tuple[str, Iterator[Task]], future: Future[Done]) -> None:
        worker, tasks = at
        try:
            answer = json.loads(future.result().content)
        except (WorkerLost, CancelledError):
            self._sending_ended(worker)
            return
        if (why := answer.get("refused")) is not None:
            self._refuse(worker, None, reason_of(why))
            self._sending_ended(worker)
        else:
            self._next_pack(worker, tasks)

    def _sending_ended(self, worker: str) -> None:
        self._sending.discard(worker)
        for ticket in self._after.pop(worker, []):
            ticket.only = worker
            self._ready.appendleft(ticket)

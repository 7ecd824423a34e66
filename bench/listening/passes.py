"""The quality pass: every utterance heard by every variant, models loaded once a share, nothing timed.

Shares of the utterances are heard side by side, wherever an executor has room for them.  What is heard is on
disk as it comes in; a pass that was ended goes on where it was, on any executor.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bench.assets.hashes import sha256_of
from bench.domain import Host, Reason, Status
from bench.errors import JournalError
from bench.executor import Executor, Said
from bench.folders import RunFolders
from bench.journal import Journal
from bench.listening.dispatch import WAIT_SECONDS, Answer, Dispatcher, Ticket
from bench.listening.hearables import Conditioned, Hearable, Unhearable, hearables
from bench.listening.hearing import given_up, hear_shard
from bench.listening.here import Here
from bench.listening.plan import Company, Listener, blocked_variants, companies
from bench.listening.shards import Shard, inputs_of, shard_of, shares
from bench.listening.templates import TEMPLATES, Templates, leftovers, made_record, plain
from bench.places import portable
from bench.prepare import Prepared
from bench.quality.utterances import UTTERANCES, HeardKey, UtteranceRecord, encode_utterance, heard_keys
from bench.reasons import reason

SPOOL: Final = ".listening"
MEMORY_SHARE: Final = 0.5  # of what the machine has: the rest is left to others
HEARD_AGAIN: Final = {Status.CRASHED, Status.TIMEOUT, Status.FAILED, Status.MEMORY}  # when a pass goes on

Plan = tuple[Company, Sequence[Conditioned]]


class PassWatcher(Protocol):
    """Told as records come in."""

    def advance(self, title: str, done: int, total: int | None) -> None:
        """One more piece of an input is there."""

    def listening(self, done: int, total: int) -> None:
        """The pass begins, or goes on; counts are of records."""

    def heard(self, record: UtteranceRecord) -> None:
        """One more record is on disk."""

    def refused(self, host: str, why: Reason) -> None:
        """A host gets no more of the pass."""

    def waiting(self) -> None:
        """No worker may take what is left: one is waited for."""


@dataclass(slots=True, kw_only=True)
class QualityPass:
    """One run's quality pass: on `executor`, or in `workers` children of this machine at once.

    `share_seconds` is how much speech a share holds where the executor's workers are apart.
    """

    prepared: Prepared
    folders: RunFolders
    host: Host
    workers: int
    watcher: PassWatcher
    memory_bytes: float
    executor: Executor | None = None
    share_seconds: float | None = None
    wait_seconds: float = WAIT_SECONDS
    _done: set[HeardKey] = dataclasses.field(default_factory=set)

    def run(self) -> None:
        """Hear everything that the run's utterances do not hold yet.

        Raises `JournalError` where weights have changed since, or where a record cannot be written,
        `FleetError` where no worker may go on; and KeyboardInterrupt as it comes, the children ended and
        what they said on disk.
        """
        heard = hearables(self.prepared.suite, self.watcher)
        with Journal(self.folders.run, UTTERANCES) as journal:
            self._done, before = heard_keys(self.folders.run, but=HEARD_AGAIN)
            self._take_in_leftovers(journal)
            plans: list[Plan] = [
                (company, [each for each in heard if each.part.language == language])
                for language in dict.fromkeys(each.part.language for each in heard)
                for company in self._companies(heard, language)
            ]
            self._refuse_other_weights(before, [company for company, _ in plans])
            unheard = list(self._unheard(plans, heard))
            wanted = sum(
                len(self._pending(company, each, everything=True)) for company, own in plans for each in own
            )
            blocked = len(blocked_variants(self.prepared)) * len(heard)
            self.watcher.listening(len(self._done), wanted + blocked)
            self._keep(journal, unheard)
            self._listen(journal, plans)
        shutil.rmtree(self.folders.run / SPOOL, ignore_errors=True)

    def _companies(self, heard: Sequence[Conditioned], language: str) -> list[Company]:
        longest = max(each.spoken.seconds for each in heard if each.part.language == language)
        return companies(self.prepared, language, longest)

    # ------------------------------------------------------------------ what nobody can hear

    def _unheard(self, plans: Sequence[Plan], heard: Sequence[Conditioned]) -> Iterable[UtteranceRecord]:
        for company, own in plans:
            for each in own:
                if isinstance(each, Unhearable):
                    for listener in self._pending(company, each):
                        about = {**self._of_utterance(each), **self._of_listener(company, listener)}
                        yield made_record(
                            about,
                            status=Status.UNUSABLE,
                            reason=reason("listening.unusable", message=each.problem),
                        )
        for case, state in blocked_variants(self.prepared):
            for each in heard:
                about = {
                    **self._of_utterance(each),
                    "model": case.model,
                    "variant": case.variant.name,
                    "quantization": case.variant.quantization,
                    "engine": case.variant.engine,
                }
                record = made_record(about, status=state.status, reason=state.reason)
                if record.key not in self._done:
                    yield record

    def _pending(self, company: Company, each: Conditioned, *, everything: bool = False) -> list[Listener]:
        return [
            listener
            for listener in company.listeners
            if (listener.floor is None or each.on_floor)
            and (everything or self._key(listener, each) not in self._done)
        ]

    def _key(self, listener: Listener, each: Conditioned) -> HeardKey:
        return (*each.identity, listener.case.model, listener.case.variant.name, listener.floor)

    # ------------------------------------------------------------------------- templates

    def _of_utterance(self, each: Conditioned) -> dict[str, Any]:
        return {
            "corpus": each.part.corpus,
            "condition": each.condition.name,
            "utterance": each.spoken.name,
            "language": each.part.language,
            "seconds": round(each.spoken.seconds, 4),
            "speaker": each.spoken.speaker,
            "reference": each.spoken.text,
            "audio": portable(str(each.audio)) if isinstance(each, Hearable) else None,
            "audio_sha256": sha256_of(each.audio) if isinstance(each, Hearable) else None,
            "host": self.host.id,
        }

    def _of_listener(self, company: Company, listener: Listener) -> dict[str, Any]:
        variant = listener.case.variant
        leader = company.listeners[0] if company.leads else None
        follows = leader is not None and (listener is not leader)
        return {
            "model": listener.case.model,
            "variant": variant.name,
            "quantization": variant.quantization,
            "engine": variant.engine,
            "engine_version": listener.ready.version,
            "weights": listener.weights,
            "weights_bytes": listener.weights_bytes,
            "baseline": leader.case.variant.name if leader and follows else None,
            "floor": listener.floor,
            "divergence_reason": None if company.leads else plain(company.silence),
        }

    def _templates(self, company: Company, share: Sequence[Hearable]) -> Templates:
        return Templates(
            utterances={str(number): self._of_utterance(each) for number, each in enumerate(share)},
            listeners={each.name: self._of_listener(company, each) for each in company.listeners},
        )

    # ------------------------------------------------------------------------------ work

    def _listen(self, journal: Journal, plans: Sequence[Plan]) -> None:
        executor = self.executor or Here(self.workers, self.memory_bytes)

        shards: dict[Ticket, tuple[Shard, Templates]] = {}

        def write(ticket: Ticket, events: Sequence[Said], host: str | None = None) -> None:
            templates = shards[ticket][1]
            made = (templates.record(event, host) for event in events)
            self._keep(journal, [record for record in made if record is not None])

        def take(ticket: Ticket, answer: Answer) -> None:
            if answer.get("log"):
                ticket.log.parent.mkdir(parents=True, exist_ok=True)
                ticket.log.write_text(answer["log"], encoding="utf-8")
            write(ticket, answer["events"], answer["host"])
            del shards[ticket]

        def give_up(ticket: Ticket, why: Reason) -> None:
            write(ticket, given_up(shards[ticket][0], why))
            del shards[ticket]

        dispatcher = Dispatcher(
            executor=executor,
            take=take,
            said=None if executor.apart else lambda ticket, event: write(ticket, [event]),
            give_up=give_up,
            refuse=lambda worker, why: self.watcher.refused(executor.title(worker), why),
            wait=self.watcher.waiting,
            wait_seconds=self.wait_seconds,
        )
        try:
            dispatcher.run(self._tickets(plans, shards, apart=executor.apart))
        finally:
            if self.executor is None:
                executor.close()

    def _tickets(
        self, plans: Sequence[Plan], shards: dict[Ticket, tuple[Shard, Templates]], *, apart: bool
    ) -> Iterator[Ticket]:
        """Every share that is to be heard, made when its turn comes."""
        number = 0
        for company, own in plans:
            pending = [each for each in own if isinstance(each, Hearable) and self._pending(company, each)]
            count = None if apart else self.workers
            for share in shares(pending, count=count, seconds=self.share_seconds):
                shard, templates = self._shard(company, share, apart=apart)
                ticket = self._ticket(company, shard, number)
                if not apart:  # the children's own words lie there, should this process be killed
                    ticket.scratch.mkdir(parents=True, exist_ok=True)
                    text = json.dumps(dataclasses.asdict(templates), ensure_ascii=False)
                    (ticket.scratch / TEMPLATES).write_text(text, encoding="utf-8")
                shards[ticket] = shard, templates
                yield ticket
                number += 1

    def _shard(self, company: Company, share: Sequence[Hearable], *, apart: bool) -> tuple[Shard, Templates]:
        missing = [(each, self._pending(company, each)) for each in share]
        shard = shard_of(company, missing, self.prepared.suite, apart=apart)
        return shard, self._templates(company, share)

    def _ticket(self, company: Company, shard: Shard, number: int) -> Ticket:
        return Ticket(
            key=f"hear-{shard.key}",
            work=hear_shard,
            payload=shard.encoded(),
            inputs=inputs_of(shard),
            engine=shard.listeners[0].case.variant.engine,
            scratch=self.folders.run / SPOOL / str(number),
            log=self.folders.logs / f"quality.{company.model}.{company.listeners[0].name}.{number}.log",
        )

    def _keep(self, journal: Journal, records: Iterable[UtteranceRecord]) -> None:
        """Write records that are not there yet, all at once."""
        new = list({record.key: record for record in records if record.key not in self._done}.values())
        if not new:
            return
        journal.append_line(b"".join(map(encode_utterance, new)))
        for record in new:
            self._done.add(record.key)
            self.watcher.heard(record)

    def _take_in_leftovers(self, journal: Journal) -> None:
        """What children of a killed parent said and nobody wrote down."""
        new = [each for each in leftovers(self.folders.run / SPOOL) if each.key not in self._done]
        if new:
            journal.append_line(b"".join(map(encode_utterance, new)))
            self._done.update(record.key for record in new)
        shutil.rmtree(self.folders.run / SPOOL, ignore_errors=True)

    def _refuse_other_weights(
        self, before: Iterable[tuple[str, str, str]], planned: Iterable[Company]
    ) -> None:
        now = {
            (each.case.model, each.case.variant.name): each.weights
            for company in planned
            for each in company.listeners
        }
        for model, variant, weights in sorted(before):
            if now.get((model, variant), weights) != weights:
                raise JournalError(
                    f"{self.folders.run}: the weights of {model} {variant} have changed since "
                    f"its quality pass began.",
                    hint="Start a new run without --resume.",
                )

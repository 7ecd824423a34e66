"""The quality pass: every utterance heard by every variant, each loaded once, nothing timed.

Several children work side by side, each on its own share of the utterances.  What they hear is on disk
at once; a pass that was ended goes on where it was.
"""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import shutil
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from bench.domain import FetchedClip, Host, Reason, Status
from bench.errors import JournalError
from bench.folders import RunFolders
from bench.journal import Journal
from bench.listening.plan import (
    Company,
    Conditioned,
    Hearable,
    Listener,
    Unhearable,
    blocked_variants,
    companies,
    hearables,
)
from bench.listening.templates import Templates, made_record
from bench.places import portable
from bench.prepare import Prepared
from bench.quality.utterances import UTTERANCES, UtteranceRecord, encode_utterance, read_utterances
from bench.reasons import reason

SPOOL: Final = ".listening"
MEMORY_SHARE: Final = 0.5  # of what the machine has: the rest is left to others
HEARD_AGAIN: Final = {Status.CRASHED, Status.TIMEOUT, Status.FAILED, Status.MEMORY}  # when a pass goes on
SHORTEST_PATIENCE_SECONDS: Final = 60.0


class PassWatcher(Protocol):
    """Told as records come in."""

    def advance(self, title: str, done: int, total: int | None) -> None:
        """One more piece of an input is there."""

    def listening(self, done: int, total: int) -> None:
        """The pass begins, or goes on; counts are of records."""

    def heard(self, record: UtteranceRecord) -> None:
        """One more record is on disk."""


@dataclass(slots=True, kw_only=True)
class QualityPass:
    """One run's quality pass; `workers` children at once."""

    prepared: Prepared
    folders: RunFolders
    host: Host
    workers: int
    watcher: PassWatcher
    memory_bytes: float
    stop: threading.Event = dataclasses.field(default_factory=threading.Event)
    _done: set[tuple[Any, ...]] = dataclasses.field(default_factory=set)
    _incoming: queue.Queue[UtteranceRecord | BaseException | None] = dataclasses.field(
        default_factory=queue.Queue
    )

    def run(self) -> None:
        """Hear everything that the run's utterances do not hold yet.

        Raises `JournalError` where weights have changed since, or where a record cannot be written; and
        KeyboardInterrupt as it comes, the children ended and what they said on disk.
        """
        heard = hearables(self.prepared.suite, self.watcher)
        with Journal(self.folders.run, UTTERANCES) as journal:
            before, _ = read_utterances(self.folders.run)
            self._done = {record.key for record in before if record.status not in HEARD_AGAIN}
            self._take_in_leftovers(journal)
            plans = [
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
            for record in unheard:
                self._keep(journal, record)
            for company, own in plans:
                self._company(journal, company, [each for each in own if isinstance(each, Hearable)])
        shutil.rmtree(self.folders.run / SPOOL, ignore_errors=True)

    def _companies(self, heard: Sequence[Conditioned], language: str) -> list[Company]:
        longest = max(each.spoken.seconds for each in heard if each.part.language == language)
        return companies(self.prepared, language, longest, self.memory_bytes)

    # ------------------------------------------------------------------ what nobody can hear

    def _unheard(
        self, plans: Sequence[tuple[Company, Sequence[Conditioned]]], heard: Sequence[Conditioned]
    ) -> Iterable[UtteranceRecord]:
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

    def _key(self, listener: Listener, each: Conditioned) -> tuple[Any, ...]:
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
            "baseline": leader.case.variant.name if leader and follows else None,
            "floor": listener.floor,
            "divergence_reason": None if company.leads else _plain(company.silence),
        }

    def _templates(self, company: Company, share: Sequence[Hearable]) -> Templates:
        return Templates(
            utterances={_name(each): self._of_utterance(each) for each in share},
            listeners={each.name: self._of_listener(company, each) for each in company.listeners},
        )

    # ------------------------------------------------------------------------------ work

    def _company(self, journal: Journal, company: Company, own: Sequence[Hearable]) -> None:
        from bench.listening.lanes import Lane

        pending = [each for each in own if self._pending(company, each)]
        if not pending:
            return
        order = {name: at for at, name in enumerate(dict.fromkeys(each.identity[::2] for each in pending))}
        count = min(self.workers, len(order))
        shares = [
            [each for each in pending if order[each.identity[::2]] % count == number]
            for number in range(count)
        ]  # by utterance: every lane hears all its conditions
        lanes = [
            Lane(
                whole=self,
                company=company,
                share=shares[number],
                templates=self._templates(company, shares[number]),
                spool=self.folders.run / SPOOL / str(number),
                log=self.folders.logs / f"quality.{company.model}.{company.listeners[0].name}.{number}.log",
                take=self._incoming.put,
            )
            for number in range(count)
        ]
        threads = [threading.Thread(target=lane.run, daemon=True) for lane in lanes]
        for thread in threads:
            thread.start()
        try:
            self._until_ended(journal, threads)
        except BaseException:
            self.stop.set()
            for thread in threads:
                thread.join()
            self._drain(journal)
            raise

    def _until_ended(self, journal: Journal, threads: Sequence[threading.Thread]) -> None:
        working = len(threads)
        while working:
            found = self._incoming.get()
            if found is None:
                working -= 1
            elif isinstance(found, BaseException):
                raise found
            else:
                self._keep(journal, found)

    def _drain(self, journal: Journal) -> None:
        while not self._incoming.empty():
            found = self._incoming.get()
            if isinstance(found, UtteranceRecord):
                self._keep(journal, found)

    def _keep(self, journal: Journal, record: UtteranceRecord) -> None:
        if record.key in self._done:
            return
        journal.append_line(encode_utterance(record))
        self._done.add(record.key)
        self.watcher.heard(record)

    def _take_in_leftovers(self, journal: Journal) -> None:
        """What children of a killed parent said and nobody wrote down."""
        for job in sorted((self.folders.run / SPOOL).glob("*/job.json")):
            try:
                data = json.loads(job.read_text(encoding="utf-8"))
                templates = Templates(
                    utterances=data["templates"]["utterances"], listeners=data["templates"]["listeners"]
                )
                lines = (job.parent / "events.jsonl").read_bytes().split(b"\n")[:-1]
                records = [templates.record(json.loads(line)) for line in lines]
            except (OSError, ValueError, KeyError, TypeError):
                continue  # torn by the kill: that utterance is heard again
            for record in records:
                if record is not None and record.status is Status.OK and record.key not in self._done:
                    journal.append_line(encode_utterance(record))
                    self._done.add(record.key)
        shutil.rmtree(self.folders.run / SPOOL, ignore_errors=True)

    def _refuse_other_weights(self, before: Iterable[UtteranceRecord], planned: Iterable[Company]) -> None:
        now = {
            (each.case.model, each.case.variant.name): each.weights
            for company in planned
            for each in company.listeners
        }
        for record in before:
            if record.weights and now.get((record.model, record.variant), record.weights) != record.weights:
                raise JournalError(
                    f"{self.folders.run}: the weights of {record.model} {record.variant} have changed since "
                    f"its quality pass began.",
                    hint="Start a new run without --resume.",
                )


def _plain(why: Reason | None) -> dict[str, Any] | None:
    """As JSON: a template is."""
    return None if why is None else {"code": why.code, "parameters": dict(why.parameters)}


def _name(each: Conditioned) -> str:
    return "\t".join(each.identity)


def utterance_clip(each: Hearable) -> FetchedClip:
    """The utterance as a clip, for engines that are given files."""
    return FetchedClip(
        name=each.spoken.name,
        title=each.spoken.name,
        language=each.part.language,
        duration_seconds=each.spoken.seconds,
        path=str(each.audio),
        sha256="",
        reference=each.spoken.text,
    )


def child_interpreter(listener: Listener) -> str:
    """The Python that runs the listener's child."""
    return os.fspath(listener.job.interpreter or Path(sys.executable))

"""One child after another until a share of the utterances is heard, or told why not."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.domain import FetchedClip, Model, Reason, Status
from bench.listening.plan import Company, Listener, child_interpreter
from bench.listening.templates import ended
from bench.reasons import reason, told

# Children that die one after another without hearing anything: then the rest is given up.
BARREN: Final = 3
SHORTEST_PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """An utterance, its recording here, and the listeners that have not heard it."""

    name: str
    clip: FetchedClip
    on_floor: bool
    missing: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Lane:
    """Hears a share with a company; `say` gets events that `Templates.record` reads."""

    company: Company
    share: Sequence[Unheard]
    model: Model
    timeout_seconds: float
    stop: threading.Event
    spool: Path
    log: Path
    say: Callable[[dict[str, Any]], None]
    _told: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    _current: tuple[str, str] | None = None
    _loaded: set[str] = dataclasses.field(default_factory=set)
    _deaths: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    _refused: set[str] = dataclasses.field(default_factory=set)

    def run(self) -> None:
        """All of the share, or as much as is wanted: nothing is begun once `stop` is set."""
        if self.company.listeners[0].job.half is None:
            self._programs()
        else:
            self._children()

    # -------------------------------------------------------------------------- children

    def _children(self) -> None:
        from bench.launch.listening import listen

        barren = 0
        while (left := self._left()) and not self.stop.is_set():
            self._current, self._loaded = None, set()
            told = len(self._told)
            how, why = listen(
                self._job(left),
                interpreter=child_interpreter(self.company.listeners[0]),
                environ=self.company.listeners[0].job.environ,
                spool=self.spool,
                log=self.log,
                say=self._hear_of,
                patience_seconds=max(self.timeout_seconds, SHORTEST_PATIENCE_SECONDS),
                stop=self.stop,
            )
            if how == "stopped":
                return
            self._account(how, why)
            barren = 0 if len(self._told) > told else barren + 1
            if how == "done" or barren >= BARREN:
                self._give_up(reason("listening.not_heard") if how == "done" or why is None else why)
                return

    def _left(self) -> list[Unheard]:
        return [each for each in self.share if self._missing(each)]

    def _missing(self, each: Unheard) -> list[Listener]:
        return [
            listener
            for listener in self.company.listeners
            if listener.name in each.missing and (each.name, listener.name) not in self._told
        ]

    def _job(self, left: Sequence[Unheard]) -> dict[str, Any]:
        token_half = self.company.token_half
        half = token_half or self.company.listeners[0].job.half
        utterances = []
        for each in left:
            missing = {listener.name for listener in self._missing(each)}
            utterances.append(
                {
                    "key": each.name,
                    "audio": each.clip.path,
                    "floor": each.on_floor,
                    "heard": [one.name for one in self.company.listeners if one.name not in missing],
                }
            )
        return {
            "half": str(half),
            "tokens": token_half is not None,
            "leads": self.company.leads,
            "variants": [
                {"name": each.name, "floor": each.floor, "payload": dict(each.job.payload)}
                for each in self.company.listeners
                if each.name not in self._refused
            ],
            "utterances": utterances,
        }

    def _hear_of(self, event: dict[str, Any]) -> None:
        name = event.get("event")
        if name == "ready":
            self._loaded.add(event["variant"])
        elif name == "refused":
            status = Status.UNSUPPORTED if event.get("kind") == "unsupported" else Status.FAILED
            self._refuse(event["variant"], status, told(event.get("message", "")))
        elif name == "failed":
            for listener in self.company.listeners:
                self._refuse(listener.name, Status.FAILED, told(event.get("message", "")))
        elif name == "listening":
            self._current = (event["utterance"], event["variant"])
        elif name in ("heard", "unheard"):
            self._tell({key: value for key, value in event.items() if key != "t"})
            self._current = None

    def _tell(self, event: dict[str, Any]) -> None:
        self._told.add((event["utterance"], event["variant"]))
        self.say(event)

    def _refuse(self, variant: str, status: Status, why: Reason) -> None:
        """The variant cannot be loaded: all its utterances say so."""
        self._refused.add(variant)
        for each in self.share:
            for listener in self._missing(each):
                if listener.name == variant:
                    self._tell(ended(each.name, variant, status, why))

    def _account(self, how: str, why: Reason | None) -> None:
        """What a child that died or went silent twice was doing is told of that utterance or variant.

        Once may be the machine's doing: another program's hunger for memory, a stray signal.
        """
        if how == "done" or why is None:
            return
        status = Status.TIMEOUT if how == "silent" else Status.CRASHED
        if self._current is None:
            loading = next(
                (
                    each.name
                    for each in self.company.listeners
                    if each.name not in self._loaded and each.name not in self._refused
                ),
                None,
            )
            if loading is not None and self._again("", loading):
                self._refuse(loading, status, reason("listening.while_loading", why=why))
            return
        utterance, variant = self._current
        if not self._again(utterance, variant):
            return
        each = next(one for one in self.share if one.name == utterance)
        leader = self.company.listeners[0].name if self.company.leads else None
        for listener in self._missing(each):
            if listener.name == variant:
                self._tell(ended(each.name, listener.name, status, why))
            elif variant == leader:  # nobody can follow a baseline that dies of the utterance
                died = reason("listening.baseline_died", why=why)
                self._tell(ended(each.name, listener.name, Status.FAILED, died))

    def _again(self, utterance: str, variant: str) -> bool:
        """Whether a child has died of this before."""
        self._deaths[utterance, variant] += 1
        return self._deaths[utterance, variant] > 1

    def _give_up(self, why: Reason) -> None:
        for each in self.share:
            for listener in self._missing(each):
                self._tell(ended(each.name, listener.name, Status.FAILED, why))

    # -------------------------------------------------------------------------- programs

    def _programs(self) -> None:
        """A program is started once an utterance: it has no way to be handed another."""
        from bench import launch

        for each in self.share:
            for listener in self._missing(each):
                if self.stop.is_set():
                    return
                engine = listener.ready.engine
                job = engine.job(
                    listener.case, listener.ready.settings, self.model, each.clip, listener.ready.weights
                )
                outcome = launch.run(
                    job,
                    audio=Path(each.clip.path),
                    passes=1,
                    limits=launch.Limits(timeout_seconds=self.timeout_seconds),
                    log=self.log,
                    sample_hz=0.0,
                    counters=(),
                )
                reading = engine.read(listener.case, listener.ready.settings, outcome)
                heard = reading.transcript
                spent = [
                    m.value for m in outcome.measurements if m.name in ("user_seconds", "system_seconds")
                ]
                self._tell(
                    ended(
                        each.name,
                        listener.name,
                        reading.status,
                        reading.reason,
                        text=heard.text if heard else None,
                        truncated=bool(heard and heard.truncated),
                        cpu_seconds=round(sum(value or 0.0 for value in spent), 4),
                    )
                )

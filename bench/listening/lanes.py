"""One worker's share of a quality pass: children one after another until everything is heard or told why not."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.domain import Reason, Status
from bench.listening.plan import Company, Hearable, Listener
from bench.listening.templates import Templates, made_record
from bench.quality.utterances import UtteranceRecord
from bench.reasons import reason, told

if TYPE_CHECKING:
    from bench.listening.passes import QualityPass

# Children that die one after another without hearing anything: then the rest is given up.
BARREN: Final = 3


@dataclass(slots=True, kw_only=True)
class Lane:
    """Runs in a thread of its own; hands records to `take`, and None at its end."""

    whole: QualityPass
    company: Company
    share: Sequence[Hearable]
    templates: Templates
    spool: Path
    log: Path
    take: Callable[[UtteranceRecord | BaseException | None], None]
    _told: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    _current: tuple[str, str] | None = None
    _loaded: set[str] = dataclasses.field(default_factory=set)
    _deaths: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    _refused: dict[str, tuple[Status, Reason]] = dataclasses.field(default_factory=dict)

    def run(self) -> None:
        """All of the share."""
        try:
            if self.company.listeners[0].job.half is None:
                self._programs()
            else:
                self._children()
        except BaseException as error:  # noqa: BLE001  # raised again where records are kept
            self.take(error)
        finally:
            self.take(None)

    # -------------------------------------------------------------------------- children

    def _children(self) -> None:
        from bench.launch.listening import listen
        from bench.listening.passes import child_interpreter

        barren = 0
        while (left := self._left()) and not self.whole.stop.is_set():
            self._current, self._loaded = None, set()
            told = len(self._told)
            ended, why = listen(
                self._job(left),
                interpreter=child_interpreter(self.company.listeners[0]),
                environ=self.company.listeners[0].job.environ,
                spool=self.spool,
                log=self.log,
                say=self._say,
                patience_seconds=self._patience(),
                stop=self.whole.stop,
            )
            if ended == "stopped":
                return
            self._account(ended, why)
            barren = 0 if len(self._told) > told else barren + 1
            if ended == "done" or barren >= BARREN:
                self._give_up(reason("listening.not_heard") if ended == "done" or why is None else why)
                return

    def _patience(self) -> float:
        from bench.listening.passes import SHORTEST_PATIENCE_SECONDS

        return max(self.whole.prepared.suite.protocol.timeout_seconds, SHORTEST_PATIENCE_SECONDS)

    def _left(self) -> list[Hearable]:
        return [each for each in self.share if self._missing(each)]

    def _missing(self, each: Hearable) -> list[Listener]:
        return [
            listener
            for listener in self.whole._pending(self.company, each)  # noqa: SLF001  # a lane is a part of its pass
            if (_name(each), listener.name) not in self._told
        ]

    def _job(self, left: Sequence[Hearable]) -> dict[str, Any]:
        token_half = self.company.token_half
        half = token_half or self.company.listeners[0].job.half
        utterances = []
        for each in left:
            missing = {listener.name for listener in self._missing(each)}
            utterances.append(
                {
                    "key": _name(each),
                    "audio": str(each.audio),
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
            "templates": {
                "utterances": dict(self.templates.utterances),
                "listeners": dict(self.templates.listeners),
            },
        }

    def _say(self, event: dict[str, Any]) -> None:
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
        elif (record := self.templates.record(event)) is not None:
            self._tell(event["utterance"], event["variant"], record)
            self._current = None

    def _tell(self, utterance: str, variant: str, record: UtteranceRecord) -> None:
        self._told.add((utterance, variant))
        self.take(record)

    def _refuse(self, variant: str, status: Status, why: Reason) -> None:
        """The variant cannot be loaded: all its utterances say so."""
        self._refused[variant] = (status, why)
        for each in self.share:
            for listener in self._missing(each):
                if listener.name == variant:
                    self._fail(each, listener, status, why)

    def _fail(self, each: Hearable, listener: Listener, status: Status, why: Reason) -> None:
        about = {
            **self.templates.utterances[_name(each)],
            **self.templates.listeners[listener.name],
        }
        self._tell(_name(each), listener.name, made_record(about, status=status, reason=why))

    def _account(self, ended: str, why: Reason | None) -> None:
        """What a child that died or went silent twice was doing is told of that utterance or variant.

        Once may be the machine's doing: another program's hunger for memory, a stray signal.
        """
        if ended == "done" or why is None:
            return
        status = Status.TIMEOUT if ended == "silent" else Status.CRASHED
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
        each = next(one for one in self.share if _name(one) == utterance)
        leader = self.company.listeners[0].name if self.company.leads else None
        for listener in self._missing(each):
            if listener.name == variant:
                self._fail(each, listener, status, why)
            elif variant == leader:  # nobody can follow a baseline that dies of the utterance
                self._fail(each, listener, Status.FAILED, reason("listening.baseline_died", why=why))

    def _again(self, utterance: str, variant: str) -> bool:
        """Whether a child has died of this before."""
        self._deaths[utterance, variant] += 1
        return self._deaths[utterance, variant] > 1

    def _give_up(self, why: Reason) -> None:
        for each in self.share:
            for listener in self._missing(each):
                self._fail(each, listener, Status.FAILED, why)

    # -------------------------------------------------------------------------- programs

    def _programs(self) -> None:
        """A program is started once an utterance: it has no way to be handed another."""
        from bench import launch
        from bench.listening.passes import utterance_clip

        suite = self.whole.prepared.suite
        for each in self.share:
            for listener in self._missing(each):
                if self.whole.stop.is_set():
                    return
                engine = listener.ready.engine
                job = engine.job(
                    listener.case,
                    listener.ready.settings,
                    suite.models[listener.case.model],
                    utterance_clip(each),
                    listener.ready.weights,
                )
                outcome = launch.run(
                    job,
                    audio=each.audio,
                    passes=1,
                    limits=launch.Limits(timeout_seconds=suite.protocol.timeout_seconds),
                    log=self.log,
                    sample_hz=0.0,
                    counters=(),
                )
                reading = engine.read(listener.case, listener.ready.settings, outcome)
                about = {**self.templates.utterances[_name(each)], **self.templates.listeners[listener.name]}
                heard = reading.transcript
                spent = [
                    m.value for m in outcome.measurements if m.name in ("user_seconds", "system_seconds")
                ]
                self._tell(
                    _name(each),
                    listener.name,
                    made_record(
                        about,
                        status=reading.status,
                        reason=reading.reason,
                        text=heard.text if heard else None,
                        truncated=bool(heard and heard.truncated),
                        cpu_seconds=round(sum(value or 0.0 for value in spent), 4),
                    ),
                )


def _name(each: Hearable) -> str:
    return "\t".join(each.identity)

"""What crosses the process border: the job a child is given, what it says, and what was made of that.

The launcher turns a `Job` into an `Outcome`, an engine turns the `Outcome` into a `Reading`; neither
knows the other, both know this.  The child's side of it is JSON: docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bench.domain import Backend, Measurement, Reason, Segment, Status, Transcript, WeightsProof, Word

# In a word of a program's argv: the path of a file it may write.  No argument can hold a NUL itself.
WRITTEN_FILE: Final = "\0written\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a child must run.

    A Python engine gives `half` (the path of its child half, a file that imports the engine's
    binding and nothing of `bench`) and `payload` (JSON handed to it); the launcher puts
    `child/worker.py` in front.  A program gives `argv` alone, an argument list: no shell; for
    `WRITTEN_FILE` in it the launcher puts a path that lasts as long as the trial.
    `interpreter` is the Python of the case's environment; None means the running one.
    `opens_too` are files that it may rightly open though they are another variant's weights;
    `opens_weights` is False for a program that reads them on another machine.
    """

    half: Path | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    argv: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    interpreter: Path | None = None
    opens_too: tuple[str, ...] = ()
    opens_weights: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something the child said: `started`, `imported`, `ready`, `transcribed`, `failed` ...

    `seconds` is on the monotonic clock that the supervisor's spawn time is on; `data` is what the
    child half added.
    """

    name: str
    seconds: float
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """What a child half made of one pass over the clip.

    `stages` are seconds by the half's own clock, `own_timings` by the library's: two sources, never
    mixed.  `cuts` are (start, end) in seconds where a segmentation cut the clip, None where it did not;
    with cuts, `segmentation_seconds` is what finding them took.  `tokens` and `confidence` are of the
    whole, where the segments do not tell.  `extra` is what else the half said of a clip that was not cut,
    for its own engine.
    """

    text: str = ""
    language: str | None = None
    segments: tuple[Segment, ...] = ()
    truncated: bool | None = None
    tokens: int | None = None
    confidence: float | None = None
    stages: Mapping[str, float] = field(default_factory=dict)
    own_timings: Mapping[str, float] = field(default_factory=dict)
    cuts: tuple[tuple[float, float], ...] | None = None
    segmentation_seconds: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parsed(cls, data: Mapping[str, Any]) -> Transcription:
        """The JSON of a pass; TypeError or ValueError where a known key holds something else."""
        if "pieces" in data:
            pieces = tuple(HeardCut.parsed(each) for each in data["pieces"])
            return joined(pieces, segmentation_seconds=data.get("segmentation_seconds"))
        return cls(
            text=str(data.get("text") or ""),
            language=data.get("language"),
            segments=tuple(_segment(segment) for segment in data.get("segments") or ()),
            truncated=data.get("truncated"),
            tokens=data.get("tokens"),
            confidence=data.get("confidence"),
            stages=_seconds(data.get("stages")),
            own_timings=_seconds(data.get("own_timings")),
            extra={key: value for key, value in data.items() if key not in cls.__slots__},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardCut:
    """A cut of a clip, in seconds from its start, and what the half made of it.

    `after_seconds` is how long after the pass began the half was called for it.
    """

    start_seconds: float
    end_seconds: float
    after_seconds: float
    heard: Transcription

    @classmethod
    def parsed(cls, data: Mapping[str, Any]) -> HeardCut:
        """The JSON of `bench/child/segmentation.py`."""
        return cls(
            start_seconds=float(data["start_seconds"]),
            end_seconds=float(data["end_seconds"]),
            after_seconds=float(data["after_seconds"]),
            heard=Transcription.parsed(data.get("result") or {}),
        )

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Its segments at their times in the clip; heard without any it is one segment itself."""
        if self.heard.segments:
            return tuple(_later(segment, self.start_seconds) for segment in self.heard.segments)
        if not self.heard.text.strip():
            return ()
        whole = Segment(
            text=self.heard.text,
            start_seconds=self.start_seconds,
            end_seconds=self.end_seconds,
            confidence=self.heard.confidence,
            tokens=self.heard.tokens,
        )
        return (whole,)


def joined(pieces: Sequence[HeardCut], *, segmentation_seconds: float | None) -> Transcription:
    """The pieces of a clip as what was heard in all of it.

    Times by the half's clock are summed; the first token is that of the first piece, from the beginning of
    the pass.  Confidence is weighed by tokens.
    """
    heard = [piece.heard for piece in pieces]
    stages = _sums([each.stages for each in heard])
    if pieces and "first_token" in pieces[0].heard.stages:
        stages["first_token"] = pieces[0].after_seconds + pieces[0].heard.stages["first_token"]
    counts = [each.tokens for each in heard if each.tokens is not None]
    weighed = [(each.confidence, each.tokens or 0) for each in heard if each.confidence is not None]
    total = sum(tokens for _, tokens in weighed)
    known = [each.truncated for each in heard if each.truncated is not None]
    return Transcription(
        text=" ".join(text for each in heard if (text := each.text.strip())),
        language=next((each.language for each in heard if each.language), None),
        segments=tuple(segment for piece in pieces for segment in piece.segments),
        truncated=any(known) if known else None,
        tokens=sum(counts) if pieces and len(counts) == len(pieces) else None,
        confidence=sum(value * tokens for value, tokens in weighed) / total if total else None,
        stages=stages,
        own_timings=_sums([each.own_timings for each in heard]),
        cuts=tuple((piece.start_seconds, piece.end_seconds) for piece in pieces),
        segmentation_seconds=segmentation_seconds,
    )


def _later(segment: Segment, seconds: float) -> Segment:
    """The segment and its words so many seconds later."""
    return replace(
        segment,
        start_seconds=None if segment.start_seconds is None else segment.start_seconds + seconds,
        end_seconds=None if segment.end_seconds is None else segment.end_seconds + seconds,
        words=tuple(
            replace(word, start_seconds=word.start_seconds + seconds, end_seconds=word.end_seconds + seconds)
            for word in segment.words
        ),
    )


def _sums(groups: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = sorted({name for group in groups for name in group})
    return {name: sum(group.get(name, 0.0) for group in groups) for name in names}


def _seconds(data: Mapping[str, Any] | None) -> Mapping[str, float]:
    """Times by name, without those the half could not take."""
    return {name: float(value) for name, value in (data or {}).items() if value is not None}


def _segment(data: Mapping[str, Any]) -> Segment:
    words = tuple(Word(**word) for word in data.get("words") or ())
    known = ("text", "start_seconds", "end_seconds", "confidence", "tokens")
    return Segment(words=words, **{key: data[key] for key in known if key in data})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a child.  `status` and `reason` are the launcher's; an engine may refine them.

    `measurements` are the process's own (time, memory, faults, counters), from the supervisor.
    `written` is the text of the file that `WRITTEN_FILE` stood for, None where there is none.
    `proof` says which weights were opened, None where the launcher was not told what to expect.
    """

    status: Status
    reason: Reason | None
    events: tuple[Event, ...]
    stdout: str
    stderr: str
    measurements: tuple[Measurement, ...]
    argv: tuple[str, ...] = ()
    written: str | None = None
    spawned_seconds: float = 0.0
    proof: WeightsProof | None = None

    def event(self, name: str) -> Event | None:
        """The first event of that name."""
        return next((event for event in self.events if event.name == name), None)

    @property
    def transcriptions(self) -> tuple[Transcription, ...]:
        """What the child heard, a pass after another; empty where no pass ended."""
        passes = (event for event in self.events if event.name == "transcribed")
        return tuple(Transcription.parsed(event.data.get("result") or {}) for event in passes)

    @property
    def transcription(self) -> Transcription | None:
        """What the child heard in its first pass; None where no pass ended."""
        first = self.event("transcribed")
        return None if first is None else Transcription.parsed(first.data.get("result") or {})

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the library said of itself after the work, by the half's own keys; empty where it did not."""
        done = self.event("done")
        return {} if done is None else done.data.get("facts") or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an engine made of an outcome; measurements are those only the engine can tell."""

    status: Status
    reason: Reason | None
    transcript: Transcript | None
    backend: Backend | None
    measurements: tuple[Measurement, ...] = ()

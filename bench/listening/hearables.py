"""What the quality pass lets its variants hear: every utterance under every condition, as children get it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.assets.progress import Progress
from bench.assets.speech.utterances import SpokenUtterance, fetch_spoken, ready_audio
from bench.domain import AudioCondition, CorpusPart, Reason, Suite
from bench.errors import BenchError, UnusableWeights
from bench.problems import why
from bench.quality.sampling import prefix, stratified_order
from bench.reasons import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioned:
    """One utterance under one condition: a `Hearable`, or an `Unhearable` with what is wrong with it."""

    part: CorpusPart
    condition: AudioCondition
    spoken: SpokenUtterance
    on_floor: bool

    @property
    def identity(self) -> tuple[str, str, str]:
        """Corpus, condition, utterance."""
        return self.part.corpus, self.condition.name, self.spoken.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearable(Conditioned):
    """One with its recording as a child gets it."""

    audio: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhearable(Conditioned):
    """One whose recording cannot be used, and why."""

    problem: Reason


def hearables(suite: Suite, progress: Progress | None = None) -> list[Hearable | Unhearable]:
    """Every utterance under every condition, in the order in which it is heard.

    The conditions of an utterance follow one another, so that a pass that is stopped has heard the same
    utterances under each.
    """
    found: list[Hearable | Unhearable] = []
    for part in suite.quality.corpora:
        spoken = stratified_order(
            fetch_spoken(part, progress),
            speaker=lambda each: each.speaker,
            seconds=lambda each: each.seconds,
            seed=suite.quality.seed,
        )
        kept = prefix(spoken, hours=part.hours, utterances=part.utterances, seconds=lambda each: each.seconds)
        found += _under_conditions(part, kept, suite.quality.floor, progress)
    return found


def _under_conditions(
    part: CorpusPart, kept: Sequence[SpokenUtterance], floor: int, progress: Progress | None
) -> Iterator[Hearable | Unhearable]:
    for number, spoken in enumerate(kept):
        if progress and len(part.conditions) > 1:
            progress.advance(f"Preparing {part.title}", number + 1, len(kept))
        for condition in part.conditions:
            if condition.utterances is not None and number >= condition.utterances:
                continue
            on_floor = number < floor and condition.kind == "clean"
            yield _conditioned(part, condition, spoken, on_floor=on_floor)


def _conditioned(
    part: CorpusPart, condition: AudioCondition, spoken: SpokenUtterance, *, on_floor: bool
) -> Hearable | Unhearable:
    problem = spoken.problem
    if problem is None:
        try:
            audio = ready_audio(spoken, condition)
        except UnusableWeights:
            raise
        except BenchError as error:
            problem = why(error)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with it, the others go on
            problem = told(repr(error))
        else:
            return Hearable(part=part, condition=condition, spoken=spoken, on_floor=on_floor, audio=audio)
    return Unhearable(part=part, condition=condition, spoken=spoken, on_floor=on_floor, problem=problem)

"""The variant closest to the baseline: what the quality pass says of the least loss, and what it leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.quality.forced import ForcedDivergence
from bench.report.cells import Cell, Figure, Phrase
from bench.report.findings.advice_words import file_size, quality
from bench.report.findings.candidates import Candidate, Loss
from bench.report.findings.families import Scene
from bench.report.findings.model import SAME_WER
from bench.report.findings.pairs import speech_wanted, utterances_needed
from bench.statistics import Estimate
from bench.text.numbers import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A variant whose token distributions and words the pass held against the baseline's."""

    candidate: Candidate
    divergence: ForcedDivergence
    change: Estimate


def closest(cases: Sequence[Candidate]) -> Compared | None:
    """The variant whose token distributions are nearest to the baseline's.

    None where no pass compared any, and where every one that it compared is shown to lose.
    """
    told = [
        Compared(candidate=each, divergence=each.divergence, change=each.change)
        for each in cases
        if each.divergence is not None and each.change is not None
    ]
    if all(each.candidate.loss is Loss.SHOWN for each in told):
        return None
    return min(told, key=lambda each: each.divergence.mean.value)


def closest_words(scene: Scene, nearest: Compared) -> tuple[Cell, ...]:
    """How close it is, what it changes in words, and the loss that is still possible."""
    choice, found, change = nearest.candidate, nearest.divergence, nearest.change
    mean, same = found.mean, found.same_top
    params: dict[str, Cell] = {
        "model": scene.subject([choice.case], clip=False),
        "name": scene.name(choice.case),
        "size": file_size(choice.case),
        "nats": Figure(value=mean.value, quantity=Quantity.NATS, low=mean.low, high=mean.high),
        "same": Figure(value=same.value, quantity=Quantity.PERCENT),
        "quality": quality(choice),
        "utterances": Phrase(message="finding.utterances", count=change.n),
    }
    message = "advice.closest" if choice.measurable else "advice.closest.floor"
    parts = [Phrase(message=message, params=params)]
    if choice.loss is Loss.SHOWN:
        parts.append(Phrase(message="advice.closest.worse"))
    elif change.possible_high is not None:
        possible = Figure(value=max(change.possible_high, 0.0), quantity=Quantity.POINTS)
        parts.append(Phrase(message="advice.closest.possible", params={"possible": possible}))
        if possible.value > SAME_WER:
            needed = speech_wanted(utterances_needed(change), change.n)
            parts.append(Phrase(message="advice.closest.needed", params={"needed": needed}))
    return tuple(parts)

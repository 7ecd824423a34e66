"""What is said of a difference of error rates, wherever it was measured."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.quality import ErrorPair
from bench.report.cells import Cell, CellGroup, Figure, Phrase, WordErrors
from bench.report.findings.model import SAME_WER, Evidence, Finding, Kind, Strength
from bench.report.findings.pairs import points, speech_wanted, utterances_needed
from bench.results import CaseKey
from bench.statistics import FEWEST_TO_CLAIM, Estimate
from bench.text.numbers import Quantity

WORDS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A variant held against its anchor: the difference, and where it is asked for, the new errors.

    Of one `group` those without a difference shown share a sentence.
    """

    model: Cell
    name: Cell
    anchor: Cell
    change: Estimate
    group: Hashable
    words: Callable[[], Sequence[ErrorPair]]
    subjects: tuple[CaseKey, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def wer_findings(given: Iterable[Held]) -> Iterator[Finding]:
    """A sentence for each difference; one for all of a group of which none is shown."""
    alike: dict[Hashable, list[Held]] = {}
    for held in given:
        if reading(held.change)[0] == "finding.wer.none":
            alike.setdefault((held.group, held.change.n), []).append(held)
        else:
            yield _changed(held)
    for group in alike.values():
        yield _none_shown(group) if len(group) > 1 else _changed(group[0])


def reading(change: Estimate) -> tuple[str, Strength]:
    """The message of a difference and how firmly it stands."""
    low, high = change.possible_low, change.possible_high
    if low is None or high is None or change.n < FEWEST_TO_CLAIM:
        seen = "worse" if change.value > SAME_WER else "better" if change.value < -SAME_WER else "same"
        return f"finding.wer.seen_{seen}", Strength.OBSERVED
    if low >= -SAME_WER and high <= SAME_WER:
        return "finding.wer.same", Strength.SHOWN
    if change.clear:
        return ("finding.wer.worse" if change.value > 0 else "finding.wer.better"), Strength.SHOWN
    return "finding.wer.hint" if change.excludes_zero else "finding.wer.none", Strength.SHOWN


def error_words(found: Sequence[ErrorPair]) -> WordErrors:
    """The most telling of them."""
    shown = found[:WORDS_SHOWN]
    return WordErrors(errors=tuple((each.reference, each.hypothesis, each.count) for each in shown))


def _none_shown(group: Sequence[Held]) -> Finding:
    """Variants without a difference shown, in one sentence: what is possible all the same."""
    worst = max(group, key=lambda each: each.change.high or 0.0)
    params: dict[str, Cell] = {
        "model": worst.model,
        "items": CellGroup(parts=tuple(each.name for each in group), between=", "),
        "anchor": worst.anchor,
        "bound": Figure(value=worst.change.high or 0.0, quantity=Quantity.POINTS),
        "worst": worst.name,
        "utterances": Phrase(message="finding.utterances", count=worst.change.n),
        "needed": speech_wanted(max(utterances_needed(each.change) for each in group), worst.change.n),
    }
    return Finding(
        rule="quality.wer",
        kind=Kind.QUALITY,
        phrase=Phrase(message="finding.wer.none.several", params=params),
        subjects=tuple(key for each in group for key in each.subjects),
        evidence=tuple(row for each in group for row in each.evidence),
        strength=Strength.SHOWN,
    )


def _changed(held: Held) -> Finding:
    message, strength = reading(held.change)
    params: dict[str, Cell] = {
        "model": held.model,
        "name": held.name,
        "anchor": held.anchor,
        "change": points(held.change, shown=strength is Strength.SHOWN),
        "utterances": Phrase(message="finding.utterances", count=held.change.n),
    }
    if message in {"finding.wer.worse", "finding.wer.seen_worse"} and (words := held.words()):
        params["words"] = error_words(words)
        message += ".words"
    if message == "finding.wer.hint":
        params["needed"] = _to_show(held.change)
    if message == "finding.wer.none":
        params["needed"] = speech_wanted(utterances_needed(held.change), held.change.n)
    return Finding(
        rule="quality.wer",
        kind=Kind.QUALITY,
        phrase=Phrase(message=message, params=params),
        subjects=held.subjects,
        evidence=held.evidence,
        strength=strength,
    )


def _to_show(change: Estimate) -> Phrase:
    """About how many utterances would show a difference as large as this one seems."""
    wanted = utterances_needed(change, abs(change.value))
    if wanted <= change.n:
        return Phrase(message="finding.utterances.over", count=change.n)
    return speech_wanted(wanted, change.n)

"""The utterances that tell most of each variant: what was said and heard, where it drifted, and the recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bench.places import expand
from bench.quality.losses import TellingUtterance
from bench.quality.passed import Passed
from bench.report.cells import Cell, Figure, Phrase, WordErrors
from bench.report.names import quantization
from bench.report.pass_groups import PassGroup, anchored
from bench.report.view import Example, Examples, MarkedWord
from bench.text.numbers import Quantity

SHOWN_CLEAN: Final = 2  # of each variant, of speech as recorded ...
SHOWN_DEGRADED: Final = 1  # ... and of each condition
ERRORS_SHOWN: Final = 4
WORDS_MARKED: Final = 3  # of a transcript, those of largest divergence ...
LEAST_MARKED: Final = 0.001  # ... and no less than this, in nats: nobody looks for what is below


def examples(groups: Sequence[PassGroup]) -> tuple[Examples, ...]:
    """Of every group with a baseline, variant by variant."""
    made = (
        Examples(scope=each.group.scope, examples=tuple(_of(each.group, each.baseline)))
        for each in anchored(groups)
    )
    return tuple(each for each in made if each.examples)


def _of(group: PassGroup, baseline: Passed) -> Iterator[Example]:
    limit = SHOWN_CLEAN if group.clean else SHOWN_DEGRADED
    for row in group.others:
        for each in group.results.details(row).telling(limit):
            yield _example(baseline, row, each)


def _example(baseline: Passed, row: Passed, each: TellingUtterance) -> Example:
    errors = tuple((one.reference, one.hypothesis, one.count) for one in each.errors[:ERRORS_SHOWN])
    wrong: list[Cell] = [Phrase(message=f"fault.{fault}") for fault in each.faults]
    if errors:
        wrong.append(WordErrors(errors=errors))
    record = each.mine
    return Example(
        label=quantization(row.variant),
        quantization=row.quantization,
        utterance=record.utterance,
        wrong=tuple(wrong),
        said=record.reference,
        anchor=quantization(baseline.variant),
        anchored=marked(each),
        heard=record.text or "",
        path=str(expand(record.audio)) if record.audio else None,
        sha256=record.audio_sha256,
        recording=record.audio,
    )


def marked(each: TellingUtterance) -> tuple[MarkedWord, ...]:
    """The baseline's transcript, its words of largest divergence with their nats."""
    if not each.base.words:
        return (MarkedWord(text=each.base.text or "", nats=None),)
    known = sorted((nats for nats in each.nats if nats is not None), reverse=True)
    least = max(known[:WORDS_MARKED][-1], LEAST_MARKED) if known else None
    return tuple(
        MarkedWord(text=text, nats=_worth_a_mark(nats, least))
        for (text, _, _), nats in zip(each.base.words, each.nats, strict=True)
    )


def _worth_a_mark(nats: float | None, least: float | None) -> Figure | None:
    if nats is None or least is None or nats < least:
        return None
    return Figure(value=nats, quantity=Quantity.NATS)

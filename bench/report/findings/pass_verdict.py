"""The verdict of a quality pass without timed cases: what loses least, what to stay away from, how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bench.quality.passed import Passed
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.findings.divergence_words import Drifting, drifting
from bench.report.findings.families import Scene
from bench.report.findings.model import LIKELY_WORSE, SAME_WER
from bench.report.findings.pairs import points, speech_wanted, utterances_needed
from bench.report.findings.pass_alone import clean_groups
from bench.report.pass_groups import PassGroup, variant_cell
from bench.statistics import Estimate
from bench.text.numbers import Quantity

MOST_GROUPS: Final = 2  # models and corpora with lines of their own
MOST_NAMED: Final = 3

Line = tuple[Cell, ...]


def pass_verdict(scene: Scene) -> tuple[Line, ...]:
    """The lines; none where there is no pass of weights that mean something."""
    alone = [each for each in clean_groups(scene) if not each.group.cases]
    lines = [line for each in alone[:MOST_GROUPS] for line in _of(*each)]
    return (*lines, *_rest([each.group for each in alone])) if lines else ()


def _of(group: PassGroup, anchor: Passed) -> Iterator[Line]:
    told = drifting(group.others)
    sound = [each for each in told if not _worse(each.row)]
    if sound:
        yield _closest(group, anchor, sound[0])
    elif told:
        yield (Phrase(message="verdict.pass.all_worse", params={"model": Text(text=group.model)}),)
    worse = sorted((row for row in group.others if _worse(row) or _loss(row) > LIKELY_WORSE), key=_loss)
    if worse:
        yield (_avoid(worse),)


def _worse(row: Passed) -> bool:
    """Whether a loss is shown."""
    return row.difference is not None and row.difference.clear and _loss(row) > 0


def _loss(row: Passed) -> float:
    return (row.difference.value or 0.0) if row.difference else 0.0


def _closest(group: PassGroup, anchor: Passed, each: Drifting) -> Line:
    """The variant nearest to the baseline, and the loss that is still possible."""
    mean, change = each.divergence.mean, each.row.difference
    params: dict[str, Cell] = {
        "model": Text(text=group.model),
        "name": variant_cell(each.row),
        "anchor": variant_cell(anchor),
        "nats": Figure(value=each.nats, quantity=Quantity.NATS, low=mean.low, high=mean.high),
        "same": Figure(value=each.divergence.same_top.value, quantity=Quantity.PERCENT),
    }
    message = "verdict.pass.closest" if each.row.measurable is not False else "verdict.pass.floor"
    parts: list[Cell] = [Phrase(message=message, params=params)]
    if isinstance(change, Estimate):
        heard = Phrase(message="finding.utterances", count=change.n)
        lost = Phrase(message="verdict.pass.wer", params={"change": points(change), "utterances": heard})
        parts += [lost, *_still_possible(change)]
    return tuple(parts)


def _still_possible(change: Estimate) -> Iterator[Phrase]:
    """The loss that is still possible, and what would settle it."""
    if change.possible_high is None:
        return
    figure = Figure(value=max(change.possible_high, 0.0), quantity=Quantity.POINTS)
    yield Phrase(message="advice.closest.possible", params={"possible": figure})
    if figure.value > SAME_WER:
        needed = speech_wanted(utterances_needed(change), change.n)
        yield Phrase(message="advice.closest.needed", params={"needed": needed})


def _avoid(worse: Sequence[Passed]) -> Phrase:
    lost = [(row, row.difference) for row in worse if isinstance(row.difference, Estimate)]
    items: list[Cell] = [
        Phrase(
            message="verdict.item" if _worse(row) else "verdict.item.open",
            params={
                "name": variant_cell(row),
                "quality": Phrase(message="verdict.loss.wer", params={"change": points(change)}),
            },
        )
        for row, change in lost[-MOST_NAMED:]
    ]
    if len(worse) > MOST_NAMED:
        items.append(Phrase(message="verdict.more", count=len(worse) - MOST_NAMED))
    return Phrase(message="verdict.avoid", params={"items": CellGroup(parts=tuple(items), between="; ")})


def _rest(groups: Sequence[PassGroup]) -> Iterator[Line]:
    """How much was heard, and that nothing was timed."""
    most = max(row.heard for group in groups for row in group.rows)
    compared = [row.divergence.tokens for group in groups for row in group.rows if row.divergence]
    parts: tuple[Cell, ...] = (Phrase(message="verdict.utterances", count=most),)
    if compared:
        parts += (Phrase(message="verdict.pass.tokens", count=max(compared)),)
    yield (Phrase(message="verdict.sure", params={"items": CellGroup(parts=parts, between="; ")}),)
    yield (Phrase(message="verdict.unknown", params={"items": Phrase(message="verdict.pass.untimed")}),)

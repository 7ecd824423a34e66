"""One question, one answer: which variant satisfies these limits, by which figures, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.domain import Reason
from bench.report.cells import Cell, CellGroup, Phrase
from bench.report.findings.answers import Answer, pass_answers, timed_answers
from bench.report.findings.families import Scene, smaller
from bench.report.findings.limits import Check, Constraints, LimitState
from bench.results import Results


class Decision(StrEnum):
    """The kind of answer."""

    CHOSEN = "chosen"
    INCONCLUSIVE = "inconclusive"
    IMPOSSIBLE = "impossible"  # every candidate breaks a limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The answer: `choice` and `runner_up` when CHOSEN, and `smaller`, which might keep the limits as well.

    `missing` says what would decide it of that one, or of the nearest where none is chosen.  `answers`
    hold every candidate, the better first.
    """

    decision: Decision
    choice: Answer | None
    runner_up: Answer | None
    missing: tuple[Phrase | Reason, ...]
    answers: tuple[Answer, ...]
    smaller: Answer | None = None

    def phrases(self) -> tuple[Cell, ...]:
        """The answer in words, a cell a line."""
        return tuple(_lines(self))


def recommend(figures: Results, constraints: Constraints) -> Recommendation:
    """The variant with the least known loss, then the smallest file, of those that keep the limits."""
    scene = Scene(figures)
    of = timed_answers if scene.figures.cases else pass_answers
    answers = tuple(of(scene, constraints))
    met = [each for each in answers if each.state is LimitState.MET]
    unsettled = [each for each in answers if each.state is LimitState.OPEN]
    if met:
        open_ = next((each for each in unsettled if smaller(each, met[0])), None)
        return Recommendation(
            decision=Decision.CHOSEN,
            choice=met[0],
            runner_up=met[1] if len(met) > 1 else None,
            smaller=open_,
            missing=_missing(open_),
            answers=answers,
        )
    return Recommendation(
        decision=Decision.INCONCLUSIVE if unsettled or not answers else Decision.IMPOSSIBLE,
        choice=None,
        runner_up=unsettled[0] if unsettled else None,
        missing=_missing(unsettled[0] if unsettled else None)
        if answers
        else (Phrase(message="recommend.nothing"),),
        answers=answers,
    )


def _missing(answer: Answer | None) -> tuple[Phrase | Reason, ...]:
    checks_ = answer.checks if answer is not None else ()
    return _distinct([check.missing for check in checks_ if check.missing])


def _distinct(missing: Sequence[Phrase | Reason]) -> tuple[Phrase | Reason, ...]:
    """What is missing, each thing once; of several numbers of blocks the largest."""
    kept: dict[Reason | str, Phrase | Reason] = {}
    for each in missing:
        key = each if isinstance(each, Reason) else each.message
        before = kept.get(key)
        if (
            isinstance(before, Phrase)
            and isinstance(each, Phrase)
            and (before.count or 0) >= (each.count or 0)
        ):
            continue
        kept[key] = each
    return tuple(kept.values())


# -------------------------------------------------------------------------- words


def _lines(found: Recommendation) -> Iterator[Cell]:
    if found.choice is not None:
        yield Phrase(
            message="recommend.chosen", params={"name": found.choice.name, "figures": _figures(found.choice)}
        )
        if found.choice.loss is not None:
            yield Phrase(message="recommend.worse", params={"quality": found.choice.loss})
        if found.runner_up is not None:
            params: dict[str, Cell] = {"name": found.runner_up.name, "figures": _figures(found.runner_up)}
            yield Phrase(message="recommend.runner_up", params=params)
        if found.smaller is not None:
            params = {"name": found.smaller.name, "figures": _figures(found.smaller)}
            yield Phrase(message="recommend.smaller", params=params)
        yield from _wanting(found)
        return
    if found.decision is Decision.IMPOSSIBLE:
        yield Phrase(message="recommend.impossible")
    else:
        yield Phrase(message="recommend.inconclusive")
        if found.runner_up is not None:
            params = {"name": found.runner_up.name, "figures": _figures(found.runner_up)}
            yield Phrase(message="recommend.nearest", params=params)
        yield from _wanting(found)
    for answer in found.answers:
        broken = [check for check in answer.checks if check.state is LimitState.BROKEN]
        if broken:
            params = {"name": answer.name, "figures": _many(broken)}
            yield Phrase(message="recommend.broken", params=params)


def _wanting(found: Recommendation) -> Iterator[Cell]:
    for each in found.missing:
        yield Phrase(message="recommend.missing", params={"what": each})


def _figures(answer: Answer) -> Cell:
    return _many(answer.checks) if answer.checks else Phrase(message="recommend.no_limits")


def _many(checks: Sequence[Check]) -> CellGroup:
    items = [Phrase(message=f"recommend.{check.limit}", params={"figure": check.figure}) for check in checks]
    return CellGroup(parts=tuple(items), between="; ")

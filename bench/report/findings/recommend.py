"""One question, one answer: which variant satisfies these limits, by which figures, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.domain import Reason
from bench.report.cells import Cell, CellGroup, Phrase, Text
from bench.report.findings.advice_words import quality
from bench.report.findings.candidates import Candidate, Loss, candidates
from bench.report.findings.families import Scene, smaller
from bench.report.findings.limits import Check, Constraints, LimitState, checks
from bench.report.findings.model import Evidence
from bench.results import CaseResult, Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A candidate with its checks, in the order of the limits."""

    case: CaseResult
    name: Text
    checks: tuple[Check, ...]
    loss: Cell | None = None  # the quality of a variant that is shown to be worse

    @property
    def state(self) -> LimitState:
        """The worst of its checks."""
        states = {check.state for check in self.checks}
        return (
            LimitState.BROKEN
            if LimitState.BROKEN in states
            else LimitState.OPEN
            if LimitState.OPEN in states
            else LimitState.MET
        )

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The rows of the report its figures stand in."""
        tables = dict.fromkeys(check.table for check in self.checks)
        return tuple(Evidence(case=self.case.key, table=table) for table in tables)


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
    known = [each for each in candidates(scene) if _wanted(each, constraints)]
    ranked = sorted(known, key=_rank)
    answers = tuple(
        Answer(
            case=each.case,
            name=_name(scene, each),
            checks=tuple(checks(each, constraints)),
            loss=quality(each) if each.loss is Loss.SHOWN else None,
        )
        for each in ranked
    )
    met = [each for each in answers if each.state is LimitState.MET]
    unsettled = [each for each in answers if each.state is LimitState.OPEN]
    if met:
        open_ = next((each for each in unsettled if smaller(each.case, met[0].case)), None)
        return Recommendation(
            decision=Decision.CHOSEN,
            choice=met[0],
            runner_up=met[1] if len(met) > 1 else None,
            smaller=open_,
            missing=_missing(open_),
            answers=answers,
        )
    nothing = Phrase(message="recommend.nothing" if scene.figures.cases else "recommend.untimed")
    return Recommendation(
        decision=Decision.INCONCLUSIVE if unsettled or not answers else Decision.IMPOSSIBLE,
        choice=None,
        runner_up=unsettled[0] if unsettled else None,
        missing=_missing(unsettled[0] if unsettled else None) if answers else (nothing,),
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


def _wanted(each: Candidate, constraints: Constraints) -> bool:
    return (
        not each.broken
        and constraints.model in {None, each.case.case.model}
        and constraints.machine in {None, each.case.host.id}
    )


def _rank(each: Candidate) -> tuple[float, int, float]:
    """Models by their baseline's WER, then variants by what is known of their loss, then by size."""
    wers = [case.heard.score.wer for case in each.family.front if case.is_baseline and case.heard.score]
    known = [wer for wer in wers if wer is not None]
    tier = 0 if each.loss <= Loss.SAME else int(each.loss)
    return (min(known, default=math.inf), tier, float(each.case.weights_bytes or math.inf))


def _name(scene: Scene, each: Candidate) -> Text:
    return Text(text=f"{scene.subject_name([each.case])} {scene.names.label(each.case)}", strong=True)


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

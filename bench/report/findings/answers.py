"""A variant held against the limits of a question: of timed cases, or of a quality pass alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bench.quality.counts import pooled_difference, pooled_rate
from bench.report.cells import Cell, Phrase, Text
from bench.report.findings.advice_words import quality
from bench.report.findings.candidates import Candidate, Loss, candidates, loss_of
from bench.report.findings.families import BROKEN_WER, Scene
from bench.report.findings.limits import (
    Check,
    Constraints,
    LimitState,
    check_loss,
    check_size,
    check_wer,
    checks,
    nothing,
)
from bench.report.findings.model import Evidence
from bench.report.findings.pairs import points
from bench.report.findings.pass_alone import clean_groups
from bench.report.pass_groups import Anchored
from bench.results.heard import NO_REFERENCE
from bench.statistics import Estimate, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A candidate with its checks, in the order of the limits.

    `evidence` are the rows of the report that its figures stand in; a pass without timed cases has rows without keys.
    """

    name: Text
    variant: str
    weights_bytes: float | None
    checks: tuple[Check, ...]
    evidence: tuple[Evidence, ...] = ()
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


def timed_answers(scene: Scene, constraints: Constraints) -> Iterator[Answer]:
    """Of the cases with timed trials, the better first."""
    known = [each for each in candidates(scene) if _wanted(each, constraints)]
    for each in sorted(known, key=_rank):
        checked = tuple(checks(each, constraints))
        tables = dict.fromkeys(check.table for check in checked)
        yield Answer(
            name=_name(scene, each),
            variant=each.case.case.variant.name,
            weights_bytes=each.case.weights_bytes,
            checks=checked,
            evidence=tuple(Evidence(case=each.case.key, table=table) for table in tables),
            loss=quality(each) if each.loss is Loss.SHOWN else None,
        )


def _name(scene: Scene, each: Candidate) -> Text:
    return Text(text=f"{scene.subject_name([each.case])} {scene.names.label(each.case)}", strong=True)


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
    return (min(known, default=math.inf), _tier(each.loss), float(each.case.weights_bytes or math.inf))


def _tier(loss: Loss) -> int:
    return 0 if loss <= Loss.SAME else int(loss)


# ------------------------------------------------------------------- of a pass alone


def pass_answers(scene: Scene, constraints: Constraints) -> Iterator[Answer]:
    """Of passes without timed cases, over speech as recorded of all corpora; the better first.

    Nothing was timed: limits of time and memory stay open, and so are those on errors of a variant that did not
    hear all corpora.  One whose words are mostly wrong is no answer.
    """
    ranked: list[tuple[tuple[float, int, float, bool], Answer]] = []
    for groups in _by_model(scene, constraints):
        anchor = groups[0].baseline
        standard = pooled_rate([each.baseline.scored for each in groups]).value
        for variant in dict.fromkeys(row.variant for each in groups for row in each.group.rows):
            rows = [row for each in groups for row in each.group.rows if row.variant == variant]
            scored = [row.scored for row in rows if len(row.scored)]
            rate = pooled_rate(scored) if scored else None
            if rate is not None and (rate.value or 0.0) > BROKEN_WER:
                continue
            whole = all(len(row.scored) for row in rows) and len(rows) == len(groups)
            paired = [row.paired for row in rows if row.baseline == anchor.variant and len(row.paired)]
            change = pooled_difference(paired) if paired else None
            known = change if isinstance(change, Estimate) else None
            is_baseline = variant == anchor.variant
            loss = Loss.NONE if is_baseline else Loss.UNKNOWN if known is None else loss_of(known)
            answer = Answer(
                name=Text(text=f"{groups[0].group.model} {variant.upper()}", strong=True),
                variant=variant,
                weights_bytes=rows[0].weights_bytes,
                checks=tuple(
                    _pass_checks(
                        constraints,
                        size=rows[0].weights_bytes,
                        rate=rate,
                        change=known,
                        is_baseline=is_baseline,
                        whole=whole,
                    )
                ),
                loss=_worse(known) if loss is Loss.SHOWN else None,
            )
            size = float(answer.weights_bytes or math.inf)
            rank = (math.inf if standard is None else standard, _tier(loss), size, is_baseline)
            ranked.append((rank, answer))
    yield from (answer for _, answer in sorted(ranked, key=lambda each: each[0]))


def _by_model(scene: Scene, constraints: Constraints) -> list[list[Anchored]]:
    """The groups of each run and model that is asked for: a corpus each."""
    found: dict[object, list[Anchored]] = {}
    for each in clean_groups(scene):
        model = each.baseline.model
        wanted = constraints.model in {None, model} and constraints.machine in {None, each.group.run.host}
        if wanted and not each.group.cases:
            found.setdefault((each.group.run, model), []).append(each)
    return list(found.values())


def _pass_checks(
    constraints: Constraints,
    *,
    size: int | None,
    rate: Interval | None,
    change: Estimate | None,
    is_baseline: bool,
    whole: bool,
) -> Iterator[Check]:
    for name, limit in constraints.asked.items():
        if name == "max_weights_bytes":
            yield check_size(size, limit, decoder_alone=False)
        elif name in {"max_wer", "max_wer_loss"} and rate is not None and not whole:
            yield nothing(name, Phrase(message="recommend.missing.corpora"))
        elif name == "max_wer":
            yield check_wer(rate.value if rate else None, rate, limit, NO_REFERENCE)
        elif name == "max_wer_loss":
            yield check_loss(change, limit, NO_REFERENCE, is_baseline=is_baseline)
        else:
            yield nothing(name, Phrase(message="recommend.untimed"))


def _worse(change: Estimate | None) -> Cell | None:
    return Phrase(message="advice.loss.wer", params={"change": points(change)}) if change else None

"""Rules on one measured quantity: speed and memory against the baseline, and their paradoxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bench.metrics import METRICS
from bench.report.cells import BaselineRatio, Cell, CellGroup, Figure, Phrase
from bench.report.findings.differences import Contrast, Standing, contrast
from bench.report.findings.families import Scene, smaller
from bench.report.findings.model import (
    MEMORY,
    MOST_BLOCKS,
    TIME,
    Evidence,
    Finding,
    Kind,
    Rule,
    Strength,
    Tolerance,
)
from bench.report.tables.measured import contradicts
from bench.results import CaseResult
from bench.text.numbers import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A quantity that variants are compared in: its metric, how it is written, the rule that compares it.

    `metric` "footprint" stands for what the machine has: the kernel's peak or the sampled one.
    """

    name: str
    metric: str
    quantity: Quantity
    kind: Kind
    why: str

    @property
    def rule(self) -> str:
        """The id of its rule."""
        return f"{self.kind}.{self.name}"

    @property
    def table(self) -> str:
        """Where its figures are shown."""
        return "performance" if self.kind is Kind.SPEED else "memory"

    @property
    def tolerance(self) -> Tolerance:
        """The difference that matters."""
        return TIME if self.kind is Kind.SPEED else MEMORY

    def of(self, case: CaseResult) -> str:
        """The metric's name for this case."""
        return case.footprint_metric if self.metric == "footprint" else self.metric


TRANSCRIBE: Final = Measure(
    name="transcribe",
    metric="rtf",
    quantity=Quantity.RTF,
    kind=Kind.SPEED,
    why="RTF against the baseline",
)
LOAD: Final = Measure(
    name="load",
    metric="load_seconds",
    quantity=Quantity.SECONDS,
    kind=Kind.SPEED,
    why="cold start against the baseline",
)
FOOTPRINT: Final = Measure(
    name="footprint",
    metric="footprint",
    quantity=Quantity.MEMORY,
    kind=Kind.MEMORY,
    why="peak memory against the baseline",
)
RSS: Final = Measure(
    name="rss",
    metric="peak_rss_bytes",
    quantity=Quantity.MEMORY,
    kind=Kind.MEMORY,
    why="peak RSS against the baseline",
)


# ------------------------------------------------------------ against the baseline


_OBSERVED: Final[Mapping[str, str]] = {Standing.SAME: "unseen", Standing.NONE: "scattered"}


def _against_baseline(measure: Measure) -> Rule:
    return Rule(id=measure.rule, kind=measure.kind, why=measure.why, find=partial(_against, measure))


def _against(measure: Measure, scene: Scene) -> Iterator[Finding]:
    useless = scene.useless if measure.kind is Kind.SPEED else frozenset()
    for anchor, every in scene.by_anchor():
        metric = measure.of(anchor)
        cases = [case for case in every if case.key not in useless]
        if measure is RSS and not anchor.published and anchor.median(anchor.footprint_metric) is not None:
            continue  # the footprint says the same, and without the weights' clean pages
        found = [contrast(case, anchor, metric, measure.tolerance) for case in cases]
        yield from _by_outcome(measure, scene, anchor, [each for each in found if each])


def _by_outcome(
    measure: Measure, scene: Scene, anchor: CaseResult, found: Sequence[Contrast]
) -> Iterator[Finding]:
    for strength in (Strength.SHOWN, Strength.OBSERVED):
        for outcome in Standing:
            alike = [each for each in found if (each.outcome, each.strength) == (outcome, strength)]
            if outcome is Standing.MORE:  # a smaller file that costs more is worth its own sentence
                odd = [each for each in alike if smaller(each.case, anchor)]
                alike = [each for each in alike if each not in odd]
                if odd:
                    yield _sentence(measure, scene, anchor, odd, "paradox")
            if alike:
                yield _sentence(measure, scene, anchor, alike, outcome)


def _sentence(
    measure: Measure,
    scene: Scene,
    anchor: CaseResult,
    found: Sequence[Contrast],
    outcome: str,
) -> Finding:
    ordered = sorted(found, key=lambda each: each.ratio)
    strength = found[0].strength
    metric = measure.of(anchor)
    if strength is Strength.OBSERVED:
        outcome = _OBSERVED.get(outcome, outcome)
    own = outcome in {Standing.LESS, Standing.MORE, "paradox"}
    message = f"finding.{measure.name}.{outcome}" if own else f"finding.ratio.{outcome}"
    params = {
        "model": scene.subject([anchor, *(each.case for each in ordered)]),
        "quantity": Phrase(message=f"finding.quantity.{metric}"),
        "anchor": scene.name(anchor),
        "value": figure(anchor, metric, measure.quantity),
        "tolerance": Figure(value=measure.tolerance.shown, quantity=Quantity.SHARE),
        "items": CellGroup(
            parts=tuple(_item(scene, each.case, each.times(), metric, measure.quantity) for each in ordered),
            between="; ",
        ),
    }
    if outcome == Standing.LESS:  # the figures stand in the table; here is what comes of them
        params["items"] = CellGroup(parts=tuple(_ratio(scene, each) for each in ordered), between=", ")
        params["follows"] = _follows(measure, scene, anchor, metric, ordered)
    needed = [each.needed for each in ordered if each.needed]
    if outcome in {Standing.NONE, Standing.HINT} and needed:
        params["blocks"] = blocks_wanted(max(needed))
    return Finding(
        rule=measure.rule,
        kind=measure.kind,
        phrase=Phrase(message=message, params=params),
        subjects=tuple(each.case.key for each in ordered),
        evidence=tuple(
            Evidence(case=case.key, table=measure.table)
            for case in (anchor, *(each.case for each in ordered))
        ),
        strength=strength,
        runs=max(each.comparison.n for each in found),
    )


def _ratio(scene: Scene, found: Contrast) -> Phrase:
    """A variant and its ratio; its figure stands in the table."""
    comparison = found.case.comparisons.get(found.metric)
    if comparison is not None and contradicts(found.case, found.metric, comparison):
        return _item(scene, found.case, found.times(), found.metric, METRICS[found.metric].quantity)
    params: dict[str, Cell] = {"name": scene.name(found.case), "times": found.times()}
    return Phrase(message="finding.item.ratio", params=params)


def _follows(
    measure: Measure, scene: Scene, anchor: CaseResult, metric: str, found: Sequence[Contrast]
) -> Phrase:
    """What being less comes to: minutes an hour of speech, seconds a start, bytes a process."""
    other = anchor.median(metric) or 0.0
    best = min(found, key=lambda each: each.case.median(metric) or 0.0).case
    least = best.median(metric) or 0.0
    params: dict[str, Cell] = {
        "best": scene.name(best),
        "other": Figure(value=other, quantity=measure.quantity),
        "saved": Figure(value=max(other - least, 0.0), quantity=measure.quantity),
    }
    if measure is TRANSCRIBE:
        params["minutes"] = Figure(value=60 * least, quantity=Quantity.RTFX)
        params["other"] = Figure(value=60 * other, quantity=Quantity.RTFX)
        return Phrase(message="finding.follows.transcribe", params=params)
    return Phrase(
        message="finding.follows.load" if measure is LOAD else "finding.follows.memory", params=params
    )


def blocks_wanted(needed: int) -> Phrase:
    """A number of blocks somebody may run; beyond `MOST_BLOCKS` the number itself says nothing."""
    if needed <= MOST_BLOCKS:
        return Phrase(message="finding.blocks.about", count=needed)
    most = Phrase(message="finding.blocks", count=MOST_BLOCKS)
    return Phrase(message="finding.blocks.many", params={"most": most})


def figure(case: CaseResult, metric: str, quantity: Quantity) -> Cell:
    """The metric's median as a cell without its interval; a dash where there is none."""
    value = case.median(metric)
    return Phrase(message="absent") if value is None else Figure(value=value, quantity=quantity)


def _item(scene: Scene, case: CaseResult, times: BaselineRatio, metric: str, quantity: Quantity) -> Phrase:
    params: dict[str, Cell] = {
        "name": scene.name(case),
        "value": figure(case, metric, quantity),
        "times": times,
    }
    comparison = case.comparisons.get(metric)
    if comparison is not None and comparison.ratio == times.ratio and contradicts(case, metric, comparison):
        return Phrase(
            message="finding.item.paired", params=params | {"remark": Phrase(message="finding.paired")}
        )
    return Phrase(message="finding.item", params=params)


# ------------------------------------------------------------------ non-monotonic


def slower_than_larger(scene: Scene) -> Iterator[Finding]:
    """Quantizations that transcribe slower than a larger one of the same settings, the baseline aside."""
    for family in scene.families:
        for anchor, every in family.by_anchor():
            cases = [case for case in every if case.key not in scene.useless]
            for case in cases:
                larger = [each for each in cases if smaller(case, each) and set_alike(case, each)]
                slower = [contrast(case, each, "rtf", TIME) for each in larger]
                found = [each for each in slower if each and each.outcome is Standing.MORE]
                if found:
                    yield _slower(scene, anchor, case, found)


def set_alike(case: CaseResult, other: CaseResult) -> bool:
    """Whether they differ in their quantization alone."""
    mine, its = case.case.variant, other.case.variant
    return (mine.engine, mine.device, mine.environment, mine.environ, mine.settings) == (
        its.engine,
        its.device,
        its.environment,
        its.environ,
        its.settings,
    )


def _slower(scene: Scene, anchor: CaseResult, case: CaseResult, found: Sequence[Contrast]) -> Finding:
    items = tuple(_item(scene, each.other, each.times(), "rtf", Quantity.RTF) for each in found)
    return Finding(
        rule="speed.not_monotonic",
        kind=Kind.SPEED,
        phrase=Phrase(
            message="finding.not_monotonic",
            params={
                "model": scene.subject([anchor]),
                "name": scene.name(case),
                "value": figure(case, "rtf", Quantity.RTF),
                "items": CellGroup(parts=items, between="; "),
            },
        ),
        subjects=(case.key,),
        evidence=tuple(
            Evidence(case=each.key, table="performance") for each in (case, *(one.other for one in found))
        ),
        strength=weakest(found),
        runs=found[0].comparison.n,
    )


def weakest(found: Iterable[Contrast]) -> Strength:
    """How firmly several contrasts carry a claim together."""
    strengths = {each.strength for each in found}
    return Strength.OBSERVED if Strength.OBSERVED in strengths else Strength.SHOWN


RULES: Final = (
    _against_baseline(TRANSCRIBE),
    _against_baseline(LOAD),
    Rule(
        id="speed.not_monotonic",
        kind=Kind.SPEED,
        why="a smaller quantization that is slower than a larger one",
        find=slower_than_larger,
    ),
    _against_baseline(FOOTPRINT),
    _against_baseline(RSS),
)

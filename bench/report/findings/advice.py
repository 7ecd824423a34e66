"""Recommendations by scenario: which variant, by which figures, what comes next, or what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.findings.advice_words import file_size, full_name, less_but_worse, quality, worse_first
from bench.report.findings.candidates import Candidate, Loss, candidates
from bench.report.findings.closest import closest, closest_words
from bench.report.findings.differences import Standing, contrast
from bench.report.findings.families import Scene, smaller
from bench.report.findings.file_sizes import partial
from bench.report.findings.model import LONG_SECONDS, Strength, how_firmly
from bench.report.findings.pairs import speech_wanted
from bench.report.findings.speed_and_memory import FOOTPRINT, LOAD, TRANSCRIBE, Measure, figure
from bench.report.view import Advice
from bench.results import CaseResult, Results
from bench.text.numbers import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """What a scenario's rule says: in words, and the variant it names, None where it names none."""

    parts: tuple[Cell, ...]
    choice: Candidate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A use: its id (the message `scenario.ID`) and the function that advises on it."""

    id: str
    advise: Callable[[Scene, Sequence[Candidate]], Iterator[Advised]]


def by_machine(scene: Scene) -> dict[str, list[Candidate]]:
    """The variants that can be chosen on each machine; random weights can not."""
    machines: dict[str, list[Candidate]] = {}
    for each in candidates(scene):
        if not each.case.model.synthetic:
            machines.setdefault(each.case.host.id, []).append(each)
    return machines


def advice(figures: Results) -> tuple[Advice, ...]:
    """A row a scenario and machine, in the order of `SCENARIOS`; none where nothing was measured."""
    scene = Scene(figures)
    return tuple(
        Advice(scenario=_title(scenario, scene, here), parts=advised.parts)
        for scenario in SCENARIOS
        for here in by_machine(scene).values()
        for advised in scenario.advise(scene, here)
    )


def _title(scenario: Scenario, scene: Scene, here: Sequence[Candidate]) -> Phrase:
    title = Phrase(message=f"scenario.{scenario.id}")
    if not scene.names.many_machines:
        return title
    machine = Text(text=scene.names.machine(here[0].case.host))
    return Phrase(message="scenario.on", params={"scenario": title, "machine": machine})


# --------------------------------------------------------------------- by quality


def _least_loss(scene: Scene, here: Sequence[Candidate]) -> Iterator[Advised]:
    """Per model the variant closest to the baseline; without a pass the smallest of which no loss is known."""
    for cases in _by_model(here):
        if (nearest := closest(cases)) is not None:
            yield Advised(parts=closest_words(scene, nearest), choice=nearest.candidate)
            continue
        safe = [each for each in cases if each.loss <= Loss.SAME and not each.case.is_baseline]
        yield _of_those(scene, safe, cases)


def _balance(scene: Scene, here: Sequence[Candidate]) -> Iterator[Advised]:
    """Per model the smallest variant without a loss shown, or with as many stars as any."""
    for cases in _by_model(here):
        near = [
            each
            for each in cases
            if each.loss <= Loss.NOT_SHOWN or (each.judged and each.loss is not Loss.SHOWN)
        ]
        near = [each for each in near if not each.case.is_baseline]
        yield _of_those(scene, near, cases)


def _of_those(scene: Scene, good: Sequence[Candidate], cases: Sequence[Candidate]) -> Advised:
    """The smallest of the good ones, provided that it saves anything; else why there is none."""
    if not good:
        return Advised(parts=_unsettled(scene, cases))
    baselines = [each.case for each in cases if each.case.is_baseline]
    saving = [each for each in good if not baselines or _saves(each.case, baselines[0])]
    if not saving:
        params: dict[str, Cell] = {"model": scene.subject([cases[0].case], clip=False)}
        return Advised(parts=(Phrase(message="advice.no_saving", params=params),))
    return _chosen(scene, _smallest(saving))


def _saves(case: CaseResult, baseline: CaseResult) -> bool:
    """Whether a variant's file is smaller than the baseline's; with a size unknown, perhaps."""
    return not (case.weights_bytes and baseline.weights_bytes) or smaller(case, baseline)


def _by_model(here: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """The whole variants of each model that has a choice."""
    families = dict.fromkeys(id(each.family) for each in here)
    for family in families:
        cases = [each for each in here if id(each.family) == family and not each.broken]
        if len(cases) > 1:
            yield cases


def _smallest(cases: Sequence[Candidate]) -> Candidate:
    """The smallest file; of those that differ by nothing worth saying, the one with the least loss."""
    least = min(cases, key=lambda each: each.case.weights_bytes or 0)
    return _least_lossy([each for each in cases if not smaller(least.case, each.case)])


def _least_lossy(cases: Sequence[Candidate]) -> Candidate:
    """What is known of a loss, then fidelity to the baseline, then its estimate; where none is lost the smaller file.

    Fidelity tells variants apart where error rates of the same speech cannot; it is compared where all of them were
    held against the same baseline.
    """
    told = all(each.case.is_baseline or each.divergence is not None for each in cases)
    one = len({id(each.family) for each in cases}) == 1

    def rank(each: Candidate) -> tuple[int, float, float, int]:
        nats = each.divergence.mean.value if told and one and each.divergence is not None else 0.0
        estimate = each.change.value if each.change is not None else None
        size = each.case.weights_bytes or 0 if each.loss <= Loss.SAME else 0
        return int(each.loss), nats, estimate or 0.0, size

    return min(cases, key=rank)


def _chosen(scene: Scene, choice: Candidate) -> Advised:
    params: dict[str, Cell] = {
        "model": scene.subject([choice.case], clip=False),
        "name": scene.name(choice.case),
        "size": file_size(choice.case),
        "quality": quality(choice),
    }
    strength = Strength.JUDGED if choice.judged else Strength.EXACT
    parts = (Phrase(message="advice.quality", params=params), *how_firmly(strength, 0))
    return Advised(parts=parts, choice=choice)


def _unsettled(scene: Scene, cases: Sequence[Candidate]) -> tuple[Cell, ...]:
    """No variant can be advised: what is missing."""
    others = [each for each in cases if not each.case.is_baseline]
    worse = bool(others) and all(each.loss is Loss.SHOWN for each in others)
    open_ = [(each.needed, each) for each in others if each.needed and each.loss is not Loss.SHOWN]
    params: dict[str, Cell] = {"model": scene.subject([cases[0].case], clip=False)}
    if worse:
        return (Phrase(message="advice.all_worse", params=params),)
    if open_:
        needed, soonest = min(open_, key=lambda pair: pair[0])
        params |= {
            "needed": speech_wanted(needed, soonest.heard_utterances),
            "name": scene.name(soonest.case),
        }
        return (Phrase(message="advice.inconclusive.speech", params=params),)
    if not any(each.case.is_baseline for each in cases):
        return (Phrase(message="advice.inconclusive.baseline", params=params),)
    return (Phrase(message="advice.inconclusive.reference", params=params),)


# --------------------------------------------------------------------- by a figure


def _smallest_file(scene: Scene, here: Sequence[Candidate]) -> Iterator[Advised]:
    """The smallest files of those that can be used, whole models alone."""
    usable = [each for each in here if not each.broken and each.case.weights_bytes and not partial(each.case)]
    if usable:
        good = [each for each in usable if each.worth_naming] or usable
        choice = _smallest(good)
        params: dict[str, Cell] = {
            "name": full_name(scene, choice),
            "value": file_size(choice.case),
            "quality": quality(choice),
        }
        worse = [each for each in usable if smaller(each.case, choice.case)]
        said = Phrase(message="advice.size", params=params)
        parts = (worse_first(choice, said), *less_but_worse(scene, worse, file_size))
        yield Advised(parts=parts, choice=choice)


def _least(measure: Measure) -> Callable[[Scene, Sequence[Candidate]], Iterator[Advised]]:
    """The variant with the least of a quantity, and those that cannot be told from it."""

    def advise(scene: Scene, here: Sequence[Candidate]) -> Iterator[Advised]:
        for clip in dict.fromkeys(each.case.case.clip for each in here):
            usable = [each for each in here if each.case.case.clip == clip and not each.broken]
            usable = [each for each in usable if each.case.median(measure.of(each.case)) is not None]
            if len(usable) > 1:
                yield _least_of(scene, measure, usable)

    return advise


def _least_of(scene: Scene, measure: Measure, usable: list[Candidate]) -> Advised:
    """Of those whose loss is not shown the least; of those that cannot be told from it, the least loss."""
    if measure.tolerance.disturbable and any(refused(each.case, measure) for each in usable):
        return Advised(parts=(Phrase(message="advice.inconclusive.disturbed"),))
    ordered = sorted(usable, key=lambda each: each.case.median(measure.of(each.case)) or 0.0)
    good = [each for each in ordered if each.worth_naming] or ordered
    alike = _alike(good[0], [each for each in usable if each in good], measure)
    choice = _least_lossy(alike)
    alike.remove(choice)
    metric = measure.of(choice.case)
    params: dict[str, Cell] = {
        "name": full_name(scene, choice),
        "quantity": Phrase(message=f"finding.quantity.{metric}"),
        "value": figure(choice.case, metric, measure.quantity),
        "quality": quality(choice),
    }
    message = "advice.figure"
    if alike:
        params["others"] = CellGroup(parts=tuple(full_name(scene, each) for each in alike), between=", ")
        message = "advice.figure.alike"
    told = [each for each in ordered if each not in good and _clearly_less(each, choice, measure)]
    summary = choice.case.summaries[metric]
    parts = (
        worse_first(choice, Phrase(message=message, params=params)),
        *less_but_worse(scene, told, lambda case: figure(case, measure.of(case), measure.quantity)),
        *how_firmly(Strength.OBSERVED if summary.few else Strength.SHOWN, summary.n),
    )
    return Advised(parts=parts, choice=choice)


def refused(case: CaseResult, measure: Measure) -> bool:
    """Whether the findings, too, refuse to compare the case's times: a few runs, and a disturbed machine."""
    summary = case.summaries.get(measure.of(case))
    return summary is not None and summary.few and bool(case.disturbed)


def _alike(least: Candidate, cases: Sequence[Candidate], measure: Measure) -> list[Candidate]:
    """The case with the least of a quantity and those that cannot be told from it, in the suite's order."""
    return [each for each in cases if each is least or not _seems_more(each, least, measure)]


def _seems_more(each: Candidate, other: Candidate, measure: Measure) -> bool:
    """Whether it takes more by all that is known: a choice has to be made, a sentence may wait for 99.5 %."""
    held = contrast(each.case, other.case, measure.of(other.case), measure.tolerance)
    return held is not None and held.outcome in {Standing.MORE, Standing.HINT}


def _clearly_less(each: Candidate, other: Candidate, measure: Measure) -> bool:
    held = contrast(each.case, other.case, measure.of(other.case), measure.tolerance)
    return held is not None and held.outcome is Standing.LESS


# --------------------------------------------------------------------- long recordings


def _long(scene: Scene, here: Sequence[Candidate]) -> Iterator[Advised]:
    """The smallest variants that did not loop on a long recording, a model."""
    tried = [each for each in here if each.case.audio_seconds >= LONG_SECONDS and each.case.heard.loop]
    if not tried:
        length = Figure(value=LONG_SECONDS, quantity=Quantity.SECONDS)
        yield Advised(parts=(Phrase(message="advice.inconclusive.long", params={"clip": length}),))
        return
    for family in dict.fromkeys(id(each.family) for each in tried):
        cases = [each for each in tried if id(each.family) == family]
        whole = [each for each in cases if not each.broken and not each.looped]
        good = [each for each in whole if each.worth_naming]
        params: dict[str, Cell] = {"model": scene.subject([cases[0].case])}
        if not whole:
            yield Advised(parts=(Phrase(message="advice.long.none", params=params),))
            continue
        near = [each for each in good if each.loss <= Loss.NOT_SHOWN]
        choice = _smallest(near) if near else _least_lossy(good or whole)
        params |= {
            "name": scene.name(choice.case),
            "size": file_size(choice.case),
            "quality": quality(choice),
        }
        parts = (worse_first(choice, Phrase(message="advice.quality", params=params)),)
        yield Advised(parts=parts, choice=choice)


SCENARIOS: Final = (
    Scenario(id="least_loss", advise=_least_loss),
    Scenario(id="balance", advise=_balance),
    Scenario(id="smallest", advise=_smallest_file),
    Scenario(id="start", advise=_least(LOAD)),
    Scenario(id="throughput", advise=_least(TRANSCRIBE)),
    Scenario(id="memory", advise=_least(FOOTPRINT)),
    Scenario(id="long", advise=_long),
)

"""Rules across models: a larger model of a family against a smaller one at the same quantization."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final, TypeVar

from bench.report.cells import Cell, CellGroup, Phrase, Stars, Text
from bench.report.findings.families import Family, Scene
from bench.report.findings.model import Evidence, Finding, Kind, Rule, Strength
from bench.report.findings.pairs import Pair, difference, points
from bench.results import CaseResult
from bench.statistics import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """One quantization in two models of a family, the better one first; with nothing to judge by."""

    better: CaseResult
    worse: CaseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class VersusInWords(Versus):
    """By the difference of their error rates."""

    change: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class VersusInStars(Versus):
    """By published stars of both, where that is all there is."""

    stars: tuple[int, int]


V = TypeVar("V", bound=Versus)


def models(scene: Scene) -> Iterator[Finding]:
    """A model of a family that does better at every quantization both have."""
    for one, other in permutations(scene.families, 2):
        if not _comparable(one, other):
            continue
        if shown := _all_better(_shown, _versus(one, other)):
            yield _finding(scene, shown, Strength.SHOWN)
        elif judged := _all_better(_judged, _versus(one, other)):
            yield _finding(scene, judged, Strength.JUDGED)


def _all_better(better: Callable[[Versus], V | None], all_of: Iterable[Versus]) -> list[V]:
    """All of them, or none as soon as one is not better: the others need no resampling then."""
    found = []
    for each in all_of:
        if (known := better(each)) is None:
            return []
        found.append(known)
    return found


def _comparable(one: Family, other: Family) -> bool:
    mine, theirs = one.cases[0], other.cases[0]
    return (
        mine.run == theirs.run
        and mine.case.model != theirs.case.model
        and mine.model.family == theirs.model.family
        and mine.case.variant.engine == theirs.case.variant.engine
        and not mine.model.synthetic
        and not theirs.model.synthetic
    )


def _versus(one: Family, other: Family) -> Iterator[Versus]:
    for name, mine in one.by_variant.items():
        theirs = {case.case.clip: case for case in other.by_variant.get(name, ())}
        both = [(case, theirs[case.case.clip]) for case in mine if case.case.clip in theirs]
        if both:
            pair = Pair(mine=tuple(case for case, _ in both), theirs=tuple(case for _, case in both))
            yield _held(*both[0], difference(pair))


def _held(better: CaseResult, worse: CaseResult, change: Estimate | None) -> Versus:
    if change is not None:
        return VersusInWords(better=better, worse=worse, change=change)
    stars = [each.judgement.stars for each in (better, worse) if each.judgement]
    known = [each for each in stars if each is not None]
    if len(known) == 2:
        return VersusInStars(better=better, worse=worse, stars=(known[0], known[1]))
    return Versus(better=better, worse=worse)


def _shown(each: Versus) -> VersusInWords | None:
    """The comparison, where its utterances show the first to make fewer errors."""
    if not isinstance(each, VersusInWords) or not each.change.clear:
        return None
    return each if each.change.high is not None and each.change.high < 0 else None


def _judged(each: Versus) -> VersusInStars | None:
    """The comparison, where its author gave the first more stars."""
    return each if isinstance(each, VersusInStars) and each.stars[0] > each.stars[1] else None


def _finding(scene: Scene, found: Sequence[VersusInWords | VersusInStars], strength: Strength) -> Finding:
    better, worse = found[0].better, found[0].worse
    params: dict[str, Cell] = {
        "model": Text(text=scene.names.model(better)),
        "other": Text(text=scene.names.model(worse)),
        "items": CellGroup(parts=tuple(_item(scene, each) for each in found), between="; "),
    }
    return Finding(
        rule="quality.models",
        kind=Kind.QUALITY,
        phrase=Phrase(message="finding.models", params=params),
        subjects=tuple(each.better.key for each in found),
        evidence=tuple(
            Evidence(case=case.key, table="quality") for each in found for case in (each.better, each.worse)
        ),
        strength=strength,
    )


def _item(scene: Scene, each: VersusInWords | VersusInStars) -> Phrase:
    name = scene.name(each.better)
    if isinstance(each, VersusInStars):
        stars, others = each.stars
        return Phrase(
            message="finding.models.stars",
            params={"name": name, "stars": Stars(stars=stars), "others": Stars(stars=others)},
        )
    return Phrase(message="finding.models.wer", params={"name": name, "change": points(each.change)})


RULES: Final = (
    Rule(id="quality.models", kind=Kind.QUALITY, why="a larger model against a smaller one", find=models),
)

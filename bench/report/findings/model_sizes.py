"""Rules across models: a larger model of a family against a smaller one at the same quantization."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from bench.report.cells import Cell, CellGroup, Phrase, Stars, Text
from bench.report.findings.families import Family, Scene
from bench.report.findings.model import Evidence, Finding, Kind, Rule, Strength
from bench.report.findings.pairs import Pair, difference, points
from bench.results import CaseResult
from bench.statistics import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """One quantization in two models of a family, the better one first."""

    better: CaseResult
    worse: CaseResult
    change: Interval | None

    @property
    def stars(self) -> tuple[int, int] | None:
        """Published stars of both, where that is all there is."""
        one, other = self.better.judgement, self.worse.judgement
        if (
            self.change is not None
            or one is None
            or other is None
            or one.stars is None
            or other.stars is None
        ):
            return None
        return one.stars, other.stars


def models(scene: Scene) -> Iterator[Finding]:
    """A model of a family that does better at every quantization both have."""
    for one, other in permutations(scene.families, 2):
        if not _comparable(one, other):
            continue
        for better, strength in ((_shown, Strength.SHOWN), (_judged, Strength.JUDGED)):
            found = _all_better(better, _versus(one, other))
            if found:
                yield _finding(scene, found, strength)
                break


def _all_better(better: Callable[[Versus], bool], all_of: Iterable[Versus]) -> list[Versus]:
    """All of them, or none as soon as one is not better: the others need no resampling then."""
    found = []
    for each in all_of:
        if not better(each):
            return []
        found.append(each)
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
            yield Versus(better=both[0][0], worse=both[0][1], change=difference(pair))


def _shown(each: Versus) -> bool:
    change = each.change
    return change is not None and change.clear and change.high is not None and change.high < 0


def _judged(each: Versus) -> bool:
    return each.stars is not None and each.stars[0] > each.stars[1]


def _finding(scene: Scene, found: list[Versus], strength: Strength) -> Finding:
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


def _item(scene: Scene, each: Versus) -> Phrase:
    name = scene.name(each.better)
    if each.stars is not None:
        stars, others = each.stars
        return Phrase(
            message="finding.models.stars",
            params={"name": name, "stars": Stars(stars=stars), "others": Stars(stars=others)},
        )
    change = each.change
    assert change is not None
    return Phrase(message="finding.models.wer", params={"name": name, "change": points(change)})


RULES: Final = (
    Rule(id="quality.models", kind=Kind.QUALITY, why="a larger model against a smaller one", find=models),
)

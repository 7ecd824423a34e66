"""The rule on divergence: how far each variant's token distributions are from the baseline's, above the floor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.quality.passed import Passed
from bench.report.findings import pass_alone
from bench.report.findings.divergence_words import Drifting, divergence_finding, drifting, highest
from bench.report.findings.families import Family, Scene
from bench.report.findings.model import Evidence, Finding, Kind, Rule
from bench.report.findings.pairs import Pair, heard_in_pass, pairs


def divergence(scene: Scene) -> Iterator[Finding]:
    """Per family one sentence: the variants by their divergence, the least first, and the floor.

    A pass without timed cases has one too.
    """
    yield from pass_alone.divergence(scene)
    for family in scene.families:
        told = [(pair, row) for pair in pairs(family) for row in _largest(pair)]
        if told:
            yield _finding(scene, family, sorted(told, key=lambda each: each[1].nats))


def _largest(pair: Pair) -> list[Drifting]:
    """What the largest corpus tells of the pair: divergences of different corpora are not pooled."""
    return sorted(drifting(heard_in_pass(pair)), key=lambda each: -each.row.heard)[:1]


def _finding(scene: Scene, family: Family, told: list[tuple[Pair, Drifting]]) -> Finding:
    mine = [case for pair, _ in told for case in pair.mine]
    return divergence_finding(
        model=scene.subject(mine, clip=False),
        anchor=scene.name(told[0][0].theirs[0]),
        told=[(scene.name(pair.mine[0]), each) for pair, each in told],
        floor=_floor(scene, told[0][1].row, told[0][0]),
        subjects=tuple(case.key for case in mine),
        evidence=tuple(Evidence(case=case.key, table="divergence") for case in mine),
    )


def _floor(scene: Scene, row: Passed, pair: Pair) -> float | None:
    results = scene.figures.passes.get(pair.mine[0].run)
    return highest(results.floors.get((row.model, row.corpus), ()) if results else ())


RULES: Final = (
    Rule(
        id="quality.divergence",
        kind=Kind.QUALITY,
        why="loss that no word shows yet, and which variant is closest to the baseline",
        find=divergence,
    ),
)

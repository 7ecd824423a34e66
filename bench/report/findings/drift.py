"""The rule on divergence: how far each variant's token distributions are from the baseline's, above the floor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from bench.quality.passed import Passed
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.findings.families import Family, Scene
from bench.report.findings.model import Evidence, Finding, Kind, Rule, Strength
from bench.report.findings.pairs import Pair, heard_in_pass, pairs
from bench.text.numbers import Quantity


def divergence(scene: Scene) -> Iterator[Finding]:
    """Per family one sentence: the variants by their divergence, the least first, and the floor."""
    for family in scene.families:
        told = [row for pair in pairs(family) if (row := _largest(pair)) is not None]
        if told:
            yield _finding(scene, family, sorted(told, key=lambda row: row.nats))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A variant of which the pass told the divergence, in nats a token."""

    pair: Pair
    row: Passed
    nats: float


def _largest(pair: Pair) -> Drift | None:
    """What the largest corpus tells of the pair: divergences of different corpora are not pooled."""
    rows = [
        (row.heard, Drift(pair=pair, row=row, nats=row.divergence.mean.value))
        for row in heard_in_pass(pair)
        if row.divergence is not None
    ]
    return max(rows, key=itemgetter(0), default=(0, None))[1]


def _finding(scene: Scene, family: Family, told: list[Drift]) -> Finding:
    items = tuple(_item(scene, each) for each in told)
    floor = _floor(scene, told[0].row, told[0].pair)
    mine = [case for each in told for case in each.pair.mine]
    params: dict[str, Cell] = {
        "model": scene.subject(mine, clip=False),
        "anchor": scene.name(told[0].pair.theirs[0]),
        "items": CellGroup(parts=items, between=", "),
        "floor": Text(text="")
        if floor is None
        else Phrase(message="finding.divergence.floor", params={"floor": floor}),
    }
    return Finding(
        rule="quality.divergence",
        kind=Kind.QUALITY,
        phrase=Phrase(message="finding.divergence", params=params),
        subjects=tuple(case.key for case in mine),
        evidence=tuple(Evidence(case=case.key, table="divergence") for case in mine),
        strength=Strength.SHOWN,
    )


def _item(scene: Scene, each: Drift) -> Phrase:
    message = "finding.divergence.under" if each.row.measurable is False else "finding.divergence.item"
    nats = Figure(value=each.nats, quantity=Quantity.NATS)
    return Phrase(message=message, params={"name": scene.name(each.pair.mine[0]), "nats": nats})


def _floor(scene: Scene, row: Passed, pair: Pair) -> Figure | None:
    results = scene.figures.passes.get(pair.mine[0].run)
    floors = results.floors.get((row.model, row.corpus), ()) if results else ()
    means = [each.divergence.mean.value for each in floors]
    return Figure(value=max(means), quantity=Quantity.NATS) if means else None


RULES: Final = (
    Rule(
        id="quality.divergence",
        kind=Kind.QUALITY,
        why="loss that no word shows yet, and which variant is closest to the baseline",
        find=divergence,
    ),
)

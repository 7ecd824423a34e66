"""The rule on divergence: how far each variant's token distributions are from the baseline's, above the floor."""

from __future__ import annotations

from collections.abc import Iterator
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
        told = [(pair, row) for pair in pairs(family) if (row := _largest(pair)) is not None]
        if told:
            yield _finding(scene, family, sorted(told, key=lambda each: _nats(each[1])))


def _largest(pair: Pair) -> Passed | None:
    """What the largest corpus tells of the pair: divergences of different corpora are not pooled."""
    rows = [row for row in heard_in_pass(pair) if row.divergence is not None]
    return max(rows, key=lambda row: row.heard, default=None)


def _nats(row: Passed) -> float:
    assert row.divergence is not None
    return row.divergence.mean.value or 0.0


def _finding(scene: Scene, family: Family, told: list[tuple[Pair, Passed]]) -> Finding:
    items = tuple(_item(scene, pair, row) for pair, row in told)
    floor = _floor(scene, told[0][1], told[0][0])
    params: dict[str, Cell] = {
        "model": scene.subject([case for pair, _ in told for case in pair.mine], clip=False),
        "anchor": scene.name(told[0][0].theirs[0]),
        "items": CellGroup(parts=items, between=", "),
        "floor": Text(text="")
        if floor is None
        else Phrase(message="finding.divergence.floor", params={"floor": floor}),
    }
    return Finding(
        rule="quality.divergence",
        kind=Kind.QUALITY,
        phrase=Phrase(message="finding.divergence", params=params),
        subjects=tuple(case.key for pair, _ in told for case in pair.mine),
        evidence=tuple(Evidence(case=case.key, table="divergence") for pair, _ in told for case in pair.mine),
        strength=Strength.SHOWN,
    )


def _item(scene: Scene, pair: Pair, row: Passed) -> Phrase:
    message = "finding.divergence.under" if row.measurable is False else "finding.divergence.item"
    nats = Figure(value=_nats(row), quantity=Quantity.NATS)
    return Phrase(message=message, params={"name": scene.name(pair.mine[0]), "nats": nats})


def _floor(scene: Scene, row: Passed, pair: Pair) -> Figure | None:
    results = scene.figures.passes.get(pair.mine[0].run)
    floors = results.floors.get((row.model, row.corpus), ()) if results else ()
    means = [each.divergence.mean.value or 0.0 for each in floors]
    return Figure(value=max(means), quantity=Quantity.NATS) if means else None


RULES: Final = (
    Rule(
        id="quality.divergence",
        kind=Kind.QUALITY,
        why="loss that no word shows yet, and which variant is closest to the baseline",
        find=divergence,
    ),
)

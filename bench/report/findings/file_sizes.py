"""Rules on files: what quantization saves on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.report.cells import Cell, CellGroup, Figure, Phrase
from bench.report.findings.families import LEAST_SHOWN_SAVING, Scene, of_no_use
from bench.report.findings.model import Evidence, Finding, Kind, Rule, Strength
from bench.results import CaseResult
from bench.text.numbers import Quantity

MOST_LISTED: Final = 3  # files by name in a sentence; of more the range, for the table has them all


def saving(scene: Scene) -> Iterator[Finding]:
    """Bytes saved against the baseline's file; apart, files that hold a part of the model."""
    for family in scene.families:
        cases = [
            case
            for case in family.front
            if case.saving is not None and abs(case.saving) >= LEAST_SHOWN_SAVING
        ]
        whole = [case for case in cases if not partial(case)]
        parts = [case for case in cases if partial(case)]
        if whole:
            yield _saving(scene, whole, "finding.saving")
        if parts:
            yield _saving(scene, parts, "finding.saving.part")


def partial(case: CaseResult) -> bool:
    """Whether the files given to the engine are the decoder alone, its encoder being elsewhere."""
    return {file.role for file in case.weights} == {"decoder"}


def _saving(scene: Scene, cases: list[CaseResult], message: str) -> Finding:
    params: dict[str, Cell] = {
        "model": scene.subject(cases, clip=False),
        "baseline": Figure(value=cases[0].baseline_bytes or 0, quantity=Quantity.SIZE),
    }
    if message == "finding.saving" and len(cases) > MOST_LISTED:
        message = "finding.saving.range"
        useful = [case for case in cases if not of_no_use(case)] or cases
        ordered = sorted(useful, key=lambda case: case.weights_bytes or 0)
        params |= {"most": _item(scene, ordered[0]), "least": _item(scene, ordered[-1])}
    else:
        params["items"] = CellGroup(parts=tuple(_item(scene, case) for case in cases), between="; ")
    return Finding(
        rule="size.saving",
        kind=Kind.SIZE,
        phrase=Phrase(message=message, params=params),
        subjects=tuple(case.key for case in cases),
        evidence=tuple(Evidence(case=case.key, table="weights") for case in cases),
        strength=Strength.EXACT,
    )


def _item(scene: Scene, case: CaseResult) -> Phrase:
    return Phrase(
        message="finding.saving.item",
        params={
            "name": scene.name(case),
            "size": Figure(value=case.weights_bytes or 0, quantity=Quantity.SIZE),
            "saving": Figure(value=-(case.saving or 0.0), quantity=Quantity.SAVING),
        },
    )


RULES: Final = (Rule(id="size.saving", kind=Kind.SIZE, why="bytes saved on disk", find=saving),)

"""Rules on files: what quantization saves on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.report.cells import CellGroup, Figure, Phrase
from bench.report.findings.families import LEAST_SHOWN_SAVING, Scene
from bench.report.findings.model import Evidence, Finding, Kind, Rule, Strength
from bench.results import CaseResult
from bench.text.numbers import Quantity


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
    items = tuple(
        Phrase(
            message="finding.saving.item",
            params={
                "name": scene.name(case),
                "size": Figure(value=case.weights_bytes or 0, quantity=Quantity.SIZE),
                "saving": Figure(value=-(case.saving or 0.0), quantity=Quantity.SAVING),
            },
        )
        for case in cases
    )
    return Finding(
        rule="size.saving",
        kind=Kind.SIZE,
        phrase=Phrase(
            message=message,
            params={
                "model": scene.subject(cases, clip=False),
                "baseline": Figure(value=cases[0].baseline_bytes or 0, quantity=Quantity.SIZE),
                "items": CellGroup(parts=items, between="; "),
            },
        ),
        subjects=tuple(case.key for case in cases),
        evidence=tuple(Evidence(case=case.key, table="weights") for case in cases),
        strength=Strength.EXACT,
    )


RULES: Final = (Rule(id="size.saving", kind=Kind.SIZE, why="bytes saved on disk", find=saving),)

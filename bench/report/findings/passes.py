"""Rules on the quality pass: in which errors, utterances and conditions a variant loses what its baseline has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.quality.counts import condition_loss
from bench.quality.losses import ClassLoss, FaultLoss
from bench.quality.parts import parted
from bench.quality.passed import Passed
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.findings.families import Scene
from bench.report.findings.model import Evidence, Finding, Kind, Rule, Strength
from bench.report.findings.pairs import points
from bench.report.findings.pass_alone import clean_groups
from bench.report.names import quantization
from bench.report.pass_groups import PassGroup, anchored, condition_cell, variant_cell
from bench.statistics import Estimate
from bench.text.numbers import Quantity

CLASSES_NAMED: Final = 4
UTTERANCES_NAMED: Final = 3


# ------------------------------------------------------------------------- where it hurts


def classes(scene: Scene) -> Iterator[Finding]:
    """The classes of errors that a variant is shown to make more of, those that tell most first."""
    for group, anchor in clean_groups(scene):
        for row in group.others:
            shown = [
                each for each in group.results.details(row).classes if each.difference.clear and each.more > 0
            ]
            if shown:
                items = tuple(_class_item(each) for each in shown[:CLASSES_NAMED])
                yield _finding(
                    "quality.classes", "finding.classes", group, anchor, row, items, Strength.SHOWN
                )


def _class_item(each: ClassLoss) -> Phrase:
    return Phrase(
        message="finding.classes.item",
        params={
            "error": Phrase(message=f"class.{each.error}"),
            "mine": Text(text=str(each.mine)),
            "theirs": Text(text=str(each.theirs)),
        },
    )


def faults(scene: Scene) -> Iterator[Finding]:
    """Utterances that a variant loses as a whole where the baseline does not: counted, and named."""
    for group, anchor in anchored(scene.pass_groups):
        for row in group.others:
            found = group.results.details(row).faults
            if found:
                items = tuple(map(_fault_item, found))
                message = "finding.faults" if group.clean else "finding.faults.under"
                yield _finding("quality.faults", message, group, anchor, row, items, Strength.EXACT)


def _fault_item(each: FaultLoss) -> Phrase:
    parts: list[Cell] = [Text(text=name, code=True) for name in each.names[:UTTERANCES_NAMED]]
    if each.utterances > UTTERANCES_NAMED:
        parts.append(Text(text="…"))
    return Phrase(
        message="finding.faults.item",
        params={
            "fault": Phrase(message=f"fault.{each.fault}"),
            "utterances": Text(text=str(each.utterances)),
            "names": CellGroup(parts=tuple(parts), between=", "),
        },
    )


def conditions(scene: Scene) -> Iterator[Finding]:
    """Under which condition a variant loses more than as recorded, where the utterances show it."""
    for clean, _ in clean_groups(scene):
        for group, anchor in anchored(scene.pass_groups):
            if not group.clean and _place(group) == _place(clean):
                yield from _under(clean, group, anchor)


def _under(clean: PassGroup, group: PassGroup, anchor: Passed) -> Iterator[Finding]:
    recorded = {row.variant: row for row in clean.others}
    told: list[tuple[Passed, Estimate]] = []
    for row in group.others:
        before = recorded.get(row.variant)
        change = before and condition_loss(before.paired, row.paired)
        if isinstance(change, Estimate) and change.low is not None:
            told.append((row, change))
    shown = [(row, change) for row, change in told if change.clear and change.value > 0]
    for row, change in shown:
        items = (Phrase(message="finding.conditions.item", params={"change": points(change)}),)
        yield _finding("quality.conditions", "finding.conditions", group, anchor, row, items, Strength.SHOWN)
    if told and not shown:
        row, change = max(told, key=lambda each: each[1].high or 0.0)
        bound = Phrase(
            message="finding.conditions.bound",
            params={
                "change": points(change),
                "utterances": Phrase(message="finding.utterances", count=change.n),
            },
        )
        message = "finding.conditions.none"
        yield _finding("quality.conditions", message, group, anchor, row, (bound,), Strength.SHOWN)


def parts(scene: Scene) -> Iterator[Finding]:
    """Which of encoder and decoder loses more, where each was quantized alone."""
    for group, anchor in clean_groups(scene):
        for each in parted(group.rows):
            more = each.difference
            shown = more.clear and more.value != 0
            which = "decoder" if more.value > 0 else "encoder"
            params: dict[str, Cell] = {
                "decoder": Text(text=quantization(each.decoder_type)),
                "encoder": Text(text=quantization(each.encoder_type)),
                "difference": Figure(
                    value=abs(more.value),
                    quantity=Quantity.NATS,
                ),
            }
            item = Phrase(message=f"finding.parts.{which if shown else 'neither'}", params=params)
            row = each.both or each.decoder
            yield _finding("quality.parts", "finding.parts", group, anchor, row, (item,), Strength.SHOWN)


# --------------------------------------------------------------------------------- common


def _finding(
    rule: str,
    message: str,
    group: PassGroup,
    anchor: Passed,
    row: Passed,
    items: tuple[Cell, ...],
    strength: Strength,
) -> Finding:
    case = group.cases.get(row.variant)
    return Finding(
        rule=rule,
        kind=Kind.QUALITY,
        phrase=Phrase(
            message=message,
            params={
                "model": Text(text=group.model),
                "name": variant_cell(row),
                "anchor": variant_cell(anchor),
                "condition": condition_cell(group.condition),
                "items": CellGroup(parts=items, between=", "),
            },
        ),
        subjects=(case.key,) if case else (),
        evidence=(Evidence(case=case.key, table="classes"),) if case else (),
        strength=strength,
    )


def _place(group: PassGroup) -> tuple[object, ...]:
    return group.run, group.rows[0].model, group.rows[0].corpus


RULES: Final = (
    Rule(
        id="quality.classes",
        kind=Kind.QUALITY,
        why="classes of errors that a variant is shown to make more of",
        find=classes,
    ),
    Rule(
        id="quality.faults",
        kind=Kind.QUALITY,
        why="utterances lost as a whole: loops, hallucinations, dropped stretches",
        find=faults,
    ),
    Rule(
        id="quality.conditions",
        kind=Kind.QUALITY,
        why="conditions under which a variant loses more than as recorded",
        find=conditions,
    ),
    Rule(
        id="quality.parts",
        kind=Kind.QUALITY,
        why="which of encoder and decoder loses, where each was quantized alone",
        find=parts,
    ),
)

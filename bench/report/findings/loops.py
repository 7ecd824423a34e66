"""Rules on loops: which variants repeat themselves, where from, and what helps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.quality.loops import LoopReport
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.findings.families import Family, Scene
from bench.report.findings.model import LONG_SECONDS, Evidence, Finding, Kind, Rule, Strength
from bench.results import CaseResult
from bench.text.numbers import Quantity, clock


def loops(scene: Scene) -> Iterator[Finding]:
    """Per clip the variants that loop and those that do not; on long clips also that none does."""
    for family in scene.families:
        for clip in dict.fromkeys(case.case.clip for case in family.good):
            cases = [case for case in family.good if case.case.clip == clip and case.heard.loop]
            looping = [case for case in cases if _loops(case)]
            if looping:
                yield _some(scene, looping, [case for case in cases if case not in looping])
            elif cases and cases[0].audio_seconds >= LONG_SECONDS:
                yield _finding(scene, "finding.loops.none", cases, {"clip": _length(cases[0])})


def _loops(case: CaseResult) -> bool:
    return case.heard.loop is not None and case.heard.loop.looping


def _length(case: CaseResult) -> Figure:
    return Figure(value=case.audio_seconds, quantity=Quantity.SECONDS)


def _some(scene: Scene, looping: list[CaseResult], clean: list[CaseResult]) -> Finding:
    params: dict[str, Cell] = {
        "clip": _length(looping[0]),
        "items": CellGroup(
            parts=tuple(_item(scene, case, case.heard.loop) for case in looping if case.heard.loop),
            between="; ",
        ),
        "clean": CellGroup(parts=tuple(scene.name(case) for case in clean), between=", "),
    }
    message = "finding.loops.some" if clean else "finding.loops.all"
    return _finding(scene, message, [*looping, *clean], params)


def _item(scene: Scene, case: CaseResult, loop: LoopReport) -> Phrase:
    params: dict[str, Cell] = {"name": scene.name(case)}
    if loop.phrase is None:
        signs = tuple(Phrase(message=f"loop.sign.{sign}") for sign in loop.signs)
        return Phrase(
            message="finding.loops.sign", params={**params, "signs": CellGroup(parts=signs, between=", ")}
        )
    params["phrase"] = Text(text=loop.phrase)
    params["times"] = Phrase(message="loop.times", count=loop.repeats)
    if loop.start_seconds is None:
        return Phrase(message="finding.loops.phrase", params=params)
    return Phrase(message="finding.loops.at", params={**params, "at": Text(text=clock(loop.start_seconds))})


def shorter(scene: Scene) -> Iterator[Finding]:
    """Variants that loop on a long clip and not on a shorter one."""
    for family in scene.families:
        for cases in family.by_variant.values():
            looping = [case for case in cases if _loops(case)]
            clean = [case for case in cases if case.heard.loop and not _loops(case)]
            pairs = [
                (case, other)
                for case in looping
                for other in clean
                if other.audio_seconds < case.audio_seconds
            ]
            if pairs:
                case, other = max(pairs, key=lambda pair: pair[1].audio_seconds)
                params: dict[str, Cell] = {
                    "name": scene.name(case),
                    "clip": _length(case),
                    "shorter": _length(other),
                }
                yield _finding(scene, "finding.loops.length", [case, other], params, rule="long.length")


def remedies(scene: Scene) -> Iterator[Finding]:
    """The same weights, clip and engine with other settings (segmentation) that do not loop."""
    for family in scene.families:
        for case in family.good:
            if not _loops(case):
                continue
            clean = [other for other in _same_weights(family, case) if other.heard.loop and not _loops(other)]
            if clean:
                params: dict[str, Cell] = {
                    "name": scene.name(case),
                    "clip": _length(case),
                    "others": CellGroup(parts=tuple(scene.name(each) for each in clean), between=", "),
                }
                yield _finding(scene, "finding.loops.remedy", [case, *clean], params, rule="long.remedy")


def _same_weights(family: Family, case: CaseResult) -> Iterator[CaseResult]:
    for other in family.good:
        if other.key != case.key and (other.case.clip, other.quantization) == (
            case.case.clip,
            case.quantization,
        ):
            yield other


def _finding(
    scene: Scene, message: str, cases: list[CaseResult], params: dict[str, Cell], *, rule: str = "long.loops"
) -> Finding:
    return Finding(
        rule=rule,
        kind=Kind.LONG,
        phrase=Phrase(message=message, params={"model": scene.subject(cases, clip=False), **params}),
        subjects=tuple(case.key for case in cases),
        evidence=tuple(Evidence(case=case.key, table="quality") for case in cases),
        strength=Strength.EXACT,
    )


RULES: Final = (
    Rule(id="long.loops", kind=Kind.LONG, why="which variants repeat themselves", find=loops),
    Rule(id="long.length", kind=Kind.LONG, why="loops that only a long recording shows", find=shorter),
    Rule(id="long.remedy", kind=Kind.LONG, why="settings under which a variant does not loop", find=remedies),
)

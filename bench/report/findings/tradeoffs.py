"""Rules on two quantities at once: load against throughput, weights against memory, first against later."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from bench.report.cells import BaselineRatio, CellGroup, Figure, Phrase
from bench.report.findings.differences import Contrast, Standing, contrast
from bench.report.findings.families import Scene
from bench.report.findings.model import DOMINATED, TIME, Evidence, Finding, Kind, Rule, Strength
from bench.report.findings.speed_and_memory import figure, weakest
from bench.results import CaseResult, compare_metrics
from bench.statistics import FEWEST_TO_CLAIM, RatioEstimate
from bench.text.numbers import Quantity

# ---------------------------------------------------------- load against throughput


def trade(scene: Scene) -> Iterator[Finding]:
    """Faster to load and slower to transcribe, or the reverse: from which length on which pays."""
    for anchor, cases in scene.by_anchor():
        for case in cases:
            if case.key in scene.useless:
                continue
            loads = contrast(case, anchor, "load_seconds", TIME)
            transcribes = contrast(case, anchor, "rtf", TIME)
            if loads and transcribes:
                found = _trade(scene, case, anchor, loads, transcribes)
                if found:
                    yield found


def _trade(
    scene: Scene, case: CaseResult, anchor: CaseResult, loads: Contrast, transcribes: Contrast
) -> Finding | None:
    sides = (loads.outcome, transcribes.outcome)
    if sides not in {(Standing.LESS, Standing.MORE), (Standing.MORE, Standing.LESS)}:
        return None
    seconds = break_even_seconds(case, anchor)
    if seconds is None:
        return None
    quick = loads.outcome is Standing.LESS
    return Finding(
        rule="speed.trade",
        kind=Kind.SPEED,
        phrase=Phrase(
            message="finding.trade.quick_start" if quick else "finding.trade.slow_start",
            params={
                "model": scene.subject([anchor, case], clip=False),
                "name": scene.name(case),
                "anchor": scene.name(anchor),
                "load": loads.times(),
                "rtf": transcribes.times(),
                "seconds": Figure(value=float(f"{seconds:.2g}"), quantity=Quantity.COUNT),
            },
        ),
        subjects=(case.key,),
        evidence=tuple(Evidence(case=each.key, table="performance") for each in (case, anchor)),
        strength=weakest((loads, transcribes)),
        runs=transcribes.comparison.n,
    )


def break_even_seconds(case: CaseResult, other: CaseResult) -> float | None:
    """Seconds of audio a start at which load plus transcription of two cases take as long."""
    load, rtf = case.median("load_seconds"), case.median("rtf")
    other_load, other_rtf = other.median("load_seconds"), other.median("rtf")
    if load is None or rtf is None or other_load is None or other_rtf is None or rtf == other_rtf:
        return None
    seconds = (other_load - load) / (rtf - other_rtf)
    return seconds if seconds > 0 else None


# ------------------------------------------------------------- what dominates memory


def dominated(scene: Scene) -> Iterator[Finding]:
    """Weights that are the smaller part of the peak: quantization cannot save the rest."""
    for family in scene.families:
        cases = [case for case in family.front if case.weights_bytes and case.median(case.footprint_metric)]
        peaks = [(case, case.median(case.footprint_metric) or 0.0) for case in cases]
        share = max(((case.weights_bytes or 0) / peak for case, peak in peaks), default=1.0)
        if len(cases) < 2 or share >= DOMINATED:
            continue
        low, high = min(peak for _, peak in peaks), max(peak for _, peak in peaks)
        runs = min(case.summaries[case.footprint_metric].n for case in cases)
        yield Finding(
            rule="memory.dominated",
            kind=Kind.MEMORY,
            phrase=Phrase(
                message="finding.dominated",
                params={
                    "model": scene.subject(cases),
                    "quantity": Phrase(message=f"finding.quantity.{cases[0].footprint_metric}"),
                    "share": Figure(value=math.ceil(share * 100) / 100, quantity=Quantity.SHARE),
                    "low": Figure(value=low, quantity=Quantity.MEMORY),
                    "high": Figure(value=high, quantity=Quantity.MEMORY),
                },
            ),
            subjects=tuple(case.key for case in cases),
            evidence=tuple(Evidence(case=case.key, table="memory") for case in cases),
            strength=Strength.SHOWN if runs >= FEWEST_TO_CLAIM else Strength.OBSERVED,
            runs=runs,
        )


# --------------------------------------------------------------- first-run cost


def first_run(scene: Scene) -> Iterator[Finding]:
    """A first transcription that costs more than the later ones of the same process."""
    for family in scene.families:
        found: list[tuple[CaseResult, RatioEstimate]] = []
        for case in family.front:
            if case.key in scene.useless:
                continue
            compared = compare_metrics(case, "transcribe_seconds", "warm_transcribe_seconds")
            if isinstance(compared, RatioEstimate) and compared.clear and compared.ratio > 1 + TIME.shown:
                found.append((case, compared))
        if found:
            yield _first_run(scene, found)


def _first_run(scene: Scene, found: Sequence[tuple[CaseResult, RatioEstimate]]) -> Finding:
    items = tuple(
        Phrase(
            message="finding.item",
            params={
                "name": scene.name(case),
                "value": figure(case, "transcribe_seconds", Quantity.SECONDS),
                "times": BaselineRatio(
                    ratio=compared.ratio,
                    low=compared.low,
                    high=compared.high,
                    shown=True,
                    better=False,
                ),
            },
        )
        for case, compared in found
    )
    return Finding(
        rule="speed.first_run",
        kind=Kind.SPEED,
        phrase=Phrase(
            message="finding.first_run",
            params={
                "model": scene.subject([case for case, _ in found]),
                "items": CellGroup(parts=items, between="; "),
            },
        ),
        subjects=tuple(case.key for case, _ in found),
        evidence=tuple(Evidence(case=case.key, table="performance") for case, _ in found),
        strength=Strength.SHOWN,
        runs=min(compared.n for _, compared in found),
    )


RULES: Final = (
    Rule(id="speed.trade", kind=Kind.SPEED, why="quick to start or quick to transcribe", find=trade),
    Rule(id="speed.first_run", kind=Kind.SPEED, why="the cost of the first transcription", find=first_run),
    Rule(id="memory.dominated", kind=Kind.MEMORY, why="memory that is mostly not weights", find=dominated),
)

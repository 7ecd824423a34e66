"""Findings: sentences that rules derive from figures, each with its evidence and strength.

A rule is data with a small function (`Rule`); its thresholds stand in `bench.report.findings.model`
and with its measure.  A claim about repeated measurements is made only where an interval shows it; what fewer runs
showed is said as observed; what an author judged, as judged.  See docs/findings.md.
"""

from __future__ import annotations

from typing import Final

from bench.report.findings import (
    drift,
    error_rates,
    file_sizes,
    loops,
    model_sizes,
    passes,
    reliability,
    speed_and_memory,
    tradeoffs,
)
from bench.report.findings.advice import advice
from bench.report.findings.families import Scene
from bench.report.findings.limits import Constraints
from bench.report.findings.model import Evidence, Finding, Kind, Rule, Strength
from bench.report.findings.recommend import Decision, Recommendation, recommend
from bench.results import Results

RULES: Final[tuple[Rule, ...]] = (
    *speed_and_memory.RULES,
    *tradeoffs.RULES,
    *file_sizes.RULES,
    *error_rates.RULES,
    *drift.RULES,
    *passes.RULES,
    *model_sizes.RULES,
    *loops.RULES,
    *reliability.RULES,
)


def findings(figures: Results, rules: tuple[Rule, ...] = RULES) -> tuple[Finding, ...]:
    """What the rules find, by kind in the order of `Kind`, then by rule."""
    scene = Scene(figures)
    found = [finding for rule in rules for finding in rule.find(scene)]
    order = list(Kind)
    return tuple(sorted(found, key=lambda finding: order.index(finding.kind)))


__all__ = [
    "RULES",
    "Constraints",
    "Decision",
    "Evidence",
    "Finding",
    "Kind",
    "Recommendation",
    "Rule",
    "Scene",
    "Strength",
    "advice",
    "findings",
    "recommend",
]

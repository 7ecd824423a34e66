"""One quantity of two cases: less, more, the same, or not settled; and how firmly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from bench.metrics import METRICS
from bench.report.cells import BaselineRatio
from bench.report.findings.model import Strength, Tolerance
from bench.results import CaseResult, compare_results
from bench.statistics import Comparison, RatioEstimate, Verdict, blocks_needed, blocks_to_show, judge
from bench.units import Better


class Standing(StrEnum):
    """How a case stands to another in one quantity."""

    LESS = "less"
    MORE = "more"
    SAME = "same"  # the interval lies within the tolerance; observed: the ratio does
    SLIGHT = "slight"  # a difference is claimed, and is estimated within the tolerance
    HINT = "hint"  # the 95 % interval excludes none, which is too little for a claim among dozens
    NONE = "none"  # no difference shown: the interval includes none; observed: some runs say the contrary


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A case's quantity held against another's; `needed` blocks would settle it, or show what there seems to be."""

    case: CaseResult
    other: CaseResult
    metric: str
    outcome: Standing
    comparison: RatioEstimate
    strength: Strength
    needed: int | None = None

    @property
    def ratio(self) -> float:
        """The case's quantity over the other's."""
        return self.comparison.ratio

    def times(self) -> BaselineRatio:
        """The ratio as a cell; without an interval where there is no honest one."""
        honest = self.strength is Strength.SHOWN
        better = METRICS[self.metric].better if self.metric in METRICS else Better.NEITHER
        return BaselineRatio(
            ratio=self.ratio,
            low=self.comparison.low if honest else None,
            high=self.comparison.high if honest else None,
            shown=self.comparison.shown,
            faint=self.comparison.below_resolution,
            better=None if better is Better.NEITHER else (self.ratio < 1) == (better is Better.LOWER),
        )


def contrast(case: CaseResult, other: CaseResult, metric: str, tolerance: Tolerance) -> Contrast | None:
    """Hold a case's metric against another's.

    None where one has no value, where there is no ratio, and where a few disturbed runs are all there is.
    """
    found = compare_results(case, other, metric)
    if not isinstance(found, RatioEstimate):
        return None
    if found.few and tolerance.disturbable and (case.disturbed or other.disturbed):
        return None
    outcome, strength = _outcome(found, found.ratio, tolerance)
    settled = outcome not in {Standing.NONE, Standing.HINT}
    needed = None if settled else _needed(found, tolerance.shown)
    if outcome is Standing.HINT:
        needed = _to_show(found)
    return Contrast(
        case=case,
        other=other,
        metric=metric,
        outcome=outcome,
        comparison=found,
        strength=strength,
        needed=needed,
    )


def _to_show(found: Comparison) -> int:
    """Blocks that would show what there seems to be: more than there are, and no fewer than the machine's audit asks for."""
    return max(blocks_to_show(found) or 0, found.blocks_to_resolve or 0, found.n + 1)


def _needed(found: Comparison, tolerance: float) -> int | None:
    """Blocks that would settle it, by this comparison's scatter and by what the machine was found to resolve."""
    wanted = blocks_needed(found, tolerance)
    if wanted is None or found.resolvable is None:
        return wanted
    times = (math.log1p(found.resolvable) / math.log1p(tolerance)) ** 2
    return max(wanted, math.ceil(found.n * times))


def _outcome(found: Comparison, ratio: float, tolerance: Tolerance) -> tuple[Standing, Strength]:
    if found.few:  # the interval, if any, is the range: it must agree
        return _observed(ratio, found.low or ratio, found.high or ratio, tolerance), Strength.OBSERVED
    verdict = judge(found, Better.LOWER, tolerance.shown)
    if verdict in {Verdict.BETTER, Verdict.WORSE}:
        claimed = Standing.LESS if verdict is Verdict.BETTER else Standing.MORE
        return claimed if found.clear else Standing.HINT, Strength.SHOWN
    if verdict is Verdict.SAME:
        return Standing.SAME, Strength.SHOWN
    if not found.shown:
        return Standing.NONE, Strength.SHOWN
    return Standing.SLIGHT if found.clear else Standing.HINT, Strength.SHOWN


def _observed(ratio: float, low: float, high: float, tolerance: Tolerance) -> Standing:
    if 1 / (1 + tolerance.observed) <= ratio <= 1 + tolerance.observed:
        return Standing.SAME
    if low > 1:
        return Standing.MORE
    return Standing.LESS if high < 1 else Standing.NONE

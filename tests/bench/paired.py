"""A ratio of two series measured in turns, with its interval, and whether it meets a bar."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from scipy.special import stdtrit

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The geometric mean of the rounds' own ratios with Student's interval of their logarithms."""

    value: float
    low: float
    high: float
    rounds: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f}, {self.rounds} rounds)"

    def must_reach(self, bar: float) -> None:
        """Fail where the interval lies below the bar, skip where it does not tell."""
        assert self.high >= bar, f"{self} is below {bar}"
        if self.low < bar:
            pytest.skip(f"too noisy to tell from {bar}: {self}")

    def must_stay_below(self, bar: float) -> None:
        """Fail where the interval lies above the bar, skip where it does not tell."""
        assert self.low < bar, f"{self} is not below {bar}"
        if self.high >= bar:
            pytest.skip(f"too noisy to tell from {bar}: {self}")


def ratio(over: Sequence[float], under: Sequence[float]) -> Ratio:
    """Of rounds of two series each, two rounds at least."""
    logs = [math.log(one / other) for one, other in zip(over, under, strict=True)]
    mean, n = statistics.fmean(logs), len(logs)
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * statistics.stdev(logs) / math.sqrt(n)
    return Ratio(value=math.exp(mean), low=math.exp(mean - half), high=math.exp(mean + half), rounds=n)

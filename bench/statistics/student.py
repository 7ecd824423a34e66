"""Student's distribution: quantiles, and what a handful of values shows beyond doubt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Final

PLAIN_CONFIDENCE: Final = 0.999
PLAIN_FACTOR: Final = 1.1  # a ratio that is off by less is left to more blocks


def student_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t.  The tails matter: an alarm shared by 300 series is one in 60,000 each."""
    from scipy.special import stdtrit  # here, for importing it takes a second

    return float(stdtrit(freedom, probability))


def plainly_off(logs: Sequence[float]) -> bool:
    """Whether so few log-ratios leave no doubt of a difference.

    Even where all of six to eight values have one sign, a rank test cannot tell that from chance at
    99.5 %: chance does it once in 32 to 128 times.  Here their size counts as well: every value has
    the sign, the mean is off by `PLAIN_FACTOR` at least, and Student's interval of `PLAIN_CONFIDENCE`
    excludes none.  Simulated for equal cases (`tests/unit/test_stats.py`): claimed in at most 0.4 % under normal, heavy-tailed,
    flat and bursty noise, in at most 1 % where noise gathers at two edges of 30 %; where it knows two large values alone, as often as the signs agree.
    """
    if len(logs) < 2 or not (min(logs) > 0 or max(logs) < 0):
        return False
    mean, n = abs(fmean(logs)), len(logs)
    half = student_quantile((1 + PLAIN_CONFIDENCE) / 2, n - 1) * stdev(logs) / math.sqrt(n)
    return mean >= math.log(PLAIN_FACTOR) and mean > half

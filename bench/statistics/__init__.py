"""Samples -> summaries, comparisons and verdicts.

Within a run everything is the median, with an interval that is exact at every number of values; the same
values give the same interval always: `summary`, `comparison`, `rates`.  Between nights: `nights`,
`changepoints`.  Why these choices: docs/adr/0004-medians-and-paired-ratios.md and
docs/adr/0006-nightly-gate.md.
"""

from __future__ import annotations

from bench.statistics.comparison import (
    Comparison,
    RatioEstimate,
    Verdict,
    blocks_needed,
    blocks_to_show,
    changed,
    compare_paired,
    compare_unpaired,
    judge,
)
from bench.statistics.levels import CLAIM_CONFIDENCE, CONFIDENCE, FEWEST_TO_CLAIM, FEWEST_TO_RANK
from bench.statistics.rates import (
    FEWEST_TO_COVER,
    Estimate,
    Interval,
    difference_interval,
    rate_interval,
    units_needed,
)
from bench.statistics.summary import Summary, summarize

__all__ = [
    "CLAIM_CONFIDENCE",
    "CONFIDENCE",
    "FEWEST_TO_CLAIM",
    "FEWEST_TO_COVER",
    "FEWEST_TO_RANK",
    "Comparison",
    "Estimate",
    "Interval",
    "RatioEstimate",
    "Summary",
    "Verdict",
    "blocks_needed",
    "blocks_to_show",
    "changed",
    "compare_paired",
    "compare_unpaired",
    "difference_interval",
    "judge",
    "rate_interval",
    "summarize",
    "units_needed",
]

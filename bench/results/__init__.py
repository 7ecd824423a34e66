"""Records -> results, once: what a run says, case by case, in base units; no language, no format.

Report, regression, exports, data frames and the pytest plugin all read these results, so that no two
of them can disagree on which trials count, what a case's median is or what it heard.

keys         which run, which case: values to look up by
trials       which trials of a run count
case         everything the trials of a case say
heard        what a case heard and how good that is
comparison   two cases held against each other
collect      runs -> results
published    what a published report says beyond measurements
"""

from __future__ import annotations

from bench.results.case import CaseResult
from bench.results.collect import Results, cases_of, results_of
from bench.results.comparison import compare_metrics, compare_results
from bench.results.keys import CaseKey, RunKey

__all__ = [
    "CaseKey",
    "CaseResult",
    "Results",
    "RunKey",
    "cases_of",
    "compare_metrics",
    "compare_results",
    "results_of",
]

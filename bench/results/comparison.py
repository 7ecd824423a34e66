"""Two cases held against each other: in pairs where they share their blocks, else as two samples."""

from __future__ import annotations

from bench.results.case import CaseResult
from bench.statistics import Comparison, compare_paired, compare_unpaired


def compare_results(case: CaseResult, other: CaseResult, metric: str) -> Comparison | None:
    """The ratio of a metric, `case` / `other`; None where a side has no value, or no block is shared.

    Blocks of different runs, or of one run on two machines, have nothing in common but their numbers.
    """
    if case.base is other and not case.is_baseline:
        return case.comparisons.get(metric)
    if case.run == other.run:
        pairs = case.pairs(other, metric)
        return case.resolved(compare_paired(pairs), metric) if pairs else None
    mine, theirs = case.values.get(metric, ()), other.values.get(metric, ())
    if not mine or not theirs:
        return None
    return compare_unpaired((value for _, value in mine), (value for _, value in theirs))


def compare_metrics(case: CaseResult, metric: str, other: str) -> Comparison | None:
    """The ratio of two metrics of the same trials, `metric` / `other`; None where no trial has both."""
    both = ((record.value(metric), record.value(other)) for record in case.good)
    pairs = [(mine, theirs) for mine, theirs in both if mine is not None and theirs is not None]
    return compare_paired(pairs) if pairs else None

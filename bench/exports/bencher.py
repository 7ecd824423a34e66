"""A run in Bencher's metric format: {benchmark: {measure: {value, lower_value, upper_value}}}."""

from __future__ import annotations

from bench.journal import RunData
from bench.results import results_of


def export_bencher(run: RunData) -> dict[str, dict[str, dict[str, float]]]:
    """Every case's metrics in base units: the median, bounded by its 95 % interval where it has one.

    Measures are called by the metric with dashes, `transcribe-seconds`: slugs have no underscores.
    """
    exported: dict[str, dict[str, dict[str, float]]] = {}
    for case in results_of([run]).own(run):
        measures: dict[str, dict[str, float]] = {}
        for metric, summary in case.summaries.items():
            entry = {"value": summary.median}
            if summary.low is not None and summary.high is not None:
                entry |= {"lower_value": summary.low, "upper_value": summary.high}
            measures[metric.replace("_", "-")] = entry
        if measures:
            exported[case.case.id] = measures
    return exported

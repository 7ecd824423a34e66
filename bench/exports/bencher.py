"""A run in Bencher's metric format: {benchmark: {measure: {value, lower_value, upper_value}}}."""

from __future__ import annotations

from bench.journal import RunData
from bench.regression.night import night_of


def export_bencher(run: RunData) -> dict[str, dict[str, dict[str, float]]]:
    """Every case's metrics in base units: the median, bounded by its 95 % interval where it has one.

    Measures are called by the metric with dashes, `transcribe-seconds`: slugs have no underscores.
    """
    exported: dict[str, dict[str, dict[str, float]]] = {}
    for case, found in night_of(run).cases.items():
        measures: dict[str, dict[str, float]] = {}
        for metric, figure in found.figures.items():
            entry = {"value": figure.median}
            if figure.low is not None and figure.high is not None:
                entry |= {"lower_value": figure.low, "upper_value": figure.high}
            measures[metric.replace("_", "-")] = entry
        if measures:
            exported[case] = measures
    return exported

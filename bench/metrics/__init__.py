"""The metrics: everything else that knows one follows from their registry.

`doctor`, the report's tables and their columns, `compare`, the gate's noise and the reference
table of docs/metrics.md are derived from `METRICS`.  To add a metric: a line in
`bench/metrics/registry.py`, its words in the catalogs, its definition in docs/metrics.md, and an
instrument that reads it.
"""

from __future__ import annotations

from bench.metrics.noun import Metric, Place, ReadBy, shown, where_known
from bench.metrics.registry import COMPARED, METRICS

__all__ = ["COMPARED", "METRICS", "Metric", "Place", "ReadBy", "columns_of", "shown", "where_known"]


def columns_of(table: str) -> tuple[tuple[Metric, Place], ...]:
    """The metrics shown in a table of the report, in its order."""
    return tuple(
        (metric, place) for metric in METRICS.values() for place in metric.places if place.table == table
    )

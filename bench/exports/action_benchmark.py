"""A run for github-action-benchmark: the list that its tool `customSmallerIsBetter` reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bench.journal import RunData
from bench.metrics import METRICS
from bench.results import CaseResult, results_of
from bench.statistics import Summary

#: What a history of commits is drawn of; all of them are better when smaller.
SHOWN: Final = ("transcribe_seconds", "load_seconds", "rtf")


def export_action_benchmark(run: RunData) -> list[dict[str, Any]]:
    """An entry a case and metric: the median, half of its interval as `range`, what ran as `extra`."""
    return [entry for case in results_of([run]).own(run) for entry in _entries(case)]


def _entries(case: CaseResult) -> Iterator[dict[str, Any]]:
    for metric in (*SHOWN, case.footprint_metric):
        if (summary := case.summaries.get(metric)) is not None:
            yield _entry(case, metric, summary)
    if (score := case.heard.score) is not None and score.wer is not None:
        yield {"name": f"{case.case.id}: wer", "unit": "%", "value": 100 * score.wer, "extra": _extra(case)}


def _entry(case: CaseResult, metric: str, summary: Summary) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": f"{case.case.id}: {metric}",
        "unit": str(METRICS[metric].unit),
        "value": summary.median,
        "extra": f"{_extra(case)}\nblocks={summary.n}",
    }
    if summary.low is not None and summary.high is not None:
        entry["range"] = f"\u00b1 {(summary.high - summary.low) / 2:.3g}"
    return entry


def _extra(case: CaseResult) -> str:
    device = case.backend.device if case.backend else "?"
    return f"engine={case.case.variant.engine} {case.engine_version or '?'}\ndevice={device}\nhost={case.host.id}"

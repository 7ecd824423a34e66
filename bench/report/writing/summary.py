"""The summary as data: every case and metric in base units, with interval, ratio or reason.

`summary.json` is whole; `summary.csv` has one line a case and metric, for spreadsheets and
scripts.  The field names are part of the format: docs/report.md lists them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from bench.language import english
from bench.metrics import METRICS
from bench.quality import Score
from bench.reasons import reason
from bench.report.names import Names
from bench.report.writing.summary_passes import interval_data, passes, reason_data
from bench.results import CaseResult, Results
from bench.results.heard import Heard
from bench.statistics import Comparison, Interval, Summary
from bench.text.safe import spreadsheet

SCHEMA: Final = 3  # 1 had reasons and warnings in English words, 2 no quality passes
COLUMNS: Final = (
    "case",
    "suite",
    "run",
    "host",
    "model",
    "quantization",
    "variant",
    "engine",
    "engine_version",
    "clip",
    "status",
    "metric",
    "unit",
    "median",
    "low",
    "high",
    "n",
    "ratio",
    "ratio_low",
    "ratio_high",
    "difference_shown",
    "reason",
)
_RATES: Final = ("wer", "cer", "wer_raw", "cer_raw", "wer_to_baseline", "cer_to_baseline")


def summary_json(found: Results, names: Names) -> str:
    """The summary as JSON text."""
    cases = [_case(case, names) for case in found.cases]
    whole = {
        "schema": SCHEMA,
        "confidence": 0.95,
        "cases": cases,
        "passes": passes(found),
        "unread_lines": len(found.warnings),
    }
    return json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def summary_csv(found: Results, names: Names) -> str:
    """The summary as CSV text, with a header; absent values are empty and have a reason."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for case in found.cases:
        for line in _lines(case):
            writer.writerow({name: spreadsheet(value) for name, value in line.items()})
    return text.getvalue()


# ------------------------------------------------------------------------- JSON


def _case(case: CaseResult, names: Names) -> dict[str, Any]:
    return {
        **_identity(case),
        "label": names.full(case),
        "baseline": f"{_run(case)}/{case.case.baseline}" if case.baseline else None,
        "is_baseline": case.is_baseline,
        "synthetic": case.model.synthetic,
        "published": case.published,
        "clip_seconds": case.clip.duration_seconds,
        "reason": reason_data(case.reason),
        "trials": {str(status): count for status, count in case.trials.items()},
        "backend": asdict(case.backend) if case.backend else None,
        "weights": [asdict(file) for file in case.weights],
        "weights_bytes": case.weights_bytes,
        "baseline_bytes": case.baseline_bytes,
        "saving": case.saving,
        "metrics": {name: _metric(name, case) for name in _names(case)},
        "quality": _quality(case.heard),
        "disturbances": [
            {**(reason_data(each) or {}), "trials": count} for each, count in case.disturbances.items()
        ],
    }


def _identity(case: CaseResult) -> dict[str, Any]:
    return {
        "case": case.case.id,
        "suite": case.suite,
        "run": _run(case),
        "host": case.host.id,
        "model": case.case.model,
        "quantization": case.quantization,
        "variant": case.case.variant.name,
        "engine": case.case.variant.engine,
        "engine_version": case.engine_version,
        "clip": case.case.clip,
        "status": str(case.status),
    }


def _run(case: CaseResult) -> str:
    return f"{case.suite}/{case.run.name}"


def _names(case: CaseResult) -> list[str]:
    known = {**case.summaries, **case.absences}
    return [name for name in METRICS if name in known] + sorted(known.keys() - METRICS.keys())


def _metric(name: str, case: CaseResult) -> dict[str, Any]:
    summary, comparison = case.summaries.get(name), case.comparisons.get(name)
    unit = str(METRICS[name].unit) if name in METRICS else None
    if summary is None:
        return {"unit": unit, "median": None, "reason": reason_data(case.absences[name])}
    return {
        "unit": unit,
        **_summary(summary),
        "values": [value for _, value in case.values[name]],
        "blocks": [block for block, _ in case.values[name]],
        "to_baseline": None if comparison is None else _comparison(comparison),
    }


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "median": summary.median,
        "low": summary.low,
        "high": summary.high,
        "n": summary.n,
        "minimum": summary.minimum,
        "maximum": summary.maximum,
        "mad": summary.mad,
        "outliers": list(summary.outliers),
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        **asdict(comparison),
        "reason": reason_data(comparison.reason),
        "difference_shown": comparison.shown,
    }


def _quality(heard: Heard) -> dict[str, Any]:
    return {
        "reason": reason_data(heard.reason),
        "stars": heard.stars,
        "reference": _score(heard.score),
        "reference_raw": _score(heard.raw),
        "wer_interval": interval_data(heard.interval),
        "baseline": _score(heard.to_baseline),
        "wer_difference": interval_data(heard.difference),
        "no_worse_share": heard.kept,
        "identical_to_baseline": asdict(heard.identity) if heard.identity else None,
        "errors": [asdict(pair) for pair in heard.errors],
        "changes": [asdict(pair) for pair in heard.changes],
        "loop": asdict(heard.loop) if heard.loop else None,
        "texts": heard.texts,
        "transcript": heard.transcript.text if heard.transcript else None,
    }


def _score(score: Score | None) -> dict[str, Any] | None:
    return None if score is None else {**asdict(score), "wer": score.wer, "cer": score.cer}


# -------------------------------------------------------------------------- CSV


def _lines(case: CaseResult) -> Iterator[dict[str, Any]]:
    identity = _identity(case)
    for name in _names(case):
        summary, comparison = case.summaries.get(name), case.comparisons.get(name)
        line = {**identity, "metric": name, "unit": METRICS[name].unit if name in METRICS else None}
        if summary is None:
            yield line | {"reason": english(case.absences[name])}
            continue
        line |= {"median": summary.median, "low": summary.low, "high": summary.high, "n": summary.n}
        if comparison is not None:
            line |= {
                "ratio": comparison.ratio,
                "ratio_low": comparison.low,
                "ratio_high": comparison.high,
                "difference_shown": comparison.shown,
            }
        yield line
    rates = _rates(case.heard)
    for name in _RATES:
        line = {**identity, "metric": name, "unit": "ratio"}
        value, interval = rates[name]
        if value is None:
            yield line | {"reason": english(case.heard.reason or case.reason or reason("comparison.nothing"))}
        else:
            yield line | {
                "median": value,
                "low": interval and interval.low,
                "high": interval and interval.high,
            }


def _rates(heard: Heard) -> dict[str, tuple[float | None, Interval | None]]:
    scores = {"": heard.score, "_raw": heard.raw, "_to_baseline": heard.to_baseline}
    found: dict[str, tuple[float | None, Interval | None]] = {}
    for suffix, score in scores.items():
        found[f"wer{suffix}"] = (score.wer if score else None, None if suffix else heard.interval)
        found[f"cer{suffix}"] = (score.cer if score else None, None)
    return found

"""A run as pytest-benchmark's JSON, so that `pytest-benchmark compare` and its readers work on it.

One benchmark a case; its data are the values of one metric in seconds, trial by trial.
The format is that of pytest-benchmark's `--benchmark-json`, version 5.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, Final

from bench.errors import ReportError
from bench.journal import RunData
from bench.metrics import METRICS
from bench.results import CaseResult, results_of
from bench.units import Unit

FORMAT_VERSION: Final = "5.1.0"


def export_pytest_benchmark(run: RunData, metric: str = "transcribe_seconds") -> dict[str, Any]:
    """The run as one pytest-benchmark file.  `metric` is one in seconds.

    Cases without a value are left out: the format has no place for a failure.  ReportError where
    that leaves nothing.
    """
    if METRICS[metric].unit is not Unit.SECONDS:
        raise ReportError(
            f"{metric} is not a duration.", hint="pytest-benchmark holds seconds: --metric load_seconds"
        )
    benchmarks = [
        _benchmark(case, [value for _, value in case.values[metric]], metric)
        for case in results_of([run]).own(run)
        if metric in case.values
    ]
    if not benchmarks:
        raise ReportError(f"{run.path}: no case has {metric}.", hint="Export a run that has measured it.")
    return {
        "machine_info": _machine(run),
        "commit_info": {
            "id": None,
            "time": None,
            "author_time": None,
            "dirty": False,
            "error": "a run records no commit",
            "project": run.suite.name,
            "branch": None,
        },
        "benchmarks": benchmarks,
        "datetime": min(record.started_at for record in run.records),
        "version": FORMAT_VERSION,
    }


def _machine(run: RunData) -> dict[str, Any]:
    host = run.host
    return {
        "node": host.id,
        "processor": host.machine,
        "machine": host.machine,
        "python_implementation": "CPython",
        "python_version": host.python,
        "system": host.system,
        "release": host.os,
        "cpu": {"brand_raw": host.cpu, "count": host.cores, "arch": host.machine},
    }


def _benchmark(case: CaseResult, values: Sequence[float], metric: str) -> dict[str, Any]:
    name = case.case.id
    return {
        "group": f"{case.case.clip}: {metric}",
        "name": f"test_transcribe[{name}]",
        "fullname": f"{case.suite}::test_transcribe[{name}]",
        "params": {"case": name},
        "param": name,
        "extra_info": extra_info(case),
        "options": {
            "disable_gc": False,
            "timer": metric,
            "min_rounds": len(values),
            "max_time": 0.0,
            "min_time": 0.0,
            "warmup": False,
        },
        "stats": _stats(values),
    }


def extra_info(case: CaseResult) -> dict[str, Any]:
    """What identifies a case beside its name."""
    return {
        "model": case.case.model,
        "quantization": case.quantization,
        "engine": case.case.variant.engine,
        "engine_version": case.engine_version,
        "backend": case.backend.device if case.backend else None,
        "clip": case.case.clip,
        "run": case.run.name,
        "host": case.host.id,
    }


def _stats(values: Sequence[float]) -> dict[str, Any]:
    """The fields pytest-benchmark's own files have, by its definitions."""
    ordered = sorted(values)
    mean = statistics.fmean(ordered)
    deviation = statistics.stdev(ordered) if len(ordered) > 1 else 0.0
    lower, upper = _quartiles(ordered)
    spread = upper - lower
    low_fence, high_fence = lower - 1.5 * spread, upper + 1.5 * spread
    beyond_deviation = sum(1 for value in ordered if not mean - deviation <= value <= mean + deviation)
    beyond_fences = sum(1 for value in ordered if not low_fence <= value <= high_fence)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": deviation,
        "rounds": len(ordered),
        "median": statistics.median(ordered),
        "iqr": spread,
        "q1": lower,
        "q3": upper,
        "iqr_outliers": beyond_fences,
        "stddev_outliers": beyond_deviation,
        "outliers": f"{beyond_deviation};{beyond_fences}",
        "ld15iqr": min(value for value in ordered if value >= low_fence),
        "hd15iqr": max(value for value in ordered if value <= high_fence),
        "ops": len(ordered) / sum(ordered) if sum(ordered) else 0.0,
        "total": sum(ordered),
        "iterations": 1,
        "data": list(values),
    }


def _quartiles(ordered: Sequence[float]) -> tuple[float, float]:
    """Medians of the lower and the upper half; of an odd number of values, both kinds averaged."""
    half = len(ordered) // 2
    if len(ordered) == 1:
        return ordered[0], ordered[0]
    without = statistics.median(ordered[:half]), statistics.median(ordered[-half:])
    if len(ordered) % 2 == 0:
        return without
    with_middle = statistics.median(ordered[: half + 1]), statistics.median(ordered[half:])
    return (without[0] + with_middle[0]) / 2, (without[1] + with_middle[1]) / 2

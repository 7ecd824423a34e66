"""What the quality passes say, as data: an object a model, variant, corpus and condition."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bench.domain import Reason
from bench.quality import ErrorProfile
from bench.quality.forced import PERCENTILES, ForcedDivergence
from bench.quality.passed import Passed
from bench.report.pass_groups import PassGroup, pass_groups
from bench.report.tables.where_it_hurts import profiles_of
from bench.results import Results
from bench.statistics import Interval


def passes(found: Results) -> list[dict[str, Any]]:
    """Every row of every pass; the baseline against itself is with its row, under `floors`."""
    return [row for group in pass_groups(found) for row in _of(group)]


def _of(group: PassGroup) -> list[dict[str, Any]]:
    profiles = profiles_of(group.rows, group.results)
    return [
        {
            "suite": group.run.suite,
            "run": f"{group.run.suite}/{group.run.name}",
            "host": group.run.host,
            **_row(row, profiles.get(row.variant)),
            "floors": {each.setting: _divergence(each.divergence) for each in group.floors}
            if row.is_baseline
            else {},
        }
        for row in group.rows
    ]


def _row(row: Passed, profile: ErrorProfile | None) -> dict[str, Any]:
    change = row.difference
    return {
        "model": row.model,
        "variant": row.variant,
        "quantization": row.quantization,
        "engine": row.engine,
        "baseline": row.baseline,
        "is_baseline": row.is_baseline,
        "corpus": row.corpus,
        "condition": row.condition,
        "language": row.language,
        "normalizer": row.normalizer,
        "heard": row.heard,
        "failed": row.failed,
        "audio_seconds": row.seconds,
        "speakers": row.speakers,
        "cpu_seconds": row.cpu_seconds,
        "weights_bytes": row.weights_bytes,
        "wer": interval_data(row.wer),
        "wer_difference": interval_data(change),
        "possible_loss": None if change is None else change.possible_high,
        "no_worse_share": row.kept,
        "flips": asdict(row.flips) if row.flips else None,
        "divergence": _divergence(row.divergence),
        "divergence_reason": reason_data(row.reason),
        "above_the_floor": row.measurable,
        "calibration": asdict(row.calibration) if row.calibration else None,
        "classes": {str(name): count for name, count in profile.classes.items()} if profile else None,
        "faults": {str(name): count for name, count in profile.faults.items()} if profile else None,
        "word_lists": profile.lists if profile else None,
        "same_texts": row.same_texts,
        "empty": row.empty,
        "truncated": row.truncated,
    }


def _divergence(found: ForcedDivergence | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "utterances": found.utterances,
        "tokens": found.tokens,
        "mean_nats": interval_data(found.mean),
        "percentiles_nats": {
            f"{level:g}": value for level, value in zip(PERCENTILES, found.percentiles, strict=True)
        },
        "largest_nats": found.largest,
        "same_top": interval_data(found.same_top),
        "probability_change": found.probability_change,
        "probability_rms": found.probability_rms,
        "log_perplexity_ratio": interval_data(found.log_perplexity_ratio),
        "correlation": found.correlation,
        "spoken_nats": interval_data(found.spoken),
    }


def interval_data(interval: Interval | None) -> dict[str, Any] | None:
    """An estimate with its interval."""
    return None if interval is None else {**asdict(interval), "reason": reason_data(interval.reason)}


def reason_data(given: Reason | None) -> dict[str, Any] | None:
    """A reason's code and parameters: its words are the catalogs'."""
    if given is None:
        return None
    return {
        "code": given.code,
        "parameters": {
            name: reason_data(value) if isinstance(value, Reason) else value
            for name, value in given.parameters.items()
        },
    }

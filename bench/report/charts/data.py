"""Results -> rows of charts: what is drawn, free of how.  Each function gives no row where it has no figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from statistics import median
from typing import Any, Final

from bench.results import CaseResult
from bench.text.numbers import Word

ChartRow = Mapping[str, Any]  # a mark of a chart: what Altair calls a datum
Rows = Sequence[ChartRow]
Label = Callable[[CaseResult], str]
MEGA: Final = 1e6
MOST_BLOCKS: Final = 60  # points of a line in one chart


class Layer(StrEnum):
    """How a part of memory is drawn: as a stretch of the bar, or as a mark beside it."""

    STACKED = "stacked"
    MARK = "mark"


def rtf_points(cases: Iterable[CaseResult], label: Label) -> Rows:
    """RTF of each case with its interval; a single trial is its own."""
    rows = []
    for case in cases:
        if found := case.summaries.get("rtf"):
            low = found.median if found.low is None else found.low
            high = found.median if found.high is None else found.high
            rows.append({**_who(case, label), "value": found.median, "low": low, "high": high})
    return rows


def stage_parts(cases: Iterable[CaseResult], label: Label, word: Word) -> Rows:
    """A process's way from its spawn to a ready model: interpreter, import, load."""
    rows: list[ChartRow] = []
    given = list(cases)
    if not any("startup_seconds" in case.summaries for case in given):
        return rows  # the load time alone is no breakdown
    for case in given:
        parts = _stages(case)
        for rank, (name, seconds) in enumerate(parts):
            rows.append({**_who(case, label), "part": word(name), "rank": rank, "value": seconds})
    return rows


def _stages(case: CaseResult) -> list[tuple[str, float]]:
    load, startup = case.median("load_seconds"), case.median("startup_seconds")
    if load is None:
        return []
    if startup is None:
        return [("chart.stage.load", load)]
    imported = case.median("import_seconds") or 0.0
    return [
        ("chart.stage.interpreter", max(startup - load - imported, 0.0)),
        ("chart.stage.import", imported),
        ("chart.stage.load", load),
    ]


def memory_parts(cases: Iterable[CaseResult], label: Label, word: Word) -> Rows:
    """Peak RSS by when it came about, where the machine tells, with the other peaks as marks."""
    rows: list[ChartRow] = []
    for case in cases:
        rows += [
            {**_who(case, label), "part": word(name), "rank": rank, "value": size / MEGA, "layer": layer}
            for rank, (name, size, layer) in enumerate(_memory(case))
        ]
    return rows


def _memory(case: CaseResult) -> list[tuple[str, float, Layer]]:
    peak = case.median("peak_rss_bytes")
    if peak is None:
        return []
    before, ready = case.median("rss_before_load_bytes"), case.median("rss_ready_bytes")
    if before is not None and ready is not None and before <= ready <= peak:
        parts = [
            ("chart.memory.before", before, Layer.STACKED),
            ("chart.memory.load", ready - before, Layer.STACKED),
            ("chart.memory.transcribe", peak - ready, Layer.STACKED),
        ]
    else:
        parts = [("chart.memory.rss", peak, Layer.STACKED)]
    for name, metric in (
        ("chart.memory.footprint", "peak_footprint_bytes"),
        ("chart.memory.anonymous", "peak_anonymous_bytes"),
        ("chart.memory.gpu", "gpu_memory_bytes"),
    ):
        if (size := case.median(metric)) is not None:
            parts.append((name, size, Layer.MARK))
    return parts


def pareto_points(cases: Iterable[CaseResult], label: Label) -> Rows:
    """File size against word error rate; `front` marks what nothing beats in both."""
    points = [
        (case, size, score.wer)
        for case in cases
        if (size := case.weights_bytes) and (score := case.heard.score) and score.wer is not None
    ]
    if len(points) < 2:
        return []
    rows = []
    for case, size, wer in sorted(points, key=lambda point: (point[1], point[2])):
        interval = case.heard.interval
        beaten = any((s <= size and w <= wer) and (s < size or w < wer) for _, s, w in points)
        rows.append(
            {
                **_who(case, label),
                "size": size / MEGA,
                "wer": 100 * wer,
                "low": 100 * (wer if interval is None or interval.low is None else interval.low),
                "high": 100 * (wer if interval is None or interval.high is None else interval.high),
                "front": not beaten,
            }
        )
    return rows


def confidence_points(cases: Iterable[CaseResult], label: Label) -> Rows:
    """Mean token probability of each segment over its stretch of the clip."""
    rows: list[ChartRow] = []
    for case in cases:
        segments = (
            case.heard.transcript.segments if case.heard.transcript and not case.model.synthetic else ()
        )
        rows += [
            {
                **_who(case, label),
                "start": each.start_seconds,
                "end": each.end_seconds,
                "value": each.confidence,
            }
            for each in segments
            if None not in (each.confidence, each.start_seconds, each.end_seconds)
        ]
    return rows


def drift_points(cases: Iterable[CaseResult], label: Label) -> Rows:
    """Transcription time of each block against the case's median: what moved together was the machine.

    Of many blocks, the medians of successive ones, under the first one's number.
    """
    rows: list[ChartRow] = []
    for case in cases:
        pairs = case.values.get("transcribe_seconds", ())
        middle = median(value for _, value in pairs) if len(pairs) > 2 else 0
        if not middle:
            continue
        size = -(-len(pairs) // MOST_BLOCKS)
        for at in range(0, len(pairs), size):
            together = median(value for _, value in pairs[at : at + size])
            rows.append({**_who(case, label), "block": pairs[at][0], "value": together / middle})
    return rows


def _who(case: CaseResult, label: Label) -> dict[str, Any]:
    return {"label": label(case), "quantization": case.quantization}

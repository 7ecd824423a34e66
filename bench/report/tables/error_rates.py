"""The table of word and character error rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bench.quality import Score
from bench.report.cells import Cell, Counts, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.tables.layout import CLIP, MACHINE, QUANTIZATION, ColumnOf, Context, Layout, always, of_case
from bench.report.tables.measured import cell
from bench.results import CaseResult
from bench.statistics import Estimate, Interval
from bench.text.numbers import Quantity


def wer_cell(case: CaseResult, notes: Notes) -> Cell:
    """The normalized word error rate with its interval, or why there is none."""
    interval = case.heard.interval
    note = notes.phrase("note.texts_differ") if case.heard.texts > 1 else None
    return _rate(case, _wer_of(case.heard.score), notes, interval, note)


def _raw(case: CaseResult, notes: Notes) -> Cell:
    return _rate(case, _wer_of(case.heard.raw), notes)


def _cer(case: CaseResult, notes: Notes) -> Cell:
    return _rate(case, _cer_of(case.heard.score), notes)


def _cer_raw(case: CaseResult, notes: Notes) -> Cell:
    return _rate(case, _cer_of(case.heard.raw), notes)


def _counts(case: CaseResult, notes: Notes) -> Cell:
    score = case.heard.score
    if score is None:
        return unjudged(case, notes)
    return Counts(substitutions=score.substitutions, deletions=score.deletions, insertions=score.insertions)


def _loss(case: CaseResult, notes: Notes) -> Cell:
    if case.is_baseline:
        return Phrase(message="baseline")
    difference = case.heard.difference
    if isinstance(difference, Estimate):
        return loss_cell(difference)
    if difference is not None and difference.reason:
        return notes.absent(difference.reason)
    return _no_difference(case, notes)


def loss_cell(difference: Estimate) -> Figure:
    """A WER less the baseline's, with its interval; strong where that excludes zero."""
    return Figure(
        value=difference.value,
        quantity=Quantity.POINTS,
        low=difference.low,
        high=difference.high,
        n=difference.n,
        strong=difference.excludes_zero,
    )


def _no_difference(case: CaseResult, notes: Notes) -> Cell:
    if case.heard.score is None:
        return unjudged(case, notes)
    if not case.clip.utterances:
        return notes.absent_phrase("reason.no_utterances")
    return notes.absent_phrase("reason.baseline_missing")


def _to_baseline(case: CaseResult, notes: Notes) -> Cell:
    return _against(case, notes, lambda score: score.wer)


def _cer_to_baseline(case: CaseResult, notes: Notes) -> Cell:
    return _against(case, notes, lambda score: score.cer)


def _against(case: CaseResult, notes: Notes, rate: Callable[[Score], float | None]) -> Cell:
    if case.is_baseline:
        return Phrase(message="baseline")
    if case.heard.to_baseline is not None:
        return _rate(case, rate(case.heard.to_baseline), notes)
    if case.status.delivered and case.heard.score is not None:
        return notes.absent_phrase("reason.baseline_missing")
    return unjudged(case, notes)


def has_confidence(case: CaseResult) -> bool:
    """Whether the engine told how sure it is of what it heard; of random weights that says nothing."""
    return "confidence" in case.summaries and not case.model.synthetic


def _confidence(case: CaseResult, notes: Notes) -> Cell:
    if case.model.synthetic:
        return unjudged(case, notes)
    return cell(case, "confidence", notes)


def _wer_of(score: Score | None) -> float | None:
    return None if score is None else score.wer


def _cer_of(score: Score | None) -> float | None:
    return None if score is None else score.cer


def _rate(
    case: CaseResult,
    value: float | None,
    notes: Notes,
    interval: Interval | None = None,
    note: int | None = None,
) -> Cell:
    if value is None:
        return unjudged(case, notes)
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Figure(value=value, quantity=Quantity.PERCENT, low=low, high=high, note=note)


def unjudged(case: CaseResult, notes: Notes) -> Cell:
    """Why a case has no figure of quality."""
    if not case.status.delivered:
        return notes.absent_phrase("reason.no_ok", status=Phrase(message=f"status.{case.status}"))
    return (
        notes.absent(case.heard.reason) if case.heard.reason else notes.absent_phrase("reason.not_measured")
    )


def _compared(cases: Sequence[CaseResult], _: Context) -> bool:
    return any(case.heard.to_baseline is not None for case in cases)


def _wer_note(cases: Sequence[CaseResult], context: Context) -> int | None:
    normalizer = next((case.heard.score.normalizer for case in cases if case.heard.score), None)
    if normalizer is None:
        return None
    few = any(case.heard.interval is not None and not case.heard.interval.covers for case in cases)
    note = "note.wer.few" if few else "note.wer"
    return context.notes.phrase(note, normalizer=Text(text=normalizer, code=True))


def _rate_column(
    heading: str,
    cell: Callable[[CaseResult, Notes], Cell],
    note: str | Callable[[Sequence[CaseResult], Context], int | None] = "",
    wanted: Callable[[Sequence[CaseResult], Context], bool] = always,
) -> ColumnOf[CaseResult]:
    return ColumnOf(
        heading=heading, cell=lambda case, context: cell(case, context.notes), note=note, wanted=wanted
    )


RATES: Final = Layout[CaseResult](
    name="rates",
    columns=(
        QUANTIZATION,
        CLIP,
        MACHINE,
        _rate_column("column.wer", wer_cell, _wer_note),
        _rate_column("column.cer", _cer),
        _rate_column("column.wer_raw", _raw, "note.raw"),
        _rate_column("column.cer_raw", _cer_raw),
        _rate_column("column.sdi", _counts, "note.sdi"),
        _rate_column(
            "column.wer_loss",
            _loss,
            "note.wer_loss",
            lambda cases, _: any(case.heard.difference is not None for case in cases),
        ),
        _rate_column("column.wer_baseline", _to_baseline, "note.to_baseline", _compared),
        _rate_column("column.cer_baseline", _cer_to_baseline, wanted=_compared),
        _rate_column(
            "column.confidence",
            _confidence,
            "note.confidence",
            lambda cases, _: any(has_confidence(case) for case in cases),
        ),
    ),
    case=of_case,
    heads=3,
)

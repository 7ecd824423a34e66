"""The table of word and character error rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bench.quality import Score
from bench.report.cells import Cell, Counts, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.names import Names
from bench.report.tables.measured import cell
from bench.report.view import Column, Row, Table
from bench.results import CaseResult
from bench.statistics import Interval
from bench.text.numbers import Quantity

_Rate = Callable[[CaseResult, Names, Notes], Cell]


def rates_table(cases: Sequence[CaseResult], names: Names, notes: Notes) -> Table:
    """Word and character error rates of one model's cases, against the reference and the baseline."""
    normalizer = next((case.heard.score.normalizer for case in cases if case.heard.score), None)
    few = any(case.heard.interval is not None and not case.heard.interval.covers for case in cases)
    note = "note.wer.few" if few else "note.wer"
    wer = notes.phrase(note, normalizer=Text(text=normalizer, code=True)) if normalizer else None
    columns = [
        (
            Column(
                heading=Phrase(message=heading),
                note=wer if heading == "column.wer" else _note(note, notes),
                numeric=True,
            ),
            rate,
        )
        for heading, note, rate in _RATES
        if heading in _ALWAYS or any(_has(heading, case) for case in cases)
    ]
    return Table(
        name="rates",
        columns=(Column(heading=Phrase(message="column.quant")), *(column for column, _ in columns)),
        rows=tuple(
            Row(
                cells=(title(case, names), *(rate(case, names, notes) for _, rate in columns)),
                key=case.key,
                label=names.full(case),
                quantization=case.quantization,
            )
            for case in cases
        ),
    )


def _note(message: str, notes: Notes) -> int | None:
    return notes.phrase(message) if message else None


def wer_cell(case: CaseResult, notes: Notes) -> Cell:
    """The normalized word error rate with its interval, or why there is none."""
    interval = case.heard.interval
    note = notes.phrase("note.texts_differ") if case.heard.texts > 1 else None
    return _rate(case, _wer_of(case.heard.score), notes, interval, note)


def _raw(case: CaseResult, _: Names, notes: Notes) -> Cell:
    return _rate(case, _wer_of(case.heard.raw), notes)


def _cer(case: CaseResult, _: Names, notes: Notes) -> Cell:
    return _rate(case, _cer_of(case.heard.score), notes)


def _cer_raw(case: CaseResult, _: Names, notes: Notes) -> Cell:
    return _rate(case, _cer_of(case.heard.raw), notes)


def _counts(case: CaseResult, _: Names, notes: Notes) -> Cell:
    score = case.heard.score
    if score is None:
        return unjudged(case, notes)
    return Counts(substitutions=score.substitutions, deletions=score.deletions, insertions=score.insertions)


def _loss(case: CaseResult, _: Names, notes: Notes) -> Cell:
    if case.is_baseline:
        return Phrase(message="baseline")
    difference = case.heard.difference
    if difference is None or difference.value is None:
        return (
            notes.absent(difference.reason)
            if difference and difference.reason
            else _no_difference(case, notes)
        )
    return loss_cell(difference)


def loss_cell(difference: Interval) -> Figure:
    """A WER less the baseline's, with its interval; strong where that excludes zero."""
    assert difference.value is not None
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


def _to_baseline(case: CaseResult, _: Names, notes: Notes) -> Cell:
    return _against(case, notes, lambda score: score.wer)


def _cer_to_baseline(case: CaseResult, _: Names, notes: Notes) -> Cell:
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


def _confidence(case: CaseResult, _: Names, notes: Notes) -> Cell:
    if case.model.synthetic:
        return unjudged(case, notes)
    return cell(case, "confidence", Quantity.PERCENT, notes)


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


_RATES: Final[tuple[tuple[str, str, _Rate], ...]] = (
    ("column.wer", "note.wer", lambda case, _, notes: wer_cell(case, notes)),
    ("column.cer", "", _cer),
    ("column.wer_raw", "note.raw", _raw),
    ("column.cer_raw", "", _cer_raw),
    ("column.sdi", "note.sdi", _counts),
    ("column.wer_loss", "note.wer_loss", _loss),
    ("column.wer_baseline", "note.to_baseline", _to_baseline),
    ("column.cer_baseline", "", _cer_to_baseline),
    ("column.confidence", "note.confidence", _confidence),
)
_ALWAYS: Final = frozenset({"column.wer", "column.cer", "column.wer_raw", "column.cer_raw", "column.sdi"})


def _has(heading: str, case: CaseResult) -> bool:
    match heading:
        case "column.wer_loss":
            return case.heard.difference is not None
        case "column.confidence":
            return has_confidence(case)
        case _:
            return case.heard.to_baseline is not None


def title(case: CaseResult, names: Names) -> Text:
    """The first cell of a row: the quantization, in bold unless it is the baseline."""
    return Text(text=names.label(case), strong=not case.is_baseline)


def unjudged(case: CaseResult, notes: Notes) -> Cell:
    """Why a case has no figure of quality."""
    if not case.status.delivered:
        return notes.absent_phrase("reason.no_ok", status=Phrase(message=f"status.{case.status}"))
    return (
        notes.absent(case.heard.reason) if case.heard.reason else notes.absent_phrase("reason.not_measured")
    )

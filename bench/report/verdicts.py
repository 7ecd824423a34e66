"""Tables of quality, and what went wrong: refusals, failures, loops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from bench.domain import Status
from bench.quality import ErrorPair, LoopReport, Score
from bench.report.figures import CaseFigures, Figures
from bench.report.metrics import cell, scope_cells
from bench.report.names import Names, Scope, quantization
from bench.report.notes import Notes
from bench.report.numbers import Quantity, clock
from bench.report.view import (
    Cell,
    Column,
    Counts,
    Figure,
    Many,
    Phrase,
    Reason,
    Refusal,
    Row,
    Sentence,
    Spoken,
    Stars,
    Table,
    Text,
    WordErrors,
)
from bench.stats import Interval

if TYPE_CHECKING:
    from bench.domain import StarBand
    from bench.journal import RunData


# ---------------------------------------------------------------------- quality


def quality(scopes: Sequence[Scope], found: Figures, names: Names, notes: Notes) -> tuple[Table, ...]:
    """Per model two tables: the telling errors with stars, then the rates behind them."""
    bands = found.suites[0].quality.stars if found.suites else ()
    made: list[Table] = []
    for scope in scopes:
        for model in dict.fromkeys(case.case.model for case in scope.cases):
            cases = [case for case in scope.cases if case.case.model == model]
            where = (Text(text=names.model(cases[0])), *scope_cells(scope, names))
            made.append(_errors_table(cases, where, bands, names, notes))
            if any(
                case.heard.score or case.heard.to_baseline or "confidence" in case.summaries for case in cases
            ):
                made.append(_rates_table(cases, names, notes))
    return tuple(made)


def _errors_table(
    cases: Sequence[CaseFigures],
    where: tuple[Cell, ...],
    bands: Sequence[StarBand],
    names: Names,
    notes: Notes,
) -> Table:
    by_eye = any(case.judgement for case in cases)
    note = notes.phrase("note.stars.by_eye") if by_eye else _bands_note(bands, notes)
    return Table(
        name="quality",
        columns=(
            Column(heading=Phrase(message="column.quant")),
            Column(heading=Phrase(message="column.key_errors")),
            Column(heading=Phrase(message="column.stars"), note=note),
        ),
        rows=tuple(
            Row(
                cells=(_title(case, names), _telling(case, names, notes), stars_cell(case, notes)),
                key=case.key,
                label=names.full(case),
                quantization=case.quantization,
            )
            for case in cases
        ),
        scope=where,
    )


def _telling(case: CaseFigures, names: Names, notes: Notes) -> Cell:
    heard, baseline = case.heard, names.baseline(case)
    if case.judgement is not None:
        if case.judgement.remarks:
            return Spoken(texts=case.judgement.remarks)
        if case.judgement.same_as_baseline:
            return Phrase(message="quality.identical", params={"baseline": baseline})
    if heard.identity is not None and heard.identity.exact:
        return Phrase(message="quality.identical", params={"baseline": baseline})
    if heard.identity is not None and heard.identity.normalized:
        return Phrase(message="quality.identical_words", params={"baseline": baseline})
    if heard.errors:
        return _pairs(heard.errors)
    if heard.score is not None and not heard.score.errors:
        return Phrase(message="quality.none")
    if heard.changes:
        return Many(
            parts=(
                Phrase(message="quality.like_baseline", params={"baseline": baseline}),
                _pairs(heard.changes),
            )
        )
    return _absent(case, notes)


def _pairs(errors: Iterable[ErrorPair]) -> WordErrors:
    return WordErrors(errors=tuple((pair.reference, pair.hypothesis, pair.count) for pair in errors))


def stars_cell(case: CaseFigures, notes: Notes) -> Cell:
    """Stars by the suite's bands, or the published author's, or why there are none."""
    if case.judgement is not None and case.judgement.stars is not None:
        return Stars(stars=case.judgement.stars)
    if case.heard.stars is not None:
        return Stars(stars=case.heard.stars)
    return _absent(case, notes)


def _absent(case: CaseFigures, notes: Notes) -> Cell:
    if case.status is not Status.OK:
        return notes.absent_phrase("reason.no_ok", status=Phrase(message=f"status.{case.status}"))
    return (
        notes.absent(case.heard.reason) if case.heard.reason else notes.absent_phrase("reason.not_measured")
    )


def _bands_note(bands: Sequence[StarBand], notes: Notes) -> int:
    parts = [
        Phrase(
            message="note.stars.band",
            params={
                "wer": Figure(value=band.max_wer, quantity=Quantity.SHARE),
                "stars": Stars(stars=band.stars),
            },
        )
        for band in bands
    ]
    return notes.phrase("note.stars", bands=Many(parts=tuple(parts), between=", "))


# ------------------------------------------------------------------------ rates

_Rate = Callable[[CaseFigures, Names, Notes], Cell]


def _rates_table(cases: Sequence[CaseFigures], names: Names, notes: Notes) -> Table:
    normalizer = next((case.heard.score.normalizer for case in cases if case.heard.score), None)
    wer = notes.phrase("note.wer", normalizer=Text(text=normalizer, code=True)) if normalizer else None
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
                cells=(_title(case, names), *(rate(case, names, notes) for _, rate in columns)),
                key=case.key,
                label=names.full(case),
                quantization=case.quantization,
            )
            for case in cases
        ),
    )


def _note(message: str, notes: Notes) -> int | None:
    return notes.phrase(message) if message else None


def wer_cell(case: CaseFigures, notes: Notes) -> Cell:
    """The normalized word error rate with its interval, or why there is none."""
    interval = case.heard.interval
    note = notes.phrase("note.texts_differ") if case.heard.texts > 1 else None
    return _rate(case, _wer_of(case.heard.score), notes, interval, note)


def _raw(case: CaseFigures, _: Names, notes: Notes) -> Cell:
    return _rate(case, _wer_of(case.heard.raw), notes)


def _cer(case: CaseFigures, _: Names, notes: Notes) -> Cell:
    return _rate(case, _cer_of(case.heard.score), notes)


def _cer_raw(case: CaseFigures, _: Names, notes: Notes) -> Cell:
    return _rate(case, _cer_of(case.heard.raw), notes)


def _counts(case: CaseFigures, _: Names, notes: Notes) -> Cell:
    score = case.heard.score
    if score is None:
        return _absent(case, notes)
    return Counts(substitutions=score.substitutions, deletions=score.deletions, insertions=score.insertions)


def _loss(case: CaseFigures, _: Names, notes: Notes) -> Cell:
    if case.is_baseline:
        return Phrase(message="baseline")
    difference = case.heard.difference
    if difference is None or difference.value is None:
        return (
            notes.absent(difference.reason)
            if difference and difference.reason
            else _no_difference(case, notes)
        )
    return Figure(
        value=difference.value,
        quantity=Quantity.POINTS,
        low=difference.low,
        high=difference.high,
        n=difference.n,
        strong=difference.excludes_zero,
    )


def _no_difference(case: CaseFigures, notes: Notes) -> Cell:
    if case.heard.score is None:
        return _absent(case, notes)
    if not case.clip.utterances:
        return notes.absent_phrase("reason.no_utterances")
    return notes.absent_phrase("reason.baseline_missing")


def _to_baseline(case: CaseFigures, _: Names, notes: Notes) -> Cell:
    return _against(case, notes, lambda score: score.wer)


def _cer_to_baseline(case: CaseFigures, _: Names, notes: Notes) -> Cell:
    return _against(case, notes, lambda score: score.cer)


def _against(case: CaseFigures, notes: Notes, rate: Callable[[Score], float | None]) -> Cell:
    if case.is_baseline:
        return Phrase(message="baseline")
    if case.heard.to_baseline is not None:
        return _rate(case, rate(case.heard.to_baseline), notes)
    if case.status is Status.OK and case.heard.score is not None:
        return notes.absent_phrase("reason.baseline_missing")
    return _absent(case, notes)


def _confidence(case: CaseFigures, _: Names, notes: Notes) -> Cell:
    return cell(case, "confidence", Quantity.PERCENT, notes)


def _wer_of(score: Score | None) -> float | None:
    return None if score is None else score.wer


def _cer_of(score: Score | None) -> float | None:
    return None if score is None else score.cer


def _rate(
    case: CaseFigures,
    value: float | None,
    notes: Notes,
    interval: Interval | None = None,
    note: int | None = None,
) -> Cell:
    if value is None:
        return _absent(case, notes)
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


def _has(heading: str, case: CaseFigures) -> bool:
    match heading:
        case "column.wer_loss":
            return case.heard.difference is not None
        case "column.confidence":
            return "confidence" in case.summaries
        case _:
            return case.heard.to_baseline is not None


def _title(case: CaseFigures, names: Names) -> Text:
    return Text(text=names.label(case), strong=not case.is_baseline)


# ----------------------------------------------------------------- what went wrong


def refusals(found: Figures, names: Names) -> tuple[Refusal, ...]:
    """What engines do not support, a line an engine, model and reason."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for case in found.cases:
        if case.status is Status.UNSUPPORTED:
            key = (case.case.variant.engine, names.model(case), case.reason or "")
            groups.setdefault(key, []).append(quantization(case.quantization))
    return tuple(
        Refusal(engine=engine, subject=f"{model} ({', '.join(dict.fromkeys(kinds))})", reason=reason)
        for (engine, model, reason), kinds in groups.items()
    )


def failures(runs: Sequence[RunData], found: Figures, names: Names) -> Table | None:
    """Trials that gave no result, a line a case, status and reason; None where there are none."""
    labels = {(case.run.partition("#")[0], case.case.id): names.full(case) for case in found.cases}
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for run in runs:
        for record in run.records:
            if record.status not in {Status.OK, Status.UNSUPPORTED}:
                label = labels.get((f"{run.suite.name}/{run.run_id}", record.case), record.case)
                counts[label, record.case, record.status, record.reason or ""] += 1
    if not counts:
        return None
    headings = ("column.case", "column.status", "column.reason", "column.trials")
    return Table(
        name="failures",
        columns=tuple(Column(heading=Phrase(message=heading)) for heading in headings),
        rows=tuple(
            Row(
                cells=(
                    Text(text=label, strong=True),
                    Phrase(message=f"status.{status}"),
                    Reason(text=reason),
                    Figure(value=number, quantity=Quantity.COUNT),
                ),
                key=case,
                label=label,
            )
            for (label, case, status, reason), number in counts.items()
        ),
    )


def loops(found: Figures, names: Names) -> tuple[Sentence, ...]:
    """Transcripts that look like a decoder repeating itself."""
    return tuple(
        Sentence(kind="loop", parts=tuple(_loop(names.full(case), case.heard.loop)), evidence=(case.key,))
        for case in found.cases
        if case.heard.loop is not None and case.heard.loop.looping
    )


def _loop(label: str, loop: LoopReport) -> Iterator[Cell]:
    name = Text(text=label, strong=True)
    if loop.phrase:
        times = Phrase(message="loop.times", count=loop.repeats)
        yield Phrase(message="loop.repeated", params={"label": name, "phrase": loop.phrase, "times": times})
        if loop.start_seconds is not None:
            yield Phrase(message="loop.at", params={"at": Text(text=clock(loop.start_seconds))})
    else:
        signs = [Phrase(message=f"loop.sign.{sign}") for sign in loop.signs]
        yield Phrase(
            message="loop.other", params={"label": name, "signs": Many(parts=tuple(signs), between=", ")}
        )

"""Per model the telling errors with stars, and the rates behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bench.quality import ErrorPair
from bench.report.cells import Cell, Figure, Many, Phrase, Spoken, Stars, Text, WordErrors
from bench.report.footnotes import Notes
from bench.report.names import Names, Scope
from bench.report.tables.error_rates import has_confidence, rates_table, title, unjudged
from bench.report.view import Column, Row, Table
from bench.results import CaseResult, Results
from bench.text.numbers import Quantity

if TYPE_CHECKING:
    from bench.domain import StarBand


def quality(scopes: Sequence[Scope], found: Results, names: Names, notes: Notes) -> tuple[Table, ...]:
    """Per model two tables: the telling errors with stars, then the rates behind them."""
    bands = found.suites[0].quality.stars if found.suites else ()
    made: list[Table] = []
    for scope in scopes:
        for model in dict.fromkeys(case.case.model for case in scope.cases):
            cases = [case for case in scope.cases if case.case.model == model]
            where = (Text(text=names.model(cases[0])), *names.scope(scope))
            made.append(_errors_table(cases, where, bands, names, notes))
            if any(case.heard.score or case.heard.to_baseline or has_confidence(case) for case in cases):
                made.append(rates_table(cases, names, notes))
    return tuple(made)


def _errors_table(
    cases: Sequence[CaseResult],
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
                cells=(title(case, names), _telling(case, names, notes), stars_cell(case, notes)),
                key=case.key,
                label=names.full(case),
                quantization=case.quantization,
            )
            for case in cases
        ),
        scope=where,
    )


def _telling(case: CaseResult, names: Names, notes: Notes) -> Cell:
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
    return unjudged(case, notes)


def _pairs(errors: Iterable[ErrorPair]) -> WordErrors:
    return WordErrors(errors=tuple((pair.reference, pair.hypothesis, pair.count) for pair in errors))


def stars_cell(case: CaseResult, notes: Notes) -> Cell:
    """Stars by the suite's bands, or the published author's, or why there are none."""
    if case.judgement is not None and case.judgement.stars is not None:
        return Stars(stars=case.judgement.stars)
    if case.heard.stars is not None:
        return Stars(stars=case.heard.stars)
    return unjudged(case, notes)


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

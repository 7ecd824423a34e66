"""Per model the telling errors with stars, and the rates behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from bench.quality import ErrorPair
from bench.report.cells import Cell, CellGroup, Figure, Localized, Phrase, Stars, Text, WordErrors
from bench.report.footnotes import Notes
from bench.report.names import Scope
from bench.report.tables.error_rates import RATES, has_confidence, unjudged
from bench.report.tables.layout import CLIP, MACHINE, QUANTIZATION, ColumnOf, Context, Layout, of_case
from bench.report.view import Table
from bench.results import CaseResult
from bench.text.numbers import Quantity

if TYPE_CHECKING:
    from bench.domain import StarBand


def quality(scopes: Sequence[Scope], context: Context) -> tuple[Table, ...]:
    """Per model two tables: the telling errors with stars, then the rates behind them."""
    made: list[Table | None] = []
    for scope in scopes:
        for model in dict.fromkeys(case.case.model for case in scope.cases):
            cases = [case for case in scope.cases if case.case.model == model]
            where: tuple[Cell, ...] = (Text(text=context.names.model(cases[0])), *context.names.scope(scope))
            if len(where) == 1 and any(case.passed for case in cases):  # beside the rates of a whole corpus
                where += (context.names.clip_cell(scope.clip),)
            made.append(ERRORS.table(cases, context, where))
            if any(case.heard.score or case.heard.to_baseline or has_confidence(case) for case in cases):
                made.append(RATES.table(cases, context))
    return tuple(table for table in made if table is not None)


def _telling(case: CaseResult, context: Context) -> Cell:
    heard, baseline = case.heard, context.names.baseline(case)
    if case.judgement is not None:
        if case.judgement.remarks:
            return Localized(texts=case.judgement.remarks)
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
        return CellGroup(
            parts=(
                Phrase(message="quality.like_baseline", params={"baseline": baseline}),
                _pairs(heard.changes),
            )
        )
    return unjudged(case, context.notes)


def _pairs(errors: Iterable[ErrorPair]) -> WordErrors:
    return WordErrors(errors=tuple((pair.reference, pair.hypothesis, pair.count) for pair in errors))


def stars_cell(case: CaseResult, notes: Notes) -> Cell:
    """Stars by the suite's bands with the rate they stand for, or the published author's, or why there are none."""
    if case.judgement is not None and case.judgement.stars is not None:
        return Stars(stars=case.judgement.stars)
    if case.heard.stars is not None:
        score = case.heard.score
        if score is None or score.wer is None:
            return Stars(stars=case.heard.stars)
        wer = Figure(value=score.wer, quantity=Quantity.PERCENT)
        return CellGroup(parts=(Stars(stars=case.heard.stars), wer))
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
    return notes.phrase("note.stars", bands=CellGroup(parts=tuple(parts), between=", "))


def _stars_note(cases: Sequence[CaseResult], context: Context) -> int:
    if any(case.judgement for case in cases):
        return context.notes.phrase("note.stars.by_eye")
    suites = context.found.suites
    return _bands_note(suites[0].quality.stars if suites else (), context.notes)


ERRORS: Final = Layout[CaseResult](
    name="quality",
    columns=(
        QUANTIZATION,
        CLIP,
        MACHINE,
        ColumnOf(heading="column.key_errors", cell=_telling, numeric=False),
        ColumnOf(
            heading="column.stars",
            cell=lambda case, context: stars_cell(case, context.notes),
            note=_stars_note,
            numeric=False,
        ),
    ),
    case=of_case,
    heads=3,
)

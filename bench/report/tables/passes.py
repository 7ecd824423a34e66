"""What the quality pass says, in tables: error rates, divergence with its floor, calibration, drifting words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bench.quality.forced import PERCENTILES, ForcedDivergence, most_changed
from bench.quality.passed import Floor, Passed, PassResults
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.names import quantization
from bench.report.tables.error_rates import loss_cell
from bench.report.tables.where_it_hurts import by_class, by_utterance, profiles_of
from bench.report.view import Column, Row, Table
from bench.results import CaseKey, CaseResult, Results
from bench.statistics import Estimate, Interval
from bench.text.numbers import Quantity

WORDS_SHOWN: Final = 3  # of each variant, those of largest divergence
CONTEXT: Final = 6  # words shown on either side of a drifting one


def passes(found: Results, notes: Notes) -> tuple[Table, ...]:
    """The tables of every run's quality pass, model by model, corpus by corpus, condition by condition."""
    made: list[Table] = []
    for key, results in found.passes.items():
        cases = {
            (case.case.model, case.case.variant.name): case
            for case in reversed(found.cases)
            if case.run == key
        }
        groups: dict[tuple[str, str, str], list[Passed]] = {}
        for row in results.rows:
            groups.setdefault((row.model, row.corpus, row.condition), []).append(row)
        suite = found.runs[key].suite
        for (model, corpus, condition), rows in groups.items():
            ordered = (
                sorted(rows, key=lambda row: _place(suite_order, row))
                if (suite_order := [case.variant.name for case in suite.cases if case.model == model])
                else rows
            )
            titles = {part.corpus: part.title for part in suite.quality.corpora}
            scope = (
                Text(text=suite.models[model].title if model in suite.models else model),
                Text(text=titles.get(corpus, corpus)),
                Phrase(message="condition.clean") if condition == "clean" else Text(text=condition),
            )
            made += _tables(ordered, results, cases, scope, notes)
    return tuple(made)


def _place(order: Sequence[str], row: Passed) -> int:
    return order.index(row.variant) if row.variant in order else len(order)


def _tables(
    rows: Sequence[Passed],
    results: PassResults,
    cases: dict[tuple[str, str], CaseResult],
    scope: tuple[Cell, ...],
    notes: Notes,
) -> Iterator[Table]:
    if any(row.wer for row in rows):
        yield _rates(rows, cases, scope, notes)
    if any(row.divergence or row.reason for row in rows):
        floors = (
            results.floors.get((rows[0].model, rows[0].corpus), ()) if rows[0].condition == "clean" else ()
        )
        yield _divergence(rows, floors, cases, notes)
    yield from _where(rows, results, cases, notes)
    if any(row.calibration for row in rows):
        yield _calibration(rows, cases, notes)
    if rows[0].condition == "clean":
        yield from _drift(rows, results, cases, notes)


def _where(
    rows: Sequence[Passed],
    results: PassResults,
    cases: dict[tuple[str, str], CaseResult],
    notes: Notes,
) -> Iterator[Table]:
    """Errors by class; error rates by length and utterances by fault."""
    profiles = profiles_of(rows, results)
    if not profiles:
        return
    for name, (columns, cells) in (
        ("classes", by_class(rows, profiles, notes)),
        ("faults", by_utterance(rows, profiles, notes)),
    ):
        if columns:
            yield Table(
                name=name,
                columns=(Column(heading=Phrase(message="column.quant")), *columns),
                rows=tuple(_row(row, cases, cells[row.variant]) for row in rows if row.variant in cells),
            )


def _table(
    name: str, headings: Sequence[tuple[str, str]], rows: Sequence[Row], scope: tuple[Cell, ...], notes: Notes
) -> Table:
    return Table(
        name=name,
        columns=(
            Column(heading=Phrase(message="column.quant")),
            *(
                Column(
                    heading=Phrase(message=heading), note=notes.phrase(note) if note else None, numeric=True
                )
                for heading, note in headings
            ),
        ),
        rows=tuple(rows),
        scope=scope,
    )


def _row(row: Passed, cases: dict[tuple[str, str], CaseResult], cells: Sequence[Cell]) -> Row:
    case = cases.get((row.model, row.variant))
    key: CaseKey | None = case.key if case else None
    label = quantization(row.variant)
    return Row(
        cells=(Text(text=label, strong=not row.is_baseline), *cells),
        key=key,
        label=label,
        quantization=row.quantization,
    )


# ------------------------------------------------------------------------ error rates

_RATES: Final = (
    ("column.utterances", ""),
    ("column.unheard", "note.unheard"),
    ("column.wer", "note.pass.wer"),
    ("column.wer_loss", "note.wer_loss"),
    ("column.possible", "note.possible"),
    ("column.kept", "note.kept"),
    ("column.flips", "note.flips"),
)


def _rates(
    rows: Sequence[Passed], cases: dict[tuple[str, str], CaseResult], scope: tuple[Cell, ...], notes: Notes
) -> Table:
    return _table("passed", _RATES, [_row(row, cases, _rate_cells(row, notes)) for row in rows], scope, notes)


def _rate_cells(row: Passed, notes: Notes) -> list[Cell]:
    cells: list[Cell] = [
        Figure(value=row.heard, quantity=Quantity.COUNT),
        Figure(value=row.failed, quantity=Quantity.COUNT),
        _figure(row.wer, Quantity.PERCENT, notes),
    ]
    if row.is_baseline:
        return [*cells, *[Phrase(message="baseline")] * 4]
    change, kept, flips = row.difference, row.kept, row.flips
    missing = notes.absent_phrase("reason.baseline_missing")
    return [
        *cells,
        loss_cell(change) if isinstance(change, Estimate) else missing,
        missing
        if change is None or change.possible_high is None
        else Figure(value=max(change.possible_high, 0.0), quantity=Quantity.POINTS),
        missing if kept is None else Figure(value=kept, quantity=Quantity.PERCENT),
        missing
        if flips is None
        else Phrase(message="pass.flips", params={"mended": str(flips.mended), "broken": str(flips.broken)}),
    ]


def _figure(found: Interval | None, quantity: Quantity, notes: Notes) -> Cell:
    if found is None or found.value is None:
        return notes.absent_phrase("reason.not_measured")
    return Figure(value=found.value, quantity=quantity, low=found.low, high=found.high, n=found.n)


# ------------------------------------------------------------------------- divergence

_DIVERGENCE: Final = (
    ("column.tokens", ""),
    ("column.kl", "note.kl"),
    *((f"column.kl_p{str(each).replace('.0', '').replace('.', '')}", "") for each in PERCENTILES),
    ("column.kl_max", ""),
    ("column.same_top", "note.same_top"),
    ("column.probability", "note.probability"),
    ("column.probability_rms", ""),
    ("column.log_ppl", "note.log_ppl"),
    ("column.correlation", ""),
)


def _divergence(
    rows: Sequence[Passed],
    floors: Sequence[Floor],
    cases: dict[tuple[str, str], CaseResult],
    notes: Notes,
) -> Table:
    baseline = next((row for row in rows if row.is_baseline), rows[0])
    made = [
        Row(
            cells=(
                Phrase(
                    message=f"floor.{floor.setting}" if floor.setting == "again" else "floor.setting",
                    params={"name": quantization(baseline.variant), "setting": floor.setting},
                ),
                *_statistics(floor.divergence, None, notes),
            ),
        )
        for floor in floors
    ]
    made += [_row(row, cases, _statistics(row.divergence, row, notes)) for row in rows if not row.is_baseline]
    return _table("divergence", _DIVERGENCE, made, (), notes)


def _statistics(found: ForcedDivergence | None, row: Passed | None, notes: Notes) -> list[Cell]:
    if found is None:
        why = row.reason if row else None
        missing = notes.absent(why) if why else notes.absent_phrase("reason.not_measured")
        return [missing] * len(_DIVERGENCE)
    under = row is not None and row.measurable is False
    mean = Figure(
        value=found.mean.value,
        quantity=Quantity.NATS,
        low=found.mean.low,
        high=found.mean.high,
        n=found.mean.n,
        note=notes.phrase("note.under_floor") if under else None,
    )
    return [
        Figure(value=found.tokens, quantity=Quantity.COUNT),
        mean,
        *(Figure(value=each, quantity=Quantity.NATS) for each in found.percentiles),
        Figure(value=found.largest, quantity=Quantity.NATS),
        _figure(found.same_top, Quantity.PERCENT, notes),
        Figure(value=found.probability_change, quantity=Quantity.POINTS),
        Figure(value=found.probability_rms, quantity=Quantity.PERCENT),
        _figure(found.log_perplexity_ratio, Quantity.NATS, notes),
        notes.absent_phrase("reason.not_measured")
        if found.correlation is None
        else Figure(value=found.correlation, quantity=Quantity.CORRELATION),
    ]


# ------------------------------------------------------------------------ calibration

_CALIBRATION: Final = (
    ("column.words", ""),
    ("column.right", ""),
    ("column.stated", "note.stated"),
    ("column.stated_90", "note.stated_90"),
    ("column.ece", "note.ece"),
    ("column.nce", "note.nce"),
    ("column.auc_roc", "note.auc"),
    ("column.auc_pr", ""),
    ("column.auc_nt", ""),
)


def _calibration(rows: Sequence[Passed], cases: dict[tuple[str, str], CaseResult], notes: Notes) -> Table:
    return _table(
        "calibration",
        _CALIBRATION,
        [_row(row, cases, _calibrated(row, notes)) for row in rows],
        (),
        notes,
    )


def _calibrated(row: Passed, notes: Notes) -> list[Cell]:
    found = row.calibration
    if found is None:
        return [notes.absent_phrase("reason.no_confidences")] * len(_CALIBRATION)

    def ratio(value: float | None) -> Cell:
        if value is None:
            return notes.absent_phrase("reason.one_kind")
        return Figure(value=value, quantity=Quantity.CORRELATION)

    stated: Cell = notes.absent_phrase("reason.one_kind")
    if found.stated_90 is not None:
        stated = Figure(value=found.stated_90, quantity=Quantity.PERCENT)
    return [
        Figure(value=found.words, quantity=Quantity.COUNT),
        Figure(value=found.right / found.words, quantity=Quantity.PERCENT),
        Figure(value=found.mean_confidence, quantity=Quantity.PERCENT),
        stated,
        ratio(found.ece),
        ratio(found.nce),
        ratio(found.auc_roc),
        ratio(found.auc_pr),
        ratio(found.auc_nt),
    ]


# ----------------------------------------------------------------------------- drift


def _drift(
    rows: Sequence[Passed],
    results: PassResults,
    cases: dict[tuple[str, str], CaseResult],
    notes: Notes,
) -> Iterator[Table]:
    """The words of largest divergence, marked in the baseline's transcript."""
    made = []
    for row in rows:
        if row.divergence is None:
            continue
        pairs = results.pairs(row)
        leaders = {mine.identity: base for base, mine in pairs}
        for each in most_changed(pairs, WORDS_SHOWN):
            words = [text for text, _, _ in leaders[each.record.identity].words]
            made.append(
                _row(
                    row,
                    cases,
                    [
                        Text(text=each.record.utterance, code=True),
                        Figure(value=each.nats, quantity=Quantity.NATS),
                        _marked(words, each.word),
                        Text(text=each.record.text or ""),
                    ],
                )
            )
    if made:
        yield Table(
            name="drift",
            columns=(
                Column(heading=Phrase(message="column.quant")),
                Column(heading=Phrase(message="column.utterance")),
                Column(heading=Phrase(message="column.kl"), numeric=True, note=notes.phrase("note.drift")),
                Column(heading=Phrase(message="column.baseline_text")),
                Column(heading=Phrase(message="column.variant_text")),
            ),
            rows=tuple(made),
        )


def _marked(words: Sequence[str], at: int) -> Cell:
    before = words[max(0, at - CONTEXT) : at]
    after = words[at + 1 : at + 1 + CONTEXT]
    parts: list[Cell] = []
    if before:
        parts.append(Text(text=("… " if at > CONTEXT else "") + " ".join(before)))
    parts.append(Text(text=words[at], strong=True))
    if after:
        parts.append(Text(text=" ".join(after) + (" …" if at + 1 + CONTEXT < len(words) else "")))
    return CellGroup(parts=tuple(parts))

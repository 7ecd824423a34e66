"""The verdict's table: one line a variant, over all clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.report.cells import Cell, CellGroup, Figure, Phrase, Stars, Text
from bench.report.findings.candidates import Candidate, Loss
from bench.report.findings.families import LEAST_SHOWN_SAVING, Scene
from bench.report.findings.overall import Overall, overall
from bench.report.findings.pairs import points
from bench.report.findings.verdict import change, faster
from bench.report.tables.layout import ColumnOf, Context, Layout, count
from bench.report.view import Table
from bench.statistics import RatioEstimate, Summary
from bench.text.numbers import NO_BREAK, Quantity


def verdict_table(scene: Scene, context: Context) -> Table | None:
    """A row for each variant, machine by machine; None where nothing was run."""
    return VERDICT.table(list(overall(scene)), context)


def _name(row: Overall, context: Context) -> Cell:
    names, case = context.names, row.case
    parts = [names.model(case)] if names.many_models else []
    parts.append(names.label(case))
    if names.many_machines:
        parts.append(names.machine(case.host))
    return Text(text=" · ".join(parts), strong=not case.is_baseline)


def _size(row: Overall, _: Context) -> Cell:
    if row.case.weights_bytes is None:
        return Phrase(message="absent")
    size = Figure(value=row.case.weights_bytes, quantity=Quantity.SIZE)
    if not row.case.saving or abs(row.case.saving) < LEAST_SHOWN_SAVING:
        return size
    saving = Figure(value=-row.case.saving, quantity=Quantity.SAVING)
    return Phrase(message="verdict.size", params={"size": size, "saving": saving})


def _rtf(row: Overall, _: Context) -> Cell:
    found = row.rtf
    return Figure(value=found.median, quantity=Quantity.RTF) if found else Phrase(message="absent")


def _speed(row: Overall, _: Context) -> Cell:
    if row.case.is_baseline:
        return Phrase(message="baseline")
    found = row.speed
    return faster(found) if isinstance(found, RatioEstimate) else Phrase(message="absent")


def _memory(row: Overall, _: Context) -> Cell:
    if row.peak is None:
        return Phrase(message="absent")
    value = row.peak.median(row.peak.footprint_metric) or 0.0
    peak = Figure(value=value, quantity=Quantity.MEMORY)
    if row.case.is_baseline or not isinstance(row.memory, RatioEstimate):
        return peak
    return Phrase(message="verdict.size", params={"size": peak, "saving": change(row.memory)})


def _loss(row: Overall, _: Context) -> Cell:
    each = row.candidate
    if row.case.is_baseline:
        return Phrase(message="baseline")
    if each is None or row.case.model.synthetic:
        return Phrase(message="absent")
    if each.loss is Loss.NONE:
        return Phrase(message="verdict.loss.none")
    if each.change is not None:
        return points(each.change)
    return Phrase(message="absent")


def _divergence(row: Overall, _: Context) -> Cell:
    """How far the token distributions are from the baseline's, where a quality pass compared them."""
    found = row.candidate.divergence if row.candidate else None
    if row.case.is_baseline:
        return Phrase(message="baseline")
    if found is None or found.mean.value is None:
        return Phrase(message="absent")
    return Figure(value=found.mean.value, quantity=Quantity.NATS)


def _compares_tokens(rows: Sequence[Overall], _: Context) -> bool:
    return any(row.candidate is not None and row.candidate.divergence is not None for row in rows)


def _stars(row: Overall, _: Context) -> Cell:
    found = row.stars
    if found is None or row.case.model.synthetic:
        return Phrase(message="absent")
    return Stars(stars=found) if row.wer is None else _joined(found, row.wer)


def _joined(stars: int, wer: float) -> Cell:
    """Stars with the rate they stand for: four of them are anything from 5 to 25 %."""
    return CellGroup(
        parts=(Stars(stars=stars), Figure(value=wer, quantity=Quantity.PERCENT)), between=NO_BREAK
    )


def _word(row: Overall, _: Context) -> Cell:
    """What the row comes to, in a few words."""
    each = row.candidate
    if row.failed and not row.good:
        return Phrase(message=f"status.{row.case.status}")
    if row.case.model.synthetic:
        return Phrase(message="verdict.word.synthetic")
    if row.case.is_baseline:
        return Phrase(message="baseline")
    if each is None:
        return Phrase(message="absent")
    return Phrase(message=f"verdict.word.{_standing(each)}")


def _standing(each: Candidate) -> str:
    if each.broken:
        return "broken"
    if each.looped:
        return "loops"
    return "likely_worse" if each.likely_worse else each.loss.name.lower()


VERDICT: Final = Layout[Overall](
    name="verdict",
    columns=(
        ColumnOf(heading="column.variant", cell=_name, numeric=False),
        ColumnOf(heading="column.size", cell=_size),
        ColumnOf(heading="column.rtf", cell=_rtf),
        ColumnOf(heading="column.speed", cell=_speed),
        ColumnOf(heading="column.memory", cell=_memory),
        ColumnOf(heading="column.loss", cell=_loss),
        ColumnOf(heading="column.kl", cell=_divergence, wanted=_compares_tokens),
        ColumnOf(heading="column.stars", cell=_stars, numeric=False),
        ColumnOf(heading="column.verdict", cell=_word, numeric=False),
    ),
    case=lambda row: row.case,
)


def overall_tables(scene: Scene, context: Context) -> tuple[Table, ...]:
    """Speed and memory over all clips together, a row for each variant."""
    made = OVERALL.table(list(overall(scene)), context, (Phrase(message="quality.all_clips"),))
    return () if made is None else (made,)


def _of_summary(summary: Summary | None, quantity: Quantity) -> Cell:
    if summary is None:
        return Phrase(message="absent")
    return Figure(value=summary.median, quantity=quantity, low=summary.low, high=summary.high, n=summary.n)


def _rtfx(row: Overall, _: Context) -> Cell:
    if row.rtf is None or not row.rtf.median:
        return Phrase(message="absent")
    return Figure(value=1 / row.rtf.median, quantity=Quantity.RTFX)


def _audio(row: Overall, _: Context) -> Cell:
    seconds = sum(case.audio_seconds for case in row.good)
    return Figure(value=seconds, quantity=Quantity.SECONDS)


OVERALL: Final = Layout[Overall](
    name="overall",
    columns=(
        ColumnOf(heading="column.variant", cell=_name, numeric=False),
        ColumnOf(heading="column.clips", cell=lambda row, _: count(len(row.good))),
        ColumnOf(heading="column.audio", cell=_audio),
        ColumnOf(heading="column.rtf", cell=lambda row, _: _of_summary(row.rtf, Quantity.RTF)),
        ColumnOf(heading="column.rtfx", cell=_rtfx),
        ColumnOf(heading="column.speed", cell=_speed),
        ColumnOf(heading="column.memory", cell=_memory),
    ),
    case=lambda row: row.case,
)

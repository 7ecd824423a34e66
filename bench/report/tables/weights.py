"""The table of available quantizations: file sizes, the baseline's, the saving, the hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Final

from bench.domain import Status
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.names import Names, quantization
from bench.report.tables.layout import MODEL, ColumnOf, Context, Layout, of_case
from bench.report.view import Table
from bench.results import CaseResult
from bench.text.numbers import Quantity

HASH_DIGITS = 12


def sizes(context: Context) -> Table | None:
    """One row a model and quantization; the baseline has a row only where it stands alone."""
    cases = _distinct(context.found.cases)
    quantized = {case.case.model for case in cases if not case.is_baseline}
    shown = [case for case in cases if not case.is_baseline or case.case.model not in quantized]
    return WEIGHTS.table(shown, context)


def _label(case: CaseResult, context: Context) -> Cell:
    """The quantization; with what tells it apart where a name stands for several files."""
    cases = _distinct(context.found.cases)
    alike = [each for each in cases if (each.case.model, each.label) == (case.case.model, case.label)]
    return Text(text=quantization(case.label) if len(alike) == 1 else context.names.label(case))


def _hash(case: CaseResult, context: Context) -> Cell:
    marks = tuple(Text(text=file.sha256[:HASH_DIGITS], code=True) for file in case.weights if file.sha256)
    return CellGroup(parts=marks) if marks else context.notes.absent_phrase("reason.no_weights")


def _size_heading(cases: Sequence[CaseResult], context: Context) -> Cell:
    kind = _format(cases)
    return (
        Phrase(message="column.size_of", params={"format": kind}) if kind else Phrase(message="column.size")
    )


def _baseline_heading(cases: Sequence[CaseResult], context: Context) -> Cell:
    base = _baseline(cases, context.names)
    if not base:
        return Phrase(message="column.baseline_size")
    return Phrase(message="column.baseline_size_of", params={"baseline": base})


def size_cell(case: CaseResult, notes: Notes) -> Cell:
    """Bytes of the weights files together, or why they are not known."""
    if case.weights_bytes is not None:
        return Figure(value=case.weights_bytes, quantity=Quantity.SIZE)
    if not case.status.delivered and case.reason:
        return notes.absent(case.reason)
    return notes.absent_phrase("reason.no_weights")


def _baseline_size(case: CaseResult, notes: Notes) -> Cell:
    if case.is_baseline:
        return Phrase(message="baseline")
    if case.baseline_bytes is None:
        return notes.absent_phrase("reason.no_baseline_size")
    return Figure(value=case.baseline_bytes, quantity=Quantity.SIZE)


def _saving(case: CaseResult, notes: Notes) -> Cell:
    if case.is_baseline:
        return Phrase(message="baseline")
    if case.saving is None:
        return notes.absent_phrase("reason.no_saving")
    return Figure(value=-case.saving, quantity=Quantity.SAVING)


def _distinct(cases: Iterable[CaseResult]) -> list[CaseResult]:
    """One case a model, quantization and set of files, whatever the clip and the machine.

    A case that never got its files has a row only where no other of its name has one.
    """
    found: dict[tuple[str, str], dict[tuple[object, ...], CaseResult]] = {}
    for case in cases:
        if case.status is not Status.UNSUPPORTED:
            files = tuple(file.sha256 or file.bytes for file in case.weights)
            found.setdefault((case.case.model, case.label), {}).setdefault(files, case)
    return [case for alike in found.values() for files, case in alike.items() if files or not any(alike)]


def _format(cases: Iterable[CaseResult]) -> str:
    """The files' format by their suffix, where all have the same."""
    suffixes = {PurePath(file.path).suffix for case in cases for file in case.weights}
    return "GGUF" if suffixes == {".gguf"} else ""


def _baseline(cases: Iterable[CaseResult], names: Names) -> str:
    """The baseline's name, where all models have the same."""
    labels = {names.baseline(case) for case in cases}
    return labels.pop() if len(labels) == 1 else ""


WEIGHTS: Final = Layout[CaseResult](
    name="weights",
    columns=(
        MODEL,
        ColumnOf(heading="column.quantization", cell=_label, numeric=False),
        ColumnOf(
            heading=_size_heading,
            cell=lambda case, context: size_cell(case, context.notes),
            note="note.megabyte",
        ),
        ColumnOf(heading=_baseline_heading, cell=lambda case, context: _baseline_size(case, context.notes)),
        ColumnOf(heading="column.saving", cell=lambda case, context: _saving(case, context.notes)),
        ColumnOf(
            heading="column.sha256",
            cell=_hash,
            numeric=False,
            wanted=lambda cases, _: any(file.sha256 for case in cases for file in case.weights),
        ),
    ),
    case=of_case,
    heads=2,
)

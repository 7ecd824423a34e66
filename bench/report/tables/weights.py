"""The table of available quantizations: file sizes, the baseline's, the saving, the hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from bench.domain import Status
from bench.report.cells import Cell, Figure, Many, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.names import Names, quantization
from bench.report.view import Column, Row, Table
from bench.results import CaseResult, Results
from bench.text.numbers import Quantity

HASH_DIGITS = 12


def sizes(found: Results, names: Names, notes: Notes) -> Table:
    """One row a model and quantization; the baseline has a row only where it stands alone."""
    cases = _distinct(found.cases)
    quantized = {case.case.model for case in cases if not case.is_baseline}
    shown = [case for case in cases if not case.is_baseline or case.case.model not in quantized]
    hashed = any(file.sha256 for case in shown for file in case.weights)
    kind, base = _format(shown), _baseline(shown, names)
    note = notes.phrase("note.megabyte")
    headings = [
        Column(heading=Phrase(message="column.model")),
        Column(heading=Phrase(message="column.quantization")),
        Column(
            heading=Phrase(message="column.size_of", params={"format": kind})
            if kind
            else Phrase(message="column.size"),
            note=note,
            numeric=True,
        ),
        Column(
            heading=Phrase(message="column.baseline_size_of", params={"baseline": base})
            if base
            else Phrase(message="column.baseline_size"),
            numeric=True,
        ),
        Column(heading=Phrase(message="column.saving"), numeric=True),
        *([Column(heading=Phrase(message="column.sha256"))] if hashed else []),
    ]
    return Table(
        name="weights",
        columns=tuple(headings),
        rows=tuple(_row(case, _label(case, shown, names), names, notes, hashed=hashed) for case in shown),
        heads=2,
    )


def _label(case: CaseResult, shown: Sequence[CaseResult], names: Names) -> str:
    """The quantization; with what tells it apart where a name stands for several files."""
    alike = [each for each in shown if (each.case.model, each.label) == (case.case.model, case.label)]
    return quantization(case.label) if len(alike) == 1 else names.label(case)


def _row(case: CaseResult, label: str, names: Names, notes: Notes, *, hashed: bool) -> Row:
    cells: list[Cell] = [
        Text(text=names.model(case)),
        Text(text=label),
        _size(case.weights_bytes, case, notes),
        _baseline_size(case, notes),
        _saving(case, notes),
    ]
    if hashed:
        files = [file for file in case.weights if file.sha256]
        marks = [Text(text=file.sha256[:HASH_DIGITS], code=True) for file in files]
        cells.append(Many(parts=tuple(marks)) if marks else notes.absent_phrase("reason.no_weights"))
    return Row(cells=tuple(cells), key=case.key, label=names.full(case), quantization=case.quantization)


def _size(size: int | None, case: CaseResult, notes: Notes) -> Cell:
    if size is not None:
        return Figure(value=size, quantity=Quantity.SIZE)
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

"""One idiom for every table with columns: a layout says which columns there are, a row's subject fills them.

A column is data: its heading, its footnote, and the function that makes a cell of a subject.  What a
column says of no row, or of all rows alike, is said once below the table, and the column is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from bench.report.cells import Absent, Cell, CellGroup, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.names import Names
from bench.report.view import Column, Row, Table
from bench.results import CaseResult, Results
from bench.text.numbers import Quantity

Subject = TypeVar("Subject")
# Differences below these change nothing for anybody: 20 ms, 8 MB.
_UNFELT: Final = {Quantity.SECONDS: 0.02, Quantity.MEMORY: 8e6}
ALIKE: Final = 1.10  # medians that differ by less than this, or whose intervals overlap, are alike


@dataclass(frozen=True, kw_only=True)
class Context:
    """What cells are made from besides their subject."""

    found: Results
    names: Names
    notes: Notes

    @cached_property
    def verbatim(self) -> bool:
        """Whether all is a published report's, whose tables stay as they were printed."""
        return all(case.published for case in self.found.cases)


def always(subjects: Sequence[Any], context: Context) -> bool:
    """Whether a column is wanted: it is."""
    return True


@dataclass(frozen=True, kw_only=True)
class ColumnOf(Generic[Subject]):
    """A column: its heading by message id or made of the rows, the note on it, what fills it.

    `wanted` says whether these rows have it at all.  A column that `folds` is said in one line below
    the table where its figures differ no more than chance lets them.
    """

    heading: str | Callable[[Sequence[Subject], Context], Cell]
    cell: Callable[[Subject, Context], Cell]
    note: str | Callable[[Sequence[Subject], Context], int | None] = ""
    numeric: bool = True
    wanted: Callable[[Sequence[Subject], Context], bool] = always
    folds: bool = False

    def title(self, subjects: Sequence[Subject], context: Context) -> Cell:
        """The heading's cell."""
        return (
            Phrase(message=self.heading) if isinstance(self.heading, str) else self.heading(subjects, context)
        )

    def column(self, subjects: Sequence[Subject], context: Context) -> Column:
        """The heading with its footnote."""
        if isinstance(self.note, str):
            note = context.notes.phrase(self.note) if self.note else None
        else:
            note = self.note(subjects, context)
        return Column(heading=self.title(subjects, context), note=note, numeric=self.numeric)


@dataclass(frozen=True, kw_only=True)
class Layout(Generic[Subject]):
    """A table: its name, its columns, of which the first `heads` are a row's heading, and whose row it is."""

    name: str
    columns: tuple[ColumnOf[Subject], ...]
    case: Callable[[Subject], CaseResult | None]
    heads: int = 1

    def table(
        self, subjects: Sequence[Subject], context: Context, scope: tuple[Cell, ...] = ()
    ) -> Table | None:
        """The table of the subjects, a row each; None where no column is wanted beside the headings."""
        heads = [each for each in self.columns[: self.heads] if each.wanted(subjects, context)]
        wanted = [each for each in self.columns[self.heads :] if each.wanted(subjects, context)]
        if not wanted or not subjects:
            return None
        kept, absent, alike = self._sorted(wanted, subjects, context)
        columns = [*heads, *kept]
        headings = tuple(each.column(subjects, context) for each in columns) if kept else ()
        rows = tuple(self._row(subject, columns, context) for subject in subjects) if kept else ()
        return Table(
            name=self.name,
            columns=headings,
            rows=rows,
            scope=scope,
            heads=len(heads),
            absent=tuple(_unread(each, subjects, context) for each in absent),
            alike=tuple(_item(each.title(subjects, context), _common(cells)) for each, cells in alike),
        )

    def _sorted(
        self, wanted: Sequence[ColumnOf[Subject]], subjects: Sequence[Subject], context: Context
    ) -> tuple[
        list[ColumnOf[Subject]],
        list[ColumnOf[Subject]],
        list[tuple[ColumnOf[Subject], list[Figure]]],
    ]:
        """The columns that stay, those without any value, and those that are alike in every row."""
        kept: list[ColumnOf[Subject]] = []
        absent: list[ColumnOf[Subject]] = []
        alike: list[tuple[ColumnOf[Subject], list[Figure]]] = []
        aside = Context(found=context.found, names=context.names, notes=Notes())
        for each in wanted:
            cells = [each.cell(subject, aside) for subject in subjects]
            figures = [cell for cell in cells if isinstance(cell, Figure)]
            if not context.verbatim and all(isinstance(cell, Absent) for cell in cells):
                absent.append(each)
            elif each.folds and len(figures) == len(cells) > 1 and are_alike(figures):
                alike.append((each, figures))
            else:
                kept.append(each)
        return kept, absent, alike

    def _row(self, subject: Subject, columns: Sequence[ColumnOf[Subject]], context: Context) -> Row:
        case = self.case(subject)
        return Row(
            cells=tuple(each.cell(subject, context) for each in columns),
            key=case.key if case else None,
            label=context.names.full(case) if case else "",
            quantization=case.quantization if case else "",
        )


def are_alike(figures: Sequence[Figure]) -> bool:
    """Whether figures differ by no more than chance: little, or with intervals that all share a point."""
    values = [each.value for each in figures]
    if max(values) - min(values) < _UNFELT.get(figures[0].quantity, 0.0):
        return True
    if min(values) > 0 and max(values) <= ALIKE * min(values):
        return True
    if any(each.low is None or each.high is None for each in figures):
        return False
    return max(each.low or 0.0 for each in figures) <= min(each.high or 0.0 for each in figures)


def _common(figures: Sequence[Figure]) -> Figure:
    """One figure for all of them: the middle one, and from where to where the others lie."""
    values = sorted(each.value for each in figures)
    middle = values[len(values) // 2]
    return Figure(value=middle, quantity=figures[0].quantity, low=values[0], high=values[-1])


def _item(name: Cell, value: Cell) -> Cell:
    return CellGroup(parts=(name, value))


def _unread(column: ColumnOf[Subject], subjects: Sequence[Subject], context: Context) -> Cell:
    """A column without a value: its name, and the footnotes that say why, each once."""
    cells = [column.cell(subject, context) for subject in subjects]
    notes = dict.fromkeys(cell.note for cell in cells if isinstance(cell, Absent))
    marks = tuple(Absent(note=note, bare=True) for note in notes)
    return CellGroup(parts=(column.title(subjects, context), *marks), between="")


# -------------------------------------------------------------- columns of many tables


def of_case(case: CaseResult) -> CaseResult:
    """A row's case, where the row's subject is one."""
    return case


def _model(case: CaseResult, context: Context) -> Cell:
    return Text(text=context.names.model(case))


def _several_models(cases: Sequence[CaseResult], context: Context) -> bool:
    return context.verbatim or context.names.many_models


def _quantization(case: CaseResult, context: Context) -> Cell:
    return quantization_title(case, context.names)


def quantization_title(case: CaseResult, names: Names) -> Text:
    """The quantization as a row's heading: in bold unless it is the baseline."""
    return Text(text=names.label(case), strong=not case.is_baseline)


MODEL: Final[ColumnOf[CaseResult]] = ColumnOf(
    heading="column.model", cell=_model, numeric=False, wanted=_several_models
)
QUANTIZATION: Final[ColumnOf[CaseResult]] = ColumnOf(
    heading="column.quant", cell=_quantization, numeric=False
)
CLIP: Final[ColumnOf[CaseResult]] = ColumnOf(
    heading="column.clip",
    cell=lambda case, context: context.names.clip_cell(case.clip),
    numeric=False,
    wanted=lambda _, context: context.names.gathered and context.names.many_clips,
)
MACHINE: Final[ColumnOf[CaseResult]] = ColumnOf(
    heading="column.machine",
    cell=lambda case, context: Text(text=context.names.machine(case.host)),
    numeric=False,
    wanted=lambda _, context: context.names.gathered and context.names.many_machines,
)
TITLES: Final = (MODEL, QUANTIZATION, CLIP, MACHINE)


def count(value: float) -> Figure:
    """A number of things."""
    return Figure(value=value, quantity=Quantity.COUNT)

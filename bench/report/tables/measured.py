"""Tables of measured figures: performance, stages, memory, CPU load; machines side by side.

A column of the classic layout is always there; an optional one only where a case has a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.metrics import METRICS
from bench.report.cells import Cell, Figure, Phrase, Text, Times
from bench.report.footnotes import Notes
from bench.report.names import Names, Scope
from bench.report.view import Column, Row, Table
from bench.results import CaseResult, Results
from bench.statistics import Comparison
from bench.text.numbers import Quantity
from bench.units import Better


@dataclass(frozen=True, slots=True, kw_only=True)
class Median:
    """A column of medians."""

    heading: str
    metric: str
    quantity: Quantity
    note: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A column of ratios to the baseline, of a metric that may depend on the machine."""

    heading: str
    metric: Callable[[CaseResult], str]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A table: its name and columns.  An `optional` table is left out where no case has a value."""

    name: str
    columns: tuple[Median | Ratio, ...]
    optional: bool = False


def seconds(heading: str, metric: str, note: str = "", *, optional: bool = False) -> Median:
    """A column of seconds."""
    return Median(heading=heading, metric=metric, quantity=Quantity.SECONDS, note=note, optional=optional)


PERFORMANCE: Final = Layout(
    name="performance",
    columns=(
        seconds("column.cold_start", "load_seconds", "note.cold_start"),
        seconds("column.transcribe", "transcribe_seconds", "note.transcribe"),
        seconds("column.total", "wall_seconds"),
        Median(heading="column.rtf", metric="rtf", quantity=Quantity.RTF),
        seconds("column.startup", "startup_seconds", "note.startup", optional=True),
        seconds("column.warm_transcribe", "warm_transcribe_seconds", "note.warm", optional=True),
        Median(heading="column.warm_rtf", metric="warm_rtf", quantity=Quantity.RTF, optional=True),
        Ratio(heading="column.rtf_ratio", metric=lambda _: "rtf", note="note.ratio"),
    ),
)

STAGES: Final = Layout(
    name="stages",
    optional=True,
    columns=(
        seconds("column.import", "import_seconds", optional=True),
        seconds("column.load", "load_seconds", optional=True),
        seconds("column.mel", "mel_seconds", optional=True),
        seconds("column.encode", "encode_seconds", optional=True),
        seconds("column.prefill", "prefill_seconds", optional=True),
        seconds("column.first_token", "first_token_seconds", optional=True),
        seconds("column.decode", "decode_seconds", optional=True),
        Median(
            heading="column.tokens_per_second",
            metric="tokens_per_second",
            quantity=Quantity.RATE,
            optional=True,
        ),
        Median(heading="column.read_bytes", metric="read_bytes", quantity=Quantity.MEMORY, optional=True),
    ),
)

MEMORY: Final = Layout(
    name="memory",
    columns=(
        Median(heading="column.peak_rss", metric="peak_rss_bytes", quantity=Quantity.MEMORY),
        Median(
            heading="column.peak_footprint",
            metric="peak_footprint_bytes",
            quantity=Quantity.MEMORY,
            note="note.footprint",
        ),
        Median(
            heading="column.page_faults",
            metric="major_faults",
            quantity=Quantity.COUNT,
            note="note.page_faults",
        ),
        Median(
            heading="column.page_reclaims",
            metric="minor_faults",
            quantity=Quantity.COUNT,
            note="note.page_reclaims",
            optional=True,
        ),
        Median(
            heading="column.peak_anonymous",
            metric="peak_anonymous_bytes",
            quantity=Quantity.MEMORY,
            note="note.anonymous",
            optional=True,
        ),
        Median(
            heading="column.gpu_memory", metric="gpu_memory_bytes", quantity=Quantity.MEMORY, optional=True
        ),
        Ratio(
            heading="column.memory_ratio", metric=lambda case: case.footprint_metric, note="note.memory_ratio"
        ),
    ),
)

CPU: Final = Layout(
    name="cpu",
    columns=(
        seconds("column.user", "user_seconds"),
        seconds("column.system", "system_seconds"),
        Median(heading="column.instructions", metric="instructions", quantity=Quantity.BILLIONS),
        Median(heading="column.cycles", metric="cycles", quantity=Quantity.BILLIONS),
        Median(heading="column.energy", metric="energy_joules", quantity=Quantity.JOULES, optional=True),
    ),
)


def tables(
    layout: Layout, scopes: Sequence[Scope], found: Results, names: Names, notes: Notes
) -> tuple[Table, ...]:
    """The layout's table for every machine and clip."""
    made = (_table(layout, scope, found, names, notes) for scope in scopes)
    return tuple(table for table in made if table is not None)


def cell(case: CaseResult, metric: str, quantity: Quantity, notes: Notes) -> Cell:
    """A metric's median with its interval, or why there is none."""
    summary = case.summaries.get(metric)
    if summary is not None:
        return Figure(
            value=summary.median,
            quantity=quantity,
            low=summary.low,
            high=summary.high,
            n=summary.n,
            note=notes.phrase("note.outliers") if summary.outliers else None,
        )
    if not case.status.delivered:
        return notes.absent_phrase("reason.no_ok", status=Phrase(message=f"status.{case.status}"))
    reason = case.absences.get(metric)
    return notes.absent(reason) if reason else notes.absent_phrase("reason.not_measured")


def ratio(case: CaseResult, metric: str, found: Results, notes: Notes) -> Cell:
    """A metric's ratio to the baseline, or why there is none."""
    if case.is_baseline:
        return Phrase(message="baseline")
    comparison = case.comparisons.get(metric)
    if comparison is not None and comparison.ratio is not None:
        return times(comparison, metric)
    if comparison is not None and comparison.reason:
        return notes.absent(comparison.reason)
    if case.baseline is None or found.baseline(case) is None:
        return notes.absent_phrase("reason.no_baseline")
    if metric not in case.summaries:
        return cell(case, metric, Quantity.TIMES, notes)
    return notes.absent_phrase("reason.baseline_missing")


def times(comparison: Comparison, metric: str) -> Times:
    """A comparison as a cell; bold where a difference is shown."""
    assert comparison.ratio is not None
    direction = METRICS[metric].better
    better = None
    if comparison.excludes_one and direction is not Better.NEITHER:
        better = (comparison.ratio < 1) == (direction is Better.LOWER)
    return Times(
        ratio=comparison.ratio,
        low=comparison.low,
        high=comparison.high,
        shown=comparison.excludes_one,
        better=better,
    )


def titles(case: CaseResult, names: Names) -> tuple[Text, Text]:
    """The first two cells of a row: model, and quantization in bold unless it is the baseline."""
    return (
        Text(text=names.model(case)),
        Text(text=names.label(case), strong=not case.is_baseline),
    )


def _table(layout: Layout, scope: Scope, found: Results, names: Names, notes: Notes) -> Table | None:
    columns = [column for column in layout.columns if _wanted(column, scope.cases)]
    if not columns or (layout.optional and not _told(columns, scope.cases)):
        return None
    headings = [_heading(column, scope.cases, notes) for column in columns]
    rows = [
        Row(
            cells=(*titles(case, names), *(_cell(column, case, found, notes) for column in columns)),
            key=case.key,
            label=names.full(case),
            quantization=case.quantization,
        )
        for case in scope.cases
    ]
    return Table(
        name=layout.name,
        columns=(*title_columns(), *headings),
        rows=tuple(rows),
        scope=names.scope(scope),
        heads=2,
    )


def title_columns() -> tuple[Column, Column]:
    """The headings of `titles`."""
    return Column(heading=Phrase(message="column.model")), Column(heading=Phrase(message="column.quant"))


def _heading(column: Median | Ratio, cases: Sequence[CaseResult], notes: Notes) -> Column:
    remark = _remark(column, cases)
    return Column(
        heading=Phrase(message=column.heading), note=notes.phrase(remark) if remark else None, numeric=True
    )


def _remark(column: Median | Ratio, cases: Sequence[CaseResult]) -> str:
    """What a column's heading needs said; of published figures only what holds for them too."""
    if isinstance(column, Ratio):
        seen = [case.comparisons.get(column.metric(case)) for case in cases]
        once = all(each.n <= 1 for each in seen if each is not None)
        return "note.ratio.once" if once else column.note
    return "" if any(case.published for case in cases) else column.note


def _cell(column: Median | Ratio, case: CaseResult, found: Results, notes: Notes) -> Cell:
    if isinstance(column, Ratio):
        return ratio(case, column.metric(case), found, notes)
    return cell(case, column.metric, column.quantity, notes)


def _wanted(column: Median | Ratio, cases: Iterable[CaseResult]) -> bool:
    if isinstance(column, Ratio):
        return any(column.metric(case) in case.comparisons for case in cases)
    return not column.optional or any(column.metric in case.summaries for case in cases)


def _told(columns: Sequence[Median | Ratio], cases: Sequence[CaseResult]) -> bool:
    """Whether an optional table says more than the load time, which another table has."""
    names = {column.metric for column in columns if isinstance(column, Median)} - {"load_seconds"}
    return any(name in case.summaries for case in cases for name in names)

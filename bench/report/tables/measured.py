"""Tables of measured figures: performance, stages, memory, CPU load, and what is behind them.

Which metrics a table shows, under which heading and with which note, is said by the registry,
`bench.metrics`; here stand the columns that are worked out of them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bench.metrics import METRICS, Metric, Place, columns_of
from bench.report.cells import BaselineRatio, Cell, Figure, Phrase
from bench.report.footnotes import Notes
from bench.report.names import Scope
from bench.report.tables.layout import TITLES, ColumnOf, Context, Layout, of_case
from bench.report.view import Table
from bench.results import CaseResult, Results
from bench.statistics import Comparison, RatioEstimate
from bench.text.numbers import Quantity
from bench.units import Better

SEEN: Final = 0.005  # a ratio that reads as another than 1.00
# Of how many blocks a note asks for more: few steps, so that there are few notes.
BLOCKS_TO_ASK: Final = (15, 20, 30, 40, 60, 100, 200, 500, 1000)
Heading = Callable[[Sequence[CaseResult], Context], Cell]
_FOLDED: Final = frozenset({"stages", "more"})  # tables whose columns are worth a look where they differ


def cold_start(cases: Sequence[CaseResult], context: Context) -> Cell:
    """The source's "Cold Start", which may mean several things: with whether the weights were in the page cache."""
    if any(case.published for case in cases):
        return Phrase(message="column.cold_start")
    evicted = {context.found.runs[case.run].suite.protocol.cold_cache for case in cases}
    if len(evicted) > 1:
        return Phrase(message="column.cold_start")
    return Phrase(message="column.cold_start.evicted" if evicted == {True} else "column.cold_start.warm")


# Notes on peaks that are the highest of samples: they say how often the process was read.
SAMPLED: Final = frozenset({"note.anonymous", "note.peak_tree_rss"})
# Headings that depend on how the cases were run.
HEADINGS: Final[Mapping[str, Heading]] = {"column.cold_start": cold_start}


def median_column(metric: Metric, place: Place) -> ColumnOf[CaseResult]:
    """A column of a metric's medians."""

    def wanted(cases: Sequence[CaseResult], context: Context) -> bool:
        if metric.name == "peak_tree_rss_bytes" and not _has_helpers(cases):
            return False
        return not place.optional or any(metric.name in case.summaries for case in cases)

    def note(cases: Sequence[CaseResult], context: Context) -> int | None:
        """What holds for published figures, too, is said of them; that is none of the notes."""
        if not place.note or any(case.published for case in cases):
            return None
        if place.note in SAMPLED:
            rarest = min(context.found.runs[case.run].suite.protocol.sample_hz or 1.0 for case in cases)
            period = Figure(value=1 / rarest, quantity=Quantity.SECONDS)
            return context.notes.phrase(place.note, period=period)
        return context.notes.phrase(place.note)

    return ColumnOf(
        heading=HEADINGS.get(place.heading, place.heading),
        cell=lambda case, context: cell(case, metric.name, context.notes),
        note=note,
        wanted=wanted,
        folds=place.table in _FOLDED,
    )


def ratio_column(heading: str, metric: Callable[[CaseResult], str], note: str) -> ColumnOf[CaseResult]:
    """A column of ratios to the baseline, of a metric that may depend on the machine."""

    def remark(cases: Sequence[CaseResult], context: Context) -> int | None:
        seen = [case.comparisons.get(metric(case)) for case in cases]
        once = all(each.n <= 1 for each in seen if each is not None)
        return context.notes.phrase("note.ratio.once" if once else note)

    return ColumnOf(
        heading=heading,
        cell=lambda case, context: ratio(case, metric(case), context.found, context.notes),
        note=remark,
        wanted=lambda cases, _: any(metric(case) in case.comparisons for case in cases),
    )


def _rtfx(case: CaseResult, context: Context) -> Cell:
    found = cell(case, "rtf", context.notes)
    return _inverse(found) if isinstance(found, Figure) and found.value else found


def _inverse(rtf: Figure) -> Figure:
    low, high = (rtf.low, rtf.high) if rtf.low and rtf.high else (None, None)
    return Figure(
        value=1 / rtf.value,
        quantity=Quantity.RTFX,
        low=1 / high if high else None,
        high=1 / low if low else None,
        n=rtf.n,
    )


RTFX: Final[ColumnOf[CaseResult]] = ColumnOf(
    heading="column.rtfx", cell=_rtfx, note="note.rtfx", wanted=lambda _, context: not context.verbatim
)
RTF_RATIO: Final = ratio_column("column.rtf_ratio", lambda _: "rtf", "note.ratio")
MEMORY_RATIO: Final = ratio_column(
    "column.memory_ratio", lambda case: case.footprint_metric, "note.memory_ratio"
)


_AS_HIGH: Final = 0.98  # a peak of another phase that a table shows as the same
_PHASES: Final = ("load", "transcribe", "warm_transcribe")


def _peak_in(case: CaseResult, context: Context) -> Cell:
    """The first phase in which the process was as large as ever; the footprint's, where the machine tells of it."""
    for kind in ("peak_footprint_bytes", "peak_rss_bytes"):
        peaks = {phase: case.median(f"{phase}_{kind}") for phase in _PHASES}
        known = {phase: peak for phase, peak in peaks.items() if peak is not None}
        if known:
            highest = max(known.values())
            first = next(phase for phase, peak in known.items() if peak >= _AS_HIGH * highest)
            return Phrase(message=f"phase.{first}")
    return Phrase(message="absent")


def _many_phases(cases: Sequence[CaseResult], context: Context) -> bool:
    return any(case.median(f"{phase}_peak_rss_bytes") is not None for case in cases for phase in _PHASES[1:])


PEAK_IN: Final[ColumnOf[CaseResult]] = ColumnOf(
    heading="column.peak_in", cell=_peak_in, numeric=False, wanted=_many_phases
)


def _has_helpers(cases: Sequence[CaseResult]) -> bool:
    """Whether the program and its helpers together are larger than the program, by what can be seen."""
    both = ((case.median("peak_tree_rss_bytes"), case.median("peak_rss_bytes")) for case in cases)
    return any(tree and own and tree - own > 1e6 for tree, own in both)


_BESIDE: Final = {"rtf": RTFX}  # what is worked out of a metric stands right behind it


def _layout(name: str, *derived: ColumnOf[CaseResult]) -> Layout[CaseResult]:
    columns: list[ColumnOf[CaseResult]] = [*TITLES]
    for metric, place in columns_of(name):
        columns.append(median_column(metric, place))
        columns += [_BESIDE[metric.name]] if metric.name in _BESIDE else []
    return Layout(name=name, columns=(*columns, *derived), case=of_case, heads=len(TITLES))


PERFORMANCE: Final = _layout("performance", RTF_RATIO)
STAGES: Final = _layout("stages")
PHASES: Final = _layout("phases", PEAK_IN)
MEMORY: Final = _layout("memory", MEMORY_RATIO)
CPU: Final = _layout("cpu")
MORE: Final = _layout("more")


def tables(layout: Layout[CaseResult], scopes: Sequence[Scope], context: Context) -> tuple[Table, ...]:
    """The layout's table for every machine and clip that has figures for it."""
    made = (layout.table(scope.cases, context, context.names.scope(scope)) for scope in scopes)
    return tuple(table for table in made if table is not None)


def stages(scopes: Sequence[Scope], context: Context) -> tuple[Table, ...]:
    """The stages, where a case has more of them than the load time, which another table has."""
    beyond = [metric.name for metric, _ in columns_of("stages") if metric.name != "load_seconds"]
    told = [s for s in scopes if any(name in case.summaries for case in s.cases for name in beyond)]
    return tuple(map(_beyond_load, tables(STAGES, told, context)))


def _beyond_load(table: Table) -> Table:
    """The table; where nothing but the load time differs, its lines below alone."""
    kept = [column.heading for column in table.columns[table.heads :]]
    if kept == [Phrase(message="column.load")]:
        return dataclasses.replace(table, columns=(), rows=())
    return table


def cell(case: CaseResult, metric: str, notes: Notes) -> Cell:
    """A metric's median with its interval, or why there is none."""
    summary = case.summaries.get(metric)
    if summary is not None:
        return Figure(
            value=summary.median,
            quantity=METRICS[metric].quantity,
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
    if isinstance(comparison, RatioEstimate):
        return dataclasses.replace(times(comparison, metric), note=_remark(case, metric, comparison, notes))
    if comparison is not None and comparison.reason:
        return notes.absent(comparison.reason)
    if case.baseline is None or found.baseline(case) is None:
        return notes.absent_phrase("reason.no_baseline")
    if metric not in case.summaries:
        return cell(case, metric, notes)
    return notes.absent_phrase("reason.baseline_missing")


def _remark(case: CaseResult, metric: str, comparison: RatioEstimate, notes: Notes) -> int | None:
    if comparison.below_resolution and comparison.resolvable is not None and not comparison.few:
        smallest = Figure(value=comparison.resolvable, quantity=Quantity.SHARE)
        blocks = Phrase(message="finding.blocks", count=comparison.n)
        asked = comparison.blocks_to_resolve or math.inf
        needed = next((step for step in BLOCKS_TO_ASK if step >= asked), None)
        if needed is None:
            return notes.phrase("note.unresolvable.hopeless", smallest=smallest, blocks=blocks)
        more = Phrase(message="finding.blocks", count=needed)
        return notes.phrase("note.unresolvable", smallest=smallest, blocks=blocks, needed=more)
    return notes.phrase("note.paired") if contradicts(case, metric, comparison) else None


def contradicts(case: CaseResult, metric: str, comparison: Comparison) -> bool:
    """Whether the medians beside a paired ratio lie the other way round, by more than is written."""
    mine, theirs = case.median(metric), case.base.median(metric) if case.base else None
    if not mine or not theirs or not comparison.ratio or abs(comparison.ratio - 1) < SEEN:
        return False
    return abs(mine / theirs - 1) >= SEEN and (mine < theirs) != (comparison.ratio < 1)


def times(comparison: RatioEstimate, metric: str) -> BaselineRatio:
    """A comparison as a cell; bold where a difference is shown."""
    direction = METRICS[metric].better
    better = None
    if comparison.shown and direction is not Better.NEITHER:
        better = (comparison.ratio < 1) == (direction is Better.LOWER)
    return BaselineRatio(
        ratio=comparison.ratio,
        low=comparison.low,
        high=comparison.high,
        shown=comparison.shown,
        faint=comparison.below_resolution,
        better=better,
    )

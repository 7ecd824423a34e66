"""Comparisons and gate reports as Markdown (short enough for a pull request) and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from bench.language import english
from bench.regression.compare import CaseComparison, RunComparison
from bench.regression.exact import Fact
from bench.regression.gate import GateReport
from bench.regression.night import to_json
from bench.regression.series import SeriesVerdict
from bench.statistics import Verdict
from bench.text.figures import change_text, interval_text, value_text
from bench.text.safe import fence, markdown, markdown_code

SHOWN: Final = {Verdict.WORSE, Verdict.BETTER, Verdict.DIFFERENT}
MOST_BLOCKS: Final = 100  # nobody runs more; an estimate beyond it is far off by itself
FEW_ROWS: Final = 12  # inconclusive rows a short form lists before it only counts them
HOW_TO_ACCEPT: Final = (
    "A green job here does not say that nothing changed. Take the run's folder (on a hosted runner: from the job's "
    "artifact), accept it, commit reports/baselines: docs/nightly.md, The first reference."
)
Row = CaseComparison | SeriesVerdict


def comparison_json(comparison: RunComparison) -> dict[str, Any]:
    """Everything of a comparison, by the field names of `RunComparison`."""
    return {"schema": 1, "kind": "comparison", **to_json(comparison)}


def gate_json(report: GateReport) -> dict[str, Any]:
    """A gate report without the figures of its night and reference, which lie in their own files."""
    data = to_json(report)
    data["night"] = {"run": report.night.run, "suite": report.night.suite, "machine": report.night.machine}
    if report.reference:
        data["reference"] = {
            "id": report.reference.id,
            "accepted_at": report.reference.accepted_at,
            "why": report.reference.why,
            "nights": [night.run for night in report.reference.nights],
        }
    return {"schema": 1, "kind": "gate", **data}


def comparison_markdown(comparison: RunComparison, *, short: bool = False) -> str:
    """The comparison as Markdown; `short` lists what changed and counts the rest."""
    counts = _counts(row.verdict for row in comparison.rows)
    lines = [f"### {markdown(comparison.new)} against {markdown(comparison.base)}", "", counts, ""]
    lines += [f"> **{markdown(text)}**" for text in comparison.cautions]
    lines += [""] if comparison.cautions else []
    lines += _facts(comparison.facts)
    rows = [row for row in comparison.rows if not short or row.verdict in SHOWN]
    open_ = [row for row in comparison.rows if short and row.verdict is Verdict.INCONCLUSIVE]
    lines += _comparison_table(rows + (open_ if len(open_) <= FEW_ROWS else []))
    for title, cases in (
        ("Only in the base", comparison.only_base),
        ("Only in the new", comparison.only_new),
    ):
        if cases:
            lines += [f"{title}: {', '.join(str(markdown_code(case)) for case in cases)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def gate_markdown(report: GateReport) -> str:
    """The gate's report as Markdown, for a job summary or a pull request."""
    night, reference = report.night, report.reference
    lines = [f"## {report.outcome}: {markdown(night.suite)}, {markdown(night.run)}", ""]
    if reference:
        nights = f"{len(reference.nights)} night{'s' if len(reference.nights) != 1 else ''}"
        held = f"{reference.id} of {reference.accepted_at[:10]} ({nights})"
        lines += [f"Held to {markdown(held)}: {markdown(reference.why)}", ""]
    else:
        lines += [
            f"> **{markdown('Held to nothing: there is no reference yet.')}** {markdown(HOW_TO_ACCEPT)}",
            "",
        ]
    lines += _facts(report.facts)
    if report.series:
        lines += [_counts(one.verdict for one in report.series), ""]
        lines += _series_table([one for one in report.series if one.verdict in SHOWN])
        lines += _inconclusive([one for one in report.series if one.verdict is Verdict.INCONCLUSIVE])
    for metric, ratio in report.shifted.items():
        text = f"All cases moved together in {metric} ({change_text(ratio)}): look at the machine first."
        lines += [f"> **{markdown(text)}**", ""]
    if report.interleaved:
        lines += ["Within this night, interleaved:", "", *_comparison_table(report.interleaved)]
    lines += [f"- {markdown(note)}" for note in report.notes]
    return "\n".join(lines).rstrip() + "\n"


def _counts(verdicts: Iterable[Verdict]) -> str:
    found = list(verdicts)
    order = (Verdict.WORSE, Verdict.DIFFERENT, Verdict.BETTER, Verdict.SAME, Verdict.INCONCLUSIVE)
    return (
        ", ".join(f"{found.count(verdict)} {verdict}" for verdict in order if verdict in found)
        or "nothing compared"
    )


def _facts(facts: Sequence[Fact]) -> list[str]:
    lines: list[str] = []
    for fact in facts:
        lines.append(f"- **{fact.breach}** {markdown_code(fact.case)}: {markdown(fact.message)}")
        if fact.detail:
            lines += ["", *("  " + line for line in fence(fact.detail, "text").splitlines()), ""]
    return [*lines, ""] if lines else []


def _comparison_table(rows: Sequence[CaseComparison]) -> list[str]:
    if not rows:
        return []
    lines = [
        "| case | metric | base | new | change (95 %) | tolerance | verdict |",
        "|---|---|--:|--:|--:|--:|---|",
    ]
    lines += ["| " + " | ".join(map(str, comparison_cells(row, table=True))) + " |" for row in rows]
    return [*lines, ""]


def comparison_cells(row: CaseComparison, *, table: bool = False) -> tuple[str, ...]:
    """The cells of a row: case, metric, base, new, change with interval, tolerance, verdict."""
    found = row.comparison
    change = (
        interval_text(found.ratio, found.low, found.high)
        if found.ratio is not None
        else english(found.reason) or "-"
    )
    pair = row.case if row.case == row.base_case else f"{row.case} / {row.base_case}"
    verdict = str(row.verdict)
    if row.verdict is Verdict.INCONCLUSIVE and row.needed and row.needed > found.n:
        few = row.needed <= MOST_BLOCKS
        verdict += (
            f", about {row.needed} blocks needed" if few else f", more than {MOST_BLOCKS} blocks needed"
        )
    return (
        str(markdown_code(pair, table=True)) if table else pair,
        row.metric,
        value_text(row.metric, row.base),
        value_text(row.metric, row.new),
        change,
        f"{100 * row.tolerance:g} %",
        f"**{verdict}**" if table and row.verdict in SHOWN else verdict,
    )


def _series_table(rows: Sequence[SeriesVerdict]) -> list[str]:
    if not rows:
        return []
    lines = [
        "| case | metric | reference | now | change (alarm interval) | over | tolerance | verdict |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    lines += ["| " + " | ".join(series_cells(row, table=True)) + " |" for row in rows]
    return [*lines, ""]


def series_cells(row: SeriesVerdict, *, table: bool = False) -> tuple[str, ...]:
    """The cells of a row: case, metric, reference, now, change, window, tolerance, verdict."""
    unknown = english(row.reason) or "-"
    window = f"{row.window} night{'s' if row.window != 1 else ''}"
    return (
        str(markdown_code(row.case, table=True)) if table else row.case,
        row.metric,
        value_text(row.metric, row.reference) if row.reference is not None else "-",
        value_text(row.metric, row.value) if row.value is not None else "-",
        interval_text(row.ratio, row.low, row.high) if row.ratio is not None else unknown,
        window if row.window else "-",
        f"{100 * row.tolerance:g} %",
        f"**{row.verdict}**" if table and row.verdict in SHOWN else str(row.verdict),
    )


def _inconclusive(rows: Sequence[SeriesVerdict]) -> list[str]:
    """What could not be decided, by metric: how many series and what they could catch at best."""
    lines: list[str] = []
    for metric in dict.fromkeys(row.metric for row in rows):
        mine = [row for row in rows if row.metric == metric]
        catchable = sorted(row.catchable for row in mine if row.catchable is not None)
        text = f"{metric}: {len(mine)} inconclusive"
        if catchable:
            span = change_text(catchable[0])
            span += f" to {change_text(catchable[-1])}" if len(catchable) > 1 else ""
            text += f" at a tolerance of {100 * mine[0].tolerance:g} %; the smallest lasting change they catch is {span}"
        else:
            text += f": {english(mine[0].reason)}"
        lines.append(f"- {markdown(text)}")
    return [*lines, ""] if lines else []

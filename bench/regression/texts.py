"""Comparisons and gate reports as Markdown (short enough for a pull request) and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from bench.domain import Reason
from bench.language import Language, language, metric_text
from bench.regression.compare import CaseComparison, RunComparison
from bench.regression.exact import Fact
from bench.regression.gate import GateReport
from bench.regression.night import to_json
from bench.regression.series import SeriesVerdict
from bench.statistics import Verdict
from bench.text.changes import change_text, interval_text
from bench.text.safe import fence, markdown, markdown_code

SHOWN: Final = {Verdict.WORSE, Verdict.BETTER, Verdict.DIFFERENT}
MOST_BLOCKS: Final = 100  # nobody runs more; an estimate beyond it is far off by itself
FEW_ROWS: Final = 12  # inconclusive rows a short form lists before it only counts them
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


def comparison_markdown(comparison: RunComparison, *, short: bool = False, code: str = "en") -> str:
    """The comparison as Markdown in a report language; `short` lists what changed and counts the rest."""
    spoken = language(code)
    counts = _counts((row.verdict for row in comparison.rows), spoken)
    lines = [
        "### " + _said(spoken, "compare.title", new=comparison.new, base=comparison.base),
        "",
        counts,
        "",
    ]
    lines += [f"> **{markdown(spoken.reason(each))}**" for each in comparison.cautions]
    lines += [""] if comparison.cautions else []
    lines += _facts(comparison.facts, spoken)
    rows = [row for row in comparison.rows if not short or row.verdict in SHOWN]
    open_ = [row for row in comparison.rows if short and row.verdict is Verdict.INCONCLUSIVE]
    lines += _comparison_table(rows + (open_ if len(open_) <= FEW_ROWS else []), spoken)
    for title, cases in (
        ("compare.only_base", comparison.only_base),
        ("compare.only_new", comparison.only_new),
    ):
        if cases:
            lines += [f"{spoken.word(title)}: {', '.join(str(markdown_code(case)) for case in cases)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def gate_markdown(report: GateReport, code: str = "en") -> str:
    """The gate's report as Markdown in a report language, for a job summary or a pull request."""
    spoken = language(code)
    night, reference = report.night, report.reference
    lines = [
        "## " + _said(spoken, "gate.title", outcome=str(report.outcome), suite=night.suite, run=night.run),
        "",
    ]
    if reference:
        lines += [
            _said(
                spoken,
                "gate.held",
                reference=reference.id,
                day=reference.accepted_at[:10],
                nights=str(len(reference.nights)),
                why=reference.why,
            ),
            "",
        ]
    else:
        lines += [
            f"> **{_said(spoken, 'gate.held_to_nothing')}** {_said(spoken, 'gate.how_to_accept')}",
            "",
        ]
    lines += _facts(report.facts, spoken)
    if report.series:
        lines += [_counts((one.verdict for one in report.series), spoken), ""]
        lines += _series_table([one for one in report.series if one.verdict in SHOWN], spoken)
        lines += _inconclusive([one for one in report.series if one.verdict is Verdict.INCONCLUSIVE], spoken)
    for metric, ratio in report.shifted.items():
        text = _said(spoken, "gate.moved_together", metric=metric, change=change_text(ratio))
        lines += [f"> **{text}**", ""]
    if report.interleaved:
        lines += [_said(spoken, "gate.interleaved"), "", *_comparison_table(report.interleaved, spoken)]
    lines += [f"- {markdown(spoken.reason(note))}" for note in report.notes]
    return "\n".join(lines).rstrip() + "\n"


def _said(spoken: Language, message: str, /, **params: str) -> str:
    """A message with its parameters as Markdown; what comes from data is inert."""
    inert = {name: markdown(value) for name, value in params.items()}
    return spoken.word(message) % inert if inert else spoken.word(message)


def _verdict(verdict: Verdict, spoken: Language) -> str:
    return spoken.word(f"gate.verdict.{verdict}")


def _counts(verdicts: Iterable[Verdict], spoken: Language) -> str:
    found = list(verdicts)
    order = (Verdict.WORSE, Verdict.DIFFERENT, Verdict.BETTER, Verdict.SAME, Verdict.INCONCLUSIVE)
    return ", ".join(
        f"{found.count(verdict)} {_verdict(verdict, spoken)}" for verdict in order if verdict in found
    ) or spoken.word("gate.nothing_compared")


def _facts(facts: Sequence[Fact], spoken: Language) -> list[str]:
    lines: list[str] = []
    for fact in facts:
        lines.append(
            f"- **{spoken.word(f'gate.breach.{fact.breach}')}** {markdown_code(fact.case)}: "
            f"{markdown(spoken.reason(fact.message))}"
        )
        if fact.detail:
            lines += ["", *("  " + line for line in fence(fact.detail, "text").splitlines()), ""]
    return [*lines, ""] if lines else []


def _comparison_table(rows: Sequence[CaseComparison], spoken: Language) -> list[str]:
    if not rows:
        return []
    lines = [
        _headings(spoken, "case", "metric", "base", "new", "change", "tolerance", "verdict"),
        "|---|---|--:|--:|--:|--:|---|",
    ]
    lines += [
        "| " + " | ".join(map(str, comparison_cells(row, table=True, spoken=spoken))) + " |" for row in rows
    ]
    return [*lines, ""]


def comparison_cells(
    row: CaseComparison, *, table: bool = False, spoken: Language | None = None
) -> tuple[str, ...]:
    """The cells of a row: case, metric, base, new, change with interval, tolerance, verdict."""
    spoken = spoken or language("en")
    found = row.comparison
    change = (
        interval_text(found.ratio, found.low, found.high)
        if found.ratio is not None
        else _why(found.reason, spoken)
    )
    pair = row.case if row.case == row.base_case else f"{row.case} / {row.base_case}"
    verdict = _verdict(row.verdict, spoken)
    if row.verdict is Verdict.INCONCLUSIVE and row.needed and row.needed > found.n:
        few = row.needed <= MOST_BLOCKS
        message = "gate.blocks_needed" if few else "gate.more_blocks_needed"
        verdict = spoken.word(message) % {"verdict": verdict, "count": min(row.needed, MOST_BLOCKS)}
    return (
        str(markdown_code(pair, table=True)) if table else pair,
        row.metric,
        metric_text(row.metric, row.base, spoken.code),
        metric_text(row.metric, row.new, spoken.code),
        change,
        f"{100 * row.tolerance:g} %",
        f"**{verdict}**" if table and row.verdict in SHOWN else verdict,
    )


def _series_table(rows: Sequence[SeriesVerdict], spoken: Language) -> list[str]:
    if not rows:
        return []
    lines = [
        _headings(spoken, "case", "metric", "reference", "now", "alarm", "over", "tolerance", "verdict"),
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    lines += ["| " + " | ".join(series_cells(row, table=True, spoken=spoken)) + " |" for row in rows]
    return [*lines, ""]


def series_cells(
    row: SeriesVerdict, *, table: bool = False, spoken: Language | None = None
) -> tuple[str, ...]:
    """The cells of a row: case, metric, reference, now, change, window, tolerance, verdict."""
    spoken = spoken or language("en")
    unknown = _why(row.reason, spoken)
    window = spoken.word("gate.nights") % {"count": row.window}
    verdict = _verdict(row.verdict, spoken)
    return (
        str(markdown_code(row.case, table=True)) if table else row.case,
        row.metric,
        metric_text(row.metric, row.reference, spoken.code) if row.reference is not None else "-",
        metric_text(row.metric, row.value, spoken.code) if row.value is not None else "-",
        interval_text(row.ratio, row.low, row.high) if row.ratio is not None else unknown,
        window if row.window else "-",
        f"{100 * row.tolerance:g} %",
        f"**{verdict}**" if table and row.verdict in SHOWN else verdict,
    )


def _why(found: Reason | None, spoken: Language) -> str:
    return "-" if found is None else spoken.reason(found)


def _headings(spoken: Language, *columns: str) -> str:
    return "| " + " | ".join(spoken.word(f"gate.column.{column}") for column in columns) + " |"


def _inconclusive(rows: Sequence[SeriesVerdict], spoken: Language) -> list[str]:
    """What could not be decided, by metric: how many series and what they could catch at best."""
    lines: list[str] = []
    for metric in dict.fromkeys(row.metric for row in rows):
        mine = [row for row in rows if row.metric == metric]
        catchable = sorted(row.catchable for row in mine if row.catchable is not None)
        text = spoken.word("gate.inconclusive") % {"metric": metric, "count": len(mine)}
        if catchable:
            least, most = change_text(catchable[0]), change_text(catchable[-1])
            span = spoken.word("gate.span") % {"least": least, "most": most} if len(catchable) > 1 else least
            text = spoken.word("gate.catchable") % {
                "head": text,
                "tolerance": f"{100 * mine[0].tolerance:g} %",
                "span": span,
            }
        else:
            text += f": {_why(mine[0].reason, spoken)}"
        lines.append(f"- {markdown(text)}")
    return [*lines, ""] if lines else []

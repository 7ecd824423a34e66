"""What went wrong: refusals, failures, loops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.domain import Reason, Status
from bench.quality import LoopReport
from bench.reasons import told
from bench.report.cells import Cell, CellGroup, Phrase, Text
from bench.report.names import Names, quantization
from bench.report.tables.layout import ColumnOf, Context, Layout, count
from bench.report.view import Refusal, Sentence, Table
from bench.results import CaseResult, Results
from bench.text.numbers import clock

if TYPE_CHECKING:
    from bench.journal import RunData


def refusals(found: Results, names: Names) -> tuple[Refusal, ...]:
    """What engines do not support, a line an engine, model and reason."""
    groups: dict[tuple[str, str, Reason], list[str]] = {}
    for case in found.cases:
        if case.status is Status.UNSUPPORTED:
            key = (case.case.variant.engine, names.model(case), case.reason or told(""))
            groups.setdefault(key, []).append(quantization(case.quantization))
    return tuple(
        Refusal(engine=engine, subject=f"{model} ({', '.join(dict.fromkeys(kinds))})", reason=reason)
        for (engine, model, reason), kinds in groups.items()
    )


class _Failure(NamedTuple):
    """Trials of a case that ended alike."""

    case: CaseResult
    status: Status
    reason: Reason
    trials: int


def failures(runs: Sequence[RunData], context: Context) -> Table | None:
    """Trials that gave no result, a line a case, status and reason; None where there are none."""
    counts: Counter[tuple[CaseResult, Status, Reason]] = Counter()
    for run in runs:
        for record in run.records:
            if record.status not in {Status.OK, Status.UNSUPPORTED}:
                case = context.found.case_of(run, record)
                if case is not None:
                    counts[case, record.status, record.reason or told("")] += 1
    if not counts:
        return None
    rows = [_Failure(case, status, reason, number) for (case, status, reason), number in counts.items()]
    return FAILURES.table(rows, context)


FAILURES: Final = Layout[_Failure](
    name="failures",
    columns=(
        ColumnOf(
            heading="column.case",
            cell=lambda row, context: Text(text=context.names.full(row.case), strong=True),
            numeric=False,
        ),
        ColumnOf(
            heading="column.status",
            cell=lambda row, _: Phrase(message=f"status.{row.status}"),
            numeric=False,
        ),
        ColumnOf(heading="column.reason", cell=lambda row, _: row.reason, numeric=False),
        ColumnOf(heading="column.trials", cell=lambda row, _: count(row.trials), numeric=False),
    ),
    case=lambda row: row.case,
)


def loops(found: Results, names: Names) -> tuple[Sentence, ...]:
    """Transcripts that look like a decoder repeating itself."""
    return tuple(
        Sentence(kind="loop", parts=tuple(_loop(names.full(case), case.heard.loop)), evidence=(case.key,))
        for case in found.cases
        if case.heard.loop is not None and case.heard.loop.looping
    )


def _loop(label: str, loop: LoopReport) -> Iterator[Cell]:
    name = Text(text=label, strong=True)
    if loop.phrase:
        times = Phrase(message="loop.times", count=loop.repeats)
        yield Phrase(message="loop.repeated", params={"label": name, "phrase": loop.phrase, "times": times})
        if loop.start_seconds is not None:
            yield Phrase(message="loop.at", params={"at": Text(text=clock(loop.start_seconds))})
    else:
        signs = [Phrase(message=f"loop.sign.{sign}") for sign in loop.signs]
        yield Phrase(
            message="loop.other", params={"label": name, "signs": CellGroup(parts=tuple(signs), between=", ")}
        )

"""Which weights the measured processes opened: the proof that the figures are of the files they are said to be of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from bench.domain import Reason, Record, Status
from bench.reasons import reason
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.tables.layout import MODEL, ColumnOf, Context, Layout
from bench.report.view import Table
from bench.results import CaseResult, Results
from bench.text.numbers import Quantity

_NOT_STARTED: Final = {Status.MISSING, Status.UNUSABLE, Status.UNSUPPORTED}
NOT_RECORDED: Final = reason("proof.not_recorded")  # by a version that did not watch


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedWeights:
    """What the trials of a variant opened: each file with how it was seen, how many proved it, and why not the others."""

    case: CaseResult
    files: Mapping[str, str]
    proven: int
    trials: int
    reasons: tuple[Reason, ...]


def opened(context: Context) -> Table | None:
    """A row for each variant of a model on a machine, over all its clips; None where no trial was watched."""
    rows = list(_rows(context.found))
    watched = any(record.proof for row in context.found.cases for record in row.settled)
    return OPENED.table(rows, context) if watched else None


def opened_in_short(found: Results) -> list[tuple[str, Cell]]:
    """The parameter that says in how many trials it was proven; none where all is published."""
    rows = list(_rows(found))
    trials, proven = sum(row.trials for row in rows), sum(row.proven for row in rows)
    if not trials:
        return []
    params: dict[str, Cell] = {
        "proven": Figure(value=proven, quantity=Quantity.COUNT),
        "trials": Phrase(message="finding.trials", count=trials),
    }
    if proven == trials:
        return [("parameter.opened", Phrase(message="parameter.opened.all", params=params))]
    why = next(each for row in rows for each in row.reasons)
    return [("parameter.opened", Phrase(message="parameter.opened.some", params={**params, "reason": why}))]


def _rows(found: Results) -> Iterator[OpenedWeights]:
    groups: dict[tuple[object, ...], list[CaseResult]] = {}
    for case in found.cases:
        if not case.published and case.status not in _NOT_STARTED:
            groups.setdefault((case.host.id, case.run, case.case.model, case.case.variant.name), []).append(
                case
            )
    for cases in groups.values():
        records = [record for case in cases for record in case.settled]
        yield OpenedWeights(
            case=cases[0],
            files=_files(records),
            proven=sum(record.proof is not None and record.proof.proven for record in records),
            trials=len(records),
            reasons=tuple(dict.fromkeys(why for record in records if (why := _why(record)) is not None)),
        )


def _why(record: Record) -> Reason | None:
    if record.proof is None:
        return NOT_RECORDED
    return None if record.proof.proven else record.proof.reason


def _files(records: list[Record]) -> dict[str, str]:
    """Names of the files that were opened, with the strongest evidence of each."""
    strength = ("noticed", "descriptor", "mapped")
    seen: dict[str, str] = {}
    for record in records:
        for file in record.proof.files if record.proof else ():
            name = PurePath(file.path).name
            seen[name] = max(seen.get(name, "noticed"), file.how, key=strength.index)
    return seen


def _listed(row: OpenedWeights) -> Cell:
    files: list[Cell] = []
    for name, how in row.files.items():
        params: dict[str, Cell] = {"file": Text(text=name, code=True)}
        files.append(Phrase(message=f"opened.{how}", params=params))
    return CellGroup(parts=tuple(files), between=", ") if files else Phrase(message="absent")


def _proven(row: OpenedWeights) -> Cell:
    params: dict[str, Cell] = {
        "proven": Figure(value=row.proven, quantity=Quantity.COUNT),
        "trials": Figure(value=row.trials, quantity=Quantity.COUNT),
    }
    return Phrase(message="opened.proven", params=params)


def _reasons(row: OpenedWeights) -> Cell:
    return CellGroup(parts=row.reasons, between="; ") if row.reasons else Text(text="—")


_MODEL: Final[ColumnOf[OpenedWeights]] = ColumnOf(
    heading="column.model",
    cell=lambda row, context: MODEL.cell(row.case, context),
    numeric=False,
    wanted=lambda rows, context: MODEL.wanted([row.case for row in rows], context),
)

OPENED: Final = Layout[OpenedWeights](
    name="opened",
    columns=(
        _MODEL,
        ColumnOf(
            heading="column.quant",
            cell=lambda row, context: Text(text=context.names.label(row.case)),
            numeric=False,
        ),
        ColumnOf(
            heading="column.opened", cell=lambda row, _: _listed(row), note="note.opened", numeric=False
        ),
        ColumnOf(heading="column.proven", cell=lambda row, _: _proven(row), numeric=False),
        ColumnOf(
            heading="column.not_proven",
            cell=lambda row, _: _reasons(row),
            numeric=False,
            wanted=lambda rows, _: any(row.reasons for row in rows),
        ),
    ),
    case=lambda row: row.case,
    heads=2,
)

"""The machines, what disturbed them, and the clips they were given."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.domain import Reason
from bench.places import expand
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.tables.layout import ColumnOf, Context, Layout, count
from bench.report.tables.parameters import parameter_table
from bench.report.view import AbsentHost, Column, Machine, Row, Sound, Table
from bench.text.numbers import Quantity, grouped

if TYPE_CHECKING:
    from bench.domain import Host
    from bench.journal import RunData
    from bench.report.names import Names

_SYSTEMS: Final = {"linux": "Linux", "macos": "macOS", "darwin": "macOS"}


def machines(runs: Sequence[RunData], names: Names) -> tuple[Machine, ...]:
    """The machines of the runs, each once, with its facts, versions and warnings."""
    hosts = {run.host.id: run.host for run in runs}
    return tuple(
        Machine(
            key=host.id,
            label=names.machine(host),
            platform=platform(host),
            facts=_facts(host, [run for run in runs if run.host.id == host.id], names),
            warnings=tuple(
                dict.fromkeys(
                    warning for run in runs if run.host.id == host.id for warning in run.host.warnings
                )
            ),
        )
        for host in hosts.values()
    )


def platform(host: Host) -> str:
    """System, architecture and accelerator on one line."""
    system = _SYSTEMS.get(host.system, host.system)
    parts = [host.os or system, host.machine, host.cpu, *([host.gpu] if host.gpu else [])]
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _facts(host: Host, runs: Sequence[RunData], names: Names) -> Table:
    rows: list[tuple[str, Cell]] = [
        ("machine.os", Text(text=f"{host.os} ({host.machine})")),
        ("machine.cpu", Text(text=host.cpu)),
    ]
    if host.cores:
        rows.append(("machine.cores", Figure(value=host.cores, quantity=Quantity.COUNT)))
    if host.memory_bytes:
        rows.append(("machine.memory", Figure(value=host.memory_bytes, quantity=Quantity.SIZE)))
    if host.gpu:
        rows.append(("machine.gpu", Text(text=host.gpu)))
    if host.python:
        rows.append(("machine.python", Text(text=host.python)))
    if host.packages:
        packages = [Text(text=f"{name} {version}") for name, version in sorted(host.packages.items())]
        rows.append(("machine.packages", CellGroup(parts=tuple(packages), between=", ")))
    rows.append(
        (
            "machine.runs",
            CellGroup(
                parts=tuple(Text(text=f"{names.run(run)}: {run.run_id}") for run in runs), between=", "
            ),
        )
    )
    return parameter_table("machine", rows)


def absent_hosts(absent: Sequence[AbsentHost]) -> Table | None:
    """The hosts that were asked and gave no figures, and why; None where all did."""
    if not absent:
        return None
    return Table(
        name="absent_hosts",
        columns=(
            Column(heading=Phrase(message="column.host")),
            Column(heading=Phrase(message="column.why_absent")),
        ),
        rows=tuple(
            Row(cells=(Text(text=each.label), each.reason or Phrase(message="reason.source.not_given")))
            for each in absent
        ),
        sortable=False,
    )


class _Disturbance(NamedTuple):
    """A kind of disturbance: the figures it was seen with, each with its number of trials."""

    kind: Reason
    seen: tuple[tuple[float | None, int], ...]


def disturbances(context: Context) -> Table | None:
    """What disturbed trials, in how many, with the range of the figure named; None for none."""
    kinds: dict[Reason, list[tuple[float | None, int]]] = {}
    for case in context.found.cases:
        for disturbance, trials in case.disturbances.items():
            share = disturbance.parameters.get("share")
            kind = dataclasses.replace(
                disturbance, parameters={**disturbance.parameters, **({"share": "…%"} if share else {})}
            )
            kinds.setdefault(kind, []).append((share if isinstance(share, float) else None, trials))
    if not kinds:
        return None
    rows = [
        _Disturbance(kind, tuple(seen)) for kind, seen in sorted(kinds.items(), key=lambda pair: pair[0].code)
    ]
    return DISTURBANCES.table(rows, context)


def _range(seen: Iterable[tuple[float | None, int]]) -> Cell:
    figures = [100 * share for share, _ in seen if share is not None]
    if not figures:
        return Text(text="—")  # a kind without a figure: it was so, or it was not
    low, high = min(figures), max(figures)
    text = grouped(low, 1) if low == high else f"{grouped(low, 1)}–{grouped(high, 1)}"
    return Text(text=text)


DISTURBANCES: Final = Layout[_Disturbance](
    name="disturbances",
    columns=(
        ColumnOf(heading="column.disturbance", cell=lambda row, _: row.kind, numeric=False),
        ColumnOf(heading="column.range", cell=lambda row, _: _range(row.seen), numeric=False),
        ColumnOf(
            heading="column.trials",
            cell=lambda row, _: count(sum(trials for _, trials in row.seen)),
            numeric=False,
        ),
    ),
    case=lambda _: None,
)


def sounds(runs: Sequence[RunData]) -> tuple[Sound, ...]:
    """The clips, each once, with where their files were."""
    clips = {clip.name: clip for run in runs for clip in run.suite.clips.values()}
    return tuple(
        Sound(
            clip=clip.name,
            title=clip.title or clip.name,
            path=str(expand(clip.path)) if clip.path else None,
            sha256=clip.sha256,
        )
        for clip in clips.values()
    )

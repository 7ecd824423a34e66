"""What holds on all machines and what on some: the findings of several machines, claim by claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bench.report.cells import Cell, CellGroup, Phrase, Text
from bench.report.names import quantization
from bench.report.view import Column, Row, Table

if TYPE_CHECKING:
    from bench.report.findings.model import Finding
    from bench.report.tables.layout import Context
    from bench.results import CaseResult


class Claim(NamedTuple):
    """What a finding says, whatever its figures, its machine, and of which variants it says it."""

    rule: str
    message: str
    model: str
    clip: str


Said = dict[str, "Finding"]
"""A claim's finding on each machine, by the machine's id."""


def by_machine(found: Sequence[Finding], context: Context) -> Table | None:
    """A row a claim, a column a machine: its sentence there, or that it is not shown there, or not run.

    Claims that hold of some variant on every machine come first.  None for reports of one machine.
    """
    if not context.names.many_machines:
        return None
    hosts = context.found.hosts
    claims: dict[Claim, Said] = {}
    for finding in found:
        machines = {key.host for key in finding.subjects}
        if len(machines) == 1:
            claims.setdefault(_claim(finding), {}).setdefault(machines.pop(), finding)
    if not claims:
        return None
    order = sorted(claims.items(), key=lambda item: not _everywhere(item[1], len(hosts)))
    return Table(
        name="by_machine",
        columns=(
            Column(heading=Phrase(message="column.claim")),
            Column(heading=Phrase(message="column.holds")),
            *(Column(heading=Text(text=context.names.machine(host))) for host in hosts.values()),
        ),
        rows=tuple(
            Row(
                cells=(
                    _subject(next(iter(said.values())), context),
                    _holds(said, context),
                    *(_cell(claim, said, host, context) for host in hosts),
                )
            )
            for claim, said in order
        ),
        heads=2,
        sortable=False,
    )


def _claim(finding: Finding) -> Claim:
    first = finding.subjects[0]
    return Claim(finding.rule, finding.phrase.message, first.model, first.clip)


def _variants(said: Said) -> Mapping[str, int]:
    """On how many machines a claim holds of each of its variants."""
    counts: dict[str, int] = {}
    for finding in said.values():
        for name in dict.fromkeys(key.variant for key in finding.subjects):
            counts[name] = counts.get(name, 0) + 1
    return counts


def _everywhere(said: Said, machines: int) -> bool:
    return machines in _variants(said).values()


def _subject(finding: Finding, context: Context) -> Cell:
    kind = Phrase(message=f"finding.{finding.kind}")
    case = context.found.by_key.get(finding.subjects[0])
    if case is None:
        return kind
    return CellGroup(parts=(kind, Text(text=context.names.model(case))), between=": ")


def _holds(said: Said, context: Context) -> Cell:
    """The variants by the number of machines on which the claim holds of them."""
    machines = len(context.found.hosts)
    names: dict[int, list[str]] = {}
    for variant, count in _variants(said).items():
        names.setdefault(count, []).append(quantization(variant))
    parts = tuple(
        Phrase(
            message="by_machine.everywhere" if count == machines else "by_machine.somewhere",
            params={"held": count, "machines": machines, "variants": Text(text=", ".join(names[count]))},
        )
        for count in sorted(names, reverse=True)
    )
    return parts[0] if len(parts) == 1 else CellGroup(parts=parts, between="; ")


def _cell(claim: Claim, said: Said, host: str, context: Context) -> Cell:
    if (finding := said.get(host)) is not None:
        return finding.phrase
    ran = any(_is_of(case, claim) for case in context.found.cases if case.host.id == host)
    return Phrase(message="by_machine.not_shown" if ran else "by_machine.not_run")


def _is_of(case: CaseResult, claim: Claim) -> bool:
    return (case.key.model, case.key.clip) == (claim.model, claim.clip)

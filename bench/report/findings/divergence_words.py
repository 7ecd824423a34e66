"""What is said of divergence, wherever it was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.quality.forced import ForcedDivergence
from bench.quality.passed import Floor, Passed
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.findings.model import Evidence, Finding, Kind, Strength
from bench.results import CaseKey
from bench.text.numbers import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifting:
    """A row of a pass with the mean of its divergence, in nats a token."""

    row: Passed
    divergence: ForcedDivergence

    @property
    def nats(self) -> float:
        """The mean."""
        return self.divergence.mean.value


def drifting(rows: Iterable[Passed]) -> list[Drifting]:
    """The rows whose distributions were compared, the least divergent first."""
    found = [Drifting(row=row, divergence=row.divergence) for row in rows if row.divergence is not None]
    return sorted(found, key=lambda each: each.nats)


def divergence_finding(
    *,
    model: Cell,
    anchor: Cell,
    told: Sequence[tuple[Cell, Drifting]],
    floor: float | None,
    subjects: tuple[CaseKey, ...] = (),
    evidence: tuple[Evidence, ...] = (),
) -> Finding:
    """The sentence of variants, the least divergent first; `floor` is the highest of the baseline's own."""
    items = tuple(_item(name, each) for name, each in told)
    params: dict[str, Cell] = {
        "model": model,
        "anchor": anchor,
        "items": CellGroup(parts=items, between=", "),
        "floor": Text(text="")
        if floor is None
        else Phrase(
            message="finding.divergence.floor", params={"floor": Figure(value=floor, quantity=Quantity.NATS)}
        ),
    }
    return Finding(
        rule="quality.divergence",
        kind=Kind.QUALITY,
        phrase=Phrase(message="finding.divergence", params=params),
        subjects=subjects,
        evidence=evidence,
        strength=Strength.SHOWN,
    )


def _item(name: Cell, each: Drifting) -> Phrase:
    message = "finding.divergence.under" if each.row.measurable is False else "finding.divergence.item"
    figure = Figure(value=each.nats, quantity=Quantity.NATS)
    return Phrase(message=message, params={"name": name, "nats": figure})


def highest(floors: Sequence[Floor]) -> float | None:
    """The highest mean of the baseline against itself, in nats; None of none."""
    return max((each.divergence.mean.value for each in floors), default=None)

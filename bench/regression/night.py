"""A run as one night: the state, and a median with its interval per metric, of every case.

Nights are what history keeps and what references are made of.  One night is one unit of the
statistical gate, however many trials it holds: repetitions of one night are not independent.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bench.domain import Host, Status, Suite
from bench.journal import RunData
from bench.language import english
from bench.metrics import METRICS
from bench.old_reasons import upgraded
from bench.pace import wanted_blocks
from bench.reasons import reason
from bench.regression.exact import Breach, Fact, State, state_of, texts_of
from bench.results import CaseResult, results_of
from bench.results.trials import disturbed
from bench.soundness import MOST
from bench.statistics.nights import NightFigure
from bench.units import Unit

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA: Final = 2
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NightCase:
    """A case in one night.  Metrics that were absent in every trial are not there."""

    state: State
    figures: Mapping[str, NightFigure] = field(default_factory=dict)
    quantization: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One run of a suite on one machine.

    `machine` is the host's id, `protocol` a hash of what must agree for two nights to be
    compared; `verdict` is the gate's, None before it judged; `reference` names the reference it
    was held to; `report` is the path of the night's report relative to the reports folder; `failed`
    names what the gate failed: a case and what happened to it, a line each.
    """

    run: str
    suite: str
    machine: str
    protocol: str
    started_at: str
    cases: Mapping[str, NightCase]
    disturbed_trials: int = 0
    trials: int = 0
    verdict: str | None = None
    reference: str | None = None
    report: str | None = None
    cpu: str = ""
    system: str = ""
    failed: tuple[str, ...] = ()

    def value(self, case: str, metric: str) -> float | None:
        """The night's median of a metric, or None where there is none."""
        found = self.cases.get(case)
        figure = found.figures.get(metric) if found else None
        return figure.median if figure else None


_ADAPTERS: Final[dict[Any, TypeAdapter[Any]]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """The validator of a noun; built on first use, which takes milliseconds."""
    from pydantic import TypeAdapter

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def to_json(thing: object) -> dict[str, Any]:
    """A noun of this package as plain JSON data, without what is at its default."""
    data: dict[str, Any] = _adapter(type(thing)).dump_python(thing, mode="json", exclude_defaults=True)
    return data


def from_json(kind: type[T], data: object) -> T:
    """The other way round; pydantic's ValidationError (a ValueError) for what does not fit."""
    made: T = _adapter(kind).validate_python(upgraded(data))
    return made


def refuse_unsound_night(night: Night) -> None:
    """ValueError for a night whose figures are none: a history may be a stranger's, or damaged within a number."""
    for case, found in night.cases.items():
        for name, figure in found.figures.items():
            most = MOST[METRICS[name].unit] if name in METRICS else MOST[Unit.BYTES]
            numbers = [figure.median, figure.mad, *(x for x in (figure.low, figure.high) if x is not None)]
            if not all(math.isfinite(x) and 0 <= x <= most for x in numbers) or not 1 <= figure.n <= 1e6:
                raise ValueError(f"{case}: {name} is no figure")
            if figure.low is not None and figure.high is not None and figure.low > figure.high:
                raise ValueError(f"{case}: the interval of {name} ends before it begins")


# A case that could not be started has one record, not one a block.
NEVER_RUN: Final = frozenset({Status.MISSING, Status.UNSUPPORTED, Status.UNUSABLE})


def missing_trials(run: RunData) -> list[tuple[str, int]]:
    """The (case, block) that a finished run would have and this one has not, block by block."""
    blocked = {record.case for record in run.records if record.status in NEVER_RUN}
    cases = [case.id for case in run.suite.cases if case.id not in blocked]
    there = {(record.case, record.block) for record in run.records}
    blocks = range(1, wanted_blocks(run.suite, run.records) + 1)
    return [(case, block) for block in blocks for case in cases if (case, block) not in there]


def night_of(run: RunData) -> Night:
    """The night of a run on its own machine.  Its transcripts are in `night_texts`, by their hash."""
    cases = _cases(run)
    trials = [record for case in cases for record in case.settled]
    return Night(
        run=run.run_id,
        suite=run.suite.name,
        machine=run.host.id,
        protocol=protocol_hash(run.suite),
        started_at=min((record.started_at for record in run.records), default=""),
        cases={case.case.id: _night_case(case) for case in cases},
        disturbed_trials=disturbed(trials),
        trials=len(trials),
        cpu=run.host.cpu,
        system=_system(run.host),
    )


def nothing_measured(night: Night) -> tuple[Fact, ...]:
    """The breach of a night in which not one trial was measured, whatever it is held to; else nothing."""
    if any(found.figures or found.state.status.delivered for found in night.cases.values()):
        return ()
    states = [found.state for found in night.cases.values()]
    reasons = dict.fromkeys(
        f"{state.status}: {english(state.reason) or 'no reason given'}" for state in states
    )
    message = reason("breach.nothing_measured", count=len(states)) if states else reason("breach.no_trial")
    return (Fact(breach=Breach.NOTHING, case=night.suite, message=message, detail="\n".join(reasons)),)


def night_texts(run: RunData) -> dict[str, str]:
    """The transcripts of a run by their hash."""
    return texts_of(_cases(run))


def _cases(run: RunData) -> list[CaseResult]:
    return list(results_of([run]).own(run))


def _night_case(case: CaseResult) -> NightCase:
    figures = {
        metric: NightFigure(
            median=summary.median, low=summary.low, high=summary.high, mad=summary.mad, n=summary.n
        )
        for metric, summary in case.summaries.items()
    }
    return NightCase(
        state=state_of(case), figures=figures, quantization=case.quantization, model=case.case.model
    )


def _system(host: Host) -> str:
    return " ".join(filter(None, [host.os, host.gpu]))


def protocol_facts(suite: Suite) -> dict[str, Any]:
    """What two runs must agree on before their figures mean the same thing.

    The number of blocks, the seed and the limits are free: they change the precision of a figure,
    not what it is.
    """
    return {
        "passes": suite.protocol.passes,
        "cold_cache": suite.protocol.cold_cache,
        "sample_hz": suite.protocol.sample_hz,
        "cooldown_seconds": suite.protocol.cooldown_seconds,
    }


def protocol_hash(suite: Suite) -> str:
    """A short hash of `protocol_facts`."""
    return hashlib.sha256(json.dumps(protocol_facts(suite), sort_keys=True).encode()).hexdigest()[:12]

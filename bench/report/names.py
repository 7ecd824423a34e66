"""Short names that tell apart: of rows, clips, machines and runs; and which tables there are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from bench.domain import Clip, Host, Status
from bench.report.cells import Cell, Localized, Text
from bench.results import CaseResult, Results

if TYPE_CHECKING:
    from bench.journal import RunData

_GGML_TYPE: Final = re.compile(r"(iq|q|bf|f|tq)\d[\w]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one table is of: one machine and one clip; `cases` in the order of their suites."""

    host: Host
    clip: Clip
    cases: tuple[CaseResult, ...]


def scopes(found: Results) -> tuple[Scope, ...]:
    """Cases by machine and clip, without those that an engine refuses: they have no figures."""
    groups: dict[tuple[str, str, float | None], list[CaseResult]] = {}
    for case in found.cases:
        if case.status is not Status.UNSUPPORTED:
            groups.setdefault((case.host.id, case.clip.name, case.clip.duration_seconds), []).append(case)
    return tuple(
        Scope(host=group[0].host, clip=group[0].clip, cases=tuple(group)) for group in groups.values()
    )


MOST_APART: Final = 4  # tables of one kind; more machines and clips share one, with a column for the clip


def gathered(found: Results) -> tuple[Scope, ...]:
    """The scopes of tables: one for each machine and clip, or one for all where there are many."""
    apart = scopes(found)
    if len(apart) <= MOST_APART:
        return apart
    cases = tuple(case for scope in apart for case in scope.cases)
    return (Scope(host=apart[0].host, clip=apart[0].clip, cases=cases),)


class Names:
    """Names for the cases of one report, as short as telling them apart allows."""

    def __init__(self, found: Results, runs: Sequence[RunData]) -> None:
        self._found = found
        self._runs = runs
        self.many_machines = len({case.host.id for case in found.cases}) > 1
        self.many_models = len({case.case.model for case in found.cases}) > 1
        self.many_clips = len({case.clip.name for case in found.cases}) > 1
        self.gathered = len(scopes(found)) > MOST_APART

    def model(self, case: CaseResult) -> str:
        """The model's title."""
        return case.model.title

    def label(self, case: CaseResult) -> str:
        """The case among its model's on the same machine and clip: `Q8_0`, with more where that is not enough."""
        label = quantization(case.label)
        extra = [part for part, needed in self._extras(case) if needed]
        return " · ".join([label, *extra])

    def full(self, case: CaseResult) -> str:
        """The case among all of the report."""
        parts = [self.model(case), self.label(case)]
        if self.many_clips:
            parts.append(self.clip(case.clip))
        if self.many_machines:
            parts.append(self.machine(case.host))
        return " · ".join(parts)

    def clip(self, clip: Clip) -> str:
        """The clip's title."""
        return clip.title or clip.name

    def clip_cell(self, clip: Clip) -> Text | Localized:
        """The clip's title, in the reader's language where its corpus gives it."""
        return Localized(texts=clip.titles) if clip.titles else Text(text=self.clip(clip))

    def machine(self, host: Host) -> str:
        """The machine by its processor, with its id where two have the same."""
        same = {each.id for each in self._hosts if each.cpu == host.cpu}
        return host.cpu if len(same) < 2 else f"{host.cpu} ({host.id})"

    def scope(self, scope: Scope) -> tuple[Cell, ...]:
        """What a table or chart is of, said where there are several of its kind."""
        if len({(case.host.id, case.clip.name) for case in scope.cases}) > 1:
            return ()
        cells: list[Cell] = []
        if self.many_machines:
            cells.append(Text(text=self.machine(scope.host)))
        if self.many_clips:
            cells.append(self.clip_cell(scope.clip))
        return tuple(cells)

    def run(self, run: RunData) -> str:
        """The run by its suite, with its directory's name and its machine's where that is not enough."""
        same = [each for each in self._runs if each.suite.name == run.suite.name]
        if len(same) < 2:
            return run.suite.name
        name = f"{run.suite.name} / {run.run_id}"
        twins = sum(each.run_id == run.run_id for each in same)
        return name if twins < 2 else f"{name} / {self.machine(run.host)}"

    def baseline(self, case: CaseResult) -> str:
        """The name of what the case is compared with."""
        other = self._found.baseline(case)
        return quantization(other.label if other else case.model.baseline)

    @cached_property
    def _hosts(self) -> tuple[Host, ...]:
        return tuple({case.host.id: case.host for case in self._found.cases}.values())

    @cached_property
    def _taken(self) -> Counter[tuple[str, ...]]:
        return Counter(_place(case) for case in self._found.cases)

    @cached_property
    def _by_engine(self) -> Counter[tuple[str, ...]]:
        return Counter((*_place(case), case.case.variant.engine) for case in self._found.cases)

    def _extras(self, case: CaseResult) -> list[tuple[str, bool]]:
        if self._taken[_place(case)] < 2:
            return []
        engine = case.case.variant.engine
        same_engine = self._by_engine[*_place(case), engine]
        return [
            (engine, same_engine < self._taken[_place(case)]),
            (case.run.name, same_engine > 1),
        ]


def quantization(name: str) -> str:
    """A quantization as it is written in reports: types of ggml in capitals, q8_0 is Q8_0."""
    return name.upper() if _GGML_TYPE.fullmatch(name) else name


def _place(case: CaseResult) -> tuple[str, ...]:
    return case.host.id, case.case.model, case.clip.name, case.label

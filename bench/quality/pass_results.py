"""The results of a quality pass: a row a variant, and where each hurts, worked out when it is first asked for.

Identity is the utterance's (corpus, condition, name), never its text's; what a variant did not hear is
left out on both sides and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bench.domain import Quality, Status
from bench.quality.details import RowDetails, details_of
from bench.quality.forced import TokenColumns, forced_divergences
from bench.quality.gathering import RowGatherer, Speakers
from bench.quality.hearings import Hearings, Placed, UtteranceHearing
from bench.quality.passed import Floor, Passed


@dataclass(frozen=True, kw_only=True, eq=False)
class PassResults:
    """Everything a run's quality pass says; `floors` by (model, corpus), `engines` with their versions."""

    rows: tuple[Passed, ...]
    floors: Mapping[tuple[str, str], tuple[Floor, ...]]
    engines: tuple[str, ...]
    hearings: Hearings
    warnings: tuple[str, ...] = ()

    def of(self, model: str, variant: str) -> tuple[Passed, ...]:
        """The rows of one variant, corpus by corpus and condition by condition."""
        return tuple(row for row in self.rows if row.model == model and row.variant == variant)

    def clean(self, model: str, variant: str) -> tuple[Passed, ...]:
        """Those of speech as it was recorded: what decisions rest on."""
        return tuple(row for row in self.of(model, variant) if row.condition == "clean")

    def details(self, row: Passed) -> RowDetails:
        """Where the row's variant hurts; the pass is gone through once more when the first is asked for."""
        return self._details[id(row)]

    @cached_property
    def _details(self) -> Mapping[int, RowDetails]:
        found = details_of(self.hearings, self.rows)
        return {id(row): each for row, each in zip(self.rows, found, strict=True)}


def pass_results(
    hearings: Hearings, settings: Quality, baselines: Mapping[tuple[str, str], str]
) -> PassResults | None:
    """The results of a pass; `baselines` names the baseline of each (model, variant).  None of an empty one."""
    if not hearings:
        return None
    gathering = _Gathering(settings, baselines)
    for hearing in hearings:
        gathering.add(hearing)
    return gathering.results(hearings)


class _Gathering:
    """Rows and floors in the making."""

    def __init__(self, settings: Quality, baselines: Mapping[tuple[str, str], str]) -> None:
        self._settings, self._baselines, self._speakers = settings, baselines, Speakers()
        self._rows: dict[tuple[str, str, str], dict[str, RowGatherer]] = {}
        self._floors: dict[tuple[str, str], dict[str, _FloorGatherer]] = {}
        self._engines: dict[str, int] = {}

    def add(self, hearing: UtteranceHearing) -> None:
        """The records of one hearing."""
        proper = {each.variant: (place, each) for place, each in hearing.records if each.floor is None}
        for place, record in hearing.records:
            engine = f"{record.engine} {record.engine_version or ''}".strip()
            self._engines[engine] = min(place, self._engines.get(engine, place))
            if record.floor is None:
                row = self._row((place, record))
                row.add(hearing, (place, record), _heard(proper.get(row.baseline or "")))
            else:
                self._floor((place, record), _heard(proper.get(record.baseline or "")))

    def _row(self, placed: Placed) -> RowGatherer:
        record = placed[1]
        variants = self._rows.setdefault((record.model, record.corpus, record.condition), {})
        if record.variant not in variants:
            baseline = self._baselines.get((record.model, record.variant))
            variants[record.variant] = RowGatherer(record, self._settings, baseline, self._speakers)
        return variants[record.variant]

    def _floor(self, placed: Placed, leader: Placed | None) -> None:
        place, record = placed
        settings = self._floors.setdefault((record.model, record.corpus), {})
        floor = settings.setdefault(record.floor or "", _FloorGatherer(place, TokenColumns()))
        floor.place = min(place, floor.place)
        if leader is not None:
            floor.tokens.add(place, leader[1], record)

    def results(self, hearings: Hearings) -> PassResults:
        """Of all that was added, in the order in which records came up."""
        floors = [
            (key, setting, floor)
            for key, settings in self._floors.items()
            for setting, floor in sorted(settings.items(), key=lambda each: each[1].place)
        ]
        groups = [sorted(each.values(), key=lambda row: row.place) for each in self._rows.values()]
        rows = [row for group in sorted(groups, key=lambda group: group[0].place) for row in group]
        told = forced_divergences([*(floor.tokens for *_, floor in floors), *(row.tokens for row in rows)])
        found: dict[tuple[str, str], tuple[Floor, ...]] = dict.fromkeys(self._floors, ())
        for (key, setting, _), divergence in zip(floors, told, strict=False):
            if divergence is not None:
                found[key] += (Floor(setting=setting, divergence=divergence),)
        return PassResults(
            rows=tuple(
                row.row(divergence, found.get((row.first.model, row.first.corpus), ()))
                for row, divergence in zip(rows, told[len(floors) :], strict=True)
            ),
            floors=found,
            engines=tuple(sorted(self._engines, key=self._engines.__getitem__)),
            hearings=hearings,
            warnings=tuple(hearings.warnings),
        )


@dataclass(slots=True)
class _FloorGatherer:
    place: int
    tokens: TokenColumns


def _heard(placed: Placed | None) -> Placed | None:
    return placed if placed and placed[1].status is Status.OK else None

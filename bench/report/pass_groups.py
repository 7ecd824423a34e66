"""What quality passes heard, in groups that can be compared: one run, model, corpus and condition each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.quality.pass_results import PassResults
from bench.quality.passed import Floor, Passed
from bench.report.cells import Cell, Phrase, Text
from bench.report.names import quantization
from bench.results import CaseResult, Results, RunKey

CLEAN = "clean"


@dataclass(frozen=True, kw_only=True, eq=False)
class PassGroup:
    """The variants of one model on one corpus under one condition, in the suite's order.

    `model` and `corpus` are titles; of a `synthetic` model no word means anything.  `cases` are the run's timed cases by variant; a pass of its own has none.
    """

    run: RunKey
    results: PassResults
    model: str
    corpus: str
    synthetic: bool
    rows: tuple[Passed, ...]
    cases: Mapping[str, CaseResult]

    @property
    def condition(self) -> str:
        """What was done to the recordings."""
        return self.rows[0].condition

    @property
    def clean(self) -> bool:
        """Whether they were heard as recorded: what decisions rest on."""
        return self.condition == CLEAN

    @property
    def baseline(self) -> Passed | None:
        """What the others are held against."""
        return next((row for row in self.rows if row.is_baseline), None)

    @property
    def others(self) -> tuple[Passed, ...]:
        """The variants that are held against it."""
        return tuple(row for row in self.rows if not row.is_baseline)

    @property
    def floors(self) -> tuple[Floor, ...]:
        """The baseline against itself; heard as recorded alone."""
        return self.results.floors.get((self.rows[0].model, self.rows[0].corpus), ()) if self.clean else ()

    @property
    def scope(self) -> tuple[Cell, ...]:
        """Model, corpus and condition."""
        return Text(text=self.model), Text(text=self.corpus), condition_cell(self.condition)


class Anchored(NamedTuple):
    """A group and what its variants are held against."""

    group: PassGroup
    baseline: Passed


def anchored(groups: Sequence[PassGroup]) -> tuple[Anchored, ...]:
    """The groups with a baseline whose words mean something: random weights have none."""
    return tuple(
        Anchored(group, group.baseline)
        for group in groups
        if group.baseline is not None and not group.synthetic
    )


def pass_groups(found: Results) -> tuple[PassGroup, ...]:
    """The groups of every run's pass: model by model, corpus by corpus, speech as recorded first."""
    made: list[PassGroup] = []
    first: dict[int, RunKey] = {}
    for key, results in found.passes.items():
        if first.setdefault(id(results), key) != key:
            continue  # heard once for several hosts
        suite = found.runs[key].suite
        titles = {part.corpus: part.title for part in suite.quality.corpora}
        order = {(case.model, case.variant.name): at for at, case in reversed(list(enumerate(suite.cases)))}
        groups: dict[tuple[str, str, str], list[Passed]] = {}
        for row in results.rows:
            groups.setdefault((row.model, row.corpus, row.condition), []).append(row)
        places = {name: at for at, name in enumerate(dict.fromkeys(each[:2] for each in groups))}
        for (model, corpus, _), rows in sorted(
            groups.items(), key=lambda each: (places[each[0][:2]], each[0][2] != CLEAN)
        ):
            made.append(
                PassGroup(
                    run=key,
                    results=results,
                    model=suite.models[model].title if model in suite.models else model,
                    corpus=titles.get(corpus, corpus),
                    synthetic=model in suite.models and suite.models[model].synthetic,
                    rows=_ordered(rows, order),
                    cases={
                        case.case.variant.name: case
                        for case in reversed(found.cases)
                        if case.run == key and case.case.model == model
                    },
                )
            )
    return tuple(made)


def _ordered(rows: Sequence[Passed], order: Mapping[tuple[str, str], int]) -> tuple[Passed, ...]:
    return tuple(sorted(rows, key=lambda row: order.get((row.model, row.variant), len(order))))


def condition_cell(condition: str) -> Cell:
    """A condition's name; in words where it is none."""
    return Phrase(message="condition.clean") if condition == CLEAN else Text(text=condition)


def variant_cell(row: Passed) -> Text:
    """A variant in a sentence."""
    return Text(text=quantization(row.variant), strong=True)

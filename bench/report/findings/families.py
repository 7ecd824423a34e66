"""What rules look at: the figures by family, and who is compared with whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

from bench.report.cells import Cell, CellGroup, Localized, Text
from bench.report.names import Names
from bench.report.pass_groups import PassGroup, pass_groups
from bench.results import CaseKey, CaseResult, Results, RunKey

LEAST_SHOWN_SAVING: Final = (
    0.005  # a saving that reads as 0 %, the same weights in another engine's file, is none
)


class Weighed(Protocol):
    """What has weights on disk."""

    @property
    def weights_bytes(self) -> float | None:
        """Their size; None where it is not known."""


def smaller(case: Weighed, other: Weighed) -> bool:
    """Whether one's weights are smaller on disk, both known, by more than nothing worth saying."""
    mine, theirs = case.weights_bytes, other.weights_bytes
    return bool(mine and theirs and mine < theirs * (1 - LEAST_SHOWN_SAVING))


BROKEN_WER: Final = 0.6  # one star by the default bands: more than every second word is wrong


def of_no_use(case: CaseResult) -> bool:
    """Whether most words of what a case heard are wrong, or it heard none at all."""
    if case.passed:
        return any(row.wer is not None and (row.wer.value or 0.0) > BROKEN_WER for row in case.passed)
    wer = case.heard.score.wer if case.heard.score else None
    return wer is not None and wer > BROKEN_WER


@dataclass(frozen=True, kw_only=True)
class Family:
    """The variants of one model on one engine within one run.

    `cases` hold all clips; `front` those of the longest clip, which speed and memory are judged on.
    """

    scene: Scene
    cases: tuple[CaseResult, ...]

    @cached_property
    def good(self) -> tuple[CaseResult, ...]:
        """The cases with at least one good trial."""
        return tuple(case for case in self.cases if case.status.delivered)

    @cached_property
    def front(self) -> tuple[CaseResult, ...]:
        """The good cases of the longest clip."""
        longest = max((case.audio_seconds for case in self.good), default=0.0)
        clip = next((c.case.clip for c in self.good if c.audio_seconds == longest), None)
        return tuple(case for case in self.good if case.case.clip == clip)

    def anchor(self, case: CaseResult) -> CaseResult | None:
        """What a case is held against: its baseline, else the largest sibling on its clip."""
        if case.case.baseline is not None:
            found = self.scene.figures.baseline(case)
            return found if found is not None and found.status.delivered else None
        siblings = [each for each in self.good if each.case.clip == case.case.clip and each.weights_bytes]
        return max(siblings, key=lambda each: each.weights_bytes or 0, default=None)

    def by_anchor(self) -> Iterator[tuple[CaseResult, tuple[CaseResult, ...]]]:
        """The front's cases with what they are held against, in the suite's order."""
        groups: dict[CaseKey, tuple[CaseResult, list[CaseResult]]] = {}
        for case in self.front:
            anchor = self.anchor(case)
            if anchor is not None and anchor.key != case.key:
                groups.setdefault(anchor.key, (anchor, []))[1].append(case)
        for anchor, cases in groups.values():
            yield anchor, tuple(cases)

    @cached_property
    def by_variant(self) -> dict[str, tuple[CaseResult, ...]]:
        """The good cases of each variant, over the clips."""
        found: dict[str, list[CaseResult]] = {}
        for case in self.good:
            found.setdefault(case.case.variant.name, []).append(case)
        return {name: tuple(cases) for name, cases in found.items()}


class Scene:
    """The figures of a report as rules see them."""

    def __init__(self, figures: Results) -> None:
        self.figures = figures
        self.names = Names(figures, ())

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """The families, in the order of the suites."""
        groups: dict[tuple[RunKey, str, str], list[CaseResult]] = {}
        for case in self.figures.cases:
            key = (case.run, case.case.model, case.case.variant.engine)
            groups.setdefault(key, []).append(case)
        return tuple(Family(scene=self, cases=tuple(cases)) for cases in groups.values())

    @cached_property
    def pass_groups(self) -> tuple[PassGroup, ...]:
        """What the quality passes heard."""
        return pass_groups(self.figures)

    def by_anchor(self) -> Iterator[tuple[CaseResult, tuple[CaseResult, ...]]]:
        """All fronts' cases with what they are held against, be it another engine's."""
        groups: dict[CaseKey, tuple[CaseResult, list[CaseResult]]] = {}
        for family in self.families:
            for anchor, held in family.by_anchor():
                groups.setdefault(anchor.key, (anchor, []))[1].extend(held)
        for anchor, cases in groups.values():
            yield anchor, tuple(cases)

    @cached_property
    def useless(self) -> frozenset[CaseKey]:
        """Cases whose text is unusable: their times say nothing about speed, for producing nothing is fast."""
        return frozenset(case.key for case in self.figures.cases if of_no_use(case))

    @cached_property
    def _engines(self) -> dict[tuple[RunKey, str], set[str]]:
        found: dict[tuple[RunKey, str], set[str]] = {}
        for case in self.figures.cases:
            found.setdefault((case.run, case.case.model), set()).add(case.case.variant.engine)
        return found

    def name(self, case: CaseResult) -> Text:
        """The case among its siblings."""
        return Text(text=self.names.label(case), strong=True)

    def subject(self, cases: Sequence[CaseResult], *, clip: bool = True) -> Cell:
        """What a sentence is about: the model, and clip, engine and machine where there are several.

        A sentence about cases of several engines names none.
        """
        parts = self._parts(cases, clip=clip)
        return parts[0] if len(parts) == 1 else CellGroup(parts=parts, between=" · ")

    def subject_name(self, cases: Sequence[CaseResult]) -> str:
        """The same as a name, with the clip's title in no language of its own."""
        known = (
            self.names.clip(cases[0].clip) if isinstance(c, Localized) else c for c in self._parts(cases)
        )
        return " · ".join(each if isinstance(each, str) else each.text for each in known)

    def _parts(self, cases: Sequence[CaseResult], *, clip: bool = True) -> tuple[Text | Localized, ...]:
        case = cases[0]
        parts: list[Text | Localized] = [Text(text=self.names.model(case))]
        spoken_of = {each.case.variant.engine for each in cases}
        if len(spoken_of) == 1 and len(self._engines[case.run, case.case.model]) > 1:
            parts.append(Text(text=case.case.variant.engine))
        if clip and self.names.many_clips:
            parts.append(self.names.clip_cell(case.clip))
        if self.names.many_machines:
            parts.append(Text(text=self.names.machine(case.host)))
        return tuple(parts)

"""Error rates and divergence of a quality pass without timed cases, and which groups of passes can be spoken of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from bench.quality import ErrorPair
from bench.quality.passed import Passed
from bench.report.cells import Text
from bench.report.findings.divergence_words import divergence_finding, drifting, highest
from bench.report.findings.families import Scene
from bench.report.findings.model import Finding
from bench.report.findings.wer_sentences import Held, wer_findings
from bench.report.pass_groups import Anchored, PassGroup, anchored, variant_cell
from bench.statistics import Estimate

UTTERANCES_SEARCHED: Final = 20  # utterances whose new errors are looked through for the words of a sentence


def clean_groups(scene: Scene) -> tuple[Anchored, ...]:
    """Those of speech as recorded."""
    return tuple(each for each in anchored(scene.pass_groups) if each.group.clean)


def error_rates(scene: Scene) -> Iterator[Finding]:
    """Error rates of passes without timed cases: of the others the rule `quality.wer` speaks."""
    for group, anchor in _alone(scene):
        yield from wer_findings(
            Held(
                model=Text(text=group.model),
                name=variant_cell(row),
                anchor=variant_cell(anchor),
                change=row.difference,
                group=(group.run, row.corpus),
                words=partial(new_errors, group, row),
            )
            for row in group.others
            if isinstance(row.difference, Estimate)
        )


def new_errors(group: PassGroup, row: Passed) -> list[ErrorPair]:
    """The most telling errors that the baseline does not make."""
    found = group.results.details(row).telling(UTTERANCES_SEARCHED)
    return sorted((each for one in found for each in one.errors), key=lambda each: each.order)


def divergence(scene: Scene) -> Iterator[Finding]:
    """Divergence in passes without timed cases."""
    for group, anchor in _alone(scene):
        told = drifting(group.others)
        if told:
            yield divergence_finding(
                model=Text(text=group.model),
                anchor=variant_cell(anchor),
                told=[(variant_cell(each.row), each) for each in told],
                floor=highest(group.floors),
            )


def _alone(scene: Scene) -> Iterator[Anchored]:
    return (each for each in clean_groups(scene) if not each.group.cases)

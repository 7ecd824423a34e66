"""Environments compared within one run, where they take turns block by block."""

from __future__ import annotations

from collections.abc import Mapping

from bench.domain import Record
from bench.errors import JournalError
from bench.journal import RunData
from bench.regression.compare import CaseComparison, compare_case
from bench.regression.exact import Fact, State, check_cases, state_of
from bench.regression.night import night_texts
from bench.trials import by_case, settled


def compare_environments(
    run: RunData, reference: str, tolerances: Mapping[str, float]
) -> tuple[CaseComparison, ...]:
    """Every other environment against the reference one, within the blocks of one run.

    The night's own conditions cancel, so this needs no frozen reference and no earlier night.
    """
    rows = [
        compare_case(base, trials, metric, tolerance, paired=True)
        for base, trials in _environment_pairs(run, reference)
        for metric, tolerance in tolerances.items()
    ]
    return tuple(row for row in rows if row)


def environment_facts(run: RunData, reference: str) -> tuple[Fact, ...]:
    """The exact breaches of every other environment against the reference one."""
    before: dict[str, State] = {}
    after: dict[str, State] = {}
    for base, trials in _environment_pairs(run, reference):
        before[trials[0].case], after[trials[0].case] = state_of(base), state_of(trials)
    return check_cases(before, after, night_texts(run))


def _environment_pairs(run: RunData, reference: str) -> list[tuple[list[Record], list[Record]]]:
    """(in the reference environment, in another one): cases that differ in nothing else."""
    cases = {case.id: case for case in run.suite.cases}
    named = {case.variant.environment for case in cases.values()}
    if reference not in named:
        known = ", ".join(sorted(name for name in named if name)) or "none"
        raise JournalError(
            f'{run.suite.name}: no case runs in the environment "{reference}".',
            hint=f"Its environments: {known}.",
        )
    grouped = by_case(settled(run.records))

    def likeness(case_id: str) -> tuple[object, ...]:
        case, variant = cases[case_id], cases[case_id].variant
        settings = repr(sorted(variant.settings.items())), repr(sorted(variant.environ.items()))
        return case.model, case.clip, variant.quantization, variant.engine, variant.device, *settings

    bases = {likeness(name): name for name in grouped if cases[name].variant.environment == reference}
    others = [name for name in grouped if cases[name].variant.environment != reference]
    return [(grouped[bases[likeness(name)]], grouped[name]) for name in others if likeness(name) in bases]

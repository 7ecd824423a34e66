"""Environments compared within one run, where they take turns block by block."""

from __future__ import annotations

from collections.abc import Mapping

from bench.errors import JournalError
from bench.journal import RunData
from bench.regression.compare import CaseComparison, compare_case
from bench.regression.exact import Fact, State, check_cases, state_of
from bench.regression.night import night_texts
from bench.results import CaseResult, results_of


def compare_environments(
    run: RunData, reference: str, tolerances: Mapping[str, float]
) -> tuple[CaseComparison, ...]:
    """Every other environment against the reference one, within the blocks of one run.

    The night's own conditions cancel, so this needs no frozen reference and no earlier night.
    """
    rows = [
        compare_case(base, case, metric, tolerance)
        for base, case in _environment_pairs(run, reference)
        for metric, tolerance in tolerances.items()
    ]
    return tuple(row for row in rows if row)


def environment_facts(run: RunData, reference: str) -> tuple[Fact, ...]:
    """The exact breaches of every other environment against the reference one."""
    before: dict[str, State] = {}
    after: dict[str, State] = {}
    for base, case in _environment_pairs(run, reference):
        before[case.case.id], after[case.case.id] = state_of(base), state_of(case)
    return check_cases(before, after, night_texts(run))


def _environment_pairs(run: RunData, reference: str) -> list[tuple[CaseResult, CaseResult]]:
    """(in the reference environment, in another one): cases that differ in nothing else."""
    named = {case.variant.environment for case in run.suite.cases}
    if reference not in named:
        known = ", ".join(sorted(name for name in named if name)) or "none"
        raise JournalError(
            f'{run.suite.name}: no case runs in the environment "{reference}".',
            hint=f"Its environments: {known}.",
        )
    cases = results_of([run]).own(run)
    bases = {_likeness(case): case for case in cases if case.key.environment == reference}
    others = [case for case in cases if case.key.environment != reference]
    return [(bases[_likeness(case)], case) for case in others if _likeness(case) in bases]


def _likeness(case: CaseResult) -> tuple[object, ...]:
    variant = case.case.variant
    settings = repr(sorted(variant.settings_by_name.items())), repr(sorted(variant.environ.items()))
    return (
        case.run,
        case.case.model,
        case.case.clip,
        variant.quantization,
        variant.engine,
        variant.device,
        *settings,
    )

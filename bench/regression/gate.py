"""The gate: tonight against the frozen reference, exact and statistical -> PASS, FAIL, INCONCLUSIVE."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final

from bench.domain import Reason
from bench.errors import JournalError
from bench.journal import RunData
from bench.language import english
from bench.metrics import METRICS
from bench.reasons import reason
from bench.regression.baselines import Reference
from bench.regression.compare import CaseComparison
from bench.regression.exact import Fact, check_cases
from bench.regression.interleaved import compare_environments
from bench.regression.night import Night, missing_trials, night_of, night_texts, nothing_measured
from bench.regression.series import DEFAULT_RULE, Line, SeriesRule, SeriesVerdict, common_shift, judge_lines
from bench.statistics import Verdict
from bench.statistics.nights import NightFigure
from bench.text.changes import change_text

# What is gated where a suite says nothing.
DEFAULT_TOLERANCES: Final[Mapping[str, float]] = {
    "transcribe_seconds": 0.05,
    "load_seconds": 0.10,
    "peak_rss_bytes": 0.05,
}

# Gated beside them, whatever a suite says of times: work counted by the processor hardly varies.
# Where no counter can be read there is nothing to gate.
SHARP_TOLERANCES: Final[Mapping[str, float]] = {"instructions": 0.005}

# DIFFERENT: a quantity without a better direction, such as tokens, that a suite gives a tolerance.
FAILING: Final = {Verdict.WORSE, Verdict.DIFFERENT}


class GateOutcome(StrEnum):
    """The gate's verdict on a night, with the process's exit code as `exit_code`."""

    @staticmethod
    def _generate_next_value_(name: str, *_: object) -> str:
        return name

    PASS = auto()
    FAIL = auto()
    INCONCLUSIVE = auto()

    @property
    def exit_code(self) -> int:
        """0 PASS, 1 FAIL, 2 INCONCLUSIVE."""
        return {GateOutcome.PASS: 0, GateOutcome.FAIL: 1, GateOutcome.INCONCLUSIVE: 2}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What the gate found.  `notes` are said beside the verdict and do not change it.

    `interleaved` holds the comparisons within the night, of an environment with the one named as
    its reference; `shifted` the metrics in which all cases moved together.
    """

    outcome: GateOutcome
    night: Night
    reference: Reference | None
    facts: tuple[Fact, ...] = ()
    series: tuple[SeriesVerdict, ...] = ()
    interleaved: tuple[CaseComparison, ...] = ()
    shifted: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Reason, ...] = ()

    @property
    def worse(self) -> tuple[SeriesVerdict, ...]:
        """The series that failed."""
        return tuple(one for one in self.series if one.verdict in FAILING)


def gate_run(
    run: RunData,
    reference: Reference | None,
    earlier: Sequence[Night],
    *,
    rule: SeriesRule = DEFAULT_RULE,
    exact_only: bool = False,
    reference_environment: str | None = None,
) -> GateReport:
    """Judge a run.  `earlier` are the nights since the reference was accepted, oldest first.

    Without a reference there is nothing to hold the night to: INCONCLUSIVE, and the note says how
    to accept one; FAIL where a case could not be measured.  A night without a measured case is a FAIL
    whatever its reference.  A sharp gate that the suite did not ask for (`SHARP_TOLERANCES`) may fail a
    night, and decides nothing where it is inconclusive.  Raises JournalError where run and reference do not belong together.
    """
    night = night_of(run)
    tolerances = dict(run.suite.tolerances or DEFAULT_TOLERANCES)
    interleaved: tuple[CaseComparison, ...] = ()
    if reference_environment is not None and not exact_only:
        interleaved = compare_environments(run, reference_environment, tolerances)
    states = {case: found.state for case, found in night.cases.items()}
    nothing = nothing_measured(night)
    if reference is None:
        facts = (*nothing, *check_cases({}, states, {}))
        return _closed(
            GateReport(
                outcome=_outcome(facts, (), interleaved, missing=True),
                night=night,
                reference=None,
                facts=facts,
                interleaved=interleaved,
                notes=(*_unfinished(run), _no_reference(night, measured=not nothing)),
            )
        )
    refuse_other(night, reference)
    texts = {**reference.texts, **night_texts(run)}
    facts = (*nothing, *check_cases(reference.states, states, texts))
    gated = {**SHARP_TOLERANCES, **tolerances}
    series = () if exact_only else judge_night(night, reference, earlier, gated, rule)
    asked = tuple(one for one in series if one.metric in tolerances or one.verdict in FAILING)
    report = GateReport(
        outcome=_outcome(facts, asked, interleaved),
        night=night,
        reference=reference,
        facts=facts,
        series=series,
        interleaved=interleaved,
        shifted=common_shift(series),
        notes=(*_unfinished(run), *_notes(night, reference, exact_only=exact_only)),
    )
    return _closed(report)


def _no_reference(night: Night, *, measured: bool) -> Reason:
    """That the night was compared with nothing, and how to get a reference."""
    code = "gate.no_reference" if measured else "gate.no_reference_yet"
    return reason(code, suite=night.suite, machine=night.machine)


def _failed(report: GateReport) -> tuple[str, ...]:
    """What failed, a line each: the breaches of exact gates, then the series that are worse."""
    worse = (
        f"{one.case}: {one.metric} {change_text(one.ratio)}" for one in report.worse if one.ratio is not None
    )
    return (*(f"{fact.case}: {english(fact.message)}" for fact in report.facts), *worse)


def _closed(report: GateReport) -> GateReport:
    """The report with its verdict written into its night, as history keeps it."""
    night = dataclasses.replace(
        report.night,
        verdict=str(report.outcome),
        reference=report.reference.id if report.reference else None,
        failed=_failed(report),
    )
    return dataclasses.replace(report, night=night)


def refuse_other(night: Night, reference: Reference) -> None:
    """JournalError where the night is of another suite, machine or protocol than the reference."""
    for what, is_, was in (
        ("suite", night.suite, reference.suite),
        ("machine", night.machine, reference.machine),
        ("protocol", night.protocol, reference.protocol),
    ):
        if is_ != was:
            raise JournalError(
                f"run {night.run} and {reference.id} differ in their {what}: {is_}, {was}.",
                hint="Their figures do not mean the same. Accept a reference of this one first.",
            )


def judge_night(
    night: Night,
    reference: Reference,
    earlier: Sequence[Night],
    tolerances: Mapping[str, float],
    rule: SeriesRule,
) -> tuple[SeriesVerdict, ...]:
    """The statistical verdict on every case and gated metric that reference and night both have.

    What the reference has and the night lacks is judged by the exact gate where the case failed;
    a metric that no longer is measured is INCONCLUSIVE here.
    """
    nights = [*(one for one in earlier if one.protocol == night.protocol and one.run != night.run), night]
    lines = [
        Line(
            case=case,
            metric=metric,
            better=METRICS[metric].better,
            tolerance=tolerance,
            reference=reference.figures(case, metric),
            nights=_figures(nights, case, metric),
        )
        for case, found in night.cases.items()
        for metric, tolerance in tolerances.items()
        if found.state.status.delivered and reference.figures(case, metric)
    ]
    return judge_lines(lines, rule)


def _figures(nights: Sequence[Night], case: str, metric: str) -> tuple[NightFigure, ...]:
    """The series of one case and metric; empty where tonight, the last night, has no value."""
    cases = [night.cases.get(case) for night in nights]
    found = [one.figures.get(metric) if one else None for one in cases]
    return tuple(figure for figure in found if figure) if found[-1] else ()


def _outcome(
    facts: Sequence[Fact],
    series: Sequence[SeriesVerdict],
    interleaved: Sequence[CaseComparison],
    *,
    missing: bool = False,
) -> GateOutcome:
    verdicts = {one.verdict for one in series} | {one.verdict for one in interleaved}
    if facts or verdicts & FAILING:
        return GateOutcome.FAIL
    if missing or Verdict.INCONCLUSIVE in verdicts:
        return GateOutcome.INCONCLUSIVE
    return GateOutcome.PASS


def _unfinished(run: RunData) -> list[Reason]:
    missing = missing_trials(run)
    return [reason("gate.unfinished", count=len(missing))] if missing else []


def _notes(night: Night, reference: Reference, *, exact_only: bool) -> list[Reason]:
    notes: list[Reason] = []
    added = [case for case in night.cases if case not in reference.states]
    if added:
        notes.append(reason("gate.not_in_reference", cases=", ".join(added)))
    versions = {
        (now.engine, str(was.engine_version), str(now.engine_version))
        for case, was in reference.states.items()
        if case in night.cases and (now := night.cases[case].state).engine_version != was.engine_version
    }
    notes += [
        reason("gate.other_version", engine=engine, before=before, now=now)
        for engine, before, now in sorted(versions)
    ]
    if len(reference.nights) == 1 and not exact_only:
        notes.append(reason("gate.single_night"))
    if night.disturbed_trials:
        notes.append(reason("gate.disturbed", count=night.disturbed_trials, total=night.trials))
    if exact_only:
        notes.append(reason("gate.exact_only"))
    return notes

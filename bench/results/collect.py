"""Runs -> results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from filecmp import cmp
from functools import cached_property

from bench.domain import Case, Host, Record, Suite
from bench.journal import RunData
from bench.quality.hearings import HeardFile
from bench.quality.pass_results import PassResults, pass_results
from bench.quality.utterances import UTTERANCES
from bench.resolution import Audit
from bench.results.case import CaseResult
from bench.results.keys import CaseKey, RunKey
from bench.results.published import Published, read_published
from bench.results.trials import by_case, settled


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """The cases of one or several runs, in the order of their suites."""

    cases: tuple[CaseResult, ...]
    suites: tuple[Suite, ...]
    runs: Mapping[RunKey, RunData]
    published: tuple[Published, ...] = ()
    warnings: tuple[str, ...] = ()
    passes: Mapping[RunKey, PassResults] = field(default_factory=dict)

    @cached_property
    def by_key(self) -> Mapping[CaseKey, CaseResult]:
        """Cases by their key."""
        return {case.key: case for case in self.cases}

    def case_of(self, run: RunData, record: Record) -> CaseResult | None:
        """The case that a record of one of the runs is a trial of; None where its suite does not have it."""
        return self._by_trial.get((id(run), record.host, record.case))

    @cached_property
    def _by_trial(self) -> Mapping[tuple[int, str, str], CaseResult]:
        return {(id(self.runs[case.run]), case.host.id, case.case.id): case for case in self.cases}

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The machines by their id."""
        return {case.host.id: case.host for case in self.cases}

    def baseline(self, case: CaseResult) -> CaseResult | None:
        """The case that this one is compared with; of a baseline the case itself."""
        return case if case.is_baseline else case.base

    def of(self, run: RunData) -> tuple[CaseResult, ...]:
        """The cases of one of the runs, of every machine that it has trials of."""
        return tuple(case for case in self.cases if self.runs[case.run] is run)

    def own(self, run: RunData) -> tuple[CaseResult, ...]:
        """The cases of one of the runs on the machine that it describes."""
        return tuple(case for case in self.of(run) if case.host.id == run.host.id)

    @cached_property
    def groups(self) -> tuple[tuple[CaseResult, ...], ...]:
        """Cases that can be compared: of one run, model, clip and engine."""
        found: dict[tuple[RunKey, str, str, str], list[CaseResult]] = {}
        for case in self.cases:
            key = (case.run, case.case.model, case.case.clip, case.case.variant.engine)
            found.setdefault(key, []).append(case)
        return tuple(tuple(group) for group in found.values())


def results_of(runs: Iterable[RunData]) -> Results:
    """The results of runs, also of different suites and machines."""
    given = list(runs)
    copies: Counter[RunKey] = Counter()
    cases: list[CaseResult] = []
    known: dict[RunKey, RunData] = {}
    published: list[Published] = []
    warnings: list[str] = []
    passes: dict[RunKey, PassResults] = {}
    heard: list[tuple[RunData, PassResults]] = []
    for run in given:
        report = read_published(run.path)
        published += [report] if report else []
        warnings += run.warnings
        ids = {case.id for case in run.suite.cases}
        foreign = sum(record.case not in ids for record in run.records)
        if foreign:
            warnings.append(f"{run.run_id}: {foreign} records are of cases that its suite does not have.")
        passed = _known_pass(run, heard) or _pass_of(run)
        if passed and not any(passed is each for _, each in heard):
            warnings += passed.warnings
            heard.append((run, passed))
        for host, records in _by_host(run):
            if host.id != run.host.id:
                warnings.append(
                    f"{run.run_id}: {len(records)} records are of another machine, {host.id}, "
                    "of which nothing but its id is known."
                )
            first = RunKey(suite=run.suite.name, run=run.run_id, host=host.id)
            copies[first] += 1
            key = RunKey(suite=first.suite, run=first.run, host=first.host, copy=copies[first])
            known[key] = run
            own = passed if host.id == run.host.id else None
            if own is not None:
                passes[key] = own
            audit = run.audit if host.id == run.host.id else None
            cases += _Builder(run.suite, key, host, records, report, own, audit).results()
    return Results(
        cases=tuple(cases),
        suites=tuple(run.suite for run in given),
        runs=known,
        published=tuple(published),
        warnings=tuple(warnings),
        passes=passes,
    )


def cases_of(suite: Suite, records: Iterable[Record]) -> tuple[CaseResult, ...]:
    """The cases of trials of a run that may still be going on; of its machine nothing but the id is known."""
    given = list(records)
    cases: list[CaseResult] = []
    for host in dict.fromkeys(record.host for record in given):
        own = [record for record in given if record.host == host]
        key = RunKey(suite=suite.name, run=own[0].run, host=host)
        cases += _Builder(suite, key, _unknown(host), own, None).results()
    return tuple(cases)


def _pass_of(run: RunData) -> PassResults | None:
    """What the run's quality pass says; None where it made none."""
    return pass_results(HeardFile(run.path), run.suite.quality, _baselines(run.suite))


def _baselines(suite: Suite) -> dict[tuple[str, str], str]:
    """By model and variant the name of its baseline."""
    variants = {case.id: case.variant.name for case in suite.cases}
    return {
        (case.model, case.variant.name): variants[case.baseline]
        for case in suite.cases
        if case.baseline in variants
    }


def _known_pass(run: RunData, heard: Sequence[tuple[RunData, PassResults]]) -> PassResults | None:
    """What another of the runs says, where this one has the very same pass: one suite, heard once for all its hosts."""
    mine = run.path / UTTERANCES
    for other, results in heard:
        if (
            (run.suite.name, run.suite.quality) == (other.suite.name, other.suite.quality)
            and _baselines(run.suite) == _baselines(other.suite)
            and mine.is_file()
            and cmp(mine, other.path / UTTERANCES, shallow=False)
        ):
            return results
    return None


def _by_host(run: RunData) -> list[tuple[Host, list[Record]]]:
    """The run's records by machine, its own first."""
    found: dict[str, list[Record]] = {run.host.id: []}
    for record in run.records:
        found.setdefault(record.host, []).append(record)
    return [(_host(run, host), records) for host, records in found.items()]


def _host(run: RunData, host: str) -> Host:
    return run.host if host == run.host.id else _unknown(host)


def _unknown(host: str) -> Host:
    return Host(id=host, system="", machine="", cpu=host, cores=0, memory_bytes=0, gpu=None, os="", python="")


class _Builder:
    """The results of one run's trials on one machine; baselines are made before what is held to them."""

    def __init__(
        self,
        suite: Suite,
        key: RunKey,
        host: Host,
        records: Sequence[Record],
        report: Published | None,
        passed: PassResults | None = None,
        audit: Audit | None = None,
    ) -> None:
        self.suite, self.key, self.host, self.report, self.passed = suite, key, host, report, passed
        self.audit = audit
        self.records = by_case(records)
        self.settled = by_case(sorted(settled(records), key=lambda record: record.block))
        self.cases = {case.id: case for case in suite.cases}
        self.made: dict[str, CaseResult] = {}

    def results(self) -> Iterator[CaseResult]:
        for case in self.suite.cases:
            if case.id in self.records:
                yield self._result(case)

    def _result(self, case: Case) -> CaseResult:
        if case.id not in self.made:
            self.made[case.id] = CaseResult(
                key=self._key(case),
                case=case,
                model=self.suite.models[case.model],
                clip=self.suite.clips[case.clip],
                host=self.host,
                records=tuple(self.records[case.id]),
                settled=tuple(self.settled[case.id]),
                judged_by=self.suite.quality,
                base=self._base(case),
                baseline=self._baseline_key(case),
                report=self.report,
                passed=self.passed.clean(case.model, case.variant.name) if self.passed else (),
                audit=self.audit,
            )
        return self.made[case.id]

    def _base(self, case: Case) -> CaseResult | None:
        if case.is_baseline or case.baseline not in self.cases or case.baseline not in self.records:
            return None
        return self._result(self.cases[case.baseline])

    def _baseline_key(self, case: Case) -> CaseKey | None:
        return self._key(self.cases[case.baseline]) if case.baseline in self.cases else None

    def _key(self, case: Case) -> CaseKey:
        variant = case.variant
        return CaseKey(
            of=self.key,
            model=case.model,
            variant=variant.name,
            clip=case.clip,
            environment=variant.environment,
        )

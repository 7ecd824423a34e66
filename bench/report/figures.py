"""Records -> figures: what a run says, case by case, in base units; no language, no format.

The join between the statistics, the quality and whatever renders: tables, charts, findings and
recommendations all read these figures, so that no two of them can disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bench.domain import Backend, Case, Clip, Host, Model, Record, Status, Suite, Transcript, WeightsFile
from bench.journal import RunData
from bench.report.heard import NO_TRANSCRIPT, PUBLISHED_ONLY, SYNTHETIC, Heard, heard
from bench.report.published import Judgement, Published, read_published
from bench.statistics import Comparison, Summary, compare_paired, summarize
from bench.trials import by_case, settled


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFigures:
    """Everything a case's trials say.

    `key` is unique in a `Figures`: run and case.  `summaries` hold the metrics with a value,
    `absences` the reasons of the others, `comparisons` the ratios to the baseline, per block.
    `trials` count how the trials ended; `status` is OK when one of them did.  Of a block that was
    run again the less disturbed attempt counts; `counted` trials are behind the figures, `disturbed` of
    them with the machine busy.
    """

    key: str
    run: str
    suite: str
    case: Case
    model: Model
    clip: Clip
    host: Host
    status: Status
    reason: str | None
    trials: Mapping[Status, int]
    summaries: Mapping[str, Summary]
    absences: Mapping[str, str]
    comparisons: Mapping[str, Comparison]
    values: Mapping[str, tuple[tuple[int, float], ...]]
    heard: Heard
    weights: tuple[WeightsFile, ...] = ()
    baseline: str | None = None
    baseline_bytes: int | None = None
    backend: Backend | None = None
    engine_version: str | None = None
    disturbances: Mapping[str, int] = field(default_factory=dict)
    counted: int = 0
    disturbed: int = 0
    command: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    judgement: Judgement | None = None
    published: bool = False

    @property
    def is_baseline(self) -> bool:
        """Whether its siblings are compared with this case."""
        return self.case.is_baseline

    @property
    def quantization(self) -> str:
        """The variant's quantization."""
        return self.case.variant.quantization

    @property
    def label(self) -> str:
        """The shortest name among siblings: the quantization, and the variant where it says more."""
        variant = self.case.variant
        return variant.quantization if variant.name == variant.quantization else variant.name

    @property
    def weights_bytes(self) -> int | None:
        """Bytes of all the weights files together."""
        return sum(file.bytes for file in self.weights) if self.weights else None

    @property
    def saving(self) -> float | None:
        """Share of the baseline's bytes that is saved, 0.46 = 46 % smaller."""
        if self.is_baseline or not self.weights_bytes or not self.baseline_bytes:
            return None
        return 1 - self.weights_bytes / self.baseline_bytes

    @property
    def footprint_metric(self) -> str:
        """The metric that stands for memory on this machine: the kernel's, or the sampled one."""
        return "peak_footprint_bytes" if "peak_footprint_bytes" in self.summaries else "peak_anonymous_bytes"

    def median(self, metric: str) -> float | None:
        """The metric's median, None where it is absent."""
        found = self.summaries.get(metric)
        return found.median if found else None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The cases of one or several runs, in the order of their suites."""

    cases: tuple[CaseFigures, ...]
    suites: tuple[Suite, ...]
    published: tuple[Published, ...] = ()
    warnings: tuple[str, ...] = ()

    @cached_property
    def by_key(self) -> Mapping[str, CaseFigures]:
        """Cases by their key."""
        return {case.key: case for case in self.cases}

    def baseline(self, case: CaseFigures) -> CaseFigures | None:
        """The case that this one is compared with."""
        return self.by_key.get(case.baseline) if case.baseline else None

    @cached_property
    def groups(self) -> tuple[tuple[CaseFigures, ...], ...]:
        """Cases that can be compared: of one run, model, clip and engine."""
        found: dict[tuple[str, str, str, str], list[CaseFigures]] = {}
        for case in self.cases:
            key = (case.run, case.case.model, case.case.clip, case.case.variant.engine)
            found.setdefault(key, []).append(case)
        return tuple(tuple(group) for group in found.values())


def figures(runs: Iterable[RunData]) -> Figures:
    """The figures of runs, also of different suites and machines."""
    given = list(runs)
    published = {run.path: read_published(run.path) for run in given}
    names = Counter(f"{run.suite.name}/{run.run_id}" for run in given)
    cases: list[CaseFigures] = []
    for number, run in enumerate(given, start=1):
        name = f"{run.suite.name}/{run.run_id}"
        name = name if names[name] == 1 else f"{name}#{number}"
        cases += _Run(run, name, published[run.path]).figures()
    return Figures(
        cases=tuple(cases),
        suites=tuple(run.suite for run in given),
        published=tuple(found for found in published.values() if found),
        warnings=tuple(warning for run in given for warning in run.warnings),
    )


class _Run:
    """The figures of one run; a case's need its baseline's records beside its own."""

    def __init__(self, run: RunData, name: str, published: Published | None) -> None:
        self.run, self.name, self.published = run, name, published
        self.records: dict[str, list[Record]] = {case.id: [] for case in run.suite.cases}
        for record in run.records:
            self.records.setdefault(record.case, []).append(record)
        self.counted = by_case(record for record in settled(run.records) if record.status.delivered)

    def figures(self) -> Iterator[CaseFigures]:
        for case in self.run.suite.cases:
            if self.records[case.id]:
                yield self.case(case)

    def case(self, case: Case) -> CaseFigures:
        records = self.records[case.id]
        good = [record for record in records if record.status.delivered]
        last = (good or records)[-1]
        counted = self.counted.get(case.id, [])
        values = _values(counted)
        comparisons = (
            {} if case.baseline in {None, case.id} else self._comparisons(counted, case.baseline or "")
        )
        return CaseFigures(
            key=f"{self.name}/{case.id}",
            run=self.name,
            suite=self.run.suite.name,
            case=case,
            model=self.run.suite.models[case.model],
            clip=self.run.suite.clips[case.clip],
            host=self.run.host,
            status=last.status,
            reason=last.reason,
            trials=Counter(record.status for record in records),
            summaries={name: _summary(pairs) for name, pairs in values.items()},
            absences=_absences(counted or records, values),
            comparisons=comparisons,
            values=values,
            heard=self._heard(case, counted),
            weights=last.weights,
            baseline=f"{self.name}/{case.baseline}" if case.baseline else None,
            baseline_bytes=self._baseline_bytes(case),
            backend=last.backend,
            engine_version=last.engine_version,
            disturbances=Counter(kind for record in counted for kind in record.conditions.disturbances),
            counted=len(counted),
            disturbed=sum(bool(record.conditions.disturbances) for record in counted),
            command=last.command,
            logs=tuple(record.log for record in records if record.log),
            judgement=self.published.cases.get(case.id) if self.published else None,
            published=self.published is not None,
        )

    def _comparisons(self, counted: Sequence[Record], baseline: str) -> dict[str, Comparison]:
        """Ratios to the baseline by pass: the same block, the same attempt."""
        theirs = {(record.block, record.attempt): record for record in self.counted.get(baseline, ())}
        pairs = [
            (record, theirs[record.block, record.attempt])
            for record in counted
            if (record.block, record.attempt) in theirs
        ]
        both: dict[str, list[tuple[float, float]]] = {}
        for mine, other in pairs:
            for name in mine.measurements:
                value, base = mine.value(name), other.value(name)
                if value is not None and base is not None:
                    both.setdefault(name, []).append((value, base))
        return {name: compare_paired(found) for name, found in both.items()}

    def _baseline_bytes(self, case: Case) -> int | None:
        for record in self.records.get(case.baseline or "", ()):
            if record.weights:
                return sum(file.bytes for file in record.weights)
        return self.published.baseline_bytes.get(case.model) if self.published else None

    def _transcript(self, case_id: str) -> Transcript | None:
        for record in self.records.get(case_id, ()):
            if record.status.delivered and record.transcript is not None:
                return record.transcript
        return None

    def _heard(self, case: Case, counted: Sequence[Record]) -> Heard:
        transcript = self._transcript(case.id)
        if transcript is None:
            return Heard(reason=PUBLISHED_ONLY if self.published else NO_TRANSCRIPT)
        texts = len({record.transcript.text for record in counted if record.transcript})
        if self.run.suite.models[case.model].synthetic:
            return Heard(texts=texts, transcript=transcript, reason=SYNTHETIC)
        base = self._transcript(case.baseline) if case.baseline and not case.is_baseline else None
        return heard(transcript, self.run.suite.clips[case.clip], base, self.run.suite.quality, texts=texts)


def _values(records: Iterable[Record]) -> dict[str, tuple[tuple[int, float], ...]]:
    """Per metric the (block, value) pairs of the trials that have one."""
    found: dict[str, list[tuple[int, float]]] = {}
    for record in records:
        for name, measurement in record.measurements.items():
            if measurement.value is not None:
                found.setdefault(name, []).append((record.block, measurement.value))
    return {name: tuple(pairs) for name, pairs in found.items()}


def _summary(pairs: Sequence[tuple[int, float]]) -> Summary:
    summary = summarize(value for _, value in pairs)
    assert summary is not None
    return summary


def _absences(records: Iterable[Record], values: Mapping[str, object]) -> dict[str, str]:
    """The last reason of each metric that no trial has a value of."""
    return {
        name: measurement.reason
        for record in records
        for name, measurement in record.measurements.items()
        if name not in values and measurement.reason is not None
    }

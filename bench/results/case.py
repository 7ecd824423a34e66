"""A case: everything its trials say, each part worked out when it is first asked for, and then kept."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bench.domain import (
    Backend,
    Case,
    Clip,
    Host,
    Model,
    Quality,
    Reason,
    Record,
    Status,
    Transcript,
    WeightsFile,
)
from bench.quality.passed import Passed
from bench.resolution import Audit
from bench.results.heard import NO_TRANSCRIPT, PUBLISHED_ONLY, SYNTHETIC, Heard, heard
from bench.results.keys import CaseKey, RunKey
from bench.results.published import Judgement, Published
from bench.results.trials import commonest, content
from bench.statistics import Comparison, Summary, compare_paired, summarize


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseResult:
    """Everything a case's trials say.

    `records` are all its trials as the journal has them, of every attempt; `settled` those that
    count, one a block; the figures are of those of them that delivered.  `base` is the result of the
    case this one is compared with, None where it has none or that was not run; `baseline` is that
    case's key all the same.  `passed` is what the run's quality pass says of the variant, on speech as it
    was recorded, corpus by corpus; `audit` what its machine was found to tell apart, where that is known.
    """

    key: CaseKey
    case: Case
    model: Model
    clip: Clip
    host: Host
    records: tuple[Record, ...]
    settled: tuple[Record, ...]
    judged_by: Quality
    base: CaseResult | None = None
    baseline: CaseKey | None = None
    report: Published | None = None
    passed: tuple[Passed, ...] = ()
    audit: Audit | None = None

    # ------------------------------------------------------------------- identity

    @property
    def run(self) -> RunKey:
        """The run it is of: cases with the same one share their blocks."""
        return self.key.of

    @property
    def suite(self) -> str:
        """The suite's name."""
        return self.key.suite

    @property
    def audio_seconds(self) -> float:
        """The length of what was heard; 0 where its clip was never had."""
        return self.clip.duration_seconds or 0.0

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
    def published(self) -> bool:
        """Whether it was not measured here but printed elsewhere."""
        return self.report is not None

    @property
    def judgement(self) -> Judgement | None:
        """What the author of a published report says of it."""
        return self.report.cases.get(self.case.id) if self.report else None

    # --------------------------------------------------------------------- trials

    @cached_property
    def good(self) -> tuple[Record, ...]:
        """The trials behind the figures: those that count and delivered, blocks rising."""
        return tuple(record for record in self.settled if record.status.delivered)

    @property
    def counted(self) -> int:
        """How many trials are behind the figures."""
        return len(self.good)

    @cached_property
    def proven(self) -> bool:
        """Whether every trial behind the figures was seen to open its own weights, and no other's."""
        return bool(self.good) and all(record.proof and record.proof.proven for record in self.good)

    @cached_property
    def disturbed(self) -> int:
        """How many of those ran with the machine busy."""
        return sum(bool(record.conditions.disturbances) for record in self.good)

    @cached_property
    def disturbances(self) -> Mapping[Reason, int]:
        """What disturbed them, and how many of them."""
        return Counter(kind for record in self.good for kind in record.conditions.disturbances)

    @cached_property
    def trials(self) -> Mapping[Status, int]:
        """How all its trials ended, those of discarded attempts included."""
        return Counter(record.status for record in self.records)

    @property
    def _last(self) -> Record:
        return (self.good or self.settled)[-1]

    @property
    def status(self) -> Status:
        """OK where a trial that counts was."""
        return self._last.status

    @property
    def reason(self) -> Reason | None:
        """Why it is not OK."""
        return self._last.reason

    @property
    def command(self) -> tuple[str, ...]:
        """What its measured process ran."""
        return self._last.command

    @property
    def logs(self) -> tuple[str, ...]:
        """The logs of all its trials, relative to the run directory."""
        return tuple(record.log for record in self.records if record.log)

    # ------------------------------------------------- what must be one and may be several

    @cached_property
    def backends(self) -> tuple[Backend | None, ...]:
        """What its trials ran on, device by device, the commonest first; None where nothing tells."""
        return commonest(
            {record.backend.device if record.backend else None: record.backend for record in self._ran},
            (record.backend.device if record.backend else None for record in self._ran),
        )

    @cached_property
    def engine_versions(self) -> tuple[str | None, ...]:
        """The engine's versions, the commonest first."""
        versions = [record.engine_version for record in self._ran]
        return commonest({version: version for version in versions}, versions)

    @cached_property
    def all_weights(self) -> tuple[tuple[WeightsFile, ...], ...]:
        """The weights its trials were given, told apart by their content, the commonest first."""
        return commonest(
            {content(record.weights): record.weights for record in self._ran},
            (content(record.weights) for record in self._ran),
        )

    @property
    def _ran(self) -> tuple[Record, ...]:
        return self.good or self.settled[-1:]

    @property
    def backend(self) -> Backend | None:
        """What ran, of most trials where they differ."""
        return self.backends[0]

    @property
    def engine_version(self) -> str | None:
        """The engine's version, of most trials where they differ."""
        return self.engine_versions[0]

    @property
    def weights(self) -> tuple[WeightsFile, ...]:
        """The weights files, of most trials where they differ."""
        return self.all_weights[0]

    @property
    def weights_bytes(self) -> int | None:
        """Bytes of all the weights files together."""
        return sum(file.bytes for file in self.weights) if self.weights else None

    @property
    def baseline_bytes(self) -> int | None:
        """Bytes of the baseline's weights."""
        if self.is_baseline:
            return self.weights_bytes
        if self.base is not None and self.base.weights_bytes:
            return self.base.weights_bytes
        return self.report.baseline_bytes.get(self.case.model) if self.report else None

    @property
    def saving(self) -> float | None:
        """Share of the baseline's bytes that is saved, 0.46 = 46 % smaller."""
        if self.is_baseline or not self.weights_bytes or not self.baseline_bytes:
            return None
        return 1 - self.weights_bytes / self.baseline_bytes

    # -------------------------------------------------------------------- figures

    @cached_property
    def values(self) -> Mapping[str, tuple[tuple[int, float], ...]]:
        """Per metric the (block, value) pairs of the trials that have one."""
        found: dict[str, list[tuple[int, float]]] = {}
        for record in self.good:
            for name, measurement in record.measurements.items():
                if measurement.value is not None:
                    found.setdefault(name, []).append((record.block, measurement.value))
        return {name: tuple(pairs) for name, pairs in found.items()}

    @cached_property
    def summaries(self) -> Mapping[str, Summary]:
        """The metrics that have a value, summed up."""
        made = {name: summarize(value for _, value in pairs) for name, pairs in self.values.items()}
        return {name: summary for name, summary in made.items() if summary is not None}

    @cached_property
    def absences(self) -> Mapping[str, Reason]:
        """The last reason of each metric that no trial has a value of."""
        return {
            name: measurement.reason
            for record in self.good or self.settled
            for name, measurement in record.measurements.items()
            if name not in self.values and measurement.reason is not None
        }

    @cached_property
    def comparisons(self) -> Mapping[str, Comparison]:
        """The ratios to the baseline."""
        if self.base is None or self.is_baseline:
            return {}
        pairs = {name: self.pairs(self.base, name) for name in self.values}
        return {name: self.resolved(compare_paired(both), name) for name, both in pairs.items() if both}

    def resolved(self, found: Comparison, metric: str) -> Comparison:
        """A comparison within the run, with what its machine was found to tell apart in so many blocks."""
        smallest = self.audit.resolvable(metric, found.n) if self.audit else None
        return dataclasses.replace(found, resolvable=smallest)

    def pairs(self, other: CaseResult, metric: str) -> list[tuple[float, float]]:
        """(own, other's) values of the same block and attempt of the same run."""
        theirs = {(record.block, record.attempt): record for record in other.good}
        both = (
            (record.value(metric), theirs[record.block, record.attempt].value(metric))
            for record in self.good
            if (record.block, record.attempt) in theirs
        )
        return [(mine, base) for mine, base in both if mine is not None and base is not None]

    def median(self, metric: str) -> float | None:
        """The metric's median, None where it is absent."""
        found = self.summaries.get(metric)
        return found.median if found else None

    @property
    def footprint_metric(self) -> str:
        """The metric that stands for memory on this machine: the kernel's, or the sampled one."""
        return "peak_footprint_bytes" if "peak_footprint_bytes" in self.values else "peak_anonymous_bytes"

    # -------------------------------------------------------------------- quality

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The different texts its trials gave, the commonest first."""
        texts = [record.transcript.text for record in self.good if record.transcript]
        return tuple(text for text, _ in Counter(texts).most_common())

    @cached_property
    def transcript(self) -> Transcript | None:
        """The first transcript with the commonest text."""
        for record in self.good:
            if record.transcript is not None and record.transcript.text == self.texts[0]:
                return record.transcript
        return None

    @cached_property
    def heard(self) -> Heard:
        """What it heard and how good that is."""
        if self.transcript is None:
            return Heard(reason=PUBLISHED_ONLY if self.published else NO_TRANSCRIPT)
        if self.model.synthetic:
            return Heard(texts=len(self.texts), transcript=self.transcript, reason=SYNTHETIC)
        base = None if self.base is None or self.is_baseline else self.base.heard
        return heard(self.transcript, self.clip, base, self.judged_by, texts=len(self.texts))

"""A case: everything its trials say, each part worked out when it is first asked for, and then kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bench.domain import (
    Case,
    Clip,
    Host,
    Model,
    Quality,
)
from bench.quality.passed import Passed
from bench.resolution import Audit
from bench.results.case_trials import CaseTrials
from bench.results.heard import NO_TRANSCRIPT, PUBLISHED_ONLY, SYNTHETIC, Heard, heard
from bench.results.keys import CaseKey, RunKey
from bench.results.published import Judgement, Published
from bench.statistics import Comparison, compare_paired


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseResult(CaseTrials):
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

    # ---------------------------------------------------------------- beside others

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

    # -------------------------------------------------------------------- quality

    @cached_property
    def heard(self) -> Heard:
        """What it heard and how good that is."""
        if self.transcript is None:
            return Heard(reason=PUBLISHED_ONLY if self.published else NO_TRANSCRIPT)
        if self.model.synthetic:
            return Heard(texts=len(self.texts), transcript=self.transcript, reason=SYNTHETIC)
        base = None if self.base is None or self.is_baseline else self.base.heard
        return heard(self.transcript, self.clip, base, self.judged_by, texts=len(self.texts))

"""A variant over all the clips of a report: one row, which a decision starts from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.domain import Status
from bench.quality import Score, pool, stars
from bench.report.findings.candidates import Candidate, candidates
from bench.report.findings.families import Scene
from bench.results import CaseResult
from bench.statistics import Comparison, Summary, compare_paired, summarize


@dataclass(frozen=True, kw_only=True, eq=False)
class Overall:
    """A variant's cases over the clips of one run on one machine, and what is known of its loss.

    Of times it has the sum over the clips, block by block; of memory the largest.  A clip that it or
    its baseline failed on is in none of the sums: `clips` counts those that are.
    """

    cases: tuple[CaseResult, ...]
    candidate: Candidate | None

    @property
    def case(self) -> CaseResult:
        """One of its cases, for what is the same in all."""
        return self.good[0] if self.good else self.cases[0]

    @cached_property
    def good(self) -> tuple[CaseResult, ...]:
        """The cases with figures."""
        return tuple(case for case in self.cases if case.status.delivered)

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases without."""
        return tuple(case for case in self.cases if not case.status.delivered)

    @cached_property
    def rtf(self) -> Summary | None:
        """Transcription seconds of all clips over their seconds of audio."""
        if len(self.good) == 1:
            return self.good[0].summaries.get("rtf")
        audio = sum(case.audio_seconds for case in self.good)
        sums = _sums(self.good, "transcribe_seconds")
        return summarize(value / audio for value in sums.values()) if audio and sums else None

    @cached_property
    def speed(self) -> Comparison | None:
        """Its time over the baseline's, paired by block."""
        both = self._with_baseline
        if len(both) == 1:
            return both[0].comparisons.get("rtf")
        mine = _sums(both, "transcribe_seconds")
        theirs = _sums([case.base for case in both if case.base], "transcribe_seconds")
        pairs = [(value, theirs[block]) for block, value in mine.items() if block in theirs]
        return compare_paired(pairs) if pairs else None

    @cached_property
    def peak(self) -> CaseResult | None:
        """The case with the largest peak of memory."""
        known = [case for case in self.good if case.median(case.footprint_metric) is not None]
        return max(known, key=lambda case: case.median(case.footprint_metric) or 0.0, default=None)

    @property
    def memory(self) -> Comparison | None:
        """Its peak over the baseline's, on the clip that takes most."""
        return self.peak.comparisons.get(self.peak.footprint_metric) if self.peak else None

    @cached_property
    def score(self) -> Score | None:
        """The errors of all clips together."""
        return pool(case.heard.score for case in self.good if case.heard.score is not None)

    @property
    def wer(self) -> float | None:
        """The error rate: of the quality pass over the largest corpus, where there is one, else of the clips."""
        heard = [row for row in self.case.passed if row.wer is not None and row.wer.value is not None]
        if heard:
            largest = max(heard, key=lambda row: row.heard)
            return largest.wer.value if largest.wer else None
        return self.score.wer if self.score else None

    @property
    def stars(self) -> int | None:
        """Stars of the error rate over all clips, or the published author's."""
        judgement = self.case.judgement
        if judgement is not None and judgement.stars is not None:
            return judgement.stars
        return None if self.wer is None else stars(self.wer, self.case.judged_by.stars)

    @property
    def _with_baseline(self) -> tuple[CaseResult, ...]:
        return tuple(case for case in self.good if case.base is not None and case.base.status.delivered)


def overall(scene: Scene) -> Iterator[Overall]:
    """A row for each variant of each run and machine, in the suites' order; none for what is refused."""
    groups: dict[tuple[object, ...], list[CaseResult]] = {}
    for case in scene.figures.cases:
        if case.status is not Status.UNSUPPORTED:
            groups.setdefault(_variant(case), []).append(case)
    known = {_variant(each.case): each for each in candidates(scene)}
    for key, cases in groups.items():
        yield Overall(cases=tuple(cases), candidate=known.get(key))


def _variant(case: CaseResult) -> tuple[object, ...]:
    return case.host.id, case.run, case.case.model, case.case.variant.name


def _sums(cases: Sequence[CaseResult], metric: str) -> dict[int, float]:
    """The metric summed over the cases, of the blocks in which every one has a value."""
    values = [dict(case.values.get(metric, ())) for case in cases]
    blocks = set.intersection(*(set(each) for each in values)) if values else set()
    return {block: sum(each[block] for each in values) for block in sorted(blocks)}

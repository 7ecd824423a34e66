"""Compare any two runs, or two variants of one run, case by case and metric by metric."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.domain import Reason
from bench.errors import JournalError
from bench.journal import RunData
from bench.language import english
from bench.metrics import COMPARED, METRICS
from bench.reasons import reason
from bench.regression.exact import Fact, State, check_cases, state_of
from bench.regression.night import night_texts, protocol_facts
from bench.results import CaseResult, Results, compare_results, results_of
from bench.statistics import (
    Comparison,
    Verdict,
    blocks_needed,
    changed,
    judge,
)

DEFAULT_TOLERANCE: Final = 0.05
NOTHING_SHARED: Final = Comparison(
    n=0, ratio=None, low=None, high=None, paired=True, reason=reason("comparison.nothing")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison: a run, or the cases of one of its variants."""

    run: RunData
    variant: str | None = None

    @property
    def label(self) -> str:
        """RUN, or RUN:VARIANT."""
        return f"{self.run.run_id}:{self.variant}" if self.variant else self.run.run_id

    def cases(self, found: Results) -> tuple[CaseResult, ...]:
        """Its cases among the results of both sides."""
        return tuple(case for case in found.own(self.run) if self.variant in {None, case.case.variant.name})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseComparison:
    """One metric of one pair of cases: NEW / BASE with its interval, and what it shows.

    `needed` is the number of blocks that would settle an inconclusive verdict, where it is known;
    `base` and `new` are the medians in the metric's base unit.
    """

    case: str
    base_case: str
    metric: str
    tolerance: float
    comparison: Comparison
    verdict: Verdict
    needed: int | None
    base: float
    new: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """Two sides compared.  `cautions` say what makes the figures less than they seem."""

    base: str
    new: str
    rows: tuple[CaseComparison, ...]
    facts: tuple[Fact, ...] = ()
    cautions: tuple[Reason, ...] = ()
    only_base: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()


def compare(
    base: Side,
    new: Side,
    *,
    metrics: Sequence[str] = (),
    tolerances: Mapping[str, float] | None = None,
    default_tolerance: float = DEFAULT_TOLERANCE,
    across: bool = False,
) -> RunComparison:
    """NEW against BASE.  Pairs by block within one run, independent samples between two.

    Cases match by id, or by model and clip where a side names a variant.  Raises JournalError
    where the sides differ in machine, protocol or audio, unless `across` allows it: then the
    differences stand among the cautions.
    """
    blocking, cautions = differences(base.run, new.run)
    if blocking and not across:
        raise JournalError(
            f"{base.label} and {new.label} cannot be compared: {'; '.join(map(english, blocking))}.",
            hint="Their figures do not mean the same. --across compares them anyway, and says so.",
        )
    same_run = base.run.path == new.run.path
    found = results_of([base.run] if same_run else [base.run, new.run])
    by_variant = base.variant is not None or new.variant is not None
    left = _keyed(base.cases(found), by_variant=by_variant)
    right = _keyed(
        (dataclasses.replace(new, run=base.run) if same_run else new).cases(found), by_variant=by_variant
    )
    matched = [key for key in left if key in right]
    if not matched:
        raise JournalError(
            f"{base.label} and {new.label} have no case in common.",
            hint="Name variants to compare across them: --base-variant f16 --new-variant q8_0",
        )
    allowed = dict(new.run.suite.tolerances) if tolerances is None else dict(tolerances)
    wanted = tuple(metrics) or tuple(dict.fromkeys((*allowed, *COMPARED)))
    rows = [
        row
        for key in matched
        for metric in wanted
        if (row := compare_case(left[key], right[key], metric, allowed.get(metric, default_tolerance)))
    ]
    return RunComparison(
        base=base.label,
        new=new.label,
        rows=tuple(rows),
        facts=_facts(base, new, {key: (left[key], right[key]) for key in matched}),
        cautions=(*blocking, *cautions, *_few(rows)),
        only_base=tuple(sorted(left[key].case.id for key in left.keys() - right.keys())),
        only_new=tuple(sorted(right[key].case.id for key in right.keys() - left.keys())),
    )


def differences(base: RunData, new: RunData) -> tuple[list[Reason], list[Reason]]:
    """What forbids comparing two runs, and what one should know when doing so."""
    blocking: list[Reason] = []
    cautions: list[Reason] = []
    if base.host.id != new.host.id:
        blocking.append(
            reason(
                "caution.machines",
                base_cpu=base.host.cpu,
                base_os=base.host.os,
                new_cpu=new.host.cpu,
                new_os=new.host.os,
            )
        )
    ours, theirs = protocol_facts(base.suite), protocol_facts(new.suite)
    blocking += [
        reason("caution.protocol", setting=key, base=str(ours[key]), new=str(theirs[key]))
        for key in ours
        if ours[key] != theirs[key]
    ]
    for name, clip in base.suite.clips.items():
        other = new.suite.clips.get(name)
        if other and clip.sha256 and other.sha256 and clip.sha256 != other.sha256:
            blocking.append(reason("caution.audio", clip=name))
    others = _weights(new)
    for model, hashes in _weights(base).items():
        other_roles = sorted(
            role for role, shas in others.get(model, hashes).items() if hashes.get(role) != shas
        )
        if other_roles:
            cautions.append(reason("caution.weights", case=model, roles=", ".join(other_roles)))
    if base.path != new.path:
        cautions.append(reason("caution.two_runs"))
    return blocking, cautions


def _weights(run: RunData) -> dict[str, dict[str, set[str]]]:
    """By case and role, the hashes of all files that its trials were given."""
    found: dict[str, dict[str, set[str]]] = {}
    for record in run.records:
        for file in record.weights:
            found.setdefault(record.case, {}).setdefault(file.role, set()).add(file.sha256)
    return found


def _keyed(cases: Iterable[CaseResult], *, by_variant: bool) -> dict[object, CaseResult]:
    keyed: dict[object, CaseResult] = {}
    for case in cases:
        key = (case.case.model, case.case.clip) if by_variant else case.case.id
        if key in keyed:
            raise JournalError(
                f"{keyed[key].case.id} and {case.case.id} are both {case.case.model} on {case.case.clip}.",
                hint="Name a variant on both sides, so that each model and clip stands once.",
            )
        keyed[key] = case
    return keyed


def compare_case(base: CaseResult, new: CaseResult, metric: str, tolerance: float) -> CaseComparison | None:
    """One metric of one pair of cases; None where a side has no value of it."""
    before, after = base.summaries.get(metric), new.summaries.get(metric)
    if before is None or after is None:
        return None
    comparison = compare_results(new, base, metric) or NOTHING_SHARED
    left, right = dict(base.values[metric]), dict(new.values[metric])
    verdict = _exactly(left, right, metric, tolerance) or judge(comparison, METRICS[metric].better, tolerance)
    inconclusive = verdict is Verdict.INCONCLUSIVE
    return CaseComparison(
        case=new.case.id,
        base_case=base.case.id,
        metric=metric,
        tolerance=tolerance,
        comparison=comparison,
        verdict=verdict,
        needed=blocks_needed(comparison, tolerance) if inconclusive else None,
        base=before.median,
        new=after.median,
    )


def _exactly(
    left: Mapping[int, float], right: Mapping[int, float], metric: str, tolerance: float
) -> Verdict | None:
    """The verdict on what does not vary on either side, such as a file's size; None for all else."""
    if min(len(left), len(right)) < 2 or len({*left.values()}) > 1 or len({*right.values()}) > 1:
        return None
    base, new = next(iter(left.values())), next(iter(right.values()))
    if min(base, new) <= 0:
        return Verdict.SAME if base == new else None
    if max(base, new) / min(base, new) <= 1 + tolerance:
        return Verdict.SAME
    return changed(METRICS[metric].better, rose=new > base)


def _facts(
    base: Side, new: Side, matched: Mapping[object, tuple[CaseResult, CaseResult]]
) -> tuple[Fact, ...]:
    """What changed beside the figures; between two variants other weights are no news."""
    before: dict[str, State] = {}
    after: dict[str, State] = {}
    for left, right in matched.values():
        name = right.case.id
        before[name], after[name] = state_of(left), state_of(right)
        if left.case.id != name:
            after[name] = dataclasses.replace(
                after[name], weights=before[name].weights, other_weights=before[name].other_weights
            )
    texts = {**night_texts(base.run), **night_texts(new.run)}
    return check_cases(before, after, texts)


def _few(rows: Sequence[CaseComparison]) -> list[Reason]:
    fewest = min((row.comparison.n for row in rows if row.comparison.few), default=None)
    if fewest is None:
        return []
    return [reason("caution.few_blocks", count=fewest)]

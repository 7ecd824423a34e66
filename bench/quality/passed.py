"""What a quality pass says: per model, corpus, condition and variant the loss, taken apart.

Identity is the utterance's (corpus, condition, name), never its text's; what a variant did not hear is
left out on both sides and counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.domain import Quality, Reason, Status
from bench.quality.align import Edit, align
from bench.quality.calibration import Calibration, calibration
from bench.quality.forced import ForcedDivergence, forced_divergence
from bench.quality.normalizer import Normalizer, normalizer
from bench.quality.score import Score, no_regression_share, score, wer_difference, wer_interval
from bench.quality.utterances import UtteranceRecord
from bench.reasons import reason
from bench.statistics import Interval

FLOOR_FACTOR: Final = 1.0  # a mean not above the floor's is no loss that this pass can measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Words of the references that one side got right and the other wrong: an equal error rate hides both."""

    words: int
    mended: int
    broken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The baseline against itself in another setting: what is under it is no loss."""

    setting: str
    divergence: ForcedDivergence


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One variant on one corpus under one condition.

    `heard` are the utterances with a transcript, `failed` those without; `scores` are the heard ones
    with a reference, `paired` those scores beside the baseline's, and `units` whose each of these is: its
    speaker where there are several, else itself.  `compared` are the utterances that both heard.  `wer` and
    `difference` (positive is worse) are ratios over utterances.  `divergence` is None with `reason`.
    `same_texts` are the utterances whose text is the baseline's to the letter.  `measurable` tells whether the divergence is above every floor; None where there is no floor.
    """

    model: str
    variant: str
    quantization: str
    engine: str
    baseline: str | None
    corpus: str
    condition: str
    language: str
    heard: int
    failed: int
    seconds: float
    speakers: int
    normalizer: str
    scores: tuple[Score, ...]
    names: tuple[str, ...]
    paired: tuple[tuple[Score, Score], ...]
    units: tuple[str, ...]
    compared: int
    wer: Interval | None
    difference: Interval | None
    kept: float | None
    flips: Flips | None
    divergence: ForcedDivergence | None
    reason: Reason | None
    measurable: bool | None
    calibration: Calibration | None
    same_texts: int
    empty: int
    truncated: int
    cpu_seconds: float

    @property
    def is_baseline(self) -> bool:
        """Whether the others are held against this one."""
        return self.baseline == self.variant


@dataclass(frozen=True, slots=True, kw_only=True)
class PassResults:
    """Everything a run's quality pass says; `floors` by (model, corpus)."""

    rows: tuple[Passed, ...]
    floors: dict[tuple[str, str], tuple[Floor, ...]]
    records: tuple[UtteranceRecord, ...]
    warnings: tuple[str, ...] = ()

    def of(self, model: str, variant: str) -> tuple[Passed, ...]:
        """The rows of one variant, corpus by corpus and condition by condition."""
        return tuple(row for row in self.rows if row.model == model and row.variant == variant)

    def clean(self, model: str, variant: str) -> tuple[Passed, ...]:
        """Those of speech as it was recorded: what decisions rest on."""
        return tuple(row for row in self.of(model, variant) if row.condition == "clean")

    def pairs(self, row: Passed) -> list[tuple[UtteranceRecord, UtteranceRecord]]:
        """Records of the row's utterances beside the baseline's."""
        return _pairs(self.records, row)


def pass_results(
    records: Sequence[UtteranceRecord],
    settings: Quality,
    baselines: dict[tuple[str, str], str],
    warnings: Sequence[str] = (),
) -> PassResults | None:
    """The results of records; `baselines` names the baseline of each (model, variant).  None of none."""
    if not records:
        return None
    groups: dict[tuple[str, str, str], dict[str, list[UtteranceRecord]]] = defaultdict(
        lambda: defaultdict(list)
    )
    floors: dict[tuple[str, str], dict[str, list[UtteranceRecord]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        if record.floor is None:
            groups[record.model, record.corpus, record.condition][record.variant].append(record)
        else:
            floors[record.model, record.corpus][record.floor].append(record)
    leaders = {
        (each.model, *each.identity, each.variant): each
        for each in records
        if each.floor is None and each.status is Status.OK
    }
    found_floors = {
        key: tuple(
            Floor(setting=setting, divergence=divergence)
            for setting, own in settings_.items()
            if (divergence := forced_divergence(_with_leaders(own, leaders)))
        )
        for key, settings_ in floors.items()
    }
    rows = [
        _row(own, variants, settings, baselines.get((model, variant)), found_floors.get((model, corpus), ()))
        for (model, corpus, _), variants in groups.items()
        for variant, own in variants.items()
    ]
    return PassResults(
        rows=tuple(rows), floors=found_floors, records=tuple(records), warnings=tuple(warnings)
    )


def _with_leaders(
    own: Iterable[UtteranceRecord], leaders: Mapping[tuple[str, str, str, str, str], UtteranceRecord]
) -> list[tuple[UtteranceRecord, UtteranceRecord]]:
    """Each record beside the one that it was forced to follow."""
    return [
        (leader, each)
        for each in own
        if each.baseline and (leader := leaders.get((each.model, *each.identity, each.baseline)))
    ]


def _pairs(records: Sequence[UtteranceRecord], row: Passed) -> list[tuple[UtteranceRecord, UtteranceRecord]]:
    mine = {
        each.utterance: each
        for each in records
        if (each.model, each.variant, each.corpus, each.condition, each.floor, each.status)
        == (row.model, row.variant, row.corpus, row.condition, None, Status.OK)
    }
    return [
        (each, mine[each.utterance])
        for each in records
        if (each.model, each.variant, each.corpus, each.condition, each.floor, each.status)
        == (row.model, row.baseline, row.corpus, row.condition, None, Status.OK)
        and each.utterance in mine
    ]


def _row(
    own: Sequence[UtteranceRecord],
    variants: dict[str, list[UtteranceRecord]],
    settings: Quality,
    baseline: str | None,
    floors: Sequence[Floor],
) -> Passed:
    first = own[0]
    way = normalizer(settings.normalizer, first.language)
    heard = [each for each in own if each.status is Status.OK]
    base = {each.utterance: each for each in variants.get(baseline or "", ()) if each.status is Status.OK}
    scored = [each for each in heard if each.reference is not None]
    scores = tuple(score(each.reference or "", each.text or "", way) for each in scored)
    held = baseline is not None and baseline != first.variant
    both = [
        (one, base[each.utterance])
        for one, each in zip(scores, scored, strict=True)
        if each.utterance in base
    ]
    pairs = [(base[each.utterance], each) for each in heard if each.utterance in base] if held else []
    paired = _scored_beside(both, way) if held else ()
    ours, theirs = [one for one, _ in paired], [other for _, other in paired]
    speakers = {each.speaker for each in heard}
    units = tuple(_unit(each, speakers) for mine, each in both if held and mine.reference_words)
    divergence = forced_divergence(pairs) if held else None
    return Passed(
        model=first.model,
        variant=first.variant,
        quantization=first.quantization,
        engine=first.engine,
        baseline=baseline,
        corpus=first.corpus,
        condition=first.condition,
        language=first.language,
        heard=len(heard),
        failed=len(own) - len(heard),
        seconds=sum(each.seconds for each in heard),
        speakers=len({each.speaker for each in heard if each.speaker}),
        normalizer=way.name,
        scores=scores,
        names=tuple(each.utterance for each in scored),
        paired=paired,
        units=units,
        compared=len(pairs),
        wer=wer_interval(scores, [_unit(each, speakers) for each in scored]) if scores else None,
        difference=wer_difference(ours, theirs, units) if ours else None,
        kept=no_regression_share(ours, theirs) if ours else None,
        flips=flips([(pair[0], pair[1]) for pair in pairs], way) if held else None,
        divergence=divergence,
        reason=None if divergence else _reason(own, held=held),
        measurable=_measurable(divergence, floors),
        calibration=calibration(heard, way),
        same_texts=sum(theirs.text == mine.text for theirs, mine in pairs),
        empty=sum(not (each.text or "").strip() for each in heard),
        truncated=sum(each.truncated for each in heard),
        cpu_seconds=sum(each.cpu_seconds or 0.0 for each in own),
    )


def _scored_beside(
    both: Iterable[tuple[Score, UtteranceRecord]], way: Normalizer
) -> tuple[tuple[Score, Score], ...]:
    """Scores beside those of the baseline's records, where the reference has words."""
    return tuple(
        (mine, score(theirs.reference or "", theirs.text or "", way))
        for mine, theirs in both
        if mine.reference_words
    )


def _unit(record: UtteranceRecord, speakers: Collection[str | None]) -> str:
    """The independent unit: the speaker where there are several, else the utterance."""
    return record.speaker if record.speaker and len(speakers) > 1 else "\t".join(record.identity)


def _reason(own: Sequence[UtteranceRecord], *, held: bool) -> Reason | None:
    told = next((each.divergence_reason for each in own if each.divergence_reason), None)
    return told or (None if not held else reason("divergence.not_both"))


def _measurable(divergence: ForcedDivergence | None, floors: Sequence[Floor]) -> bool | None:
    """Whether the mean lies above the floor's: both are seen with their intervals, and touching is no loss."""
    if divergence is None or not floors:
        return None
    highest = max(_upper(floor.divergence.mean) for floor in floors)
    return _lower(divergence.mean) > FLOOR_FACTOR * highest


def _upper(found: Interval) -> float:
    return max(value for value in (found.high, found.value, 0.0) if value is not None)


def _lower(found: Interval) -> float:
    return min(value for value in (found.low, found.value) if value is not None)


def flips(pairs: Iterable[tuple[UtteranceRecord, UtteranceRecord]], way: Normalizer) -> Flips | None:
    """Words of the references mended and broken, from pairs (baseline's record, variant's record)."""
    words = mended = broken = 0
    for base, mine in pairs:
        if base.reference is None:
            continue
        reference = way.words(base.reference)
        before, after = (_right(reference, way.words(each.text or "")) for each in (base, mine))
        words += len(reference)
        mended += sum(new and not old for old, new in zip(before, after, strict=True))
        broken += sum(old and not new for old, new in zip(before, after, strict=True))
    return Flips(words=words, mended=mended, broken=broken) if words else None


def _right(reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> list[bool]:
    """Of each word of the reference, whether it was heard."""
    found = [False] * len(reference)
    for step in align(reference, hypothesis):
        if step.edit is Edit.EQUAL:
            found[step.reference_start : step.reference_end] = [True] * (
                step.reference_end - step.reference_start
            )
    return found

"""Word and character error rates: counts first, rates from counts.

Counts are jiwer's.  A corpus is pooled by summed counts, never by a mean of rates: short
utterances would weigh as much as long ones.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bench.domain import Reason
from bench.quality.align import Edit, align
from bench.quality.normalizer import RAW, Normalizer
from bench.reasons import reason
from bench.statistics import Interval, difference_interval, rate_interval

if TYPE_CHECKING:
    from bench.domain import StarBand


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts of a hypothesis against a reference, under the normalizer named.

    Characters are those of the normalized text, its single spaces included.
    """

    normalizer: str
    hits: int
    substitutions: int
    deletions: int
    insertions: int
    reference_characters: int
    character_errors: int

    @property
    def reference_words(self) -> int:
        """Words of the reference: what a rate is divided by."""
        return self.hits + self.substitutions + self.deletions

    @property
    def hypothesis_words(self) -> int:
        """Words of the hypothesis."""
        return self.hits + self.substitutions + self.insertions

    @property
    def errors(self) -> int:
        """Word errors of all three kinds."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def wer(self) -> float | None:
        """Word error rate as a ratio; above 1 when much is inserted; None without reference words."""
        return self.errors / self.reference_words if self.reference_words else None

    @property
    def cer(self) -> float | None:
        """Character error rate as a ratio; None without reference characters."""
        return self.character_errors / self.reference_characters if self.reference_characters else None

    @property
    def reason(self) -> Reason | None:
        """Why there is no rate; None where there is one."""
        return None if self.reference_words else reason("quality.empty_reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whether two transcripts are the same text: to the letter, and after normalization."""

    exact: bool
    normalized: bool


def score(reference: str, hypothesis: str, normalizer: Normalizer = RAW) -> Score:
    """Score a hypothesis against a reference.  Either may be empty: see `Score.reason`."""
    return _score(normalizer.name, normalizer.words(reference), normalizer.words(hypothesis))


@lru_cache(maxsize=4096)
def _score(name: str, reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> Score:
    counts = dict.fromkeys(Edit, 0)
    for step in align(reference, hypothesis):
        span = max(step.reference_end - step.reference_start, step.hypothesis_end - step.hypothesis_start)
        counts[step.edit] += span
    text = " ".join(reference)
    return Score(
        normalizer=name,
        hits=counts[Edit.EQUAL],
        substitutions=counts[Edit.SUBSTITUTE],
        deletions=counts[Edit.DELETE],
        insertions=counts[Edit.INSERT],
        reference_characters=len(text),
        character_errors=_character_errors(text, " ".join(hypothesis)),
    )


def _character_errors(reference: str, hypothesis: str) -> int:
    """The edit distance in characters: jiwer's, by the library under it, without the alignment."""
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(reference, hypothesis)


def pool(scores: Iterable[Score]) -> Score | None:
    """The scores of a corpus in one, by summed counts; None of none.

    Raises ValueError for scores under different normalizers.
    """
    given = list(scores)
    if not given:
        return None
    names = {each.normalizer for each in given}
    if len(names) > 1:
        raise ValueError(f"scores under different normalizers cannot be pooled: {', '.join(sorted(names))}")
    return Score(
        normalizer=given[0].normalizer,
        hits=sum(each.hits for each in given),
        substitutions=sum(each.substitutions for each in given),
        deletions=sum(each.deletions for each in given),
        insertions=sum(each.insertions for each in given),
        reference_characters=sum(each.reference_characters for each in given),
        character_errors=sum(each.character_errors for each in given),
    )


def identical(one: str, other: str, normalizer: Normalizer) -> Identity:
    """Whether two transcripts are the same, to the letter and in normalized words."""
    return Identity(exact=one == other, normalized=normalizer.words(one) == normalizer.words(other))


def stars(wer: float, bands: Sequence[StarBand]) -> int:
    """Stars of a word error rate by rising bands; above the last band it is one star."""
    return next((band.stars for band in bands if wer <= band.max_wer), 1)


# ------------------------------------------------------------------- utterances


@lru_cache(maxsize=1024)
def utterance_scores(
    references: tuple[str, ...], hypothesis: str, normalizer: Normalizer
) -> tuple[Score, ...]:
    """Scores of the utterances of one clip, from one alignment of the whole transcript.

    Each hypothesis word belongs to the utterance of the reference word it stands for; an inserted
    word to the utterance of the reference word before it.  Characters are not told apart: their
    counts are zero.
    """
    words = [normalizer.words(text) for text in references]
    owner = [at for at, each in enumerate(words) for _ in each]
    counts = [dict.fromkeys(Edit, 0) for _ in references]
    for step in align(tuple(word for each in words for word in each), normalizer.words(hypothesis)):
        if step.edit is Edit.INSERT:
            where = owner[max(0, step.reference_start - 1)] if owner else 0
            if counts:
                counts[where][Edit.INSERT] += step.hypothesis_end - step.hypothesis_start
        for at in range(step.reference_start, step.reference_end):
            counts[owner[at]][step.edit] += 1
    return tuple(
        Score(
            normalizer=normalizer.name,
            hits=each[Edit.EQUAL],
            substitutions=each[Edit.SUBSTITUTE],
            deletions=each[Edit.DELETE],
            insertions=each[Edit.INSERT],
            reference_characters=0,
            character_errors=0,
        )
        for each in counts
    )


def wer_interval(scores: Sequence[Score], units: Sequence[Hashable] | None = None) -> Interval:
    """The pooled word error rate with its interval over utterances.

    `units` say what each score is of, where several are of one, such as a speaker.
    """
    return rate_interval(
        [each.errors for each in scores],
        [each.reference_words for each in scores],
        clusters=units,
    )


def wer_difference(
    scores: Sequence[Score], baseline: Sequence[Score], units: Sequence[Hashable] | None = None
) -> Interval:
    """WER minus the baseline's on the same utterances, a ratio: positive is worse.

    Paired by utterance (Bisani and Ney, 2004): what is hard for both cancels.  What no utterance shows,
    such as a rare loop, is in `Interval.possible_high`: the independent unit is the utterance, so that n of
    them leave 3 / n open, however many words they have.  Raises ValueError for utterances that do not
    correspond.
    """
    words = [each.reference_words for each in scores]
    if words != [each.reference_words for each in baseline]:
        raise ValueError("a paired difference needs the same utterances on both sides")
    more = [mine.errors - theirs.errors for mine, theirs in zip(scores, baseline, strict=True)]
    return difference_interval(more, words, clusters=units)


def paired_wer_difference(
    references: Sequence[str], hypothesis: str, baseline: str, normalizer: Normalizer
) -> Interval:
    """`wer_difference` of two transcripts of one clip with known utterances."""
    ours = utterance_scores(tuple(references), hypothesis, normalizer)
    theirs = utterance_scores(tuple(references), baseline, normalizer)
    return wer_difference(ours, theirs)


def no_regression_share(scores: Sequence[Score], baseline: Sequence[Score]) -> float | None:
    """Share of utterances with no more errors than the baseline's; None of no utterances.

    The "quality of inference" of Argmax's WhisperKit benchmarks: an average hides that a
    quantization mends some utterances and spoils others.
    """
    if not scores:
        return None
    kept = sum(mine.errors <= theirs.errors for mine, theirs in zip(scores, baseline, strict=True))
    return kept / len(scores)

"""Errors by class, by length and by condition: where a model hurts, summed over utterances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.quality.classes import ErrorClass, classify
from bench.quality.faults import UtteranceFault, utterance_faults
from bench.quality.lexicon import lexicon
from bench.quality.normalizer import Normalizer
from bench.quality.score import Score, pool

BANDS: Final = (5, 10, 20)  # words; utterances are grouped by length up to each, and beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorProfile:
    """Word errors by class and utterances by fault, of `utterances` with `words` reference words.

    `lists` says whether the lists were there that tell non-words and rare words.
    """

    classes: Mapping[ErrorClass, int] = field(default_factory=dict)
    faults: Mapping[UtteranceFault, int] = field(default_factory=dict)
    utterances: int = 0
    words: int = 0
    lists: bool = True


class ProfileTally:
    """A profile in the making, utterance by utterance."""

    def __init__(self, way: Normalizer) -> None:
        self._way = way
        self._classes: Counter[ErrorClass] = Counter()
        self._faults: Counter[UtteranceFault] = Counter()
        self._utterances = self._words = 0

    def add(self, said: str, heard: str, *, silent: bool = False) -> None:
        """What was said and heard of one utterance."""
        self._utterances += 1
        expected = self._way.words(said)
        self._words += len(expected)
        if not expected or self._way.words(heard) != expected:
            self._classes.update(each.error for each in classify(said, heard, self._way))
            self._faults.update(utterance_faults(said, heard, self._way, silent=silent))

    def profile(self) -> ErrorProfile:
        """Of all that was added."""
        return ErrorProfile(
            classes={each: self._classes[each] for each in ErrorClass if self._classes[each]},
            faults={each: self._faults[each] for each in UtteranceFault if self._faults[each]},
            utterances=self._utterances,
            words=self._words,
            lists=lexicon(self._way.language).knows_words,
        )


def profile(
    pairs: Iterable[tuple[str, str]], normalizer: Normalizer, silent: Sequence[bool] = ()
) -> ErrorProfile:
    """Errors by class and faults of utterances, from (reference, hypothesis) pairs."""
    tally = ProfileTally(normalizer)
    for at, (said, heard) in enumerate(pairs):
        tally.add(said, heard, silent=at < len(silent) and silent[at])
    return tally.profile()


def length_band(words: int) -> str:
    """The group of an utterance of so many words: "1-5", "6-10", "11-20", "21+"."""
    low = 1
    for high in BANDS:
        if words <= high:
            return f"{low}-{high}"
        low = high + 1
    return f"{low}+"


def by_group(scores: Iterable[tuple[str, Score]]) -> dict[str, Score]:
    """Scores pooled by group, such as a band of lengths or a condition of the audio, in order of appearance."""
    groups: dict[str, list[Score]] = {}
    for group, score in scores:
        groups.setdefault(group, []).append(score)
    return {group: whole for group, each in groups.items() if (whole := pool(each)) is not None}

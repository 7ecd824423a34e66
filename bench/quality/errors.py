"""The telling errors: which words became what, those first that say most about a quantization.

The ranking is a heuristic for the eye and enters no figure: errors in long content words and
gross distortions before endings and small words; non-words, names, numbers and negation before all, since a
paraphrase still says it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bench.quality.align import Edit, Passage, alignment
from bench.quality.classes import ErrorClass, class_of
from bench.quality.normalizer import Normalizer
from bench.quality.versions import LANGUAGES

LONGEST_PHRASE: Final = 4  # words on either side; a longer stretch of errors reads as noise
CONTENT_LETTERS: Final = 24  # letters beyond which a phrase says no more


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPair:
    """A phrase of the reference and what was heard in its place, as written, lower case.

    `kind` is SUBSTITUTE, DELETE or INSERT; `weight` orders pairs of one rank of their `error` within a transcript.
    """

    kind: Edit
    reference: str
    hypothesis: str
    count: int
    weight: float
    error: ErrorClass = ErrorClass.WORD

    @property
    def order(self) -> tuple[int, float]:
        """Sorts pairs, the most telling first."""
        return self.error.rank, -self.weight


@lru_cache(maxsize=4096)
def telling_errors(
    reference: str, hypothesis: str, normalizer: Normalizer, limit: int = 5
) -> tuple[ErrorPair, ...]:
    """The `limit` most telling errors, ranked; adjacent errors are one phrase."""
    counts = Counter(_phrases(alignment(reference, hypothesis, normalizer), normalizer))
    pairs = [
        ErrorPair(
            kind=kind,
            reference=ours,
            hypothesis=theirs,
            count=count,
            weight=count * _weight(ours, theirs, normalizer),
            error=class_of(ours, theirs, normalizer),
        )
        for (kind, ours, theirs), count in counts.items()
    ]
    ordered = sorted(pairs, key=lambda pair: (*pair.order, pair.reference, pair.hypothesis))
    return tuple(_once(ordered)[:limit])


def _once(pairs: Sequence[ErrorPair]) -> list[ErrorPair]:
    """Each inserted phrase once: a loop is cut into phrases of the same words, begun at another one."""
    seen: set[frozenset[str]] = set()
    kept: list[ErrorPair] = []
    for pair in pairs:
        words = frozenset(pair.hypothesis.split())
        if pair.kind is not Edit.INSERT or words not in seen:
            kept.append(pair)
        if pair.kind is Edit.INSERT:
            seen.add(words)
    return kept


def _phrases(passages: tuple[Passage, ...], normalizer: Normalizer) -> Iterator[tuple[Edit, str, str]]:
    """Adjacent differing passages joined into phrases, cut where they grow too long."""
    ours: list[str] = []
    theirs: list[str] = []
    for passage in (*passages, None):
        if passage is None or passage.edit is Edit.EQUAL or _too_long(ours, theirs, passage):
            yield from _phrase(ours, theirs, normalizer)
            ours, theirs = [], []
        if passage is not None and passage.edit is not Edit.EQUAL:
            ours += passage.reference
            theirs += passage.hypothesis


def _too_long(ours: list[str], theirs: list[str], passage: Passage) -> bool:
    longest = max(len(ours) + len(passage.reference), len(theirs) + len(passage.hypothesis))
    return bool(ours or theirs) and longest > LONGEST_PHRASE


def _phrase(ours: list[str], theirs: list[str], normalizer: Normalizer) -> Iterator[tuple[Edit, str, str]]:
    # An aligned run of several words is cut into phrases that can be read.
    while ours or theirs:
        size = min(max(len(ours), len(theirs)), LONGEST_PHRASE)
        mine, heard = _show(ours[:size], normalizer), _show(theirs[:size], normalizer)
        ours, theirs = ours[size:], theirs[size:]
        if mine or heard:
            kind = Edit.SUBSTITUTE if mine and heard else Edit.DELETE if mine else Edit.INSERT
            yield kind, mine, heard


def _show(words: list[str], normalizer: Normalizer) -> str:
    """The words as written without the punctuation and case that no normalizer counts."""
    if normalizer.name == "raw":
        return " ".join(words)
    shown = (word.strip(".,:;!?…«»„“”\"'()[]-–— ").lower() for word in words)  # dashes and quotes
    return " ".join(word for word in shown if word)


@lru_cache(maxsize=65536)
def _weight(ours: str, theirs: str, normalizer: Normalizer) -> float:
    from rapidfuzz.distance import Levenshtein

    table = LANGUAGES.get(normalizer.language or "")
    small = table.function_words if table else frozenset()
    mine, heard = normalizer.words(ours), normalizer.words(theirs)
    words = [*mine, *heard]
    content = sum(len(word) for word in words if word not in small)
    letters = min(CONTENT_LETTERS, content) + 0.1 * len(words)
    distorted = Levenshtein.normalized_distance("".join(mine), "".join(heard))
    return letters * (0.25 + distorted)

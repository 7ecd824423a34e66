"""How repetitive a text is: phrases said again and again, near-repeats, compressibility.

Pure functions of words and text; what counts as a loop is decided in `bench.quality.loops`.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from bench.quality.normalizer import BASIC

LONGEST_PHRASE: Final = 40  # words; Whisper repeats sentences, and a sentence of speech is seldom longer
CYCLE_WORDS: Final = 48  # a stretch this long that says nothing new is a cycle
CYCLE_MEMORY: Final = 200  # ... nothing that was not said twice within so many words before

# Scripts written without spaces: a character is their unit.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_DRAWN_OUT: Final = re.compile(r"\b(\w)(?:[-‐‑–]\1\b)+", re.IGNORECASE)


class Run(NamedTuple):
    """A phrase said several times in a row: words `at` to `at + size`, `times` times in `words` words."""

    at: int
    size: int
    words: int

    @property
    def times(self) -> int:
        """How often the phrase is said in full."""
        return self.words // self.size


class Cycle(NamedTuple):
    """The stretch of `CYCLE_WORDS` words with the least news: `share` of its trigrams were said just before.

    `size` is the distance at which most of them come back: the length of what is repeated.
    """

    at: int
    size: int
    share: float


def units(text: str) -> tuple[str, ...]:
    """The words of a text without case and punctuation; the characters of a script without spaces.

    A drawn-out sound, "a-a-a-a", is one word.
    """
    words = BASIC.words(_DRAWN_OUT.sub(r"\1", text))
    if not _UNSPACED.search(text):
        return words
    found: list[str] = []
    for word in words:
        found += list(word) if _UNSPACED.search(word) else [word]
    return tuple(found)


def phrase_of(words: Sequence[str], at: int, size: int) -> str:
    """The phrase as it is shown: characters of a script without spaces stand together."""
    shown = words[at : at + size]
    return ("" if shown and all(map(_UNSPACED.match, shown)) else " ").join(shown)


def runs(words: Sequence[str], *, times: int = 4, longest: int = LONGEST_PHRASE) -> tuple[Run, ...]:
    """The phrases said at least so many times in a row, the longest run in words first.

    Of phrases that explain the same stretch the shortest stands: "a a a a" is one word, not two.
    Runs do not overlap by more than the phrase of the later one.
    """
    import numpy as np

    if len(words) - len(set(words)) < times - 1:
        return ()
    number: dict[str, int] = {}
    ids = np.array([number.setdefault(word, len(number)) for word in words], dtype=np.int64)
    found: list[Run] = []
    for size in range(1, min(longest, len(ids) // times) + 1):
        same = np.concatenate(([0], (ids[size:] == ids[:-size]).astype(np.int8), [0]))
        starts, ends = np.flatnonzero(np.diff(same) == 1), np.flatnonzero(np.diff(same) == -1)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            run = Run(start, size, end - start + size)
            if run.times >= times:
                found.append(run)
    kept: list[Run] = []
    for run in sorted(found, key=lambda each: (-each.words, each.size, each.at)):
        if all(_apart(run, other) for other in kept):
            kept.append(run)
    return tuple(kept)


def _apart(one: Run, other: Run) -> bool:
    overlap = min(one.at + one.words, other.at + other.words) - max(one.at, other.at)
    return overlap <= min(one.size, other.size)


def cycle(words: Sequence[str]) -> Cycle | None:
    """Where the text goes in circles, be it in changing words; None for a short text.

    Told by trigrams that are said for the third time and more: a formula said twice is style.  Those that
    come back within three words are runs of a word or two and do not count here: a listener's "yeah,
    yeah, right" is no cycle.
    """
    if len(words) < CYCLE_WORDS or len(words) - len(set(words)) < CYCLE_WORDS // 2:
        return None
    said: dict[tuple[str, ...], tuple[int, int]] = {}
    never = -10 * CYCLE_MEMORY
    lags: list[int] = []
    for at in range(len(words) - 2):
        trigram = tuple(words[at : at + 3])
        before, last = said.get(trigram, (never, never))
        old = at - before <= CYCLE_MEMORY and at - last > 3
        lags.append(at - last if old else 0)
        said[trigram] = (last, at)
    width = CYCLE_WORDS - 2
    count = sum(map(bool, lags[:width]))
    best, where = count, 0
    for at in range(width, len(lags)):
        count += bool(lags[at]) - bool(lags[at - width])
        if count > best:
            best, where = count, at - width + 1
    if not best:
        return None
    size = Counter(lag for lag in lags[where : where + width] if lag).most_common(1)[0][0]
    return Cycle(where, size, best / width)


def unique_share(words: Sequence[str], window: int) -> float | None:
    """The lowest share of different words in so many successive ones; None for fewer."""
    if len(words) < window:
        return None
    counts = Counter(words[:window])
    least = len(counts)
    for at in range(window, len(words)):
        gone = words[at - window]
        counts[words[at]] += 1
        counts[gone] -= 1
        if not counts[gone]:
            del counts[gone]
        least = min(least, len(counts))
    return least / window


def compression_ratio(text: str) -> float:
    """Bytes of the text over bytes of it compressed by zlib, at one byte a letter; 0 of an empty text.

    In UTF-8 a letter outside Latin takes two or three bytes that are nearly constant, and clean text
    looks as compressible as a loop (Russian 2.32, Hindi 2.77, Georgian 3.04), while the threshold
    was made on English.  So each script is written in an alphabet of its own.
    """
    data = _one_byte_a_letter(text)
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _one_byte_a_letter(text: str) -> bytes:
    for encoding in ("latin-1", "cp1251"):
        try:
            return text.encode(encoding)
        except UnicodeEncodeError:
            continue
    common = {letter: at for at, (letter, _) in enumerate(Counter(text).most_common(255))}
    return bytes(common.get(letter, 255) for letter in text)

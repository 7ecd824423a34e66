"""What is known of words: how common they are, whether they exist, which word they are a form of.

The extra `words` brings the lists (wordfreq) and the Russian dictionary (pymorphy3).  Without it nothing is
known of how common a word is or whether it exists, and endings are told by the letters words share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final

RARE: Final = 3.0  # Zipf's scale: under one in a million words
SHARED_STEM: Final = 0.6  # of the longer word's letters, from the front: forms of one word


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A language's words.  `commonness` is None without the extra, `morphology` without a dictionary of forms."""

    language: str
    commonness: Callable[[str], float] | None = field(default=None, repr=False)
    morphology: Any = field(default=None, repr=False)

    @property
    def knows_words(self) -> bool:
        """Whether it can tell a word from a non-word, and rare from common."""
        return self.commonness is not None

    def is_word(self, word: str) -> bool | None:
        """Whether there is such a word; None where that is not known."""
        if self.commonness is None:
            return None
        if self.commonness(word) > 0:
            return True
        return bool(self.morphology is not None and self.morphology.word_is_known(word))

    def is_rare(self, word: str) -> bool | None:
        """Whether it is a word that few texts hold; None where that is not known."""
        if self.commonness is None:
            return None
        return bool(self.is_word(word)) and self.commonness(word) < RARE

    def is_name(self, word: str) -> bool:
        """Whether the dictionary has it for a name of a person or place."""
        if self.morphology is None:
            return False
        tag = self.morphology.parse(word)[0].tag
        return any(mark in tag for mark in ("Name", "Surn", "Patr", "Geox"))

    def same_word(self, one: str, other: str) -> bool:
        """Whether both are forms of one word: by the dictionary, else by the letters they share."""
        if self.morphology is not None:
            forms = [{form.normal_form for form in self.morphology.parse(word)} for word in (one, other)]
            return bool(forms[0] & forms[1])
        shared = next(
            (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
            min(len(one), len(other)),
        )
        return shared >= max(3.0, SHARED_STEM * max(len(one), len(other)))


@cache
def lexicon(language: str | None) -> Lexicon:
    """What can be known of a language's words here."""
    code = language or ""
    return Lexicon(code, _commonness(code), _morphology(code))


def _commonness(code: str) -> Callable[[str], float] | None:
    try:
        import wordfreq
    except ImportError:
        return None
    if code not in wordfreq.available_languages():
        return None
    return lru_cache(maxsize=65536)(lambda word: float(wordfreq.zipf_frequency(word, code)))


def _morphology(code: str) -> Any:
    if code != "ru":
        return None
    try:
        import pymorphy3
    except ImportError:
        return None
    return _Forms(pymorphy3.MorphAnalyzer())


class _Forms:
    """The dictionary, each word asked once."""

    def __init__(self, analyzer: Any) -> None:
        self.parse = lru_cache(maxsize=65536)(analyzer.parse)
        self.word_is_known = lru_cache(maxsize=65536)(analyzer.word_is_known)

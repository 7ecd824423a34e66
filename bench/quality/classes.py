"""Errors by class: what was lost, word by word and utterance by utterance.

Numbers, names and rare words go first when a model is quantized, and non-words tell most of all: a
paraphrase still says it.  What needs the lists of the extra `words` is not told without it: see `Lexicon`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from bench.quality.align import Edit, Passage, alignment
from bench.quality.lexicon import Lexicon, lexicon
from bench.quality.normalizer import Normalizer
from bench.quality.numerals import number_words
from bench.quality.versions import LANGUAGES


class ErrorClass(StrEnum):
    """What an error is about, the most telling first: `rank` orders them."""

    NON_WORD = "non-word"
    NAME = "name"
    NUMBER = "number"
    NEGATION = "negation"
    RARE = "rare-word"
    WORD = "word"
    INSERTION = "insertion"
    DELETION = "deletion"
    ENDING = "ending"
    FUNCTION = "function-word"

    @property
    def rank(self) -> int:
        """0 for what distorts most: non-words, names, numbers and negation; 2 for endings and small words."""
        if self in {ErrorClass.NON_WORD, ErrorClass.NAME, ErrorClass.NUMBER, ErrorClass.NEGATION}:
            return 0
        return 2 if self in {ErrorClass.ENDING, ErrorClass.FUNCTION} else 1


_NEGATIONS: Final = {
    "ru": frozenset({"не", "ни", "нет", "нельзя", "никогда", "никто", "ничего", "без"}),
    "en": frozenset({"not", "no", "never", "none", "nothing", "nobody", "neither", "nor", "without"}),
}


@dataclass(frozen=True, slots=True)
class ClassifiedError:
    """One word error: `reference` and `hypothesis` are normalized words, "" where there is none."""

    error: ErrorClass
    edit: Edit
    reference: str
    hypothesis: str


# --------------------------------------------------------------------------- words


@lru_cache(maxsize=16384)
def classify(reference: str, hypothesis: str, normalizer: Normalizer) -> tuple[ClassifiedError, ...]:
    """The word errors of a hypothesis, each with its class."""
    if normalizer.words(reference) == normalizer.words(hypothesis):
        return ()
    known = lexicon(normalizer.language)
    found: list[ClassifiedError] = []
    sentence = True
    for passage in alignment(reference, hypothesis, normalizer):
        if passage.edit is not Edit.EQUAL:
            found += _of_passage(passage, normalizer, known, sentence=sentence)
        if passage.reference:
            sentence = passage.reference[-1][-1:] in ".!?…"
    return tuple(found)


def _of_passage(
    passage: Passage, way: Normalizer, known: Lexicon, *, sentence: bool
) -> Iterable[ClassifiedError]:
    """The words of a differing passage side by side; what is over is dropped or inserted."""
    mine = [word for text in passage.reference for word in way.words(text)]
    theirs = [word for text in passage.hypothesis for word in way.words(text)]
    names = _names(passage.reference, way, sentence=sentence)
    for at in range(max(len(mine), len(theirs))):
        said = mine[at] if at < len(mine) else ""
        heard = theirs[at] if at < len(theirs) else ""
        edit = Edit.SUBSTITUTE if said and heard else Edit.DELETE if said else Edit.INSERT
        if said != heard:
            yield ClassifiedError(_class(said, heard, way, known, named=said in names), edit, said, heard)


def _names(written: Sequence[str], way: Normalizer, *, sentence: bool) -> frozenset[str]:
    """The words with a capital letter, but at the beginning of a sentence."""
    found: set[str] = set()
    for text in written:
        letters = text.strip("«»„“”\"'([")
        if letters[:1].isupper() and not letters.isupper() and not sentence:
            found.update(way.words(text))
        sentence = text[-1:] in ".!?…"
    return frozenset(found)


def class_of(said: str, heard: str, way: Normalizer) -> ErrorClass:
    """The class of what became of a phrase, normalized or not: that of its most telling word."""
    known = lexicon(way.language)
    mine, theirs = way.words(said), way.words(heard)
    pairs = [
        (mine[at] if at < len(mine) else "", theirs[at] if at < len(theirs) else "")
        for at in range(max(len(mine), len(theirs)))
    ]
    classes = [_class(one, other, way, known, named=False) for one, other in pairs if one != other]
    return min(classes, key=list(ErrorClass).index, default=ErrorClass.WORD)


def _class(said: str, heard: str, way: Normalizer, known: Lexicon, *, named: bool) -> ErrorClass:
    code = way.language or ""
    table = LANGUAGES.get(code)
    small = table.function_words if table else frozenset()
    if heard and not _is_number(heard, code) and known.is_word(heard) is False:
        return ErrorClass.NON_WORD
    if named or (said and known.is_name(said)):
        return ErrorClass.NAME
    if _is_number(said, code) or _is_number(heard, code):
        return ErrorClass.NUMBER
    if (said in _NEGATIONS.get(code, ())) != (heard in _NEGATIONS.get(code, ())):
        return ErrorClass.NEGATION
    if said and heard and said not in small and known.same_word(said, heard):
        return ErrorClass.ENDING
    if said and known.is_rare(said):
        return ErrorClass.RARE
    if all(word in small for word in (said, heard) if word):
        return ErrorClass.FUNCTION
    return ErrorClass.WORD if said and heard else ErrorClass.DELETION if said else ErrorClass.INSERTION


def _is_number(word: str, code: str) -> bool:
    table = LANGUAGES.get(code)
    return any(map(str.isdigit, word)) or (table is not None and word in number_words(table.version))

"""What is wrong with an utterance as a whole: empty, cut short, a loop, a hallucination, another language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

from bench.domain import Transcript
from bench.quality.align import Edit, alignment
from bench.quality.loops import detect
from bench.quality.normalizer import BASIC, Normalizer
from bench.quality.versions import LANGUAGES

STRETCH: Final = 4  # words dropped in a row that are no slip any more
CUT_SHARE: Final = 0.3  # of an utterance's words missing at its end: cut short
WRONG_SHARE: Final = 0.5  # of the letters in the script expected; fewer is another script
_SCRIPTS: Final = {
    "ru": "CYRILLIC",
    "en": "LATIN",
    "de": "LATIN",
    "fr": "LATIN",
    "es": "LATIN",
    "it": "LATIN",
}

# What Whisper writes over silence and noise, learnt from subtitles; lower case, without punctuation.
HALLUCINATIONS: Final = (
    "субтитры сделал",
    "субтитры создавал",
    "субтитры подогнал",
    "редактор субтитров",
    "корректор а",
    "продолжение следует",
    "спасибо за просмотр",
    "подписывайтесь на канал",
    "ставьте лайки",
    "до новых встреч",
    "dimatorzok",
    "subtitles by",
    "thanks for watching",
    "thank you for watching",
    "please subscribe",
    "like and subscribe",
    "amara org",
    "transcription by",
    "www mooji org",
    "untertitel der amara org community",
    "sous titrage",
    "subtítulos realizados por",
    "sottotitoli creati dalla comunità amara org",
)


_KNOWN: Final = re.compile(rf"\b(?:{'|'.join(HALLUCINATIONS)})\b")


class UtteranceFault(StrEnum):
    """What is wrong with an utterance as a whole."""

    EMPTY = "empty"
    CUT_SHORT = "cut-short"
    DROPPED = "dropped-stretch"
    LOOP = "loop"
    HALLUCINATION = "hallucination"
    SCRIPT = "wrong-script"
    LANGUAGE = "wrong-language"


@lru_cache(maxsize=16384)
def utterance_faults(
    reference: str | None,
    hypothesis: str,
    normalizer: Normalizer,
    *,
    silent: bool = False,
) -> tuple[UtteranceFault, ...]:
    """What is wrong with an utterance as a whole.  `silent` says that its audio holds no speech.

    Without a reference loops, hallucinations, script and language alone are told.
    """
    heard = normalizer.words(hypothesis)
    found = {UtteranceFault.LOOP: detect(Transcript(text=hypothesis), None, reference=reference).looping}
    said = normalizer.words(reference) if reference is not None else ()
    if said:
        found[UtteranceFault.EMPTY] = not heard
        if heard:
            dropped, at_end = _longest_dropped(reference or "", hypothesis, normalizer)
            found[UtteranceFault.CUT_SHORT] = at_end >= max(STRETCH, CUT_SHARE * len(said))
            found[UtteranceFault.DROPPED] = dropped >= STRETCH
    found[UtteranceFault.HALLUCINATION] = _hallucinated(
        reference, hypothesis, silent=silent or reference == ""
    )
    expected = _SCRIPTS.get(normalizer.language or "")
    if expected and heard:
        found[UtteranceFault.SCRIPT] = (
            _share(hypothesis, expected) < WRONG_SHARE <= _share(reference or "", expected, 1.0)
        )
        other = _other_language(heard, normalizer.language)
        found[UtteranceFault.LANGUAGE] = other and not _other_language(said, normalizer.language)
    return tuple(fault for fault in UtteranceFault if found.get(fault))


def _longest_dropped(reference: str, hypothesis: str, way: Normalizer) -> tuple[int, int]:
    """Words of the longest dropped stretch before the end, and of the one at the end."""
    passages = alignment(reference, hypothesis, way)
    lengths = [
        sum(len(way.words(text)) for text in passage.reference) if passage.edit is Edit.DELETE else 0
        for passage in passages
    ]
    return max(lengths[:-1], default=0), lengths[-1] if lengths else 0


def _hallucinated(reference: str | None, hypothesis: str, *, silent: bool) -> bool:
    heard = BASIC(hypothesis)
    said = BASIC(reference or "")
    if silent and heard and not said:
        return True
    return any(phrase not in said for phrase in _KNOWN.findall(heard))


def _share(text: str, script: str, empty: float = 0.0) -> float:
    """The share of a text's letters that are of a script."""
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return empty
    return sum(script in unicodedata.name(letter, "") for letter in letters) / len(letters)


def _other_language(words: Sequence[str], language: str | None) -> bool:
    """Whether the function words are those of another language that is known here."""
    counts = {code: sum(word in table.function_words for word in words) for code, table in LANGUAGES.items()}
    own = counts.pop(language or "", 0)
    return (
        max(counts.values(), default=0) >= max(3, 0.2 * len(words))
        and max(counts.values(), default=0) > 2 * own
    )

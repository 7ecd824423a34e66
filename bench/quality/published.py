"""The normalizers that published error rates were taken with: OpenAI's, as the Open ASR Leaderboard uses them.

Selectable so that a rate of ours can stand beside a published one; never chosen by `auto`.  They do not say
which piece of the text a word came from, so that is found by aligning the text with its pieces.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import cache
from typing import Final

from bench.errors import SuiteError
from bench.quality.lexer import Token

_BRACKETS: Final = re.compile(r"[<\[][^>\]]*[>\]]|\([^)]+?\)")


def whisper_basic(text: str) -> str:
    """OpenAI's normalizer for languages other than English: no brackets, no marks, symbols or punctuation."""
    plain = unicodedata.normalize("NFKC", _BRACKETS.sub("", text.lower()))
    spaced = "".join(" " if unicodedata.category(letter)[0] in "MSP" else letter for letter in plain)
    return " ".join(spaced.lower().split())


@cache
def _english() -> Callable[[str], str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its docstrings' escapes
            from whisper_normalizer.english import EnglishTextNormalizer
    except ImportError:
        raise SuiteError(
            "quality.normalizer: en-whisper needs the package whisper-normalizer.",
            hint="Install it with: pip install 'asr-quant-bench[leaderboard]'",
        ) from None
    made: Callable[[str], str] = EnglishTextNormalizer()
    return made


def en_whisper(text: str) -> str:
    """OpenAI's normalizer for English, by the package whisper-normalizer; SuiteError without it."""
    return _english()(text)


#: Name -> the function from text to text.
PUBLISHED: Final[dict[str, Callable[[str], str]]] = {"en-whisper": en_whisper, "whisper-basic": whisper_basic}


def published_tokens(name: str, text: str) -> tuple[Token, ...]:
    """The words of the normalized text, each with the pieces of the text it stands for."""
    normalize = PUBLISHED[name]
    words = normalize(text).split()
    own = [(word, at) for at, piece in enumerate(text.split()) for word in normalize(piece).split()]
    places: list[tuple[int, int]] = []
    matcher = SequenceMatcher(a=words, b=[word for word, _ in own], autojunk=False)
    for kind, first, last, own_first, own_last in matcher.get_opcodes():
        if kind == "equal":
            places += [(at, at) for _, at in own[own_first:own_last]]
        elif first < last:
            span = [at for _, at in own[own_first:own_last]] or [places[-1][1] if places else 0]
            places += [(span[0], span[-1])] * (last - first)
    return tuple(Token(word, *place) for word, place in zip(words, places, strict=True))

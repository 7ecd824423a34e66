"""Text -> lexemes: the words, numbers and symbols of one piece, folded to one spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Final, NamedTuple

from bench.quality.languages import SpeechLanguage
from bench.quality.versions import VERSIONS


class Token(NamedTuple):  # made by the million: a tuple is twice as quick as a dataclass
    """A normalized word and the pieces of the text it came from, `first` to `last` inclusive."""

    text: str
    first: int
    last: int


class Part(NamedTuple):
    """A part of a piece before it is read out: kind is "word", "number", "symbol" or "clock".

    `closed` says that punctuation stands behind a number, so that it does not agree with the next word.
    """

    kind: str
    text: str
    closed: bool = False


class Lexeme(NamedTuple):
    """A part with the pieces it came from, `first` to `last` inclusive."""

    kind: str
    text: str
    first: int
    last: int
    closed: bool = False


PIECES: Final = 65536  # different pieces remembered: a language's everyday words

Lex = Callable[[str], tuple[Part, ...]]


class _Fold(dict[int, str]):
    """A `str.translate` table that decides about a character when it is first met.

    Letters, marks and digits stay; dashes and punctuation become spaces; what cannot be seen goes.
    `kept` are the characters that the numerals' grammar needs.
    """

    def __init__(self, kept: str, dropped: str) -> None:
        super().__init__()
        self.kept, self.dropped = frozenset(kept), frozenset(dropped)

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = folded = self._fold(character, unicodedata.category(character))
        return folded

    def _fold(self, character: str, category: str) -> str:
        if character in self.dropped or category == "Cf":
            return ""
        if character in "'’ʼ‘`´":  # the apostrophes that occur
            return "'"
        if character in self.kept or category[0] in "LMN":
            return character
        return "-" if character in "-‐‑‒–−" else " "  # a long dash is never a minus


@cache
def lexer(version: str | None) -> Lex:
    """A function from one piece of text to its parts, by that version of a language's tables."""
    if version is None:
        return _plain_lexer()
    language = VERSIONS[version]
    signs = re.escape("".join(language.symbols))
    separators = re.escape(language.decimals + language.thousands.strip())
    letter = rf"[^\s\d\-.,:'{signs}]"  # letters and their marks: all that the fold leaves
    clock = r"(?<![\w:.,-])(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?![\w:])" if language.clock else "(?!)"
    grammar = re.compile(
        rf"(?P<clock>{clock})|(?P<minus>(?:(?<!\w)-)?)(?P<digits>\d+(?:[{separators}]\d+)*)(?:(?P<hyphen>[-']?)(?P<suffix>{letter}+))?"
        rf"|(?P<symbol>[{signs}])"
        rf"|(?P<word>{letter}+(?:'{letter}+)*)"
    )
    fold = _Fold(".,:" + "".join(language.symbols), language.marks)
    letters = str.maketrans(dict(language.letters))

    @lru_cache(maxsize=PIECES)
    def lex(piece: str) -> tuple[Part, ...]:
        # The compatibility form of the number sign would be two letters.
        text = "№".join(unicodedata.normalize("NFKC", part) for part in piece.split("№"))
        # What was dropped may have kept a letter from its mark: compose again.
        text = unicodedata.normalize("NFC", text.lower().translate(fold)).translate(letters)
        found: list[Part] = []
        for match in grammar.finditer(text):
            if match["clock"]:
                found.append(Part("clock", match["clock"]))
            elif match["digits"]:
                found += _number(language, match, closed=match.end() < len(text))
            elif match["symbol"]:
                found.append(Part("symbol", match["symbol"]))
            else:
                found += [Part("word", word) for word in _expand(language, match["word"])]
        return tuple(found)

    return lex


def _plain_lexer() -> Lex:
    fold = _Fold("", "")

    @lru_cache(maxsize=PIECES)
    def lex(piece: str) -> tuple[Part, ...]:
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", piece).lower().translate(fold))
        return tuple(Part("word", word) for word in text.replace("'", "").replace("-", " ").split())

    return lex


def _number(language: SpeechLanguage, match: re.Match[str], *, closed: bool) -> list[Part]:
    """A number with its ordinal suffix after "~", or followed by a word that is no such suffix."""
    digits, hyphen, suffix = match["minus"] + match["digits"], match["hyphen"], match["suffix"]
    if suffix is None:
        return [Part("number", digits, closed)]
    for known in (suffix, "-" + suffix) if hyphen else (suffix,):
        if known in language.ordinals:
            return [Part("number", f"{digits}~{known}", closed)]
    words = [Part("word", word) for word in _expand(language, suffix)]
    return [Part("number", digits, closed), *words]


def _expand(language: SpeechLanguage, word: str) -> list[str]:
    for pattern, replacement in language.contractions:
        if re.search(pattern, word):
            word = re.sub(pattern, replacement, word)
            break
    return word.replace("'", "").split()

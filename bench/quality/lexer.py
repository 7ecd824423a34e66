"""Text -> lexemes: the words, numbers and symbols of one piece, folded to one spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from bench.quality.languages import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class Token:
    """A normalized word and the pieces of the text it came from, `first` to `last` inclusive."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A piece's part before numerals are read out: kind is "word", "number" or "symbol"."""

    kind: str
    text: str
    first: int
    last: int


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
        return "-" if category == "Pd" or character == "−" else " "  # the minus sign


@cache
def lexer(code: str | None) -> Callable[[str], list[tuple[str, str]]]:
    """A function from one piece of text to (kind, text) parts, by the tables of the language."""
    if code is None:
        return _plain_lexer()
    language = LANGUAGES[code]
    signs = re.escape("".join(language.symbols))
    separators = re.escape(language.decimals + language.thousands.strip())
    grammar = re.compile(
        rf"(?P<number>(?<!\w)-(?=\d))?(?P<digits>\d+(?:[{separators}]\d+)*)(?:[-']?(?P<suffix>[^\W\d]+))?"
        rf"|(?P<symbol>[{signs}])"
        rf"|(?P<word>[^\s\d\-.,:'{signs}]+(?:'[^\s\d\-.,:'{signs}]+)*)"
    )
    fold = _Fold(".,:" + "".join(language.symbols), language.marks)
    letters = str.maketrans(dict(language.letters))

    def lex(piece: str) -> list[tuple[str, str]]:
        text = unicodedata.normalize("NFKC", piece.replace("№", "\0")).replace("\0", "№")
        text = text.lower().translate(fold).translate(letters)
        found: list[tuple[str, str]] = []
        for match in grammar.finditer(text):
            if match["digits"]:
                found += _number_parts(language, match)
            elif match["symbol"]:
                found.append(("symbol", match["symbol"]))
            else:
                found += [("word", word) for word in _expand(language, match["word"])]
        return found

    return lex


def _plain_lexer() -> Callable[[str], list[tuple[str, str]]]:
    fold = _Fold("", "")

    def lex(piece: str) -> list[tuple[str, str]]:
        text = unicodedata.normalize("NFKC", piece).lower().translate(fold)
        return [("word", word) for word in text.replace("'", "").replace("-", " ").split()]

    return lex


def _number_parts(language: Language, match: re.Match[str]) -> list[tuple[str, str]]:
    sign = "-" if match["number"] else ""
    suffix = match["suffix"]
    if suffix is None:
        return [("number", sign + match["digits"])]
    if suffix in language.ordinals:
        return [("number", f"{sign}{match['digits']}~{suffix}")]
    return [("number", sign + match["digits"]), *(("word", word) for word in _expand(language, suffix))]


def _expand(language: Language, word: str) -> list[str]:
    for pattern, replacement in language.contractions:
        if re.search(pattern, word):
            word = re.sub(pattern, replacement, word)
            break
    return word.replace("'", "").split()

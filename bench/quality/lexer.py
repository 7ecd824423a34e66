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
    """A piece's part before numerals are read out: kind is "word", "number" or "symbol".

    `closed` says that punctuation stands behind it, so that it does not agree with the next word.
    """

    kind: str
    text: str
    first: int
    last: int
    closed: bool = False


Lex = Callable[[str, int], list[Lexeme]]


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
def lexer(code: str | None) -> Lex:
    """A function from one piece of text and its index to lexemes, by the tables of the language."""
    if code is None:
        return _plain_lexer()
    language = LANGUAGES[code]
    signs = re.escape("".join(language.symbols))
    separators = re.escape(language.decimals + language.thousands.strip())
    grammar = re.compile(
        rf"(?P<minus>(?:(?<!\w)-)?)(?P<digits>\d+(?:[{separators}]\d+)*)(?:(?P<hyphen>[-']?)(?P<suffix>[^\W\d]+))?"
        rf"|(?P<symbol>[{signs}])"
        rf"|(?P<word>[^\s\d\-.,:'{signs}]+(?:'[^\s\d\-.,:'{signs}]+)*)"
    )
    fold = _Fold(".,:" + "".join(language.symbols), language.marks)
    letters = str.maketrans(dict(language.letters))

    def lex(piece: str, at: int) -> list[Lexeme]:
        # The compatibility form of the number sign would be two letters.
        text = "№".join(unicodedata.normalize("NFKC", part) for part in piece.split("№"))
        text = text.lower().translate(fold).translate(letters)
        found: list[Lexeme] = []
        for match in grammar.finditer(text):
            if match["digits"]:
                found += _number(language, match, at, closed=match.end() < len(text))
            elif match["symbol"]:
                found.append(Lexeme("symbol", match["symbol"], at, at))
            else:
                found += [Lexeme("word", word, at, at) for word in _expand(language, match["word"])]
        return found

    return lex


def _plain_lexer() -> Lex:
    fold = _Fold("", "")

    def lex(piece: str, at: int) -> list[Lexeme]:
        text = unicodedata.normalize("NFKC", piece).lower().translate(fold)
        return [Lexeme("word", word, at, at) for word in text.replace("'", "").replace("-", " ").split()]

    return lex


def _number(language: Language, match: re.Match[str], at: int, *, closed: bool) -> list[Lexeme]:
    """A number with its ordinal suffix after "~", or followed by a word that is no such suffix."""
    digits, hyphen, suffix = match["minus"] + match["digits"], match["hyphen"], match["suffix"]
    if suffix is None:
        return [Lexeme("number", digits, at, at, closed)]
    for known in (suffix, "-" + suffix) if hyphen else (suffix,):
        if known in language.ordinals:
            return [Lexeme("number", f"{digits}~{known}", at, at, closed)]
    words = [Lexeme("word", word, at, at) for word in _expand(language, suffix)]
    return [Lexeme("number", digits, at, at, closed), *words]


def _expand(language: Language, word: str) -> list[str]:
    for pattern, replacement in language.contractions:
        if re.search(pattern, word):
            word = re.sub(pattern, replacement, word)
            break
    return word.replace("'", "").split()

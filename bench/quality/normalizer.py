"""Normalizers: text -> the words that are compared, under a versioned name.

A word error rate means nothing without the normalizer it was made under.  The rules are symmetric:
reference and hypothesis go through the same ones.  Numerals become words on both sides, because
which of the two an engine writes is taste and no error.  See docs/quality.md for what each does.

A normalized word remembers which whitespace-separated pieces of the text it came from, so that a
difference can be shown in the words the engine wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bench.errors import SuiteError
from bench.quality.folding import fold_words
from bench.quality.languages import Fold, SpeechLanguage
from bench.quality.lexer import Lexeme, Token, lexer
from bench.quality.numerals import spell
from bench.quality.published import PUBLISHED, published_tokens
from bench.quality.versions import LANGUAGES, VERSIONS

MEMORY: Final = 32768  # texts: a corpus of ten thousand utterances is held against each variant


@dataclass(frozen=True, slots=True)
class Normalizer:
    """A named way from text to words.  `language` is None for `raw` and `basic-1`."""

    name: str
    language: str | None = None

    def tokens(self, text: str) -> tuple[Token, ...]:
        """The normalized words of the text, in order, with the pieces they came from."""
        return _tokens(self, text)

    def words(self, text: str) -> tuple[str, ...]:
        """The normalized words of the text."""
        return _token_words(self, text)

    def __call__(self, text: str) -> str:
        """The normalized text: its words with single spaces."""
        return " ".join(self.words(text))


RAW: Final = Normalizer("raw")
BASIC: Final = Normalizer("basic-1")
NORMALIZERS: Final = {
    "raw": RAW,
    "basic-1": BASIC,
    **{version: Normalizer(version, table.code) for version, table in VERSIONS.items()},
}


#: Those of published figures: by name alone, never by `auto`.
OTHERS: Final = {name: Normalizer(name) for name in PUBLISHED}


def normalizer(name: str, language: str | None = None) -> Normalizer:
    """The normalizer of that name; "auto" is the one of the language, `basic-1` where none is known.

    `language` is a code such as "ru" or "ru-RU".  Raises SuiteError for an unknown name.
    """
    if name == "auto":
        table = LANGUAGES.get((language or "").lower().replace("_", "-").split("-")[0])
        return NORMALIZERS[table.version] if table else BASIC
    if name in OTHERS:
        PUBLISHED[name]("")  # its package may be missing
        return OTHERS[name]
    try:
        return NORMALIZERS[name]
    except KeyError:
        known = ", ".join(["auto", *NORMALIZERS, *OTHERS])
        raise SuiteError(
            f"quality.normalizer: there is no normalizer {name!r}.", hint=f"Known: {known}."
        ) from None


@lru_cache(maxsize=MEMORY)
def _tokens(way: Normalizer, text: str) -> tuple[Token, ...]:
    if way.name in OTHERS:
        return published_tokens(way.name, text)
    pieces = text.split()
    if way.name == RAW.name:
        return tuple(Token(piece, i, i) for i, piece in enumerate(pieces))
    language = VERSIONS.get(way.name)
    lex = lexer(way.name if language else None)
    parts = [(part, at) for at, piece in enumerate(pieces) for part in lex(piece)]
    if language is None or all(part.kind == "word" for part, _ in parts):
        tokens = [Token(part.text, at, at) for part, at in parts]
        if language is not None and language.rewrites:
            tokens = fold_words(language, tokens)
    else:
        tokens = spell(language, [Lexeme(part.kind, part.text, at, at, part.closed) for part, at in parts])
    return _fold_phrases(language, tokens) if language else tuple(tokens)


@lru_cache(maxsize=MEMORY)
def _token_words(way: Normalizer, text: str) -> tuple[str, ...]:
    return tuple(token.text for token in _tokens(way, text))


def _fold_phrases(language: SpeechLanguage, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Replace the phrases that are read alike; what they become keeps their pieces."""
    starts = {fold.words[0] for fold in language.phrases}
    folded: list[Token] = []
    at = 0
    while at < len(tokens):
        fold = _fold_at(language, tokens, at) if tokens[at].text in starts else None
        if fold is None:
            folded.append(tokens[at])
            at += 1
        else:
            first, last = tokens[at].first, tokens[at + len(fold.words) - 1].last
            folded += [Token(word, first, last) for word in fold.becomes]
            at += len(fold.words)
    return tuple(folded)


def _fold_at(language: SpeechLanguage, tokens: Sequence[Token], at: int) -> Fold | None:
    before = tokens[at - 1].text if at else ""
    for fold in language.phrases:
        end = at + len(fold.words)
        behind = tokens[end].text if end < len(tokens) else ""
        if (
            tuple(token.text for token in tokens[at:end]) == fold.words
            and before not in fold.not_after
            and (not fold.only_before or behind in fold.only_before)
        ):
            return fold
    return None

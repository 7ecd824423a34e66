"""Numerals -> words, by a language's tables and num2words.

What cannot be decided from text is decided the same way on both sides: a bare numeral is read as
the nominative cardinal.  Where a reader would have inflected it ("с 5 друзьями") the
normalizer leaves an error; prefer clips whose reference has no numerals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final

from bench.quality.languages import Form, SpeechLanguage
from bench.quality.lexer import Lexeme, Token
from bench.quality.versions import VERSIONS

LONGEST_WHOLE: Final = 15  # digits; longer ones are codes and are read digit by digit
LONGEST_FRACTION: Final = 6


def spell(language: SpeechLanguage, lexemes: Sequence[Lexeme]) -> list[Token]:
    """The lexemes with numbers and symbols read out, each word with the pieces it came from."""
    from bench.quality.folding import fold_words
    from bench.quality.readings import rewrite

    tokens: list[Token] = []
    if language.rewrites:
        lexemes = rewrite(language, lexemes)
    joined = _swap_symbols(language, _join_thousands(language, lexemes))
    for at, lexeme in enumerate(joined):
        tokens += [Token(word, lexeme.first, lexeme.last) for word in _read(language, joined, at)]
    return fold_words(language, tokens) if language.rewrites else tokens


def _read(language: SpeechLanguage, lexemes: Sequence[Lexeme], at: int) -> Iterator[str]:
    lexeme = lexemes[at]
    if lexeme.kind == "word":
        yield lexeme.text
    elif lexeme.kind == "symbol":
        before = lexemes[at - 1].text if at and lexemes[at - 1].kind == "number" else ""
        yield _symbol(language, lexeme.text, before)
    else:
        yield from read_number(language.version, lexeme.text, _following(lexemes, at))


def _following(lexemes: Sequence[Lexeme], at: int) -> str:
    """The word right behind a number, "" where punctuation or a lone dash stands between."""
    if at + 1 == len(lexemes) or lexemes[at].closed:
        return ""
    word = lexemes[at + 1]
    return word.text if word.kind == "word" and word.first <= lexemes[at].last + 1 else ""


def _join_thousands(language: SpeechLanguage, lexemes: Sequence[Lexeme]) -> list[Lexeme]:
    """Join "1 000 000" into one number where the language groups digits by spaces."""
    if not language.thousands.isspace():
        return list(lexemes)
    joined: list[Lexeme] = []
    for lexeme in lexemes:
        last = joined[-1] if joined else None
        if (
            last is not None
            and lexeme.kind == last.kind == "number"
            and lexeme.first == last.last + 1
            and not last.closed
            and re.fullmatch(r"-?[1-9]\d{0,2}(?:\d{3})*", last.text)
            and (len(last.text.lstrip("-")) <= 3 or last.first < last.last)
            and re.match(r"\d{3}(?!\d)", lexeme.text)
        ):
            joined[-1] = Lexeme("number", last.text + lexeme.text, last.first, lexeme.last, lexeme.closed)
        else:
            joined.append(lexeme)
    return joined


def _swap_symbols(language: SpeechLanguage, lexemes: Sequence[Lexeme]) -> list[Lexeme]:
    """Put a currency sign written before its number behind it, where it is read."""
    swapped = list(lexemes)
    for at in range(len(swapped) - 1):
        sign, number = swapped[at], swapped[at + 1]
        if sign.kind == "symbol" and sign.text in language.symbols_before and number.kind == "number":
            swapped[at], swapped[at + 1] = number, sign
    return swapped


@lru_cache(maxsize=4096)
def read_number(version: str, text: str, following: str) -> tuple[str, ...]:
    """The words of a number such as "-3,5", "1999", "1~й" (an ordinal), before the word `following`."""
    language = VERSIONS[version]
    negative, text = text.startswith("-"), text.lstrip("-")
    digits, _, suffix = text.partition("~")
    if len(language.thousands) == 1 and not language.thousands.isspace():
        grouped = re.fullmatch(rf"\d{{1,3}}(?:{re.escape(language.thousands)}\d{{3}})+(?:\.\d+)?", digits)
        if grouped:
            digits = digits.replace(language.thousands, "")
            return _signed(
                language, negative, _whole_or_fraction(language, digits, suffix, following, year=False)
            )
    return _signed(language, negative, _whole_or_fraction(language, digits, suffix, following, year=True))


def _signed(language: SpeechLanguage, negative: bool, words: list[str]) -> tuple[str, ...]:
    return (language.minus, *words) if negative and language.minus else tuple(words)


def _whole_or_fraction(
    language: SpeechLanguage, digits: str, suffix: str, following: str, *, year: bool
) -> list[str]:
    parts = re.split(r"\D", digits)
    if len(parts) == 2 and digits[len(parts[0])] in language.decimals and not suffix:
        whole, fraction = parts
        if len(whole) <= LONGEST_WHOLE and len(fraction) <= LONGEST_FRACTION:
            return _fraction(language, whole, fraction)
    words: list[str] = []
    for part in parts[:-1]:
        words += _whole(language, part, {})
    return words + _whole(language, parts[-1], _form(language, parts[-1], suffix, following, year=year))


def _form(language: SpeechLanguage, digits: str, suffix: str, following: str, *, year: bool) -> Form:
    if suffix:
        return language.exceptions.get((digits, suffix), language.ordinals[suffix])
    if len(digits) > LONGEST_WHOLE:
        return {}
    low, high, form = language.following.get(following, (1, 0, {}))
    if low <= int(digits) <= high:
        return form
    if year and language.years and len(digits) == 4 and language.years[0] <= int(digits) <= language.years[1]:
        return language.year_form
    if following not in language.function_words and digits[-2:-1] != "1":
        for ending, pattern, agreeing in language.agreement:
            if digits.endswith(ending) and re.search(pattern, following):
                return agreeing
    return {}


def _whole(language: SpeechLanguage, digits: str, form: Form) -> list[str]:
    if len(digits) > LONGEST_WHOLE or (len(digits) > 1 and digits.startswith("0")):  # codes, telephones
        return [word for digit in digits for word in say(language, int(digit), {})]
    return say(language, int(digits), form)


def _fraction(language: SpeechLanguage, whole: str, fraction: str) -> list[str]:
    if language.code == "en":
        return [
            *_whole(language, whole, {}),
            "point",
            *(w for d in fraction for w in say(language, int(d), {})),
        ]
    return say(language, Decimal(f"{int(whole)}.{fraction}"), {})


def say(language: SpeechLanguage, number: int | Decimal, form: Form) -> list[str]:
    """A number in words, folded as the language's words are."""
    from num2words import num2words

    keywords: dict[str, Any] = dict(form)
    text: str = num2words(number, lang=language.code, **keywords)
    letters = str.maketrans(dict(language.letters))
    return re.sub(r"[-,]", " ", text.lower().translate(letters)).split()


def _symbol(language: SpeechLanguage, symbol: str, number: str) -> str:
    forms = language.symbols[symbol]
    if not number or len(forms) == 1:
        return forms.get("many", forms["other"])
    return plural_form(language, number, forms)


def plural_form(language: SpeechLanguage, number: str, forms: Mapping[str, str]) -> str:
    """The form of a word behind a number such as "2", "-3,5" or "1~й", by CLDR's plural categories."""
    whole = number.partition("~")[0].lstrip("-")
    fraction = any(separator in whole for separator in language.decimals)
    category = (
        "other" if fraction else _plural(language.code, int(re.sub(r"\D", "", whole)[-LONGEST_WHOLE:] or 0))
    )
    return forms.get(category, forms["other"])


@cache
def number_words(version: str) -> frozenset[str]:
    """The words that numbers are said in, in every form the language's tables know."""
    language = VERSIONS[version]
    numbers = [*range(21), *range(30, 100, 10), *range(100, 1001, 100), 2000, 10**6, 2 * 10**6, 10**9]
    found = {
        word
        for number in numbers
        for form in language.inflections
        for word in _said_so(language, number, form)
    }
    return frozenset(found) - language.function_words


def _said_so(language: SpeechLanguage, number: int, form: Form) -> list[str]:
    try:
        return say(language, number, form)
    except (KeyError, TypeError, NotImplementedError):
        return []  # a form that this number does not have


@cache
def _plural(code: str, number: int) -> str:
    from babel import Locale

    return str(Locale(code).plural_form(number))

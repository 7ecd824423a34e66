"""Words that say the same time, date or fraction in two ways -> one way, on both sides alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from bench.quality.languages import SpeechLanguage
from bench.quality.lexer import Token
from bench.quality.numerals import number_words


def fold_words(language: SpeechLanguage, tokens: Sequence[Token]) -> list[Token]:
    """What is said in two ways becomes one: hours and minutes named, "of the year", the case of a day, "and" in a fraction."""
    triggers = {*language.months, *language.hour_words, *language.dated_year_words, *_WHOLES}
    if not language.hour_words or triggers.isdisjoint(token.text for token in tokens):
        return list(tokens)
    numerals = number_words(language.version)
    kept: list[Token] = []
    months, hours, minutes = language.months, language.hour_words, language.minute_words
    at = 0
    while at < len(tokens):
        here = tokens[at]
        if here.text in hours and kept and kept[-1].text in numerals:
            size = 1
            while size <= 2 and at + size < len(tokens) and tokens[at + size].text in numerals:
                size += 1
            if size > 1 and at + size < len(tokens) and tokens[at + size].text in minutes:
                kept += tokens[at + 1 : at + size]
                at += size + 1
                continue
        if here.text in months and kept and kept[-1].text in numerals:
            kept[-1] = _genitive(kept[-1])
        behind = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if here.text == "и" and kept and kept[-1].text in _WHOLES and behind in numerals:
            at += 1
            continue
        if here.text in language.dated_year_words and _after_date(kept, numerals, months):
            at += 1
            continue
        kept.append(here)
        at += 1
    return kept


_WHOLES: Final = frozenset({"целая", "целых", "целой"})


def _genitive(day: Token) -> Token:
    """The day of a date in the genitive: it is said in the nominative as well."""
    text = "третьего" if day.text == "третье" else re.sub(r"(?<=[тйвм])ое$", "ого", day.text)
    return day._replace(text=text)


def _after_date(tokens: Sequence[Token], numerals: AbstractSet[str], months: Sequence[str]) -> bool:
    at = len(tokens) - 1
    while at >= 0 and tokens[at].text in numerals:
        at -= 1
    return at >= 0 and at < len(tokens) - 1 and tokens[at].text in months

"""Telephone numbers among numbers: groups of digits that are read group by group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bench.quality.languages import SpeechLanguage
from bench.quality.lexer import Lexeme

TELEPHONE_DIGITS: Final = (7, 12)


def telephones(language: SpeechLanguage, lexemes: Sequence[Lexeme]) -> Iterator[Lexeme]:
    """Groups of a telephone number, closed so that they are not joined into millions."""
    at = 0
    while at < len(lexemes):
        end = at
        while (
            end < len(lexemes)
            and lexemes[end].kind == "number"
            and (end == at or lexemes[end].first <= lexemes[end - 1].last + 1)
        ):
            end += 1
        run = lexemes[at:end]
        plus = at > 0 and lexemes[at - 1].text == "+"
        if language.telephones and run and _is_telephone(run, plus=plus):
            for each in run:
                yield from _groups(each)
        else:
            yield from run
        if end < len(lexemes):
            yield lexemes[end]
        at = end + 1


def _is_telephone(run: Sequence[Lexeme], *, plus: bool) -> bool:
    digits = [re.sub(r"^-", "", each.text) for each in run]
    if not all(each.isdigit() for each in digits):
        return False
    total = sum(map(len, digits))
    if not TELEPHONE_DIGITS[0] <= total <= TELEPHONE_DIGITS[1]:
        return False
    if len(run) == 1:
        return re.fullmatch(r"[78][3489]\d{9}", digits[0]) is not None or (plus and total > 10)
    together = len({each.first for each in run}) < len(run) and (len(run) > 2 or total != 8)  # 1990-2000
    return together or plus or [len(each) for each in digits[-2:]] == [2, 2]


def _groups(number: Lexeme) -> Iterator[Lexeme]:
    digits = number.text.lstrip("-")
    cut = re.fullmatch(r"(\d)(\d{3})(\d{3})(\d\d)(\d\d)", digits)
    for group in cut.groups() if cut else (digits,):
        yield Lexeme("number", group, number.first, number.last, closed=True)

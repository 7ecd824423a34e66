"""What stands around numbers -> words, for the normalizers of the second version.

Clock times, dates, telephone numbers, units, scales ("5 млн", "$20 million") and decades become the words
they are read as, before the numbers themselves are read out.  The tables are the language's; a rule
without a table does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bench.quality.languages import Form, SpeechLanguage
from bench.quality.lexer import Lexeme
from bench.quality.numerals import plural_form, say
from bench.quality.telephones import telephones


def rewrite(language: SpeechLanguage, lexemes: Sequence[Lexeme]) -> list[Lexeme]:
    """The lexemes with all but plain numbers read out."""
    found = list(telephones(language, lexemes))
    found = list(_dates(language, found))
    found = list(_clocks(language, found))
    found = _money(language, found)
    return list(_units(language, found))


def _said(text: str, like: Lexeme, last: int | None = None) -> Iterator[Lexeme]:
    for word in text.split():
        yield Lexeme("word", word, like.first, like.last if last is None else last)


# ------------------------------------------------------------------ dates and times


def _dates(language: SpeechLanguage, lexemes: Sequence[Lexeme]) -> Iterator[Lexeme]:
    """12.05.2024, 12/05/2024 and 2024-05-12; the number right beside a month's name."""
    at = 0
    while at < len(lexemes):
        date, used = _date(language, lexemes, at) if language.months else (None, 1)
        if date is not None:
            day, month, year = date
            text = language.date_order.format(
                day=_form(language, day, language.day_form),
                month=language.months[month - 1],
                year=_form(language, year, language.dated_year_form),
            )
        else:
            text = _beside_month(language, lexemes, at)
        if text:
            yield from _said(text, lexemes[at], lexemes[at + used - 1].last)
            if at + used < len(lexemes) and lexemes[at + used].text in language.year_words:
                used += 1  # "12.05.2024 г."
        else:
            yield lexemes[at]
        at += used


def _form(language: SpeechLanguage, number: int, form: Form) -> str:
    return " ".join(say(language, number, form))


def _date(
    language: SpeechLanguage, lexemes: Sequence[Lexeme], at: int
) -> tuple[tuple[int, int, int] | None, int]:
    """(day, month, year) and how many lexemes it takes."""
    if lexemes[at].kind != "number":
        return None, 1
    dotted = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", lexemes[at].text)
    if dotted:
        return _valid(*map(int, dotted.groups())), 1
    three = lexemes[at : at + 3]
    if len(three) < 3 or len({(each.kind, each.first) for each in three}) > 1:
        return None, 1
    beyond = lexemes[at + 3].first if at + 3 < len(lexemes) and lexemes[at + 3].kind == "number" else None
    texts = [each.text for each in three]
    if beyond == three[0].first or not all(text.isdigit() for text in texts):
        return None, 1
    sizes = [len(text) for text in texts]
    one, two, three_ = map(int, texts) if sum(sizes) <= 8 else (0, 0, 0)
    if sizes == [4, 2, 2]:
        found = _valid(three_, two, one)
    elif sizes[2] == 4 and max(sizes[:2]) <= 2:
        month_first = language.month_first and one <= 12
        found = _valid(two, one, three_) if month_first else _valid(one, two, three_)
    else:
        found = None
    return (found, 3) if found else (None, 1)


def _valid(day: int, month: int, year: int) -> tuple[int, int, int] | None:
    return (day, month, year) if 1 <= day <= 31 and 1 <= month <= 12 and 1000 <= year <= 2100 else None


def _beside_month(language: SpeechLanguage, lexemes: Sequence[Lexeme], at: int) -> str:
    """The year after "12 мая", the day in "May 12": ordinals; else ""."""
    here = lexemes[at]
    plain = here.kind == "number" and here.text.isdigit() and len(here.text) <= 4
    behind = at > 0 and lexemes[at - 1].kind == "word" and lexemes[at - 1].text in language.months
    if language.month_first and plain and not behind and at > 1:  # "May 12, 2020"
        behind = (
            lexemes[at - 2].text in language.months
            and lexemes[at - 1].kind == "number"
            and len(here.text) == 4
        )
    if not plain or not behind:
        return ""
    number = int(here.text)
    if len(here.text) == 4 and 1000 <= number <= 2100:
        return _form(language, number, language.dated_year_form)
    return _form(language, number, language.day_form) if language.month_first and 1 <= number <= 31 else ""


def _clocks(language: SpeechLanguage, lexemes: Sequence[Lexeme]) -> Iterator[Lexeme]:
    """10:30, and 10:00 as the full hour."""
    for at, lexeme in enumerate(lexemes):
        if lexeme.kind != "clock":
            yield lexeme
            continue
        half = lexemes[at + 1].text if at + 1 < len(lexemes) else ""
        hour, minute, *seconds = lexeme.text.split(":")
        text = _form(language, int(hour), {})
        if int(minute) or seconds:
            lead = f"{language.clock_zero} " if minute.startswith("0") else ""
            text += f" {lead}{_form(language, int(minute), {})}"
            for second in seconds:
                text += f" {_form(language, int(second), {})}"
        elif half not in language.half_days:
            text += f" {plural_form(language, hour, language.full_hour)}"
        yield from _said(text, lexeme)


# ---------------------------------------------------------------- money and measures


def _money(language: SpeechLanguage, lexemes: Sequence[Lexeme]) -> list[Lexeme]:
    """A currency sign behind its number, behind a scale if there is one; cents read as cents."""
    found = list(lexemes)
    for at in range(len(found) - 1):
        sign, number = found[at], found[at + 1]
        if sign.kind != "symbol" or sign.text not in language.symbols_before or number.kind != "number":
            continue
        scaled = at + 2 < len(found) and found[at + 2].text in language.scales
        if scaled:
            forms = language.symbols[sign.text]
            word = Lexeme("word", forms.get("many", forms["other"]), sign.first, sign.last)
            found[at], found[at + 1], found[at + 2] = number, found[at + 2], word
        else:
            found[at], found[at + 1] = number, sign
    return [part for at in range(len(found)) for part in _cents(language, found, at)]


def _cents(language: SpeechLanguage, lexemes: Sequence[Lexeme], at: int) -> Iterator[Lexeme]:
    here = lexemes[at]
    sign = lexemes[at + 1] if at + 1 < len(lexemes) else None
    before = lexemes[at - 1] if at else None
    if here.kind == "number" and sign is not None and sign.kind == "symbol" and sign.text in language.cents:
        parts = re.fullmatch(r"(\d{1,3}(?:,\d{3})*|\d{1,15})\.(\d\d)", here.text)
        if parts:
            whole, cents = parts[1].replace(",", ""), parts[2]
            forms, small = language.symbols[sign.text], language.cents[sign.text]
            if int(whole):
                yield from _said(
                    f"{_form(language, int(whole), {})} {plural_form(language, whole, forms)}", here
                )
            if int(cents) or not int(whole):
                yield from _said(
                    f"{_form(language, int(cents), {})} {plural_form(language, cents, small)}", here
                )
            return
    if (
        here.kind == "symbol"
        and here.text in language.cents
        and before is not None
        and (re.fullmatch(r"(\d{1,3}(?:,\d{3})*|\d{1,15})\.(\d\d)", before.text))
    ):
        return  # said with its number
    yield here


def _units(language: SpeechLanguage, lexemes: Sequence[Lexeme]) -> Iterator[Lexeme]:
    """Abbreviated scales and units behind a number, in the form that the number asks for."""
    number = ""  # the number that the next word counts, "" where there is none
    scaled = False
    at = 0
    while at < len(lexemes):
        here = lexemes[at]
        if here.kind == "number":
            number, scaled = here.text, False
            yield from _decade(language, here)
        elif here.kind == "symbol" and number and here.text in language.symbols:
            yield Lexeme(
                "word",
                _counted(language, number, language.symbols[here.text], scaled=scaled),
                here.first,
                here.last,
            )
            degree = lexemes[at + 1] if at + 1 < len(lexemes) and here.text == "°" else None
            if degree is not None and degree.text in language.degrees and degree.first <= here.last + 1:
                yield from _said(language.degrees[degree.text], degree)
                at += 1
            number, scaled = "", False
        elif here.kind == "word" and here.text in language.year_words and number.isdigit():
            yield from _year_word(language, lexemes, at, number)
            number, scaled = "", False
        elif here.kind == "word" and number and here.text in language.scales:
            yield Lexeme(
                "word",
                _counted(language, number, language.scales[here.text], scaled=scaled),
                here.first,
                here.last,
            )
            scaled = True
        elif (
            here.kind == "word" and number and here.text in language.units and _is_unit(language, lexemes, at)
        ):
            text = _counted(language, number, language.units[here.text], scaled=scaled)
            per = lexemes[at + 1] if at + 1 < len(lexemes) else None
            if per is not None and per.kind == "word" and per.first == here.last and per.text in language.per:
                text += f" {language.per[per.text]}"
                at += 1
            yield from _said(text, here)
            number, scaled = "", False
        else:
            number, scaled = "", False
            yield here
        at += 1


def _counted(language: SpeechLanguage, number: str, forms: Mapping[str, str], *, scaled: bool) -> str:
    if scaled:
        return forms.get("many", forms["other"])
    return plural_form(language, number, forms)


def _is_unit(language: SpeechLanguage, lexemes: Sequence[Lexeme], at: int) -> bool:
    """A unit that is a word of its own as well ("5 с друзьями") counts only in the number's own piece."""
    here = lexemes[at]
    return here.text not in language.glued_units or lexemes[at - 1].last == here.first


def _year_word(language: SpeechLanguage, lexemes: Sequence[Lexeme], at: int, number: str) -> Iterator[Lexeme]:
    """The abbreviated "year", in the case that the word before the number asks for; grams else."""
    here = lexemes[at]
    if not 1000 <= int(number[:5]) <= 2100:
        forms = language.units.get(here.text)
        yield Lexeme(
            "word", plural_form(language, number, forms) if forms else here.text, here.first, here.last
        )
        return
    before = lexemes[at - 2].text if at >= 2 and lexemes[at - 2].kind == "word" else ""
    yield Lexeme(
        "word",
        language.year_words[here.text].get(before, language.year_words[here.text][""]),
        here.first,
        here.last,
    )


def _decade(language: SpeechLanguage, number: Lexeme) -> Iterator[Lexeme]:
    """1990s, 90s."""
    digits = number.text.removesuffix("~s")
    if digits == number.text or not language.decades or not digits.isdigit() or len(digits) > 4:
        yield number
        return
    *front, last = say(language, int(digits), language.year_form if len(digits) == 4 else {})
    plural = last[:-1] + "ies" if last.endswith("y") else last + "s"
    yield from _said(" ".join([*front, plural]), number)

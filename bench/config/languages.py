"""Codes of languages, known or not: a misspelt one would be passed on, and the engine would guess."""

from __future__ import annotations

from functools import cache
from typing import Final

#: What the engines know and the CLDR, which Babel has, does not.
MORE: Final = frozenset(
    {"zh", "jw", "ht", "tl", "ba", "la", "sa", "sd", "su", "yi", "oc", "haw", "yue", "fil"}
)
#: Words for codes, the usual mistakes.
MEANT: Final = {
    "rus": "ru",
    "eng": "en",
    "ger": "de",
    "deu": "de",
    "fra": "fr",
    "spa": "es",
    "zho": "zh",
    "chi": "zh",
}


@cache
def known_language(code: str) -> bool:
    """Whether it is the code of a language, such as ru, en or yue."""
    from babel.localedata import exists

    return len(code) in (2, 3) and code.islower() and code not in MEANT and (code in MORE or exists(code))


def unknown(code: str) -> str:
    """What is wrong with the code, and what may be meant."""
    meant = MEANT.get(code.casefold()) or _by_name(code)
    hint = f'; did you mean "{meant}"?' if meant else "; codes are like ru, en, de."
    return f'no language "{code}"{hint}'


def _by_name(name: str) -> str | None:
    from babel import Locale

    names = {words.casefold(): code for code, words in Locale("en").languages.items() if len(code) <= 3}
    return names.get(name.casefold())

"""Words by message id: gettext catalogs, read as they stand (`locale/xx/LC_MESSAGES/*.po`).

A new report language is a new folder of catalogs.  A message without a translation is an error, never the
message id in the report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from bench.errors import ReportError

LOCALE: Final = Path(__file__).parents[1] / "locale"
CATALOGS: Final = "LC_MESSAGES/*.po"
REASON: Final = "reason."
_PLACE: Final = re.compile(r"%\\\((\w+)\\\)s")  # %(name)s after re.escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language's catalog; `code` as in the file's folder: `ru`, `en`."""

    code: str
    catalog: NullTranslations
    ids: frozenset[str]
    patterns: tuple[tuple[re.Pattern[str], str], ...] = ()

    def word(self, message: str) -> str:
        """The words of a message id; ReportError for one that the catalog lacks."""
        if message not in self.ids:
            raise ReportError(
                f"report language {self.code}: no translation of {message!r}.",
                hint=f"Add it to a catalog in bench/report/locale/{self.code}/LC_MESSAGES.",
            )
        return self.catalog.gettext(message)

    def count(self, message: str, number: int) -> str:
        """The words of a message that has plural forms, in the form for the number (`%(num)s`)."""
        if message not in self.ids:
            return self.word(message)
        return self.catalog.ngettext(message, message, number)

    def reason(self, text: str) -> tuple[str, Mapping[str, str]] | None:
        """The message of an instrument's reason and its parameters; None for one nobody translated."""
        message = REASON + text
        if message in self.ids:
            return message, {}
        found = ((pattern.fullmatch(text), known) for pattern, known in self.patterns)
        return next(((known, match.groupdict()) for match, known in found if match), None)

    def pick(self, texts: Mapping[str, str], default: str) -> str:
        """The text in this language, or in English, or in any, or the default."""
        return texts.get(self.code) or texts.get("en") or next(iter(texts.values()), default)

    def tongue(self, code: str) -> str:
        """The name of a human language in this one: ru is русский; the code itself when unknown."""
        from babel import Locale, UnknownLocaleError

        try:
            return Locale.parse(code, sep="-").get_language_name(self.code) or code
        except (ValueError, UnknownLocaleError):
            return code

    def day(self, moment: date) -> str:
        """A date in words: 11 February 2026."""
        from babel.dates import format_date

        return format_date(moment, format="d MMMM y", locale=self.code)


def languages() -> tuple[str, ...]:
    """The codes of the languages that have a catalog."""
    return tuple(sorted(path.name for path in LOCALE.iterdir() if any(path.glob(CATALOGS))))


@cache
def language(code: str) -> Language:
    """The language of that code; ReportError names those there are."""
    from gettext import GNUTranslations
    from io import BytesIO

    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    if not re.fullmatch(r"[A-Za-z]{2,3}(_[A-Za-z]{2,4})?", code) or code not in languages():
        raise ReportError(
            f"report language {code!r}: there is no such catalog.",
            hint=f"Languages: {', '.join(languages())}.",
        )
    catalog = Catalog(locale=code)
    for file in sorted((LOCALE / code).glob(CATALOGS)):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=code):
                if message.id:
                    catalog[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    ids = frozenset(
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalog
        if message.id and message.string and all(message.string)
    )
    return Language(code=code, catalog=GNUTranslations(compiled), ids=ids, patterns=_patterns(ids))


def _patterns(ids: frozenset[str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Reasons with something that varies: their text as a pattern, and the message."""
    varying = sorted(message for message in ids if message.startswith(REASON) and "%(" in message)
    return tuple(
        (re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(message.removeprefix(REASON)))), message)
        for message in varying
    )

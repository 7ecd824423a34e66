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

from bench.domain import Reason
from bench.errors import ReportError
from bench.metrics import METRICS
from bench.reasons import FOREIGN, NAMES
from bench.text.numbers import NO_BREAK, Quantity, number

LOCALE: Final = Path(__file__).parent / "locale"
CATALOGS: Final = "LC_MESSAGES/*.po"
REASON: Final = "reason."


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language's catalog; `code` as in the file's folder: `ru`, `en`."""

    code: str
    catalog: NullTranslations
    ids: frozenset[str]

    def word(self, message: str) -> str:
        """The words of a message id; ReportError for one that the catalog lacks."""
        if message not in self.ids:
            raise ReportError(
                f"report language {self.code}: no translation of {message!r}.",
                hint=f"Add it to a catalog in bench/locale/{self.code}/LC_MESSAGES.",
            )
        return self.catalog.gettext(message)

    def count(self, message: str, number: int) -> str:
        """The words of a message that has plural forms, in the form for the number (`%(num)s`)."""
        if message not in self.ids:
            return self.word(message)
        return self.catalog.ngettext(message, message, number)

    def reason(self, reason: Reason) -> str:
        """A reason as plain text."""
        return (self.word(REASON + reason.code) % self._shown(reason)).strip()

    def problem(self, reason: Reason) -> tuple[str, str]:
        """What happened, and what to do next: the first line of a reason's words, and the rest."""
        what, _, hint = self.word(REASON + reason.code).partition("\n")
        shown = self._shown(reason)
        return (what % shown).strip(), (hint % shown).strip()

    def _shown(self, reason: Reason) -> dict[str, str]:
        return {
            name: " ".join(self.reason(value).splitlines())
            if isinstance(value, Reason)
            else self.parameter(reason.code, name, value)
            for name, value in reason.parameters.items()
        }

    def parameter(self, code: str, name: str, value: str | float) -> str:
        """A parameter of a reason of that code as text.

        What its name says is seconds, bytes or a share gets its unit, and another's words quotation marks.
        """
        if isinstance(value, str):
            if name == "status" and (known := f"status.{value}") in self.ids:
                return self.word(known)
            foreign = name in FOREIGN and value and not (name == "error" and code in NAMES)
            return self.word("quoted") % {"words": value} if foreign else value
        if name.endswith("_bytes"):
            return number(value, Quantity.SIZE, self.word)
        if name == "share":
            return number(value, Quantity.PERCENT, self.word)
        if name.endswith("_seconds"):
            return f"{value:g}{NO_BREAK}{self.word('unit.second')}"
        return str(value) if isinstance(value, int) else f"{value:g}"

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
    return Language(code=code, catalog=GNUTranslations(compiled), ids=ids)


def metric_text(metric: str, value: float, code: str = "en") -> str:
    """A metric's value with its unit in a language, as reports write it."""
    return number(value, METRICS[metric].quantity, language(code).word)


def english(reason: Reason | None) -> str:
    """A reason in English, for logs, the terminal and data files; empty for none."""
    return "" if reason is None else language("en").reason(reason)

"""Cells, phrases and notes as text of one language in one target, Markdown or HTML.

Everything returns `Markup` that is safe in its target; catalogs' words are trusted, data is not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from markupsafe import Markup, escape

from bench.domain import Reason
from bench.language import REASON, Language
from bench.report.cells import (
    Absent,
    BaselineRatio,
    Cell,
    CellGroup,
    Counts,
    Day,
    Figure,
    LanguageName,
    Link,
    Localized,
    Phrase,
    Stars,
    Text,
    WordErrors,
)
from bench.report.view import Note
from bench.text import safe
from bench.text.numbers import NO_BREAK, Quantity, interval, number

STARS: Final = 5
LONGEST_ERROR: Final = 60  # characters of a side; a runaway decoder makes words of hundreds


class Writer(ABC):
    """Writes a view's parts in a language; subclasses know a target."""

    def __init__(self, language: Language) -> None:
        self.language = language

    # -------------------------------------------------------------- target

    @abstractmethod
    def data(self, text: object) -> Markup:
        """Data, made inert."""

    @abstractmethod
    def code(self, text: str) -> Markup:
        """Data as code."""

    @abstractmethod
    def strong(self, text: Markup) -> Markup:
        """What the reader looks for."""

    def faint(self, text: Markup) -> Markup:
        """What means nothing on this machine; a target without colours leaves that to the footnote."""
        return text

    @abstractmethod
    def link(self, text: Markup, target: str) -> Markup:
        """A link to a file beside the report."""

    @abstractmethod
    def reference(self, note: int) -> Markup:
        """The mark of a footnote."""

    def anchor(self, note: int) -> Markup:
        """Where references to a footnote lead; nothing where the template makes the place itself."""
        return Markup()

    @abstractmethod
    def range(self, text: str) -> Markup:
        """An interval behind its value."""

    # --------------------------------------------------------------- words

    def words(self, message: str, count: int | None = None, **params: Any) -> Markup:
        """A message of the catalog, its parameters made inert unless they are text of this target."""
        if count is not None:
            params.setdefault("num", number(count, Quantity.COUNT, self.language.word))
        text = Markup(catalog_text(self.language, message, count))
        return text % {key: self._param(value) for key, value in params.items()} if params else text

    def phrase(self, phrase: Phrase) -> Markup:
        """A phrase of the view."""
        return self.words(phrase.message, phrase.count, **phrase.params)

    def note(self, note: Note) -> Markup:
        """A footnote's text."""
        if note.reason is not None:
            return self.reason(note.reason)
        return Markup() if note.phrase is None else self.phrase(note.phrase)

    def reason(self, reason: Reason) -> Markup:
        """A reason in the report's language; the words of programs in it stay as they are."""
        shown = {
            name: self.reason(value)
            if isinstance(value, Reason)
            else self.data(self.language.parameter(reason.code, name, value))
            for name, value in reason.parameters.items()
        }
        words = Markup(catalog_text(self.language, REASON + reason.code))
        return (words.replace("\n", " ") % shown).strip()

    def picked(self, texts: Mapping[str, str], default: str = "") -> Markup:
        """The text of a mapping by language that suits best."""
        return self.data(self.language.pick(texts, default))

    def day(self, moment: date) -> Markup:
        """A date."""
        return escape(self.language.day(moment))

    # --------------------------------------------------------------- cells

    def cell(self, cell: Cell) -> Markup:
        """A cell with its footnote's mark."""
        text = self._body(cell)
        note = getattr(cell, "note", None)
        return text if note is None or isinstance(cell, Absent) else text + self.reference(note)

    def plain(self, cell: Cell) -> str:
        """A cell's value alone, as bare text: for sorting and for charts."""
        match cell:
            case Figure():
                return repr(cell.value)
            case BaselineRatio():
                return repr(cell.ratio)
            case Stars():
                return str(cell.stars)
            case Counts():
                return str(cell.substitutions + cell.deletions + cell.insertions)
            case Text() | Link():
                return safe.one_line(cell.text)
            case Absent():
                return ""
            case CellGroup():
                return self.plain(cell.parts[0]) if cell.parts else ""
            case _:
                return self.cell(cell).striptags()

    def _body(self, cell: Cell) -> Markup:
        match cell:
            case Phrase():
                return self.phrase(cell)
            case Text():
                text = self.code(cell.text) if cell.code else self.data(cell.text)
                return self.strong(text) if cell.strong else text
            case Figure():
                return self._figure(cell)
            case BaselineRatio():
                return self._times(cell)
            case Absent():
                mark = self.reference(cell.note)
                return mark if cell.bare else self.words("absent") + mark
            case Stars():
                return self.words("stars", stars="★" * cell.stars + "☆" * (STARS - cell.stars))
            case WordErrors():
                return Markup(", ").join(self._error(*error) for error in cell.errors)
            case Counts():
                return Markup("{}/{}/{}").format(cell.substitutions, cell.deletions, cell.insertions)
            case Link():
                text = self.data(cell.text)
                return self.link(text, cell.target) if cell.target else self.code(cell.text)
            case CellGroup():
                return escape(cell.between).join(self.cell(part) for part in cell.parts)
            case Day():
                return self.day(cell.day)
            case LanguageName():
                return self.data(self.language.tongue(cell.code))
            case Localized():
                return self.picked(cell.texts)
            case Reason():
                return self.reason(cell)

    def _figure(self, cell: Figure) -> Markup:
        text = self._number(cell.value, cell.quantity)
        text = self.strong(text) if cell.strong else text
        return self._with_range(text, cell.low, cell.high, cell.value, cell.quantity)

    def _times(self, cell: BaselineRatio) -> Markup:
        text = self._number(cell.ratio, Quantity.TIMES)
        text = self.strong(text) if cell.shown else text
        whole = self._with_range(text, cell.low, cell.high, cell.ratio, Quantity.TIMES)
        return self.faint(whole) if cell.faint else whole

    def _number(self, value: float, quantity: Quantity) -> Markup:
        """Digits, spaces and a catalog's unit: nothing that any target would take for markup."""
        return escape(number(value, quantity, self.language.word))

    def _with_range(
        self, text: Markup, low: float | None, high: float | None, value: float, quantity: Quantity
    ) -> Markup:
        if low is None or high is None:
            return text
        shown = interval(low, high, value, quantity)
        return text + self.range(shown) if shown else text

    def _error(self, said: str, heard: str, count: int) -> Markup:
        kind = "error.dropped" if not heard else "error.added" if not said else "error.replaced"
        text = self.words(kind, said=_elided(said), heard=_elided(heard))
        return text + Markup("{}×{}").format(NO_BREAK, count) if count > 1 else text

    def _param(self, value: Any) -> Any:
        match value:
            case Markup() | int():
                return value
            case float():
                return f"{value:g}"
            case str():
                return self.data(value)
            case _:
                return self.cell(value)


def catalog_text(language: Language, message: str, count: int | None = None) -> str:
    """A message as this project's catalogs have it, its parameters not yet filled in: the only markup that is trusted."""
    return language.word(message) if count is None else language.count(message, count)


def _elided(words: str) -> str:
    return words if len(words) <= LONGEST_ERROR else f"{words[: LONGEST_ERROR - 1]}…"

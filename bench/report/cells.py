"""Cells: what stands in a table or a sentence, free of language and of format.

`bench.report.writing.writer` words and formats them.  Message ids are those of the catalogs; everything
else that is text is data and gets escaped.  Custom templates rely on these names: docs/report.md
lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bench.domain import Reason
from bench.text.numbers import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words by message id, with parameters; with `count` in the plural form for that number."""

    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Data.  `strong` marks what the reader looks for; `code` sets it as code."""

    text: str
    strong: bool = False
    code: bool = False
    note: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A value in base units with the interval of its median; `n` values behind it."""

    value: float
    quantity: Quantity
    low: float | None = None
    high: float | None = None
    n: int = 1
    strong: bool = False
    note: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRatio:
    """A ratio to the baseline; `shown` says whether a difference is shown and not just seen.

    One that is smaller than what the machine can tell apart is `faint`.
    """

    ratio: float
    low: float | None
    high: float | None
    shown: bool
    faint: bool = False
    better: bool | None = None
    note: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """No value; the footnote of that number says why.  `bare` is the footnote's mark alone."""

    note: int
    bare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stars:
    """Stars out of five."""

    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordErrors:
    """Telling errors: what was said, what was heard instead, how often."""

    errors: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Substitutions, deletions and insertions."""

    substitutions: int
    deletions: int
    insertions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A file; `target` is relative to the report, None where it is not there to be linked."""

    text: str
    target: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellGroup:
    """Several cells in one, in order."""

    parts: tuple[Cell, ...]
    between: str = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A date."""

    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageName:
    """A human language by its code: ru, en."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Localized:
    """Data that is there in several languages: the reader's own is shown."""

    texts: Mapping[str, str]


Cell = (
    Phrase
    | Text
    | Figure
    | BaselineRatio
    | Absent
    | Stars
    | WordErrors
    | Counts
    | Link
    | CellGroup
    | Day
    | LanguageName
    | Localized
    | Reason
)

"""What fetching tells of itself: progress while it runs, and beforehand what it would have to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Progress(Protocol):
    """Told how far a step is; `done` and `total` in bytes, or in steps where a step has no bytes."""

    def advance(self, title: str, done: int, total: int | None) -> None:
        """Take note; `total` is None where it is not known."""


class Silent:
    """A progress nobody watches."""

    def advance(self, title: str, done: int, total: int | None) -> None:
        """Ignore it."""


class NeedKind(StrEnum):
    """What a step of fetching is."""

    DOWNLOAD = "download"
    CONVERT = "convert"
    QUANTIZE = "quantize"
    SYNTHESIZE = "synthesize"
    CUT = "cut"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A step that fetching takes.

    `bytes` is what is downloaded or written, known or estimated, or None; `cached` says that it is done
    already; `hint` how to get it where it cannot be had.
    """

    title: str
    kind: NeedKind
    bytes: int | None
    cached: bool
    hint: str = ""

"""What an engine heard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A recognized word with times in seconds from the clip's start."""

    text: str
    start_seconds: float
    end_seconds: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of transcript; `confidence` is the mean token probability, 0 to 1."""

    text: str
    start_seconds: float | None = None
    end_seconds: float | None = None
    confidence: float | None = None
    tokens: int | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What the engine heard.  `repeats_agree` is None with one pass, else whether all passes gave
    the same text; `truncated` says that the token limit was hit.
    """

    text: str
    language: str | None = None
    segments: tuple[Segment, ...] = ()
    repeats_agree: bool | None = None
    truncated: bool | None = None

"""Loops and runaway output: a decoder that repeats itself, which no confidence shows.

Weak quantizations fall into repeating a phrase on long or hard audio.  Found by figures of the
transcript alone, so that any old record can be judged.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bench.quality.normalizer import BASIC

if TYPE_CHECKING:
    from bench.domain import Segment, Transcript

WINDOW_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From where on a figure says "loop"; each with its source.

    The speech they were checked on: 99 minutes of read Russian prose (festvox-ru) and 24 minutes of
    telephone prompts, which repeat each other (asterisk-core-sounds-ru); figures of the transcripts.
    """

    longest_ngram: int = 5  # phrases of 1 to 5 words ...
    repeats: int = 4  # ... four times in a row; the prose has a word three times in a row, once
    compression_ratio: float = 2.4  # OpenAI Whisper's own, a segment of at most 30 s; prose: up to 1.6
    characters_per_second: float = 30.0  # twice brisk reading; prose 10.7, prompts 14.2 on average
    unique_share: float = 0.30  # of 50 successive words; prose from 0.72, prompts from 0.32
    unique_window: int = 50


THRESHOLDS: Final = Thresholds()


class LoopSign(StrEnum):
    """Why a transcript is taken for a loop."""

    REPEATED = "repeated"
    COMPRESSIBLE = "compressible"
    TOO_MUCH_TEXT = "too-much-text"
    FEW_WORDS = "few-words"
    TRUNCATED = "token-limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopReport:
    """Figures of a transcript's repetitiveness, and whether they say "loop".

    `phrase` was repeated `repeats` times in a row, first at `start_seconds` (None where the engine
    gives no times).  `compression_ratio` is the highest of the segments of at most 30 s;
    `unique_share` the lowest of 50 successive words, None for fewer.  `token_limit` is None where
    the engine does not tell.
    """

    looping: bool
    signs: tuple[LoopSign, ...]
    phrase: str | None
    repeats: int
    start_seconds: float | None
    compression_ratio: float | None
    characters_per_second: float | None
    unique_share: float | None
    token_limit: bool | None


def detect(
    transcript: Transcript,
    audio_seconds: float,
    thresholds: Thresholds = THRESHOLDS,
    *,
    reference: str | None = None,
) -> LoopReport:
    """Judge a transcript of audio of that length.

    Speech that repeats itself is no loop: a sign that the `reference` shows as well does not count.
    """
    words = BASIC.words(transcript.text)
    found = repetition(words, thresholds)
    at, size, times = found or (0, 0, 0)
    compression = max(map(compression_ratio, _windows(transcript, audio_seconds)), default=None)
    speed = len(transcript.text) / audio_seconds if audio_seconds > 0 else None
    unique = _unique_share(words, thresholds.unique_window)
    signs = {
        LoopSign.REPEATED: found is not None,
        LoopSign.COMPRESSIBLE: compression is not None and compression > thresholds.compression_ratio,
        LoopSign.TOO_MUCH_TEXT: speed is not None and speed > thresholds.characters_per_second,
        LoopSign.FEW_WORDS: unique is not None and unique < thresholds.unique_share,
        LoopSign.TRUNCATED: bool(transcript.truncated),
    }
    expected = (
        _signs_of_speech(reference, audio_seconds, thresholds) if reference and any(signs.values()) else ()
    )
    shown = tuple(sign for sign, seen in signs.items() if seen and sign not in expected)
    return LoopReport(
        looping=bool(shown),
        signs=shown,
        phrase=" ".join(words[at : at + size]) if found else None,
        repeats=times,
        start_seconds=_start_of_word(transcript.segments, at) if found else None,
        compression_ratio=compression,
        characters_per_second=speed,
        unique_share=unique,
        token_limit=transcript.truncated,
    )


def _signs_of_speech(reference: str, audio_seconds: float, thresholds: Thresholds) -> tuple[LoopSign, ...]:
    from bench.domain import Transcript

    return detect(Transcript(text=reference), audio_seconds, thresholds).signs


def repetition(words: Sequence[str], thresholds: Thresholds = THRESHOLDS) -> tuple[int, int, int] | None:
    """The first phrase repeated in a row: (index of its first word, its words, how often).

    Of phrases that start at the same word the shortest is given: "a a a a" is one word, not two.
    """
    best: tuple[int, int, int] | None = None
    for size in range(1, thresholds.longest_ngram + 1):
        run = 0
        for at in range(size, len(words) + 1):
            if at < len(words) and words[at] == words[at - size]:
                run += 1
                continue
            times = run // size + 1
            start = at - run - size
            if times >= thresholds.repeats and (best is None or start < best[0]):
                best = (start, size, times)
            run = 0
    return best


def compression_ratio(text: str) -> float:
    """Bytes of the text over bytes of it compressed by zlib; 0 of an empty text.

    In one byte a letter where that is possible: in UTF-8 clean Russian looks as compressible as a
    loop (2.32 at 1256 characters; cp1251: 1.67), and the threshold was made on English.
    """
    data = _one_byte_a_letter(text)
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _one_byte_a_letter(text: str) -> bytes:
    for encoding in ("latin-1", "cp1251"):
        try:
            return text.encode(encoding)
        except UnicodeEncodeError:
            continue
    cyrillic = sum("\u0400" <= character <= "\u04ff" for character in text)
    if cyrillic * 2 > len(text):
        return text.encode("cp1251", errors="replace")
    return text.encode("utf-8")


def _windows(transcript: Transcript, audio_seconds: float) -> Iterator[str]:
    """The transcript's text in windows of at most 30 s; without times, in equal parts."""
    segments = [part for part in transcript.segments if part.text.strip()]
    if not segments or any(part.start_seconds is None or part.end_seconds is None for part in segments):
        yield from _equal_parts(transcript.text, max(1, round(audio_seconds / WINDOW_SECONDS)))
        return
    window: list[str] = []
    start = 0.0
    for part in segments:
        assert part.start_seconds is not None
        assert part.end_seconds is not None
        if window and part.end_seconds - start > WINDOW_SECONDS:
            yield "".join(window)
            window = []
        if not window:
            start = part.start_seconds
        window.append(part.text)
    yield "".join(window)


def _equal_parts(text: str, parts: int) -> Iterator[str]:
    size = -(-len(text) // parts)
    for start in range(0, len(text), max(1, size)):
        yield text[start : start + size]


def _unique_share(words: Sequence[str], window: int) -> float | None:
    if len(words) < window:
        return None
    return min(len(set(words[at : at + window])) / window for at in range(len(words) - window + 1))


def _start_of_word(segments: Sequence[Segment], index: int) -> float | None:
    """When the word of that index begins: by word times, else by its place within the segment."""
    passed = 0
    for part in segments:
        words = BASIC.words(part.text)
        if index < passed + len(words):
            within = index - passed
            if len(part.words) == len(words):
                return part.words[within].start_seconds
            if part.start_seconds is None or part.end_seconds is None:
                return None
            return part.start_seconds + (part.end_seconds - part.start_seconds) * within / len(words)
        passed += len(words)
    return None

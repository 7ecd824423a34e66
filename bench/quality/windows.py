"""A transcript in windows of half a minute, and where in time its words are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from bench.quality.normalizer import BASIC
from bench.quality.repetition import units

if TYPE_CHECKING:
    from bench.domain import Segment, Transcript

WINDOW_SECONDS: Final = 30.0
WINDOW_CHARACTERS: Final = 450  # of half a minute at a brisk pace, where the length of the audio is not known
LONGEST_MEAN_WORD: Final = 20  # characters; beyond, what is written is no row of words


def says_again(text: str) -> bool:
    """Whether a text repeats words, or is no words at all: a list of alike but different words is no loop."""
    words = units(text)
    return len(set(words)) <= 0.6 * len(words) or len(text) > LONGEST_MEAN_WORD * len(words)


def windows(transcript: Transcript, audio_seconds: float | None) -> Iterator[str]:
    """The transcript's text in windows of at most 30 s; without times, in equal parts."""
    segments = [part for part in transcript.segments if part.text.strip()]
    timed = [
        (part.text, part.start_seconds, part.end_seconds)
        for part in segments
        if part.start_seconds is not None and part.end_seconds is not None
    ]
    if not segments or len(timed) < len(segments):
        length = len(transcript.text) / WINDOW_CHARACTERS
        yield from _equal_parts(
            transcript.text, max(1, round(audio_seconds / WINDOW_SECONDS if audio_seconds else length))
        )
        return
    window: list[str] = []
    start = 0.0
    for text, begins, ends in timed:
        if window and ends - start > WINDOW_SECONDS:
            yield "".join(window)
            window = []
        if not window:
            start = begins
        window.append(text)
    yield "".join(window)


def _equal_parts(text: str, parts: int) -> Iterator[str]:
    size = -(-len(text) // parts)
    for start in range(0, len(text), max(1, size)):
        yield text[start : start + size]


def start_of_word(segments: Sequence[Segment], index: int) -> float | None:
    """When the word of that index begins: by word times, else by its place within the segment."""
    passed = 0
    for part in segments:
        words = units(part.text)
        if index < passed + len(words):
            within = index - passed
            if len(part.words) == len(words) == len(BASIC.words(part.text)):
                return part.words[within].start_seconds
            if part.start_seconds is None or part.end_seconds is None:
                return None
            return part.start_seconds + (part.end_seconds - part.start_seconds) * within / len(words)
        passed += len(words)
    return None

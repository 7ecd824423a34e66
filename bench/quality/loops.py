"""Loops and runaway output: a decoder that repeats itself, which no confidence shows.

Weak quantizations fall into repeating a phrase on long or hard audio.  Found by figures of the
transcript alone, so that any old record can be judged.  On what speech the thresholds were checked,
and how often they are wrong: docs/quality.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bench.quality.repetition import (
    CYCLE_WORDS,
    Cycle,
    Run,
    compression_ratio,
    cycle,
    phrase_of,
    runs,
    unique_share,
    units,
)
from bench.quality.windows import says_again, start_of_word, windows

if TYPE_CHECKING:
    from bench.domain import Transcript

SAID_SHARE: Final = 0.6  # of a repetitive stretch's pairs of words: from here on the reference says it too


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From where on a figure says "loop"; each with its source in docs/quality.md.

    A run counts by its length in words, because people say "yeah" and "no" four times over: `run_words`
    of a phrase said `repeats` times, or a phrase of `sentence_words` said `sentence_repeats` times.
    """

    run_words: int = 12
    repeats: int = 4
    sentence_words: int = 7
    sentence_repeats: int = 3
    cycle_share: float = 0.68  # of the trigrams of 48 words were said twice within 200 words before
    compression_ratio: float = 3.6  # one and a half times Whisper's own; a segment of at most 30 s
    characters_per_second: float = 30.0  # twice brisk reading
    unique_share: float = 0.16  # of 50 successive words
    unique_window: int = 50

    def is_loop(self, run: Run) -> bool:
        """Whether a repeated phrase is a loop, or what people do."""
        if run.size >= self.sentence_words and run.times >= self.sentence_repeats:
            return True
        return run.times >= self.repeats and run.words >= self.run_words


THRESHOLDS: Final = Thresholds()


class LoopSign(StrEnum):
    """Why a transcript is taken for a loop."""

    REPEATED = "repeated"
    CYCLE = "cycle"
    COMPRESSIBLE = "compressible"
    TOO_MUCH_TEXT = "too-much-text"
    FEW_WORDS = "few-words"
    TRUNCATED = "token-limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A phrase that a transcript repeats: `times` times in a row, from `start_seconds` (None: no times).

    Of a cycle, whose words change from one round to the next, `times` is 0 and the phrase one round.
    """

    phrase: str
    times: int
    start_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopReport:
    """Results of a transcript's repetitiveness, and whether they say "loop".

    `loops` are the repetitions that do, the longest run first: its `phrase` was said `repeats` times in a
    row from `start_seconds` on (None where the engine gives no times).
    `compression_ratio` is the highest of the windows of at most 30 s; `unique_share` the lowest of 50
    successive words, None for fewer; `cycle_share` how much of the least new 48 words was said just
    before.  Of `words` words `looped_words` are in repeated phrases.  `token_limit` is None where the
    engine does not tell.
    """

    looping: bool
    signs: tuple[LoopSign, ...]
    loops: tuple[Repetition, ...] = ()
    phrase: str | None
    repeats: int
    start_seconds: float | None
    compression_ratio: float | None
    characters_per_second: float | None
    unique_share: float | None
    cycle_share: float | None = None
    words: int = 0
    looped_words: int = 0
    token_limit: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What a text shows before it is held against the reference."""

    words: tuple[str, ...]
    runs: tuple[Run, ...]
    cycle: Cycle | None
    compression: float | None
    compressible: float  # the highest of the windows that say something twice
    speed: float | None
    unique: float | None

    def signs(self, thresholds: Thresholds) -> dict[LoopSign, bool]:
        return {
            LoopSign.REPEATED: any(map(thresholds.is_loop, self.runs)),
            LoopSign.CYCLE: self.cycle is not None and self.cycle.share >= thresholds.cycle_share,
            LoopSign.COMPRESSIBLE: self.compressible > thresholds.compression_ratio,
            LoopSign.TOO_MUCH_TEXT: (self.speed or 0.0) > thresholds.characters_per_second,
            LoopSign.FEW_WORDS: self.unique is not None and self.unique < thresholds.unique_share,
        }


def detect(
    transcript: Transcript,
    audio_seconds: float | None,
    thresholds: Thresholds = THRESHOLDS,
    *,
    reference: str | None = None,
) -> LoopReport:
    """Judge a transcript of audio of that length, None where it is not known.

    Speech that repeats itself is no loop: what the `reference` repeats as well does not count,
    phrase by phrase.
    """
    look = _look(transcript, audio_seconds, thresholds)
    signs = look.signs(thresholds)
    told = list(look.runs)
    if reference and any(signs.values()):
        told = _excuse(look, signs, reference, audio_seconds, thresholds)
    signs[LoopSign.TRUNCATED] = bool(transcript.truncated)
    shown = tuple(sign for sign, seen in signs.items() if seen)
    loops = tuple(_loops(look, told, thresholds, transcript, cyclic=signs[LoopSign.CYCLE]))
    longest = loops[0] if loops and loops[0].times else None
    return LoopReport(
        looping=bool(shown),
        signs=shown,
        loops=loops,
        phrase=longest.phrase if longest else None,
        repeats=longest.times if longest else 0,
        start_seconds=longest.start_seconds if longest else None,
        compression_ratio=look.compression,
        characters_per_second=look.speed,
        unique_share=look.unique,
        cycle_share=look.cycle.share if look.cycle else None,
        words=len(look.words),
        looped_words=sum(run.words for run in told if thresholds.is_loop(run)),
        token_limit=transcript.truncated,
    )


def repetition(words: Sequence[str], thresholds: Thresholds = THRESHOLDS) -> tuple[int, int, int] | None:
    """The longest run of a repeated phrase: (index of its first word, its words, how often)."""
    found = _repeated(words, thresholds)
    return (found[0].at, found[0].size, found[0].times) if found else None


def _repeated(words: Sequence[str], thresholds: Thresholds) -> tuple[Run, ...]:
    fewest = min(thresholds.repeats, thresholds.sentence_repeats)
    found = runs(words, times=fewest)
    return tuple(run for run in found if run.times >= thresholds.repeats or thresholds.is_loop(run))


def _look(transcript: Transcript, audio_seconds: float | None, thresholds: Thresholds) -> _Look:
    words = units(transcript.text)
    ratios = [(text, compression_ratio(text)) for text in windows(transcript, audio_seconds)]
    return _Look(
        words=words,
        runs=_repeated(words, thresholds),
        cycle=cycle(words),
        compression=max((ratio for _, ratio in ratios), default=None),
        compressible=max((ratio for text, ratio in ratios if says_again(text)), default=0.0),
        speed=len(transcript.text) / audio_seconds if audio_seconds else None,
        unique=unique_share(words, thresholds.unique_window),
    )


def _loops(
    look: _Look, told: Sequence[Run], thresholds: Thresholds, transcript: Transcript, *, cyclic: bool
) -> Iterator[Repetition]:
    looping = [run for run in told if thresholds.is_loop(run)]
    for run in looping:
        yield Repetition(
            phrase=phrase_of(look.words, run.at, run.size),
            times=run.times,
            start_seconds=start_of_word(transcript.segments, run.at),
        )
    if cyclic and look.cycle and not looping:
        yield Repetition(
            phrase=phrase_of(look.words, look.cycle.at, look.cycle.size),
            times=0,
            start_seconds=start_of_word(transcript.segments, look.cycle.at),
        )


# ----------------------------------------------------------------- the reference


def _excuse(
    look: _Look,
    signs: dict[LoopSign, bool],
    reference: str,
    audio_seconds: float | None,
    thresholds: Thresholds,
) -> list[Run]:
    """Take back the signs that the reference shows in the same words; the runs that it does not have."""
    from bench.domain import Transcript

    said = _look(Transcript(text=reference), audio_seconds, thresholds)
    theirs = said.signs(thresholds)
    phrases = Counter({_turned(said.words, run): run.times for run in reversed(said.runs)})
    told = [run for run in look.runs if run.times > 2 * phrases[_turned(look.words, run)]]
    signs[LoopSign.REPEATED] = any(map(thresholds.is_loop, told))
    signs[LoopSign.TOO_MUCH_TEXT] &= not theirs[LoopSign.TOO_MUCH_TEXT]
    pairs = Counter(pairwise(said.words))
    if signs[LoopSign.CYCLE] and look.cycle and theirs[LoopSign.CYCLE]:
        stretch = look.words[look.cycle.at : look.cycle.at + CYCLE_WORDS]
        signs[LoopSign.CYCLE] = _said(stretch, pairs) < SAID_SHARE
    for sign in (LoopSign.COMPRESSIBLE, LoopSign.FEW_WORDS):
        if signs[sign] and theirs[sign]:
            signs[sign] = _said(look.words, pairs) < SAID_SHARE
    return told


def _turned(words: Sequence[str], run: Run) -> tuple[str, ...]:
    """The phrase from whichever word comes first in order: "b a b a" repeats what "a b a b" does."""
    phrase = tuple(words[run.at : run.at + run.size])
    return min(phrase[at:] + phrase[:at] for at in range(run.size))


def _said(words: Sequence[str], pairs: Counter[tuple[str, str]]) -> float:
    """The share of the pairs of words that the reference has too, as often."""
    mine = Counter(pairwise(words))
    return (mine & pairs).total() / max(1, mine.total())

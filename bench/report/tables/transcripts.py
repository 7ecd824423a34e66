"""Transcripts beside what was said, word by word, with the time of each word where the engine gave it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.domain import Transcript
from bench.quality import alignment, normalizer
from bench.report.cells import Phrase
from bench.report.names import Names
from bench.report.view import Diff, HeardWord, Piece
from bench.results import CaseResult, Results


def diffs(found: Results, names: Names) -> tuple[Diff, ...]:
    """The transcript of each case against the reference, or the baseline's where there is none."""
    made = (_diff(case, found, names, case.judged_by.normalizer) for case in found.cases)
    return tuple(diff for diff in made if diff is not None)


def word_times(transcript: Transcript) -> tuple[float | None, ...]:
    """When each whitespace-separated word of the transcript begins.

    By the engine's own words where it gives as many as are written; else the first word of a
    segment has the segment's time and the others have none.  All None where segments and text
    do not agree.
    """
    times: list[float | None] = []
    for segment in transcript.segments:
        count = len(segment.text.split())
        if count and len(segment.words) == count:
            times += [word.start_seconds for word in segment.words]
        elif count:
            times += [segment.start_seconds, *[None] * (count - 1)]
    count = len(transcript.text.split())
    return tuple(times) if len(times) == count else (None,) * count


def _diff(case: CaseResult, found: Results, names: Names, way: str) -> Diff | None:
    transcript = case.heard.transcript
    if transcript is None:
        return None
    against, said = _said(case, found, names)
    if said is None:
        words = transcript.text.split()
        pieces: tuple[Piece, ...] = (
            (_piece("equal", words, words, 0, word_times(transcript)),) if words else ()
        )
    else:
        pieces = tuple(_pieces(said, transcript, way, case.clip.language))
    return Diff(
        key=case.key,
        label=names.full(case),
        quantization=case.quantization,
        clip=case.clip.name,
        against=against,
        pieces=pieces,
    )


def _said(case: CaseResult, found: Results, names: Names) -> tuple[Phrase, str | None]:
    if case.model.synthetic:
        return Phrase(message="diff.alone"), None
    if case.clip.reference is not None:
        return Phrase(message="diff.reference"), case.clip.reference
    baseline = found.baseline(case)
    if baseline is not None and not case.is_baseline and baseline.heard.transcript is not None:
        return Phrase(
            message="diff.baseline", params={"baseline": names.baseline(case)}
        ), baseline.heard.transcript.text
    return Phrase(message="diff.alone"), None


def _pieces(said: str, transcript: Transcript, way: str, language: str) -> Iterator[Piece]:
    times = word_times(transcript)
    for passage in alignment(said, transcript.text, normalizer(way, language)):
        yield _piece(passage.edit, passage.reference, passage.hypothesis, passage.hypothesis_at, times)


def _piece(
    kind: str, said: Sequence[str], heard: Sequence[str], at: int, times: Sequence[float | None]
) -> Piece:
    words = tuple(HeardWord(text=word, seconds=times[at + number]) for number, word in enumerate(heard))
    return Piece(kind=str(kind), said=" ".join(said), heard=words, seconds=_before(times, at))


def _before(times: Sequence[float | None], at: int) -> float | None:
    """The last time known up to a word: where to play from to hear it."""
    return next((time for time in reversed(times[: at + 1]) if time is not None), None)

"""What a case heard and how good that is: a transcript held against the reference and the baseline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.domain import Clip, Quality, Reason, Transcript
from bench.quality import (
    ErrorPair,
    Identity,
    LoopReport,
    Score,
    detect,
    identical,
    no_regression_share,
    normalizer,
    score,
    stars,
    telling_errors,
    utterance_scores,
    wer_difference,
    wer_interval,
)
from bench.quality.normalizer import RAW
from bench.reasons import reason
from bench.statistics import FEWEST_TO_CLAIM, Interval

SYNTHETIC = reason("quality.synthetic")
NO_TRANSCRIPT = reason("quality.no_transcript")
NO_REFERENCE = reason("quality.no_reference")
PUBLISHED_ONLY = reason("source.no_transcripts")


class UtteranceKey(NamedTuple):
    """Which utterance this is, across clips: what was recorded, never what was said.

    Clips of one corpus are cut from the same recordings, so that the same words at the same length
    are the same recording there, and `occurrence` tells those apart that a clip has twice.  Of clips
    that name no corpus nothing says that they share a recording: each utterance is one of its own.
    """

    recordings: str
    speaker: str | None
    text: str
    milliseconds: int | None
    occurrence: int


class ScoredUtterance(NamedTuple):
    """An utterance and what was heard in its place, as counts."""

    key: UtteranceKey
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The quality of a case's transcript; each part None where there is nothing to judge it by.

    `score` and `raw` are against the reference, normalized and not; `to_baseline` and `identity`
    against the baseline's transcript.  `difference` is WER minus the baseline's over utterances
    (positive is worse), `interval` the WER's own; `kept` is the share of utterances with no more
    errors than the baseline's.  `errors` are against the reference; `changes`, where there is none,
    against the baseline's text.  `texts` counts the different transcripts of the trials: greedy
    decoding gives one.  `utterances` are the scores against the reference one by one, from one
    alignment of the whole transcript.  `reason` says why there is no score.
    """

    score: Score | None = None
    raw: Score | None = None
    interval: Interval | None = None
    stars: int | None = None
    errors: tuple[ErrorPair, ...] = ()
    to_baseline: Score | None = None
    changes: tuple[ErrorPair, ...] = ()
    identity: Identity | None = None
    difference: Interval | None = None
    kept: float | None = None
    loop: LoopReport | None = None
    utterances: tuple[ScoredUtterance, ...] = ()
    texts: int = 0
    transcript: Transcript | None = None
    reason: Reason | None = None


def spoken(clip: Clip) -> tuple[str, ...]:
    """The utterances of a clip's reference; its sentences where the utterances are not known."""
    if clip.utterances:
        return tuple(utterance.text for utterance in clip.utterances)
    return tuple(re.split(r"(?<=[.!?…])\s+", (clip.reference or "").strip()))


def utterance_keys(clip: Clip) -> Iterator[UtteranceKey]:
    """The identity of each utterance of `spoken`, in the same order."""
    seen: Counter[tuple[str | None, str, int | None]] = Counter()
    for at, text in enumerate(spoken(clip)):
        speaker = milliseconds = None
        if clip.utterances:
            utterance = clip.utterances[at]
            speaker = utterance.speaker
            milliseconds = round(1000 * (utterance.end_seconds - utterance.start_seconds))
        recordings = clip.corpus if clip.corpus and clip.utterances else f"clip {clip.sha256 or clip.name}"
        seen[speaker, text, milliseconds] += 1
        yield UtteranceKey(recordings, speaker, text, milliseconds, seen[speaker, text, milliseconds])


def independent(utterances: Sequence[ScoredUtterance]) -> Sequence[Hashable]:
    """What each utterance is a part of: its speaker where several are known, else its recording.

    Utterances of one speaker err alike, and one that clips share is the same.
    """
    speakers = [each.key.speaker for each in utterances]
    if None not in speakers and len(set(speakers)) >= FEWEST_TO_CLAIM:
        return speakers
    return [each.key for each in utterances]


def heard(transcript: Transcript, clip: Clip, base: Heard | None, settings: Quality, *, texts: int) -> Heard:
    """The quality of a transcript of speech; `base` is the baseline's, None where there is none to compare."""
    text = transcript.text
    way = normalizer(settings.normalizer, clip.language)
    normalized = raw = interval = difference = kept = None
    errors: tuple[ErrorPair, ...] = ()
    utterances: tuple[ScoredUtterance, ...] = ()
    if clip.reference is not None:
        normalized, raw = score(clip.reference, text, way), score(clip.reference, text, RAW)
        errors = telling_errors(clip.reference, text, way, settings.key_errors)
        ours = utterance_scores(spoken(clip), text, way)
        utterances = tuple(map(ScoredUtterance, utterance_keys(clip), ours))
        units = independent(utterances)
        interval = wer_interval(ours, units)
        if base is not None and base.utterances:
            theirs = [each.score for each in base.utterances]
            difference, kept = wer_difference(ours, theirs, units), no_regression_share(ours, theirs)
    wer = normalized.wer if normalized else None
    other = base.transcript.text if base and base.transcript else None
    return Heard(
        score=normalized,
        raw=raw,
        interval=interval,
        stars=stars(wer, settings.stars) if wer is not None else None,
        errors=errors,
        to_baseline=None if other is None else score(other, text, way),
        changes=() if normalized or other is None else telling_errors(other, text, way, settings.key_errors),
        identity=None if other is None else identical(other, text, way),
        difference=difference,
        kept=kept,
        loop=detect(transcript, clip.duration_seconds, reference=clip.reference),
        utterances=utterances,
        texts=texts,
        transcript=transcript,
        reason=(normalized.reason if normalized else NO_REFERENCE),
    )

"""Transcripts judged without a run: error rates, key errors, loops, against a reference and a baseline.

What `asr-quant-bench score` says; no audio, weights or suite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from bench.domain import Quality, Transcript
from bench.errors import UnusableTranscript
from bench.quality.align import Edit
from bench.quality.errors import ErrorPair, telling_errors
from bench.quality.loops import LoopReport, LoopSign, Repetition, detect
from bench.quality.normalizer import BASIC, RAW, Normalizer, normalizer
from bench.quality.profiles import ErrorProfile, by_group, length_band, profile
from bench.quality.score import (
    Score,
    no_regression_share,
    pool,
    score,
    stars,
    utterance_scores,
    wer_difference,
    wer_interval,
)
from bench.quality.transcripts import TranscriptFile
from bench.quality.versions import LANGUAGES
from bench.statistics import Interval

KNOWN_BY = 0.15  # share of function words from which on a text is taken for a language
SENTENCE_ENDS = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTranscript:
    """One hypothesis: each part None or empty where there is nothing to judge it by.

    `interval` is that of the word error rate, `difference` WER minus the baseline's; `to_baseline` holds the
    baseline's text for the reference.  `by_length` pools utterances by their words.  `profile` counts errors by class, the baseline's beside it.  `missing` utterances have no hypothesis and count as empty.
    """

    path: str
    language: str | None
    normalizer: str
    score: Score | None = None
    raw: Score | None = None
    interval: Interval | None = None
    stars: int | None = None
    errors: tuple[ErrorPair, ...] = ()
    loops: tuple[Repetition, ...] = ()
    signs: tuple[LoopSign, ...] = ()
    words: int = 0
    characters_per_second: float | None = None
    difference: Interval | None = None
    kept: float | None = None
    to_baseline: Score | None = None
    missing: tuple[str, ...] = ()
    utterances: int = 0
    by_length: Mapping[str, Score] = field(default_factory=dict)
    profile: ErrorProfile | None = None
    baseline_profile: ErrorProfile | None = None

    @property
    def key_errors(self) -> tuple[str, ...]:
        """The telling errors in a line each: what was said, an arrow, what was heard."""
        return tuple(f"{each.reference or '∅'} → {each.hypothesis or '∅'}" for each in self.errors)

    @property
    def loop_texts(self) -> tuple[str, ...]:
        """The repeated phrases, the longest run first; the sign where a loop has no phrase."""
        if self.loops:
            return tuple(each.phrase for each in self.loops)
        return tuple(sign.value for sign in self.signs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What all hypotheses are held against, and how."""

    reference: TranscriptFile | None
    baseline: TranscriptFile | None
    way: Normalizer
    settings: Quality
    seconds: float | None


def language_of(text: str) -> str | None:
    """The language that a text's function words tell, of those with a normalizer; None where none does."""
    words = BASIC.words(text)
    counts = {code: sum(word in table.function_words for word in words) for code, table in LANGUAGES.items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] >= max(2, KNOWN_BY * len(words)) else None


def judge_files(
    reference: TranscriptFile | None,
    hypotheses: Sequence[TranscriptFile],
    *,
    baseline: TranscriptFile | None = None,
    language: str | None = None,
    seconds: float | None = None,
    settings: Quality | None = None,
) -> tuple[JudgedTranscript, ...]:
    """Judge every hypothesis.  `seconds` is the length of the recording, for loops.

    Without a `language` it is the one that a file states, else the one its words tell.  Raises
    UnusableTranscript where utterances have names and none corresponds.
    """
    settings = settings or Quality()
    files = [each for each in (reference, baseline, *hypotheses) if each is not None]
    language = language or next(
        (each.transcript.language for each in files if each.transcript.language), None
    )
    language = language or next(
        (found for each in files if (found := language_of(each.transcript.text))), None
    )
    judged = Assignment(
        reference=reference,
        baseline=baseline,
        way=normalizer(settings.normalizer, language),
        settings=settings,
        seconds=seconds,
    )
    return tuple(_judge(each, judged, language) for each in hypotheses)


def _judge(hypothesis: TranscriptFile, judged: Assignment, language: str | None) -> JudgedTranscript:
    loops = _loops(hypothesis, judged)
    said = hypothesis.transcript
    own = said.language or language_of(said.text)
    common = JudgedTranscript(
        path=hypothesis.path,
        language=own or language,
        normalizer=judged.way.name,
        loops=tuple(loop for report in loops for loop in report.loops),
        signs=tuple(dict.fromkeys(sign for report in loops for sign in report.signs)),
        words=len(judged.way.words(said.text)),
        characters_per_second=loops[0].characters_per_second if len(loops) == 1 else None,
    )
    if judged.reference is None:
        return _replace(common, to_baseline=_to_baseline(hypothesis, judged))
    return _against_reference(common, hypothesis, judged, judged.reference)


def _replace(judgement: JudgedTranscript, **changes: object) -> JudgedTranscript:
    import dataclasses

    return dataclasses.replace(judgement, **changes)  # type: ignore[arg-type]  # names and types agree by construction, which mypy cannot see


def _against_reference(
    common: JudgedTranscript, hypothesis: TranscriptFile, judged: Assignment, reference: TranscriptFile
) -> JudgedTranscript:
    pairs, missing = paired(reference, hypothesis)
    way = judged.way
    ours = _scores(reference, pairs, way)
    whole = pool([score(said, heard, way) for said, heard in pairs])
    raw = pool([score(said, heard, RAW) for said, heard in pairs])
    difference = kept = None
    if judged.baseline is not None:
        theirs = _scores(reference, paired(reference, judged.baseline)[0], way)
        if [each.reference_words for each in ours] == [each.reference_words for each in theirs]:
            difference, kept = wer_difference(ours, theirs), no_regression_share(ours, theirs)
    wer = whole.wer if whole else None
    return _replace(
        common,
        score=whole,
        raw=raw,
        interval=wer_interval(ours),
        stars=stars(wer, judged.settings.stars) if wer is not None else None,
        errors=_telling(pairs, judged),
        difference=difference,
        kept=kept,
        to_baseline=_to_baseline(hypothesis, judged),
        missing=missing,
        utterances=len(ours),
        by_length=_by_length(ours),
        profile=profile(pairs, way),
        baseline_profile=profile(paired(reference, judged.baseline)[0], way) if judged.baseline else None,
    )


def _by_length(scores: Sequence[Score]) -> dict[str, Score]:
    """Pooled by the length of the utterance, the short ones first."""
    ordered = sorted((each for each in scores if each.reference_words), key=lambda each: each.reference_words)
    return by_group((length_band(each.reference_words), each) for each in ordered)


def _scores(
    reference: TranscriptFile, pairs: Sequence[tuple[str, str]], way: Normalizer
) -> tuple[Score, ...]:
    """By utterance: of its own, or from one alignment of the whole where the hypothesis has none."""
    if len(pairs) > 1:
        return tuple(score(said, heard, way) for said, heard in pairs)
    [(said, heard)] = pairs
    units = tuple(reference.utterances.values()) or tuple(SENTENCE_ENDS.split(said))
    return utterance_scores(units, heard, way)


def _telling(pairs: Sequence[tuple[str, str]], judged: Assignment) -> tuple[ErrorPair, ...]:
    limit = judged.settings.key_errors
    found = [each for said, heard in pairs for each in telling_errors(said, heard, judged.way, limit)]
    best: dict[tuple[Edit, str, str], ErrorPair] = {}
    for each in sorted(found, key=lambda pair: pair.order):
        best.setdefault((each.kind, each.reference, each.hypothesis), each)
    return tuple(best.values())[:limit]


def _to_baseline(hypothesis: TranscriptFile, judged: Assignment) -> Score | None:
    if judged.baseline is None:
        return None
    pairs, _ = paired(judged.baseline, hypothesis)
    return pool([score(said, heard, judged.way) for said, heard in pairs])


def paired(
    reference: TranscriptFile, hypothesis: TranscriptFile
) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """What was said beside what was heard, by utterance where both have the same ones; and what is missing.

    Names correspond as they are, or without folder and ending.  Lines of a text correspond by number where
    there are as many.
    """
    mine, theirs = reference.utterances, hypothesis.utterances
    whole = [(reference.transcript.text, hypothesis.transcript.text)]
    if not mine or not theirs:
        return whole, ()
    if reference.numbered or hypothesis.numbered:
        if len(mine) != len(theirs):
            return whole, ()
        return list(zip(mine.values(), theirs.values(), strict=True)), ()
    if not mine.keys() & theirs.keys():
        mine, theirs = _by_stem(mine), _by_stem(theirs)
    if not mine.keys() & theirs.keys():
        raise UnusableTranscript(
            f"{hypothesis.path}: none of its utterances is one of {reference.path}.",
            hint=f"There: {', '.join(list(mine)[:3])}; here: {', '.join(list(theirs)[:3])}.",
        )
    missing = tuple(name for name in mine if name not in theirs)
    return [(said, theirs.get(name, "")) for name, said in mine.items()], missing


def _by_stem(utterances: Mapping[str, str]) -> Mapping[str, str]:
    stems = {PurePath(name).stem: text for name, text in utterances.items()}
    return stems if len(stems) == len(utterances) else utterances


def _loops(hypothesis: TranscriptFile, judged: Assignment) -> list[LoopReport]:
    """Loops of the whole, or utterance by utterance; the longest run first."""
    reference = judged.reference
    if not hypothesis.utterances or hypothesis.numbered:
        said = reference.transcript.text if reference else None
        return [detect(hypothesis.transcript, judged.seconds, reference=said)]
    spoken = reference.utterances if reference else {}
    reports = [
        detect(Transcript(text=text), None, reference=spoken.get(name))
        for name, text in hypothesis.utterances.items()
    ]
    return sorted(reports, key=lambda report: -report.looped_words)

"""Stage times, tokens and confidence, from the results that child halves give.

A result's `stages` are seconds by the half's own clock: mel, encode, prefill, decode, first_token.
"""

from __future__ import annotations

from typing import Final, Literal

from bench.contract import Outcome, Reading, Transcription
from bench.domain import Backend, Case, Measurement, Reason, Transcript, absent, measured
from bench.engines.reading import status_of, transcript_of
from bench.reasons import reason

STAGES: Final = ("mel", "encode", "prefill", "decode", "first_token")
NO_SPEECH: Final = reason("stages.no_speech")
NOT_TRANSCRIBED: Final = reason("phase.clip_not_transcribed")


def stage_measurements(
    outcome: Outcome, *, source: str, not_told: Reason, of: Literal["stages", "own_timings"] = "stages"
) -> tuple[Measurement, ...]:
    """Every stage's seconds; absent with `not_told` where the engine does not tell it.

    Where the clip was cut, also what finding the cuts took.
    """
    heard = outcome.transcription
    if heard is None:
        times, why = {}, NOT_TRANSCRIBED
    else:
        times = dict(heard.stages if of == "stages" else heard.own_timings)
        why = NO_SPEECH if heard.cuts == () else not_told
    found = [
        measured(f"{stage}_seconds", times[stage], source)
        if stage in times
        else absent(f"{stage}_seconds", why, source)
        for stage in STAGES
    ]
    return (*found, *segmentation_measurements(outcome))


def reading_of(case: Case, outcome: Outcome, backend: Backend | None, *, engine: str, source: str) -> Reading:
    """What a worker's half that times its stages told: transcript, stages, tokens, and where it ran."""
    transcript = transcript_of(outcome)
    status, why = status_of(case, outcome, backend)
    not_told = reason("stages.not_told", engine=engine)
    return Reading(
        status=status,
        reason=why,
        transcript=transcript,
        backend=backend,
        measurements=(
            *stage_measurements(outcome, source=source, not_told=not_told),
            *token_measurements(outcome, transcript, source=source),
        ),
    )


def segmentation_measurements(outcome: Outcome) -> tuple[Measurement, ...]:
    """What finding the cuts took, where the clip was cut; nothing where it was not."""
    heard = outcome.transcription
    if heard is None or heard.segmentation_seconds is None:
        return ()
    return (measured("segmentation_seconds", heard.segmentation_seconds, "worker clock"),)


def token_measurements(
    outcome: Outcome, transcript: Transcript | None, *, source: str
) -> tuple[Measurement, ...]:
    """`tokens`, `tokens_per_second` and `confidence`.

    Tokens a second count those after the first of each cut over the seconds from first to last,
    so that encoder and prompt are not in it.  Confidence is the mean probability of the tokens.
    """
    heard = outcome.transcription
    if heard is None:
        return tuple(
            absent(name, NOT_TRANSCRIBED, source) for name in ("tokens", "tokens_per_second", "confidence")
        )
    tokens = heard.tokens
    if tokens is None and transcript is not None and transcript.segments:
        counts = [segment.tokens for segment in transcript.segments]
        tokens = sum(count for count in counts if count is not None) if None not in counts else None
    untold = reason("tokens.not_told")
    return (
        measured("tokens", tokens, source) if tokens is not None else absent("tokens", untold, source),
        _rate(heard, tokens, source),
        _confidence(heard, transcript, source),
    )


def _rate(heard: Transcription, tokens: int | None, source: str) -> Measurement:
    seconds = heard.stages.get("decode")
    later = None if tokens is None else tokens - len(heard.cuts or (None,))
    if later is None or seconds is None:
        return absent("tokens_per_second", reason("token_rate.not_told"), source)
    if later < 1 or seconds <= 0:
        return absent("tokens_per_second", reason("token_rate.too_few"), source)
    return measured("tokens_per_second", later / seconds, source)


def _confidence(heard: Transcription, transcript: Transcript | None, source: str) -> Measurement:
    if heard.confidence is not None:
        return measured("confidence", heard.confidence, source)
    segments = transcript.segments if transcript else ()
    known = [(s.confidence, s.tokens) for s in segments if s.confidence is not None and s.tokens]
    total = sum(tokens for _, tokens in known)
    if not total:
        return absent("confidence", reason("confidence.not_told"), source)
    return measured("confidence", sum(value * tokens for value, tokens in known) / total, source)

"""Stage times, tokens and confidence, from the results that child halves give.

A result's `stages` are seconds by the half's own clock: mel, encode, prefill, decode, first_token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench.domain import Measurement, Transcript, absent, measured
from bench.engines import Outcome

STAGES: Final = ("mel", "encode", "prefill", "decode", "first_token")
NO_SPEECH: Final = "the segmentation found no speech in the clip"
NOT_TRANSCRIBED: Final = "the process ended before the clip was transcribed"


def first_result(outcome: Outcome) -> Mapping[str, Any] | None:
    """What the half returned for the first pass; None when it did not come to that."""
    event = outcome.event("transcribed")
    return None if event is None else event.data.get("result") or {}


def stage_measurements(
    outcome: Outcome, *, source: str, not_told: str, key: str = "stages"
) -> tuple[Measurement, ...]:
    """Every stage's seconds; absent with `not_told` where the engine does not tell it.

    Where the clip was cut, also what finding the cuts took.
    """
    result = first_result(outcome)
    stages = (result or {}).get(key) or {}
    reason = not_told if result is not None else NOT_TRANSCRIBED
    if result is not None and result.get("cuts") == []:
        reason = NO_SPEECH
    found = [
        absent(f"{stage}_seconds", reason, source)
        if stages.get(stage) is None
        else measured(f"{stage}_seconds", stages[stage], source)
        for stage in STAGES
    ]
    return (*found, *segmentation_measurements(outcome))


def segmentation_measurements(outcome: Outcome) -> tuple[Measurement, ...]:
    """What finding the cuts took, where the clip was cut; nothing where it was not."""
    result = first_result(outcome)
    if result is None or "segmentation_seconds" not in result:
        return ()
    return (measured("segmentation_seconds", result["segmentation_seconds"], "worker clock"),)


def token_measurements(
    outcome: Outcome, transcript: Transcript | None, *, source: str
) -> tuple[Measurement, ...]:
    """`tokens`, `tokens_per_second` and `confidence`.

    Tokens a second count those after the first of each cut over the seconds from first to last,
    so that encoder and prompt are not in it.  Confidence is the mean probability of the tokens.
    """
    result = first_result(outcome)
    if result is None:
        return tuple(
            absent(name, NOT_TRANSCRIBED, source) for name in ("tokens", "tokens_per_second", "confidence")
        )
    tokens = result.get("tokens")
    if tokens is None and transcript is not None and transcript.segments:
        counts = [segment.tokens for segment in transcript.segments]
        tokens = sum(count for count in counts if count is not None) if None not in counts else None
    untold = "the engine does not tell its tokens"
    return (
        measured("tokens", tokens, source) if tokens is not None else absent("tokens", untold, source),
        _rate(result, tokens, source),
        _confidence(result, transcript, source),
    )


def _rate(result: Mapping[str, Any], tokens: int | None, source: str) -> Measurement:
    seconds = (result.get("stages") or {}).get("decode")
    later = None if tokens is None else tokens - len(result.get("cuts") or (None,))
    if later is None or seconds is None:
        return absent("tokens_per_second", "the engine does not tell tokens and decoding time", source)
    if later < 1 or seconds <= 0:
        return absent("tokens_per_second", "there were too few tokens to time", source)
    return measured("tokens_per_second", later / seconds, source)


def _confidence(result: Mapping[str, Any], transcript: Transcript | None, source: str) -> Measurement:
    if (told := result.get("confidence")) is not None:
        return measured("confidence", told, source)
    segments: Sequence[Any] = transcript.segments if transcript else ()
    known = [(s.confidence, s.tokens) for s in segments if s.confidence is not None and s.tokens]
    total = sum(tokens for _, tokens in known)
    if not total:
        return absent("confidence", "the engine told no token probabilities", source)
    return measured("confidence", sum(value * tokens for value, tokens in known) / total, source)

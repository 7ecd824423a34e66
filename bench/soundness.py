"""The border that figures cross: what is no finite number of a sensible size is absent, with a reason.

Engines are other people's code and print what they like, and records come from other machines.
Infinity, NaN, negative times and bytes beyond any machine are no measurements.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Final

from bench.domain import Measurement, Reason, Record, Segment, Transcript, Word
from bench.metrics import METRICS
from bench.reasons import reason
from bench.text.safe import whole_characters
from bench.units import Unit

# The most that can be meant, by unit: a year, an exabyte, ...
MOST: Final[Mapping[Unit, float]] = {
    Unit.SECONDS: 366 * 86400.0,
    Unit.BYTES: 1e18,
    Unit.COUNT: 1e18,
    Unit.RATIO: 1e7,
    Unit.PER_SECOND: 1e12,
    Unit.JOULES: 1e12,
}
_ROUNDING: Final = 1e-6  # means of probabilities in single precision come out a little above 1


def sound(found: Measurement) -> Measurement:
    """The measurement, absent with a reason where its value cannot be one."""
    if found.value is None:
        return found
    why = _unsound(found)
    return found if why is None else dataclasses.replace(found, value=None, reason=why)


def _unsound(found: Measurement) -> Reason | None:
    value = found.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return reason("value.no_number")  # by a third party's engine, whatever its types say
    if not math.isfinite(value):
        return reason("value.not_finite", value=str(value))
    if value < 0:
        return reason("value.negative", value=value)
    if value > MOST[found.unit]:
        return reason("value.too_large", value=value, unit=str(found.unit))
    metric = METRICS.get(found.name)
    if metric is not None and metric.unit is not found.unit:
        return reason("value.other_unit", used=str(found.unit), expected=str(metric.unit))
    return None


def sound_transcript(heard: Transcript) -> Transcript:
    """The transcript as text that can be written: no lone surrogates, times and confidences finite or None."""
    return dataclasses.replace(
        heard,
        text=whole_characters(heard.text),
        language=None if heard.language is None else whole_characters(str(heard.language)),
        segments=tuple(_segment(segment) for segment in heard.segments),
    )


def _segment(segment: Segment) -> Segment:
    return dataclasses.replace(
        segment,
        text=whole_characters(segment.text),
        start_seconds=_finite(segment.start_seconds),
        end_seconds=_finite(segment.end_seconds),
        confidence=_share(segment.confidence),
        words=tuple(word for word in map(_word, segment.words) if word is not None),
    )


def _word(word: Word) -> Word | None:
    start, end = _finite(word.start_seconds), _finite(word.end_seconds)
    if start is None or end is None:
        return None  # its text stands in the segment's
    return dataclasses.replace(
        word,
        text=whole_characters(word.text),
        start_seconds=start,
        end_seconds=end,
        confidence=_share(word.confidence),
    )


def sound_reason(found: Reason) -> Reason:
    """The reason with parameters that can be written."""
    return dataclasses.replace(
        found,
        parameters={
            name: whole_characters(value)
            if isinstance(value, str)
            else sound_reason(value)
            if isinstance(value, Reason)
            else value
            for name, value in found.parameters.items()
        },
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and abs(value) <= MOST[Unit.SECONDS] else None


def _share(value: float | None) -> float | None:
    return min(1.0, value) if value is not None and 0.0 <= value <= 1.0 + _ROUNDING else None


def sound_record(record: Record) -> Record:
    """A record of any origin with sound figures and text."""
    return dataclasses.replace(
        record,
        measurements={name: sound(found) for name, found in record.measurements.items()},
        transcript=sound_transcript(record.transcript) if record.transcript else None,
        reason=None if record.reason is None else sound_reason(record.reason),
    )

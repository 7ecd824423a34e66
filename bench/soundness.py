"""The border that figures cross: what is no finite number of a sensible size is absent, with a reason.

Engines are other people's code and print what they like, and records come from other machines.
Infinity, NaN, negative times and bytes beyond any machine are no measurements.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bench.domain import Measurement, Reason, Record, Segment, Suite, Transcript, Word
from bench.metrics import METRICS
from bench.naming import is_safe_name
from bench.reasons import CODES, reason, told
from bench.text.safe import clean, whole_characters
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
        return (
            found if found.reason is None else dataclasses.replace(found, reason=sound_reason(found.reason))
        )
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


# Nobody says eight words a second; what is far beyond that is a loop, a bug or an attack on its reader.
WORDS_A_SECOND: Final = 8.0
FEWEST_JUDGED: Final = 2_000
MOST_JUDGED: Final = 30_000
LETTERS_A_WORD: Final = 40


def judged_part(heard: Transcript, seconds: float) -> Transcript:
    """The transcript, or of one far longer than anybody can speak in that time its beginning.

    Aligning words takes time by their number squared: a journal of a megabyte could hold a report for
    minutes.  Whoever cuts says so.
    """
    words = round(min(MOST_JUDGED, max(FEWEST_JUDGED, WORDS_A_SECOND * seconds)))
    text = heard.text[: words * LETTERS_A_WORD]
    if text.count(" ") >= words or len(text) < len(heard.text):
        text = " ".join(text.split()[:words])
    if text == heard.text or (len(heard.text.split()) <= words and len(text) == len(heard.text)):
        return heard
    kept = heard.segments[:words]
    return dataclasses.replace(heard, text=text, segments=kept)


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
    """The reason with parameters that can be written and shown: a program's own words steer no terminal.

    One whose parameters are not its code's has no words: it is shown as it stands.
    """
    if set(CODES.get(found.code, found.parameters)) - set(found.parameters):
        return told(clean(f"{found.code} {found.parameters}"))
    return dataclasses.replace(
        found, parameters={name: _parameter(value) for name, value in found.parameters.items()}
    )


def _parameter(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Reason):
        return sound_reason(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and abs(value) <= MOST[Unit.SECONDS] else None


def _share(value: float | None) -> float | None:
    return min(1.0, value) if value is not None and 0.0 <= value <= 1.0 + _ROUNDING else None


MOST_CASES: Final = 100_000
MOST_BLOCKS: Final = 10_000


def refuse_unsound(suite: Suite) -> None:
    """ValueError where a resolved suite, a stranger's perhaps, is not one this program could have written."""
    ids = {case.id for case in suite.cases}
    if not is_safe_name(suite.name):
        raise ValueError(f"{suite.name!r} is no name of a suite")
    if len(ids) != len(suite.cases) or len(ids) > MOST_CASES:
        raise ValueError("two cases have one id, or there are too many")
    for case in suite.cases:
        if not case.id or case.model not in suite.models or case.clip not in suite.clips:
            raise ValueError(f"case {case.id!r} has no model or clip in it")
        settings = case.variant.settings
        if not isinstance(settings, Mapping) or not all(isinstance(name, str) for name in settings):
            raise ValueError(f"case {case.id!r} has settings that are no mapping")
        if case.baseline is not None and case.baseline not in ids:
            raise ValueError(f"case {case.id!r} is compared with {case.baseline!r}, which is not there")
    protocol = suite.protocol
    if not (1 <= protocol.blocks <= MOST_BLOCKS and 1 <= protocol.min_blocks <= MOST_BLOCKS):
        raise ValueError(f"{protocol.blocks} blocks")
    if not 1 <= protocol.max_blocks <= MOST_BLOCKS or not 1 <= protocol.passes <= MOST_BLOCKS:
        raise ValueError(f"{protocol.max_blocks} blocks, {protocol.passes} passes")
    lengths = [clip.duration_seconds for clip in suite.clips.values() if clip.duration_seconds is not None]
    numbers = [*_numbers(dataclasses.asdict(protocol)), *lengths]
    numbers += [*suite.tolerances.values(), *(band.max_wer for band in suite.quality.stars)]
    if not all(math.isfinite(value) and 0 <= value <= 2**63 for value in numbers):
        raise ValueError("a number of its protocol, clips, tolerances or stars is none")
    if any(length > MOST[Unit.SECONDS] for length in lengths):
        raise ValueError("a clip longer than a year")
    if not 0 <= suite.quality.key_errors <= 1000:
        raise ValueError(f"{suite.quality.key_errors} key errors")


def _numbers(data: Mapping[str, object]) -> Iterator[float]:
    return (value for value in data.values() if isinstance(value, int | float))


def sound_record(record: Record) -> Record:
    """A record of any origin with sound figures and text."""
    return dataclasses.replace(
        record,
        measurements={name: sound(found) for name, found in record.measurements.items()},
        transcript=sound_transcript(record.transcript) if record.transcript else None,
        reason=None if record.reason is None else sound_reason(record.reason),
        conditions=dataclasses.replace(
            record.conditions, disturbances=tuple(map(sound_reason, record.conditions.disturbances))
        ),
    )

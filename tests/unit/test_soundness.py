"""What is no figure is absent, with a reason, from the border on."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import records

from bench import jsonlines
from bench.domain import Measurement, Segment, Transcript, Word, measured
from bench.journal import encode, read_records
from bench.language import english
from bench.reasons import reason
from bench.soundness import sound, sound_transcript
from bench.units import Unit


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -0.001, 1e12, True, "3.5"])
def test_what_is_no_time_is_absent(value: Any) -> None:
    found = sound(measured("transcribe_seconds", value, "engine"))
    assert found.value is None
    assert "What was reported" in english(found.reason)


@pytest.mark.parametrize(
    ("name", "value"), [("transcribe_seconds", 0.0), ("peak_rss_bytes", 2.5e11), ("rtf", 0.07)]
)
def test_what_is_a_figure_stays(name: str, value: float) -> None:
    assert sound(measured(name, value, "engine")).value == value


def test_a_figure_in_another_unit_is_none() -> None:
    wrong = Measurement(name="load_seconds", value=3.0, unit=Unit.BYTES, source="engine")
    assert "is in B, not in s" in english(sound(wrong).reason)


def test_old_records_with_infinities_are_read_without_them(tmp_path: Path) -> None:
    """A journal of an older version holds `Infinity`; compare said "inf s, inf s: better"."""
    line = encode(records.record()).replace(b"4.1", b"Infinity")
    (tmp_path / "records.jsonl").write_bytes(line)
    (record,), warnings = read_records(tmp_path / "records.jsonl")
    assert warnings == ()
    assert record.measurements["transcribe_seconds"].reason == reason("value.not_finite", value="inf")


def test_every_line_is_json_whatever_was_heard() -> None:
    heard = sound_transcript(
        Transcript(
            text="a\ud800b",
            segments=(
                Segment(
                    text="\udfff",
                    start_seconds=math.nan,
                    confidence=1.0000004,
                    words=(Word(text="x", start_seconds=math.inf, end_seconds=1.0),),
                ),
            ),
        )
    )
    assert heard.text == "a\ufffdb"
    (segment,) = heard.segments
    assert (segment.text, segment.start_seconds, segment.confidence, segment.words) == (
        "\ufffd",
        None,
        1.0,
        (),
    )
    line = jsonlines.encode(1, {"reason": "\ud83d", "facts": {"load": math.inf, "cores": [1, math.nan]}})
    assert json.loads(line) == {"schema": 1, "reason": "\ufffd", "facts": {"load": None, "cores": [1, None]}}

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
from bench.journal import create_run, encode, read_records, read_run, write_records
from bench.language import english
from bench.reasons import reason
from bench.soundness import judged_part, sound, sound_transcript
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


def test_a_transcript_longer_than_anybody_can_speak_is_judged_by_its_beginning_and_that_is_said(
    tmp_path: Path,
) -> None:
    """A journal of a megabyte held a report for minutes."""
    create_run(tmp_path, records.suite("f16"), records.HOST)
    long, short = Transcript(text="да " * 200_000), Transcript(text="раз  два\nтри")
    write_records(
        tmp_path / "records.jsonl",
        [records.record(transcript=long), records.record(block=2, transcript=short)],
    )
    run = read_run(tmp_path)
    first, second = (record.transcript for record in run.records)
    assert first is not None
    assert len(first.text.split()) == 2000
    assert second == short
    (warning,) = run.warnings
    assert "m.f16.c: 1 transcripts are longer than anybody can speak" in warning
    assert len(judged_part(Transcript(text="ж" * 10**6), 60.0).text) == 80_000
    lecture = Transcript(text="слово " * 20_000)
    assert judged_part(lecture, 7200.0) is lecture

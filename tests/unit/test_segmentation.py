"""A recording is cut where nobody speaks, or in windows, and its pieces are one result again."""

from __future__ import annotations

import importlib.util
from array import array
from pathlib import Path
from typing import Any

import pytest

from bench.contract import Transcription
from bench.domain import Segment
from bench.engines.segmentation import Vad, Windows, longest_cut

CHILD = Path(__file__).parents[2] / "bench" / "child" / "segmentation.py"
FRAME = 512
RATE = 16_000


def child() -> Any:
    spec = importlib.util.spec_from_file_location("segmentation", CHILD)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SEGMENTATION = child()
PLAN = Vad(kind="vad", max_seconds=10, padding_seconds=0.0).model_dump()


def frames(*stretches: tuple[float, float]) -> list[float]:
    """Probabilities: (seconds, probability) one after another."""
    return [p for seconds, p in stretches for _ in range(round(seconds * RATE / FRAME))]


def cuts_of(probabilities: list[float], **plan: Any) -> list[tuple[float, float]]:
    samples = len(probabilities) * FRAME
    found = SEGMENTATION.speech_cuts(probabilities, samples, {**PLAN, **plan})
    return [(round(start / RATE, 1), round(end / RATE, 1)) for start, end in found]


def test_windows_cover_the_recording_without_overlap() -> None:
    assert SEGMENTATION.fixed_windows(70, 30) == [(0, 30), (30, 60), (60, 70)]


def test_an_exact_multiple_makes_no_empty_window() -> None:
    assert SEGMENTATION.fixed_windows(60, 30) == [(0, 30), (30, 60)]


def test_silence_has_no_cuts() -> None:
    assert cuts_of(frames((20, 0.01))) == []


def test_speech_is_cut_out_of_the_silence_around_it() -> None:
    assert cuts_of(frames((3, 0.0), (4, 0.9), (3, 0.0))) == [(3.0, 7.0)]


def test_a_click_is_no_speech() -> None:
    assert cuts_of(frames((3, 0.0), (0.1, 0.9), (3, 0.0))) == []


def test_neighbours_are_joined_as_long_as_they_fit() -> None:
    probabilities = frames((4, 0.9), (1, 0.0), (4, 0.9), (1, 0.0), (4, 0.9))
    assert cuts_of(probabilities) == [(0.0, 9.0), (10.0, 14.0)]


def test_speech_without_a_pause_is_split_where_it_is_least_likely() -> None:
    probabilities = frames((7, 0.9), (0.1, 0.6), (7, 0.9))
    first, second = cuts_of(probabilities)
    assert first == (0.0, 7.0)
    assert second == (7.0, 14.1)


def test_no_cut_is_longer_than_asked_for_but_for_its_padding() -> None:
    probabilities = frames((55, 0.9), (0.5, 0.0), (30, 0.8))
    for start, end in cuts_of(probabilities, padding_seconds=0.2):
        assert end - start <= 10 + 0.4 + 0.05


def test_paddings_that_meet_share_the_pause() -> None:
    probabilities = frames((8, 0.9), (0.4, 0.0), (8, 0.9))
    (_, end), (start, _) = cuts_of(probabilities, padding_seconds=1.0)
    assert end == start
    assert 8.0 < end < 8.5


def test_cuts_stay_within_the_recording() -> None:
    assert cuts_of(frames((4, 0.9)), padding_seconds=2.0) == [(0.0, 4.0)]


def test_the_longest_cut_is_what_a_context_is_sized_for() -> None:
    assert longest_cut(None, 265.0) == 265.0
    assert longest_cut(Windows(kind="windows", window_seconds=30), 265.0) == 30.0
    assert longest_cut(Vad(kind="vad", max_seconds=28, padding_seconds=0.2), 265.0) == 28.4
    assert longest_cut(Windows(kind="windows", window_seconds=30), 12.0) == 12.0


class FakeSegmenter:
    """Two cuts, at 1 s and at 3 s."""

    def cuts(self, pcm: array[float]) -> list[tuple[int, int]]:
        return [(RATE, 2 * RATE), (3 * RATE, 5 * RATE)]


def heard(_: object, pcm: array[float], __: object) -> dict[str, Any]:
    seconds = len(pcm) / RATE
    return {
        "text": f" {seconds:.0f} s ",
        "segments": [
            {
                "text": "x",
                "start_seconds": 0.5,
                "end_seconds": 0.75,
                "words": [{"text": "x", "start_seconds": 0.5, "end_seconds": 0.6}],
            }
        ],
        "tokens": int(seconds) * 2,
        "confidence": 0.9 if seconds == 1 else 0.6,
        "truncated": seconds == 2,
        "stages": {"encode": seconds, "first_token": 0.25},
        "own_timings": {"load": 0.5},
    }


def joined() -> Transcription:
    transcribe = SEGMENTATION.by_cuts(FakeSegmenter(), heard)
    return Transcription.parsed(transcribe(None, array("f", [0.0]) * (5 * RATE), {}))


def piece(**result: Any) -> Transcription:
    """The whole of one cut, from 1 s to 3 s."""
    made = {"start_seconds": 1.0, "end_seconds": 3.0, "after_seconds": 0.5, "result": result}
    return Transcription.parsed({"pieces": [made], "segmentation_seconds": 0.1})


def test_texts_are_joined_in_order() -> None:
    assert joined().text == "1 s 2 s"


def test_times_of_segments_and_words_are_the_recordings() -> None:
    segments = joined().segments
    assert [segment.start_seconds for segment in segments] == [1.5, 3.5]
    assert [segment.end_seconds for segment in segments] == [1.75, 3.75]
    assert segments[1].words[0].start_seconds == 3.5
    assert segments[1].words[0].end_seconds == 3.6


def test_stages_and_tokens_are_summed() -> None:
    result = joined()
    assert result.tokens == 6
    assert result.stages["encode"] == 3.0
    assert result.own_timings == {"load": 1.0}


def test_tokens_that_one_piece_does_not_tell_are_told_of_none() -> None:
    pieces = [
        {"start_seconds": 0.0, "end_seconds": 1.0, "after_seconds": 0.0, "result": {"tokens": tokens}}
        for tokens in (3, None)
    ]
    assert Transcription.parsed({"pieces": pieces}).tokens is None


def test_the_first_token_is_the_first_cuts_from_the_beginning_of_the_pass() -> None:
    assert piece(text="x", stages={"first_token": 0.25}).stages["first_token"] == 0.75
    assert 0.25 <= joined().stages["first_token"] < 0.4


def test_one_truncated_piece_truncates_the_whole() -> None:
    assert joined().truncated is True


def test_confidence_is_weighed_by_tokens() -> None:
    assert joined().confidence == pytest.approx((0.9 * 2 + 0.6 * 4) / 6)


def test_a_piece_without_segments_is_a_segment_of_its_own() -> None:
    assert piece(text="hello", tokens=2, confidence=0.5).segments == (
        Segment(text="hello", start_seconds=1.0, end_seconds=3.0, confidence=0.5, tokens=2),
    )


def test_the_cuts_and_what_finding_them_took_are_told() -> None:
    result = joined()
    assert result.cuts == ((1.0, 2.0), (3.0, 5.0))
    assert result.segmentation_seconds is not None
    assert 0 <= result.segmentation_seconds < 0.5


def test_nothing_spoken_is_an_empty_transcript() -> None:
    whole = Transcription.parsed({"pieces": [], "segmentation_seconds": 0.1})
    assert whole.text == ""
    assert whole.segments == ()
    assert whole.cuts == ()
    assert whole.tokens is None
    assert whole.truncated is None

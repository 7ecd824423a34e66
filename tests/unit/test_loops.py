"""A decoder that repeats itself is found by its text alone, and speech that repeats itself is not."""

from __future__ import annotations

import pytest

from bench.domain import Segment, Transcript, Word
from bench.quality.loops import LoopSign, compression_ratio, detect, repetition

CLEAN = (
    "Корреспондент американской газеты, проходя мимо, увидел стоявшую перед объявлением босую молодую "
    "женщину в ситцевом опрятном платье: она читала, шевеля губами. Усталое и милое лицо ее не выражало "
    "удивления, глаза были равнодушные, синие, с сумасшедшинкой. Она завела прядь волнистых волос за ухо, "
    "подняла с тротуара корзинку с зеленью и пошла через улицу. Объявление заслуживало большого внимания. "
)


def test_clean_speech_is_no_loop() -> None:
    report = detect(Transcript(text=CLEAN), 30.0)
    assert not report.looping
    assert report.signs == ()
    assert report.phrase is None


def test_an_empty_transcript_is_no_loop() -> None:
    assert not detect(Transcript(text=""), 30.0).looping


def test_a_phrase_four_times_in_a_row_is_a_loop_and_three_times_is_none() -> None:
    assert repetition(["так", "да", "нет", "да", "нет", "да", "нет", "вот"]) is None
    assert repetition(["так", "да", "нет", "да", "нет", "да", "нет", "да", "нет", "вот"]) == (1, 2, 4)


def test_the_shortest_phrase_of_a_loop_is_named() -> None:
    report = detect(Transcript(text="ну " + "да " * 20), 60.0)
    assert (report.phrase, report.repeats) == ("да", 20)


def test_case_and_punctuation_do_not_hide_a_loop() -> None:
    assert detect(Transcript(text="Спасибо. Спасибо! спасибо, спасибо..."), 10.0).phrase == "спасибо"


def test_the_first_loop_of_several_is_named() -> None:
    assert repetition(["а", "б"] * 4 + ["в"] * 9) == (0, 2, 4)


def test_a_loop_starts_at_its_word_where_the_engine_gives_times() -> None:
    words = tuple(
        Word(text=t, start_seconds=i * 0.5, end_seconds=i * 0.5 + 0.4)
        for i, t in enumerate("нурраа аа аа аа аа".replace("нурраа", "ну ра").split())
    )
    text = " ".join(word.text for word in words)
    segment = Segment(text=text, start_seconds=0.0, end_seconds=9.0, words=words)
    assert detect(Transcript(text=text, segments=(segment,)), 9.0).start_seconds == pytest.approx(1.0)


def test_without_word_times_it_is_placed_within_its_segment() -> None:
    segments = (
        Segment(text=" раз два три", start_seconds=0.0, end_seconds=10.0),
        Segment(text=" ну ну ну ну ну", start_seconds=10.0, end_seconds=20.0),
    )
    text = "".join(segment.text for segment in segments)
    assert detect(Transcript(text=text, segments=segments), 20.0).start_seconds == pytest.approx(10.0)


def test_without_any_times_the_start_is_absent() -> None:
    report = detect(Transcript(text="ну ну ну ну"), 20.0)
    assert report.looping
    assert report.start_seconds is None


def test_russian_is_compressed_at_one_byte_a_letter() -> None:
    """In UTF-8 the clean text comes near the threshold that was made on English."""
    assert compression_ratio(CLEAN * 4) > 2.4
    assert compression_ratio(CLEAN) < 1.7


@pytest.mark.parametrize("tail", ["", "…", " → ∞", " 漢字"])
def test_a_stray_character_does_not_change_the_encoding(tail: str) -> None:
    assert compression_ratio(CLEAN + tail) < 1.75


def test_a_loop_of_long_phrases_shows_by_compression_in_its_own_window() -> None:
    """Six words are beyond the n-grams; the clean rest must not dilute the window."""
    phrase = " она читала объявление и шевелила губами"
    segments = (
        *(Segment(text=CLEAN, start_seconds=25.0 * i, end_seconds=25.0 * i + 25) for i in range(3)),
        Segment(text=phrase * 9, start_seconds=75.0, end_seconds=104.0),
    )
    varied = tuple(
        Segment(
            text=part.text.replace("о", "аоуе"[i]),
            start_seconds=part.start_seconds,
            end_seconds=part.end_seconds,
        )
        for i, part in enumerate(segments[:3])
    )
    whole = (*varied, segments[3])
    report = detect(Transcript(text="".join(part.text for part in whole), segments=whole), 104.0)
    assert LoopSign.COMPRESSIBLE in report.signs


def test_more_text_than_anybody_says_is_a_runaway() -> None:
    text = " ".join(f"слово{i}" for i in range(200))
    assert LoopSign.TOO_MUCH_TEXT in detect(Transcript(text=text), 10.0).signs


def test_a_hit_token_limit_is_a_sign_and_an_unknown_one_is_none() -> None:
    assert detect(Transcript(text=CLEAN, truncated=True), 30.0).signs == (LoopSign.TRUNCATED,)
    unknown = detect(Transcript(text=CLEAN), 30.0)
    assert unknown.token_limit is None
    assert not unknown.looping


def test_speech_that_repeats_itself_is_not_held_against_the_engine() -> None:
    said = "Нажмите один. " * 12
    assert detect(Transcript(text=said), 30.0).looping
    assert not detect(Transcript(text=said), 30.0, reference=said).looping
    assert detect(Transcript(text=CLEAN + "да " * 30), 60.0, reference=CLEAN).looping

"""A decoder that repeats itself is found by its text alone, and speech that repeats itself is not."""

from __future__ import annotations

import random
import zlib

import pytest

from bench.domain import Segment, Transcript, Word
from bench.quality.loops import LoopSign, detect, repetition
from bench.quality.repetition import compression_ratio

CLEAN = (
    "Корреспондент американской газеты, проходя мимо, увидел стоявшую перед объявлением босую молодую "
    "женщину в ситцевом опрятном платье: она читала, шевеля губами. Усталое и милое лицо ее не выражало "
    "удивления, глаза были равнодушные, синие, с сумасшедшинкой. Она завела прядь волнистых волос за ухо, "
    "подняла с тротуара корзинку с зеленью и пошла через улицу. Объявление заслуживало большого внимания. "
)
HINDI = (
    "भारत एक विशाल देश है जहाँ अनेक भाषाएँ बोली जाती हैं और हर प्रदेश की अपनी परंपरा है। "
    "गाँव के लोग सुबह जल्दी उठकर खेतों में काम करने जाते हैं, जबकि शहरों में लोग देर तक "
    "दफ़्तरों में बैठे रहते हैं। बच्चे पाठशाला में पढ़ते हैं और शाम को मैदान में खेलते "
    "हैं। बरसात के मौसम में नदियाँ भर जाती हैं और चारों ओर हरियाली छा जाती है। दादी माँ "
    "रात को कहानियाँ सुनाती हैं जिन्हें सुनकर सब चुपचाप सो जाते हैं।"
)
GEORGIAN = (
    "საქართველო მდებარეობს კავკასიაში, შავი ზღვის აღმოსავლეთ სანაპიროზე. მთებში ცხოვრობენ "
    "ადამიანები, რომლებიც მისდევენ მეცხვარეობას და ძველ წესებს იცავენ. ქალაქში ბევრი ახალი "
    "სახლი აშენდა, მაგრამ ძველი უბნები მაინც ლამაზია. ბავშვები სკოლაში დადიან და საღამოს "
    "ეზოში თამაშობენ. შემოდგომაზე სოფლებში ყურძენს კრეფენ და ღვინოს აყენებენ. ბებია "
    "ზამთრის გრძელ ღამეებში შვილიშვილებს ზღაპრებს უყვება, ისინი კი სიჩუმეში უსმენენ."
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
    text = "Спасибо. Спасибо! спасибо, спасибо... " * 3
    assert detect(Transcript(text=text), 20.0).phrase == "спасибо"


def test_the_longest_loop_of_several_is_named() -> None:
    """Five times "привет" is how people talk; what follows is the loop."""
    assert repetition(["а", "б"] * 4 + ["в"] * 9) == (8, 1, 9)
    words = ["привет"] * 5 + CLEAN.lower().split() + ["и", "вот", "опять"] * 1018
    report = detect(Transcript(text=" ".join(words)), None)
    assert (report.phrase, report.repeats) == ("и вот опять", 1018)
    assert [loop.phrase for loop in report.loops] == ["и вот опять"]


@pytest.mark.parametrize("said", ["да " * 4, "нет " * 7, "ну да " * 5, "yeah " * 11, "ха-ха-ха-ха "])
def test_what_people_say_several_times_is_no_loop(said: str) -> None:
    report = detect(Transcript(text=CLEAN + said + CLEAN[::-1]), 60.0)
    assert not report.looping
    assert report.loops == ()


@pytest.mark.parametrize("times", [4, 5, 9])
@pytest.mark.parametrize("size", range(1, 41))
def test_phrases_of_one_to_forty_words_are_found_and_named(size: int, times: int) -> None:
    words = [f"слово{at}" for at in range(150 + size)]
    phrase, clean = words[:size], words[size:]
    text = [*clean[:75], *phrase * times, *clean[75:]]
    assert repetition(text) == (75, size, times)
    report = detect(Transcript(text=" ".join(text)), None)
    assert report.looping is (size * times >= 12)
    if report.looping:
        assert (report.phrase, report.repeats) == (" ".join(phrase), times)


def test_a_repeated_sentence_needs_three_times() -> None:
    words = CLEAN.split() + CLEAN[::-1].split()
    sentence = " ".join(words[:9])
    assert detect(Transcript(text=" ".join([*words[9:40], sentence, sentence, sentence])), None).looping
    assert not detect(Transcript(text=" ".join([*words[9:40], sentence, sentence])), None).looping


def test_a_cycle_that_changes_its_words_is_found() -> None:
    said = random.Random(4)
    rounds = " ".join(
        f"и тогда {said.choice(['она', 'мама', 'женщина'])} сказала что {said.choice(['надо', 'пора'])} идти домой"
        for _ in range(15)
    )
    report = detect(Transcript(text=f"{CLEAN} {rounds}"), None)
    assert LoopSign.CYCLE in report.signs
    assert report.loops
    assert report.loops[0].phrase


@pytest.mark.parametrize("text", [HINDI, GEORGIAN])
def test_clean_text_in_other_scripts_is_no_loop(text: str) -> None:
    """In UTF-8 these compress 2.75 and 2.92 times: three bytes a letter, two of them nearly constant."""
    assert len(text.encode()) / len(zlib.compress(text.encode())) > 2.7
    assert compression_ratio(text) < 1.8
    assert not detect(Transcript(text=text), 30.0).looping
    assert LoopSign.COMPRESSIBLE in detect(Transcript(text=text[:60] * 12), 30.0).signs


def test_a_script_without_spaces_is_judged_by_its_characters() -> None:
    clean = "今天天气很好我们一起去公园散步看见许多孩子在湖边放风筝"
    report = detect(Transcript(text=clean + "谢谢大家" * 9), 30.0)
    assert (report.phrase, report.repeats) == ("谢谢大家", 9)
    assert not detect(Transcript(text=clean), 30.0).looping


def test_another_loop_than_the_references_own_repetition_counts() -> None:
    """The mask is the phrase, not the sign: a speaker who repeats himself excuses his words alone."""
    said = CLEAN + "нажмите один " * 12
    assert not detect(Transcript(text=said), 60.0, reference=said).looping
    report = detect(Transcript(text=CLEAN + "спасибо за внимание " * 12), 60.0, reference=said)
    assert report.phrase == "спасибо за внимание"
    much_more = detect(Transcript(text=CLEAN + "нажмите один " * 90), 60.0, reference=said)
    assert much_more.phrase == "нажмите один"


def test_a_loop_starts_at_its_word_where_the_engine_gives_times() -> None:
    words = tuple(
        Word(text=t, start_seconds=i * 0.5, end_seconds=i * 0.5 + 0.4)
        for i, t in enumerate(["ну", "ра", *["аа"] * 15])
    )
    text = " ".join(word.text for word in words)
    segment = Segment(text=text, start_seconds=0.0, end_seconds=9.0, words=words)
    assert detect(Transcript(text=text, segments=(segment,)), 9.0).start_seconds == pytest.approx(1.0)


def test_without_word_times_it_is_placed_within_its_segment() -> None:
    segments = (
        Segment(text=" раз два три", start_seconds=0.0, end_seconds=10.0),
        Segment(text=" ну" * 15, start_seconds=10.0, end_seconds=20.0),
    )
    text = "".join(segment.text for segment in segments)
    assert detect(Transcript(text=text, segments=segments), 20.0).start_seconds == pytest.approx(10.0)


def test_without_any_times_the_start_is_absent() -> None:
    report = detect(Transcript(text="ну " * 20), 20.0)
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
    """The clean rest must not dilute the window."""
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

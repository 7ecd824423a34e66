"""Errors fall into classes, and what distorts most is told first."""

from __future__ import annotations

import pytest

from bench.quality import classify, normalizer, profile, telling_errors, utterance_faults
from bench.quality import lexicon as words
from bench.quality.classes import ErrorClass
from bench.quality.faults import UtteranceFault
from bench.quality.lexicon import Lexicon
from bench.quality.profiles import by_group, length_band
from bench.quality.score import score

RU = normalizer("ru-2")
EN = normalizer("en-2")


def classes(said: str, heard: str, way: str = "ru-2") -> list[str]:
    return [each.error.value for each in classify(said, heard, normalizer(way))]


@pytest.mark.parametrize(
    ("said", "heard", "found"),
    [
        ("дом стоял у реки", "дом стоял у брески", "non-word"),
        ("мы видели Катаева вчера", "мы видели китаева вчера", "name"),
        ("пришло 15 человек", "пришло 16 человек", "number"),
        ("он не пришёл домой", "он пришёл домой", "negation"),
        ("на столе лежал секстант большой", "на столе лежал экстракт большой", "rare-word"),
        ("он видел большую собаку", "он видел большая собаку", "ending"),
        ("она пошла в дом", "она пошла на дом", "function-word"),
        ("густой туман стоял", "пустой туман стоял", "word"),
        ("старый дом стоял", "дом стоял", "deletion"),
        ("дом стоял", "дом красивый стоял", "insertion"),
    ],
)
def test_a_russian_error_has_a_class(said: str, heard: str, found: str) -> None:
    assert classes(said, heard) == [found]


@pytest.mark.parametrize(
    ("said", "heard", "found"),
    [
        ("we met Robert there", "we met rubber there", "name"),
        ("it was not good", "it was good", "negation"),
        ("twenty people came", "thirty people came", "number"),
        ("the kitchen was warm", "the kitxhen was warm", "non-word"),
    ],
)
def test_an_english_error_has_a_class(said: str, heard: str, found: str) -> None:
    assert classes(said, heard, "en-2") == [found]


def test_the_first_word_of_a_sentence_is_no_name_for_its_capital() -> None:
    assert classes("Туман стоял. Густой дым шёл", "Туман стоял. Пустой дым шёл") == ["word"]


def test_distortions_are_told_before_paraphrase_and_endings() -> None:
    said = "корреспондент заграничной газеты увидел женщину у реки и пришло 15 человек"
    heard = "сотрудник иностранной газеты увидела женщину у брески и пришло 16 человек"
    found = telling_errors(said, heard, RU, 9)
    assert [each.error.rank for each in found] == sorted(each.error.rank for each in found)
    assert {each.hypothesis for each in found[:2]} == {"брески", "16"}


def test_a_loop_is_one_key_error() -> None:
    found = telling_errors("густой туман", "пустой туман " + "спасибо за просмотр " * 20, RU, 5)
    inserted = [each.hypothesis for each in found if not each.reference]
    assert len(inserted) <= 2
    assert {each.hypothesis for each in found} >= {"пустой"}


@pytest.mark.parametrize(
    ("said", "heard", "fault"),
    [
        ("раз два три", "", UtteranceFault.EMPTY),
        ("мы шли по дороге к старому дому у реки", "мы шли по дороге", UtteranceFault.CUT_SHORT),
        ("мы долго шли по дороге к старому дому у реки", "мы долго к старому дому у реки", None),
        ("мы шли по длинной пыльной дороге к старому дому", "мы шли старому дому", UtteranceFault.DROPPED),
        ("раз два", "раз два " + "спасибо вам " * 9, UtteranceFault.LOOP),
        ("", "Субтитры сделал DimaTorzok", UtteranceFault.HALLUCINATION),
        ("до свидания", "до свидания. Спасибо за просмотр!", UtteranceFault.HALLUCINATION),
        ("мы шли домой вместе", "we were going home together", UtteranceFault.SCRIPT),
    ],
)
def test_an_utterance_may_be_wrong_as_a_whole(said: str, heard: str, fault: UtteranceFault | None) -> None:
    found = utterance_faults(said, heard, RU)
    assert (fault in found) if fault else found == ()


def test_text_over_silence_is_a_hallucination_whatever_it_says() -> None:
    assert utterance_faults("", "тёплый вечер", RU, silent=True) == (UtteranceFault.HALLUCINATION,)
    assert utterance_faults("", "", RU, silent=True) == ()


def test_another_language_is_told_by_its_small_words() -> None:
    heard = "the man and the woman were in the house with his friend"
    assert UtteranceFault.LANGUAGE in utterance_faults(
        "мужчина и женщина были в доме с его другом", heard, RU
    )
    assert UtteranceFault.LANGUAGE not in utterance_faults(heard, heard, EN)


def test_a_phrase_that_was_said_is_no_hallucination() -> None:
    assert utterance_faults("спасибо за просмотр", "спасибо за просмотр", RU) == ()


def test_a_profile_counts_errors_and_faults_over_utterances() -> None:
    pairs = [("он не пришёл", "он пришёл"), ("дом два", ""), ("дом стоял", "дом стоял")]
    found = profile(pairs, RU)
    assert found.classes == {ErrorClass.NEGATION: 1, ErrorClass.NUMBER: 1, ErrorClass.DELETION: 1}
    assert found.faults == {UtteranceFault.EMPTY: 1}
    assert (found.utterances, found.words, found.lists) == (3, 7, True)


def test_without_the_lists_non_words_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Lexicon("ru")
    assert (bare.knows_words, bare.is_word("брески"), bare.is_rare("секстант")) == (False, None, None)
    assert bare.same_word("большую", "большая")
    assert not bare.same_word("дом", "том")
    monkeypatch.setattr(words, "lexicon", lambda language: bare)
    monkeypatch.setattr("bench.quality.classes.lexicon", lambda language: bare)
    monkeypatch.setattr("bench.quality.profiles.lexicon", lambda language: bare)
    found = profile([("дом у синей реки", "дом у синей брески")], RU)
    assert (found.classes, found.lists) == ({ErrorClass.WORD: 1}, False)


def test_scores_are_pooled_by_length_and_condition() -> None:
    assert [length_band(count) for count in (1, 5, 6, 20, 21, 90)] == [
        "1-5",
        "1-5",
        "6-10",
        "11-20",
        "21+",
        "21+",
    ]
    scores = [
        ("clean", score("раз два", "раз да", RU)),
        ("noise", score("три", "", RU)),
        ("clean", score("раз", "раз", RU)),
    ]
    found = by_group(scores)
    assert {name: (each.errors, each.reference_words) for name, each in found.items()} == {
        "clean": (1, 3),
        "noise": (1, 1),
    }

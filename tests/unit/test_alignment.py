"""Differences are shown in the words that were written, the most telling first."""

from __future__ import annotations

import random

import pytest

from bench.quality import Edit, Passage, alignment, normalizer, telling_errors
from bench.quality.align import align

RU = normalizer("ru-1")
REFERENCE = "На пятничных встречах мы обсуждаем визиты партнёра МТС, и видео, то есть 50% случаев."
HEARD = "на пять несчастных случаев мы обсуждаем визита партнера мтс видеото есть пятьдесят процента случаев"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Each test aligns for itself: what one before it found says nothing about the code as it is now."""
    align.cache_clear()
    alignment.cache_clear()


def edits(reference: str, hypothesis: str) -> list[tuple[Edit, str, str]]:
    return [
        (each.edit, " ".join(each.reference), " ".join(each.hypothesis))
        for each in alignment(reference, hypothesis, RU)
    ]


def test_case_punctuation_and_numerals_are_no_difference() -> None:
    assert edits("Да, 1 000 раз!", "да тысяча раз") == [(Edit.EQUAL, "Да, 1 000 раз!", "да тысяча раз")]


def test_what_became_what_stands_side_by_side() -> None:
    assert edits("раз два три", "раз дна три") == [
        (Edit.EQUAL, "раз", "раз"),
        (Edit.SUBSTITUTE, "два", "дна"),
        (Edit.EQUAL, "три", "три"),
    ]


def test_a_written_word_that_became_several_is_never_torn() -> None:
    assert (Edit.SUBSTITUTE, "50%", "пятьдесят процента") in edits(REFERENCE, HEARD)


def test_added_and_dropped_words_have_an_empty_side() -> None:
    assert edits("раз", "раз два") == [(Edit.EQUAL, "раз", "раз"), (Edit.INSERT, "", "два")]
    assert edits("раз два", "раз") == [(Edit.EQUAL, "раз", "раз"), (Edit.DELETE, "два", "")]
    assert edits("раз", "два раз") == [(Edit.INSERT, "", "два"), (Edit.EQUAL, "раз", "раз")]
    assert edits("два раз", "раз") == [(Edit.DELETE, "два", ""), (Edit.EQUAL, "раз", "раз")]
    assert edits("", "") == []


def test_every_written_word_is_shown_once_and_in_order() -> None:
    """Over many random pairs, lone dashes and joined thousands included."""
    chosen = random.Random(5)
    words = ["раз", "два", "—", "1", "000", "50%", "5-й", "из-за", "$3", "да,", "...", "одна", "тысяча"]
    for _ in range(300):
        left = " ".join(chosen.choices(words, k=chosen.randrange(9)))
        right = " ".join(chosen.choices(words, k=chosen.randrange(9)))
        passages = alignment(left, right, RU)
        assert [word for each in passages for word in each.reference] == left.split()
        assert [word for each in passages for word in each.hypothesis] == right.split()
        for each in passages:
            assert each.reference_at <= len(left.split())
            assert left.split()[each.reference_at :][: len(each.reference)] == list(each.reference)
            assert each.edit is not Edit.EQUAL or RU(" ".join(each.reference)) == RU(
                " ".join(each.hypothesis)
            )


def test_passages_know_where_they_start() -> None:
    assert alignment("раз два", "раз три", RU)[1] == Passage(
        edit=Edit.SUBSTITUTE, reference=("два",), hypothesis=("три",), reference_at=1, hypothesis_at=1
    )


def test_adjacent_errors_are_one_phrase_and_the_grossest_comes_first() -> None:
    found = telling_errors(REFERENCE, HEARD, RU, 5)
    assert (found[0].reference, found[0].hypothesis) == ("пятничных встречах", "пять несчастных случаев")
    assert found[0].kind is Edit.SUBSTITUTE


def test_an_error_in_a_small_word_comes_last() -> None:
    found = telling_errors("и сразу программа на столе", "а сразу программка на столе", RU)
    assert [each.reference for each in found] == ["программа", "и"]


def test_the_same_error_is_listed_once_with_its_count() -> None:
    found = telling_errors("визит был и визит будет", "визита был и визита будет", RU)
    assert [(each.reference, each.hypothesis, each.count) for each in found] == [("визит", "визита", 2)]


def test_a_long_stretch_of_noise_is_cut_into_phrases_that_can_be_read() -> None:
    heard = " ".join(f"шум{i}" for i in range(40))
    for each in telling_errors(" ".join(f"слово{i}" for i in range(30)), heard, RU, 50):
        assert len(each.reference.split()) <= 4
        assert len(each.hypothesis.split()) <= 4


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_no_more_errors_than_asked_for(limit: int) -> None:
    assert len(telling_errors(REFERENCE, HEARD, RU, limit)) == limit


def test_equal_texts_have_no_errors() -> None:
    assert telling_errors("Да.", "да", RU) == ()

"""Normalizers fold what is spelling and keep what was said."""

from __future__ import annotations

import unicodedata

import pytest

from bench.errors import SuiteError
from bench.quality.lexer import Token
from bench.quality.normalizer import NORMALIZERS, normalizer

RU = normalizer("ru-1")
EN = normalizer("en-1")
BASIC = normalizer("basic-1")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Ёжик — это мой друг; й!", "ежик это мой друг й"),
        ("из-за дома", "из за дома"),
        ("д’Артаньян, «кавычки»…", "дартаньян кавычки"),
        ("за́мок", "замок"),
        ("мя\u00adгкий пере\u200bнос", "мягкий перенос"),
        ("видео,то", "видео то"),
        ("МТС Партнёр", "мтс партнер"),
        ("ﬁx №7", "fix номер семь"),
    ],
)
def test_russian_spelling_is_folded(written: str, said: str) -> None:
    assert RU(written) == said


def test_the_short_i_stays_a_letter_in_either_unicode_form() -> None:
    assert RU(unicodedata.normalize("NFD", "йод Ёлкой")) == "йод елкой"
    assert RU("йод") != RU("иод")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("5", "пять"),
        ("1 000 000 рублей", "миллион рублей"),
        ("1\u00a0000", "тысяча"),
        ("5 300", "пять тысяч триста"),
        ("дом 5, 300 метров", "дом пять триста метров"),
        ("5 30", "пять тридцать"),
        ("3,5", "три целых пять десятых"),
        ("28.8", "двадцать восемь целых восемь десятых"),
        ("1% 2% 5% 3,5%", "один процент два процента пять процентов три целых пять десятых процента"),
        ("$5", "пять долларов"),
        ("1-й 2-го 3-му 4-я 90-х", "первый второго третьему четвертая девяностых"),
        ("5-ти", "пяти"),
        ("5м", "пять м"),
        ("в 1999 году", "в тысяча девятьсот девяносто девятом году"),
        ("2000 год", "двухтысячный год"),
        ("1990-е", "тысяча девятьсот девяностые"),
        ("5 лет, 2 года", "пять лет два года"),
        ("1 января", "первого января"),
        ("10:30", "десять тридцать"),
        ("-5 градусов", "минус пять градусов"),
        ("5-7", "пять семь"),
        ("007", "ноль ноль семь"),
        ("1,1234567", "один миллион двести тридцать четыре тысячи пятьсот шестьдесят семь"),
        ("covid19", "covid девятнадцать"),
        ("12345678901234567890", "один два три четыре пять шесть семь восемь девять ноль " * 2),
    ],
)
def test_russian_numerals_are_read_out(written: str, said: str) -> None:
    assert RU(written) == said.strip()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2 книги", "две книги"),
        ("2 года", "два года"),
        ("1 минута", "одна минута"),
        ("12 книг", "двенадцать книг"),
        ("нажмите 1, чтобы", "нажмите один чтобы"),
        ("нажмите 1 для записи", "нажмите один для записи"),
        ("2 - чтобы", "два чтобы"),
    ],
)
def test_numbers_agree_with_the_noun_behind_them_and_with_nothing_else(written: str, said: str) -> None:
    assert RU(written) == said


def test_spelled_out_and_written_numerals_meet() -> None:
    assert RU("тысяча девятьсот рублей") == RU("одна тысяча девятьсот рублей") == RU("1900 рублей")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Don’t! You can't, won't…", "do not you can not will not"),
        ("O'Brien's", "obriens"),
        ("half-hearted café", "half hearted café"),
        ("1,234.50 dollars", "one thousand two hundred thirty four point five zero dollars"),
        ("In 1999, 1,500 people", "in nineteen ninety nine one thousand five hundred people"),
        ("the 21st", "the twenty first"),
        ("5%", "five percent"),
        ("$5", "five dollars"),
    ],
)
def test_english_is_folded_and_read_out(written: str, said: str) -> None:
    assert EN(written) == said


def test_twenty_one_thousand_is_not_folded_into_twenty_thousand() -> None:
    assert RU("двадцать один миллион") == RU("21 000 000") == "двадцать один миллион"
    assert RU("сто одна тысяча") == RU("101 000") == "сто одна тысяча"


def test_english_hundreds_meet_with_and_without_and() -> None:
    assert EN("one hundred and five") == EN("one hundred five") == EN("105")
    assert EN("a hundred and more") == "a hundred and more"


def test_other_languages_keep_their_marks_and_digits() -> None:
    assert BASIC("नमस्ते, दुनिया!") == "नमस्ते दुनिया"
    assert BASIC("Ça coûte 5 €.") == "ça coûte 5"


def test_raw_splits_at_white_space_and_folds_nothing() -> None:
    assert normalizer("raw").words("Да,  да!\n5") == ("Да,", "да!", "5")


@pytest.mark.parametrize("name", sorted(NORMALIZERS))
def test_normalizing_twice_changes_nothing_more(name: str) -> None:
    way = normalizer(name)
    for text in (
        "Ёжик купил 1 000 яблок за 3,5% (2-го мая 1999 года) — и №5!",
        "Don't pay $1,200 by 2024",
        "",
    ):
        assert way(way(text)) == way(text)


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("ru", "ru-1"),
        ("ru-RU", "ru-1"),
        ("RU_ru", "ru-1"),
        ("en", "en-1"),
        ("hi", "basic-1"),
        (None, "basic-1"),
    ],
)
def test_auto_follows_the_language(language: str | None, name: str) -> None:
    assert normalizer("auto", language).name == name


def test_an_unknown_normalizer_is_refused_with_those_there_are() -> None:
    with pytest.raises(SuiteError, match=r"ru-2(.|\n)*ru-1"):
        normalizer("ru-2")


def test_a_word_remembers_the_pieces_it_came_from() -> None:
    assert RU.tokens("всего — 1 000 руб.") == (
        Token("всего", 0, 0),
        Token("тысяча", 2, 3),
        Token("руб", 4, 4),
    )


@pytest.mark.parametrize(
    "text", ["", "   ", "—", "...", "\x00", "\ud800", "-", "~й", "1~й", "№", "'", "1'", "٣"]
)
def test_odd_text_is_no_error(text: str) -> None:
    for way in NORMALIZERS.values():
        assert isinstance(way(text), str)

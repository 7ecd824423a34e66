"""Normalizers fold what is spelling and keep what was said."""

from __future__ import annotations

import unicodedata

import pytest

from bench.errors import SuiteError
from bench.quality.lexer import Token
from bench.quality.normalizer import NORMALIZERS, normalizer

RU = normalizer("ru-1")
EN = normalizer("en-1")
RU2 = normalizer("ru-2")
EN2 = normalizer("en-2")
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
        ("ru", "ru-2"),
        ("ru-RU", "ru-2"),
        ("RU_ru", "ru-2"),
        ("en", "en-2"),
        ("hi", "basic-1"),
        (None, "basic-1"),
    ],
)
def test_auto_follows_the_language(language: str | None, name: str) -> None:
    assert normalizer("auto", language).name == name


def test_an_unknown_normalizer_is_refused_with_those_there_are() -> None:
    with pytest.raises(SuiteError, match=r"ru-9(.|\n)*ru-1"):
        normalizer("ru-9")


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


# ---------------------------------------------------------------- the second version


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2-х, 3-х и 4-х", "двух трех и четырех"),
        ("90-х", "девяностых"),
        ("с 2-мя", "с двумя"),
        (
            "+7 912 345-67-89",
            "плюс семь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять",
        ),
        ("8 (800) 555-35-35", "восемь восемьсот пятьсот пятьдесят пять тридцать пять тридцать пять"),
        (
            "8 912 345 67 89",
            "восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять",
        ),
        ("1 000 000 рублей", "миллион рублей"),
        ("5 руб.", "пять рублей"),
        ("31 руб.", "тридцать один рубль"),
        ("6 руб. 35 коп.", "шесть рублей тридцать пять копеек"),
        ("2,5 тыс. руб.", "две целых пять десятых тысячи рублей"),
        ("21 тыс.", "двадцать одна тысяча"),
        ("1,23 млрд руб.", "одна целая двадцать три сотых миллиарда рублей"),
        ("$5 млн", "пять миллионов долларов"),
        ("$5", "пять долларов"),
        ("12кг и 2 кг", "двенадцать килограмм и два килограмма"),
        ("3 км/ч", "три километра в час"),
        ("5 с друзьями", "пять с друзьями"),
        ("20 °C, 1°C", "двадцать градусов цельсия один градус цельсия"),
        ("в 2024 г.", "в две тысячи двадцать четвертом году"),
        ("100 г сахара", "сто грамм сахара"),
        ("г. Москва", "г москва"),
    ],
)
def test_russian_abbreviations_and_telephones_are_read_out(written: str, said: str) -> None:
    assert RU2(written) == said


@pytest.mark.parametrize(
    "ways",
    [
        ("10:30", "десять тридцать", "десять часов тридцать минут", "10 часов 30 минут"),
        ("10:00", "десять часов", "10 часов"),
        ("10:05", "десять ноль пять"),
        (
            "12.05.2024",
            "12.05.2024 г.",
            "12/05/2024",
            "2024-05-12",
            "12 мая 2024 г.",
            "12 мая 2024 года",
            "двенадцатого мая две тысячи двадцать четвёртого года",
            "двенадцатое мая две тысячи двадцать четвертого",
        ),
        ("0,1", "ноль целых одна десятая", "ноль целых и одна десятая"),
        ("5 млн рублей", "5 000 000 рублей", "пять миллионов рублей"),
    ],
)
def test_what_is_written_in_several_ways_in_russian_is_one(ways: tuple[str, ...]) -> None:
    assert len({RU2(way) for way in ways}) == 1, [RU2(way) for way in ways]


@pytest.mark.parametrize(
    "ways",
    [
        ("$20 million", "twenty million dollars", "20 million dollars"),
        ("$0.36", "thirty-six cents"),
        ("$2.70", "two dollars and seventy cents", "two dollars seventy cents"),
        ("one million and five", "one million five", "1,000,005"),
        ("123,000,012", "one hundred and twenty-three million and twelve"),
        ("a hundred and five", "one hundred five", "105"),
        ("10:30", "ten thirty"),
        ("10:00", "ten o'clock"),
        ("3:05", "three oh five"),
        ("May 5, 2020", "May fifth, twenty twenty", "2020-05-05"),
        ("the 1990s", "the nineteen nineties"),
        ("the 90s", "the nineties"),
        ("10km", "ten kilometers", "10 kilometres"),
        ("he's Dr. Park", "he is doctor park"),
        ("20 °C", "twenty degrees Celsius"),
    ],
)
def test_what_is_written_in_several_ways_in_english_is_one(ways: tuple[str, ...]) -> None:
    said = {EN2(way).replace("o clock", "oclock") for way in ways}
    assert len(said) == 1, said


@pytest.mark.parametrize("way", ["ru-1", "en-1", "ru-2", "en-2", "basic-1"])
def test_a_string_of_thousands_of_digits_is_read_digit_by_digit(way: str) -> None:
    """Python refuses to make a number of more than 4300."""
    words = normalizer(way).words("7" * 4400)
    assert len(words) in {1, 4400}


def test_the_first_versions_stay_what_they_were() -> None:
    assert RU("5 руб. в 10:30, 2-х") == "пять руб в десять тридцать вторых"
    assert EN("$0.36") == "zero point three six dollars"

"""Results are written as a reader knows them: units, decimals, thousands."""

from __future__ import annotations

import pytest

from bench.language import language
from bench.text.numbers import Quantity, clock, interval, number


@pytest.mark.parametrize(
    ("value", "quantity", "russian"),
    [
        (6.84, Quantity.SECONDS, "6.84 с"),
        (12.8, Quantity.SECONDS, "12.80 с"),
        (0.23, Quantity.SECONDS, "0.23 с"),
        (0.0041, Quantity.SECONDS, "0.0041 с"),
        (0.0, Quantity.SECONDS, "0.00 с"),
        (0.114, Quantity.RTF, "0.114"),
        (0.0042, Quantity.RTF, "0.0042"),
        (743e6, Quantity.SIZE, "743 МБ"),
        (81_781_811, Quantity.SIZE, "81.8 МБ"),
        (1.2e9, Quantity.SIZE, "1.2 ГБ"),
        (999.7e6, Quantity.SIZE, "1.0 ГБ"),
        (1932e6, Quantity.MEMORY, "1 932 МБ"),
        (8.2e6, Quantity.MEMORY, "8.2 МБ"),
        (23198, Quantity.COUNT, "23 198"),
        (1441, Quantity.COUNT, "1 441"),
        (0, Quantity.COUNT, "0"),
        (2.5, Quantity.COUNT, "2.5"),
        (21551.5, Quantity.COUNT, "21 552"),
        (51.5e9, Quantity.BILLIONS, "51.5B"),
        (9.6e9, Quantity.BILLIONS, "9.6B"),
        (1.2e6, Quantity.BILLIONS, "0.0012B"),
        (-0.46, Quantity.SAVING, "–46%"),
        (0.03, Quantity.SAVING, "+3%"),
        (-0.001, Quantity.SAVING, "0%"),
        (0.0541, Quantity.PERCENT, "5.4%"),
        (0.027, Quantity.POINTS, "+2.7 п. п."),
        (-0.027, Quantity.POINTS, "–2.7 п. п."),
        (0.25, Quantity.SHARE, "25%"),
        (0.784, Quantity.TIMES, "0.78×"),
        (1234567.0, Quantity.TIMES, "1 234 567.00×"),
    ],
)
def test_a_value_in_base_units_is_written_with_its_unit(
    value: float, quantity: Quantity, russian: str
) -> None:
    text = number(value, quantity, language("ru").word)
    assert text.replace("\u202f", " ").replace("\u00a0", " ") == russian


def test_thousands_are_set_apart_by_narrow_spaces_that_do_not_break() -> None:
    assert number(1932e6, Quantity.MEMORY, language("ru").word) == "1\u202f932\u00a0МБ"


def test_units_are_words_of_the_language() -> None:
    assert number(6.84, Quantity.SECONDS, language("en").word) == "6.84\u00a0s"
    assert number(743e6, Quantity.SIZE, language("en").word) == "743\u00a0MB"


def test_an_interval_has_the_scale_of_its_value() -> None:
    assert interval(6.801, 6.909, 6.84, Quantity.SECONDS) == "6.80–6.91"
    assert interval(0.98e9, 1.21e9, 1.1e9, Quantity.SIZE) == "1.0–1.2"
    assert interval(-0.057, 0.108, 0.027, Quantity.POINTS) == "–5.7\u00a0…\u00a0+10.8"


def test_an_interval_that_tells_nothing_is_not_written() -> None:
    assert interval(337.1e6, 337.4e6, 337.2e6, Quantity.MEMORY) == ""


def test_a_moment_within_a_clip() -> None:
    assert [clock(seconds) for seconds in (0, 5.24, 59.96, 265.0)] == ["0:00.0", "0:05.2", "1:00.0", "4:25.0"]

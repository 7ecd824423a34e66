"""The versions of the languages' tables: ru-2 and en-2 beside the first ones, which old records name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bench.quality.languages import ENGLISH_1, NUMBERS, ORDINAL, RUSSIAN_1, Fold, SpeechLanguage


def _forms(one: str, few: str, many: str, other: str = "") -> dict[str, str]:
    """Russian plural forms; of a fraction the genitive singular, which is mostly the form of few."""
    return {"one": one, "few": few, "many": many, "other": other or few}


_RUSSIAN_SCALES: Final = {
    "тыс": _forms("тысяча", "тысячи", "тысяч"),
    "тысяч": _forms("тысяча", "тысячи", "тысяч"),
    "млн": _forms("миллион", "миллиона", "миллионов"),
    "млрд": _forms("миллиард", "миллиарда", "миллиардов"),
    "трлн": _forms("триллион", "триллиона", "триллионов"),
}
_RUBLE: Final = _forms("рубль", "рубля", "рублей")
_DOLLAR: Final = _forms("доллар", "доллара", "долларов")
_RUSSIAN_UNITS: Final = {
    "руб": _RUBLE,
    "р": _RUBLE,
    "коп": _forms("копейка", "копейки", "копеек"),
    "долл": _DOLLAR,
    "usd": _DOLLAR,
    "кг": _forms("килограмм", "килограмма", "килограммов"),
    "г": _forms("грамм", "грамма", "граммов"),
    "гр": _forms("грамм", "грамма", "граммов"),
    "мг": _forms("миллиграмм", "миллиграмма", "миллиграммов"),
    "т": _forms("тонна", "тонны", "тонн"),
    "км": _forms("километр", "километра", "километров"),
    "м": _forms("метр", "метра", "метров"),
    "см": _forms("сантиметр", "сантиметра", "сантиметров"),
    "мм": _forms("миллиметр", "миллиметра", "миллиметров"),
    "га": _forms("гектар", "гектара", "гектаров"),
    "л": _forms("литр", "литра", "литров"),
    "мл": _forms("миллилитр", "миллилитра", "миллилитров"),
    "ч": _forms("час", "часа", "часов"),
    "мин": _forms("минута", "минуты", "минут"),
    "сек": _forms("секунда", "секунды", "секунд"),
    "с": _forms("секунда", "секунды", "секунд"),
    "квт": _forms("киловатт", "киловатта", "киловатт"),
    "вт": _forms("ватт", "ватта", "ватт"),
    "гц": _forms("герц", "герца", "герц"),
    "кгц": _forms("килогерц", "килогерца", "килогерц"),
    "мгц": _forms("мегагерц", "мегагерца", "мегагерц"),
    "ггц": _forms("гигагерц", "гигагерца", "гигагерц"),
    "мб": _forms("мегабайт", "мегабайта", "мегабайт"),
    "гб": _forms("гигабайт", "гигабайта", "гигабайт"),
    "шт": _forms("штука", "штуки", "штук"),
    "чел": _forms("человек", "человека", "человек"),
}
_YEAR: Final = {
    "": "год",
    **dict.fromkeys(("в", "во", "о", "об", "на"), "году"),
    **dict.fromkeys(
        ("с", "со", "до", "от", "после", "из", "около", "конца", "начала", "весной", "летом"), "года"
    ),
    **dict.fromkeys(("к", "ко", "по"), "году"),
}
_RUSSIAN_MONTHS: Final = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
_GENITIVE: Final = {**ORDINAL, "case": "g"}

RUSSIAN: Final = replace(
    RUSSIAN_1,
    version="ru-2",
    clock=True,
    clock_zero="ноль",
    full_hour=_forms("час", "часа", "часов"),
    months=_RUSSIAN_MONTHS,
    day_form=_GENITIVE,
    dated_year_form=_GENITIVE,
    telephones=True,
    scales=_RUSSIAN_SCALES,
    units=_RUSSIAN_UNITS,
    glued_units=frozenset({"с", "р"}),
    per={"ч": "в час", "час": "в час", "с": "в секунду", "сек": "в секунду", "мин": "в минуту"},
    degrees={"c": "цельсия", "с": "цельсия", "f": "фаренгейта"},
    year_words={"г": _YEAR, "гг": {"": "годы"}},
    following={
        **RUSSIAN_1.following,
        **dict.fromkeys(("гг",), (1000, 2100, {**ORDINAL, "plural": True})),
    },
    exceptions={
        **{(digit, "х"): {"case": "g"} for digit in "234"},
        **{(digit, "-х"): {"case": "g"} for digit in "234"},
        **{(digit, suffix): {"case": "i"} for digit in "234" for suffix in ("мя", "-мя")},
    },
    ordinals={**RUSSIAN_1.ordinals, "мя": {"case": "i"}},
    phrases=(
        *RUSSIAN_1.phrases,
        Fold(("килограммов",), ("килограмм",)),
        Fold(("граммов",), ("грамм",)),
    ),
    inflections=tuple(
        {**kind, "case": case, **shape}
        for kind in ({}, ORDINAL)
        for case in "ngdaip"
        for shape in ({"gender": "m"}, {"gender": "f"}, {"gender": "n"}, {"plural": True})
    ),
    hour_words=frozenset({"час", "часа", "часов"}),
    minute_words=frozenset({"минута", "минуты", "минут"}),
    dated_year_words=frozenset({"года"}),
)


def _plural(one: str, other: str) -> dict[str, str]:
    return {"one": one, "other": other}


_ENGLISH_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_SCALES: Final = ("hundred", "thousand", "million", "billion", "trillion")

ENGLISH: Final = replace(
    ENGLISH_1,
    version="en-2",
    clock=True,
    clock_zero="oh",
    half_days=frozenset({"am", "pm", "a", "p"}),
    full_hour={"other": "o clock"},
    months=_ENGLISH_MONTHS,
    month_first=True,
    date_order="{month} {day} {year}",
    day_form=ORDINAL,
    dated_year_form={"to": "year"},
    telephones=True,
    scales={
        **{name: {"other": name} for name in ("thousand", "million", "billion", "trillion")},
        "k": {"other": "thousand"},
        "bn": {"other": "billion"},
    },
    units={
        "km": _plural("kilometer", "kilometers"),
        "cm": _plural("centimeter", "centimeters"),
        "mm": _plural("millimeter", "millimeters"),
        "kg": _plural("kilogram", "kilograms"),
        "mg": _plural("milligram", "milligrams"),
        "g": _plural("gram", "grams"),
        "lb": _plural("pound", "pounds"),
        "lbs": {"other": "pounds"},
        "oz": _plural("ounce", "ounces"),
        "ft": _plural("foot", "feet"),
        "mph": {"one": "mile per hour", "other": "miles per hour"},
        "kmh": {"one": "kilometer per hour", "other": "kilometers per hour"},
        "hz": {"other": "hertz"},
        "khz": {"other": "kilohertz"},
        "mhz": {"other": "megahertz"},
        "ghz": {"other": "gigahertz"},
        "mb": _plural("megabyte", "megabytes"),
        "gb": _plural("gigabyte", "gigabytes"),
        "ml": _plural("milliliter", "milliliters"),
        "hrs": {"other": "hours"},
        "min": _plural("minute", "minutes"),
        "mins": _plural("minute", "minutes"),
        "sec": _plural("second", "seconds"),
        "secs": _plural("second", "seconds"),
    },
    glued_units=frozenset({"g"}),
    per={"h": "per hour", "s": "per second"},
    cents={
        "$": _plural("cent", "cents"),
        "€": _plural("cent", "cents"),
        "£": {"one": "penny", "other": "pence"},
    },
    degrees={"c": "celsius", "f": "fahrenheit"},
    ordinals={**ENGLISH_1.ordinals, "s": {}},
    decades=True,
    inflections=({}, ORDINAL),
    contractions=(
        *ENGLISH_1.contractions,
        (r"^(he|she|it|that|what|there|here|who|where|how)'s$", r"\1 is"),
        (r"^(\w+)'d$", r"\1 would"),
        (r"^gonna$", "going to"),
        (r"^wanna$", "want to"),
        (r"^gotta$", "got to"),
        (r"^dr$", "doctor"),
        (r"^prof$", "professor"),
        (r"^jr$", "junior"),
        (r"^sr$", "senior"),
        (r"^assoc$", "associate"),
        (r"^vs$", "versus"),
        (r"^(kilo|centi|milli)?metre(s?)$", r"\1meter\2"),
        (r"^litre(s?)$", r"liter\1"),
    ),
    phrases=(
        *(Fold((scale, "and"), (scale,), only_before=NUMBERS) for scale in _SCALES),
        *(
            Fold((unit, "and"), (unit,), only_before=NUMBERS)
            for unit in ("dollars", "dollar", "euros", "euro", "pounds")
        ),
        *(Fold(("a", scale, "and"), ("one", scale), only_before=NUMBERS) for scale in _SCALES),
        *(Fold(("a", scale), ("one", scale)) for scale in _SCALES),
        Fold(("per", "cent"), ("percent",)),
    ),
)

VERSIONS: Final[Mapping[str, SpeechLanguage]] = {
    table.version: table for table in (RUSSIAN, ENGLISH, RUSSIAN_1, ENGLISH_1)
}
LANGUAGES: Final[Mapping[str, SpeechLanguage]] = {table.code: table for table in (RUSSIAN, ENGLISH)}
"""The newest tables of each language."""

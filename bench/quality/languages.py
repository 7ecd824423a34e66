"""What the normalizers know of a language: tables alone, so that a new language is data.

A change to a table or to the rules that read it changes word error rates: it is a new normalizer
version (`SpeechLanguage.version`), because a figure names the normalizer it was made under.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Form = Mapping[str, Any]  # keyword arguments of num2words: to, case, gender, plural


@dataclass(frozen=True, slots=True)
class Fold:
    """A phrase that is read like another: `words` become `becomes`.

    Not where the word before is one of `not_after`, and only where the word behind is one of
    `only_before`, if any are given.
    """

    words: tuple[str, ...]
    becomes: tuple[str, ...]
    not_after: frozenset[str] = frozenset()
    only_before: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechLanguage:
    """One language's tables.

    `letters` are folded after lower case; `marks` are combining marks that carry no letter (stress
    marks).  `thousands` may stand between groups of three digits, `decimals` before a fraction.
    `ordinals` says what a suffix after digits makes of them (one with a hyphen counts only behind one); `following` what the next word makes
    of a number between two bounds (years, days of a month); `agreement` what gender the next
    word's ending gives to a number that ends in a digit, unless that is a function word.
    `symbols` are read out with the CLDR plural form of the number before them.  `contractions`
    and `phrases` fold spellings that are read alike; `phrases` see whole words.
    `function_words` carry grammar rather than content: an error in one tells less.

    From the second version on: `clock` reads 10:30 as a time, `full_hour` counts the hours of 10:00 but
    before one of the `half_days`, `clock_zero` stands before a minute of one digit; `months` are named in dates, `date_order` puts them
    together, `day_form` and `dated_year_form` inflect their numbers; `telephones` are not joined into
    millions; `scales` and `units` are abbreviations behind a number with their plural forms, of which
    `glued_units` count only where they touch it; `per` ends a speed; `cents` are the parts of a currency;
    `degrees` name a scale of temperature; `year_words` are the abbreviated year by the word before;
    `exceptions` are ordinals that are none, by digits and suffix.  `inflections` are the forms numbers come in;
    the `hour_words` and `minute_words` of a time and the `dated_year_words` of a date are dropped.
    """

    code: str
    version: str
    letters: Mapping[str, str] = field(default_factory=dict)
    marks: str = ""
    thousands: str = ""
    decimals: str = "."
    minus: str = ""
    ordinals: Mapping[str, Form] = field(default_factory=dict)
    years: tuple[int, int] | None = None
    year_form: Form = field(default_factory=dict)
    following: Mapping[str, tuple[int, int, Form]] = field(default_factory=dict)
    agreement: tuple[tuple[str, str, Form], ...] = ()
    symbols: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    symbols_before: frozenset[str] = frozenset()
    contractions: tuple[tuple[str, str], ...] = ()
    phrases: tuple[Fold, ...] = ()
    function_words: frozenset[str] = frozenset()
    clock: bool = False
    clock_zero: str = ""
    half_days: frozenset[str] = frozenset()
    full_hour: Mapping[str, str] = field(default_factory=dict)
    months: tuple[str, ...] = ()
    month_first: bool = False
    date_order: str = "{day} {month} {year}"
    day_form: Form = field(default_factory=dict)
    dated_year_form: Form = field(default_factory=dict)
    telephones: bool = False
    scales: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    glued_units: frozenset[str] = frozenset()
    per: Mapping[str, str] = field(default_factory=dict)
    cents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    degrees: Mapping[str, str] = field(default_factory=dict)
    year_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    exceptions: Mapping[tuple[str, str], Form] = field(default_factory=dict)
    decades: bool = False
    inflections: tuple[Form, ...] = ()
    hour_words: frozenset[str] = frozenset()
    minute_words: frozenset[str] = frozenset()
    dated_year_words: frozenset[str] = frozenset()

    @property
    def rewrites(self) -> bool:
        """Whether what stands around numbers is read out as well."""
        return self.clock


def words_of(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


def _following(low: int, high: int, words: str, form: Form) -> dict[str, tuple[int, int, Form]]:
    return dict.fromkeys(words.split(), (low, high, form))


ORDINAL: Final = {"to": "ordinal"}

# "Twenty-one thousand" is no "one thousand": what stands before its "one".
_COMPOUND: Final = words_of(
    "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто сто двести триста "
    "четыреста пятьсот шестьсот семьсот восемьсот девятьсот двадцати тридцати сорока пятидесяти шестидесяти "
    "семидесяти восьмидесяти девяноста ста двухсот трехсот четырехсот пятисот шестисот семисот восьмисот девятисот"
)
NUMBERS: Final = words_of(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety first second third "
    "fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth twentieth thirtieth fortieth "
    "fiftieth sixtieth seventieth eightieth ninetieth"
)

RUSSIAN_1: Final = SpeechLanguage(
    code="ru",
    version="ru-1",
    letters={"ё": "е"},
    marks="\u0300\u0301",  # stress; the breve of the short i is no mark after NFKC
    thousands=" ",
    decimals=",.",
    minus="минус",
    ordinals={
        "й": ORDINAL,
        "ый": ORDINAL,
        "ой": ORDINAL,
        "ий": ORDINAL,
        "я": {**ORDINAL, "gender": "f"},
        "ая": {**ORDINAL, "gender": "f"},
        "ю": {**ORDINAL, "gender": "f", "case": "a"},
        "ую": {**ORDINAL, "gender": "f", "case": "a"},
        "-е": {**ORDINAL, "plural": True},
        "ое": {**ORDINAL, "gender": "n"},
        "ые": {**ORDINAL, "plural": True},
        "го": {**ORDINAL, "case": "g"},
        "ого": {**ORDINAL, "case": "g"},
        "му": {**ORDINAL, "case": "d"},
        "ому": {**ORDINAL, "case": "d"},
        "-м": {**ORDINAL, "case": "p"},
        "ом": {**ORDINAL, "case": "p"},
        "ым": {**ORDINAL, "case": "i"},
        "х": {**ORDINAL, "case": "g", "plural": True},
        "ых": {**ORDINAL, "case": "g", "plural": True},
        "ми": {**ORDINAL, "case": "i", "plural": True},
        "ыми": {**ORDINAL, "case": "i", "plural": True},
        "ти": {"case": "g"},
        "-и": {"case": "g"},
        "ух": {"case": "g"},
    },
    following={
        **_following(1000, 2100, "год", ORDINAL),
        **_following(1000, 2100, "года", {**ORDINAL, "case": "g"}),
        **_following(1000, 2100, "году", {**ORDINAL, "case": "p"}),
        **_following(1000, 2100, "годом", {**ORDINAL, "case": "i"}),
        **_following(1000, 2100, "годы", {**ORDINAL, "plural": True}),
        **_following(1000, 2100, "годов", {**ORDINAL, "case": "g", "plural": True}),
        **_following(1000, 2100, "годах", {**ORDINAL, "case": "p", "plural": True}),
        **_following(
            1,
            31,
            "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
            {**ORDINAL, "case": "g"},
        ),
    },
    # "2 книги" is "две книги", "2 года" is "два года": after two the genitive singular ends in
    # -ы, -и for feminine nouns and in -а, -я for the others; adjectives in -ые, -ие go with the feminine.
    agreement=(
        ("2", r"\w(?:ы|и|ые|ие)$", {"gender": "f"}),
        ("1", r"\w(?:а|я)$", {"gender": "f"}),
        ("1", r"\w(?:у|ю)$", {"gender": "f", "case": "a"}),
        ("1", r"\w(?:о|е)$", {"gender": "n"}),
    ),
    symbols={
        "%": {"one": "процент", "few": "процента", "many": "процентов", "other": "процента"},
        "₽": {"one": "рубль", "few": "рубля", "many": "рублей", "other": "рубля"},
        "$": {"one": "доллар", "few": "доллара", "many": "долларов", "other": "доллара"},
        "€": {"one": "евро", "few": "евро", "many": "евро", "other": "евро"},
        "°": {"one": "градус", "few": "градуса", "many": "градусов", "other": "градуса"},
        "№": {"other": "номер"},
        "+": {"other": "плюс"},
        "&": {"other": "и"},
    },
    symbols_before=frozenset("$€"),
    phrases=(
        Fold(("одна", "тысяча"), ("тысяча",), not_after=_COMPOUND),
        Fold(("одну", "тысячу"), ("тысячу",), not_after=_COMPOUND),
        Fold(("одной", "тысячи"), ("тысячи",), not_after=_COMPOUND),
        Fold(("один", "миллион"), ("миллион",), not_after=_COMPOUND),
        Fold(("один", "миллиард"), ("миллиард",), not_after=_COMPOUND),
    ),
    function_words=words_of(
        "а без бы в вам вас весь во вот все вы где да для до его ее ей ему если есть еще же за и из или "
        "им их к как ко когда кто либо ли между мне мы на над нам нас не него нее ней нет ни них но о об "
        "около он она они оно от перед по под после при про с со свое своего своей свои свою сейчас так "
        "также там тебе то того тоже только тут ты у уж уже через что чтобы эта эти это этот я"
    ),
)

ENGLISH_1: Final = SpeechLanguage(
    code="en",
    version="en-1",
    thousands=",",
    decimals=".",
    minus="minus",
    ordinals={"st": ORDINAL, "nd": ORDINAL, "rd": ORDINAL, "th": ORDINAL},
    years=(1100, 2099),
    year_form={"to": "year"},
    symbols={
        "%": {"other": "percent"},
        "$": {"one": "dollar", "other": "dollars"},
        "£": {"one": "pound", "other": "pounds"},
        "€": {"one": "euro", "other": "euros"},
        "°": {"one": "degree", "other": "degrees"},
        "№": {"other": "number"},
        "#": {"other": "number"},
        "+": {"other": "plus"},
        "&": {"other": "and"},
    },
    symbols_before=frozenset("$£€"),
    contractions=(
        (r"^won't$", "will not"),
        (r"^can't$", "can not"),
        (r"^cannot$", "can not"),
        (r"^shan't$", "shall not"),
        (r"^let's$", "let us"),
        (r"^(\w+)n't$", r"\1 not"),
        (r"^(\w+)'re$", r"\1 are"),
        (r"^(\w+)'ve$", r"\1 have"),
        (r"^(\w+)'ll$", r"\1 will"),
        (r"^(\w+)'m$", r"\1 am"),
        (r"^mr$", "mister"),
        (r"^mrs$", "missus"),
        (r"^ok$", "okay"),
    ),
    phrases=(
        Fold(("hundred", "and"), ("hundred",), only_before=NUMBERS),
        Fold(("thousand", "and"), ("thousand",), only_before=NUMBERS),
        Fold(("per", "cent"), ("percent",)),
    ),
    function_words=words_of(
        "a am an and are as at be been but by can could did do does for from had has have he her him his "
        "i if in is it its may me my no not of on or our she should so than that the their them then there "
        "these they this those to up us was we were what when where which who will with would you your"
    ),
)

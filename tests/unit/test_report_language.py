"""Every language says everything: no message without words, no bare word in a template."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.lexer import TOKEN_DATA

import bench.report
from bench.errors import ReportError
from bench.language import CATALOGS, LOCALE, language, languages
from bench.reasons import CODES

ROOM = Path(bench.report.__file__).parent
TEMPLATES = sorted((ROOM / "templates").glob("*.j2"))
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
# A message id anywhere in the room's code: two or more dotted parts in quotes.
MESSAGE = re.compile(
    r'"((?:unit|section|column|parameter|note|reason|quality|error|loop|status|chart|page|head)\.[a-z_.-]+)"'
)


def _forms(code: str) -> dict[str, tuple[str, ...]]:
    """Every wording of each message: one, or one a plural form."""
    found: dict[str, tuple[str, ...]] = {}
    for file in (LOCALE / code).glob(CATALOGS):
        with file.open("rb") as opened:
            messages = [message for message in read_po(opened, locale=code) if message.id]
        for message in messages:
            name = message.id if isinstance(message.id, str) else message.id[0]
            assert name not in found, f"{file.name} says {name} again"
            assert message.string is not None
            found[name] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return found


def test_russian_and_english_are_there() -> None:
    assert set(languages()) >= {"ru", "en"}


def test_every_language_has_every_message_with_the_same_parameters() -> None:
    catalogs = {code: language(code) for code in languages()}
    everything = frozenset().union(*(spoken.ids for spoken in catalogs.values()))
    for code, spoken in catalogs.items():
        assert everything - spoken.ids == set(), f"{code} lacks words"
    forms = {code: _forms(code) for code in catalogs}
    for message in everything:
        # A plural form may say its number in words: "in one trial".
        used = {
            frozenset(PLACEHOLDER.findall(text)) - {"num"}
            for spoken in forms.values()
            for text in spoken[message]
        }
        assert len(used) == 1, f"{message}: {used}"


def test_every_message_of_templates_and_code_has_words() -> None:
    known = language("en").ids
    for file in (*TEMPLATES, *ROOM.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        asked = set(MESSAGE.findall(text)) | set(re.findall(r'\b_\("([^"]+)"', text))
        missing = {message for message in asked - known - set(CODES) if not message.endswith(".")}
        assert missing == set(), f"{file.name} asks for messages that no catalog has"


class _Words(HTMLParser):
    """What a reader would be shown or read out of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [
            value or "" for name, value in attrs if name in {"aria-label", "title", "alt", "placeholder"}
        ]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_bare_word(template: Path) -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"])  # nothing is rendered
    source = template.read_text(encoding="utf-8")
    said = "".join(value for _, kind, value in environment.lex(source) if kind == TOKEN_DATA)
    shown = _Words()
    shown.feed(said)
    bare = [word for text in shown.words for word in re.findall(r"[^\W\d_]{2,}", text)]
    assert bare == [], f"{template.name} says {bare} in no language's words"


def test_russian_plurals_are_right() -> None:
    spoken = language("ru")
    forms = {
        number: spoken.count("blocks", number) % {"num": number}
        for number in (1, 2, 5, 11, 12, 21, 22, 25, 111)
    }
    assert forms == {
        1: "1 блок",
        2: "2 блока",
        5: "5 блоков",
        11: "11 блоков",
        12: "12 блоков",
        21: "21 блок",
        22: "22 блока",
        25: "25 блоков",
        111: "111 блоков",
    }


def test_a_message_without_words_is_an_error_and_not_its_id() -> None:
    with pytest.raises(ReportError, match=r"no translation of 'section\.nowhere'"):
        language("ru").word("section.nowhere")


@pytest.mark.parametrize("code", ["xx", "../en", "", "en/LC_MESSAGES"])
def test_an_unknown_language_is_refused_by_name(code: str) -> None:
    with pytest.raises(ReportError, match="Languages: en, ru"):
        language(code)

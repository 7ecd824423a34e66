"""Every language says everything: no message without words, no bare word in a template."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.lexer import TOKEN_DATA
from pydantic import ValidationError
from report_runs import measured_run

import bench.report
from bench.config.shape import ReportEntry
from bench.errors import ReportError
from bench.language import CATALOGS, LOCALE, language, languages
from bench.reasons import CODES, reason
from bench.report import render

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


def _strings(tree: ast.AST) -> Iterator[str]:
    """Every text in code, and every f-string as a pattern for what it may become."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.escape(node.value)
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values
            )


def test_no_message_is_in_the_catalogs_that_nothing_says() -> None:
    """By its id in code or a template, whole or put together from parts."""
    package = ROOM.parent
    exact: set[str] = {f"reason.{code}" for code in CODES}
    patterns: set[str] = {r"dashboard\.js\..+"}  # those the page's script is given
    for file in package.rglob("*.py"):
        for text in _strings(ast.parse(file.read_text(encoding="utf-8"))):
            (patterns if ".+" in text else exact).add(text if ".+" in text else text.replace("\\", ""))
    for file in package.rglob("*.j2"):
        said = file.read_text(encoding="utf-8")
        exact |= set(re.findall(r"""["']([a-z0-9_.]+)["']""", said))
        patterns |= {re.escape(start) + ".+" for start in re.findall(r'"([a-z0-9_.]+\.)" ~', said)}
    able = [re.compile(each) for each in patterns if re.match(r"[a-z_]+\\\.", each)]
    dead = {
        each
        for each in language("en").ids
        if each not in exact and not any(one.fullmatch(each) for one in able)
    }
    assert sorted(dead) == [], "no code and no template says these"


def test_a_new_language_is_catalogs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of catalogs, and suites, reports and reasons know the language."""
    shutil.copytree(LOCALE, tmp_path / "locale")
    made = tmp_path / "locale" / "nl" / "LC_MESSAGES"
    shutil.copytree(LOCALE / "en" / "LC_MESSAGES", made)
    file = made / "reasons.po"
    words = file.read_text(encoding="utf-8")
    file.write_text(
        words.replace(language("en").word("reason.counter.not_offered"), "Geen tellers."), encoding="utf-8"
    )
    monkeypatch.setattr("bench.language.LOCALE", tmp_path / "locale")
    language.cache_clear()
    try:
        assert languages() == ("en", "nl", "ru")
        assert ReportEntry.model_validate({"languages": ["nl"]}).languages == ("nl",)
        assert language("nl").reason(reason("counter.not_offered")) == "Geen tellers."
        run = measured_run(tmp_path / "run")
        [report] = render([run], languages=["nl"], out=tmp_path, formats=["md"])
        assert report.name == "report.nl.md"
        assert "Geen tellers." in report.read_text(encoding="utf-8")
    finally:
        language.cache_clear()


def test_a_suite_asks_for_languages_that_there_are() -> None:
    with pytest.raises(ValidationError, match="no catalog of this language"):
        ReportEntry.model_validate({"languages": ["xx"]})

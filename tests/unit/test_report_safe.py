"""Transcripts, names and logs are data: nothing in them is markup, a colour or a direction."""

from __future__ import annotations

import random
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bench.text.safe import (
    clean,
    fence,
    link_target,
    markdown,
    markdown_code,
    one_line,
    spreadsheet,
    visible,
)

HOSTILE = (
    "a | b || c",
    "`code` ``two``",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "**bold** _it_ ~~no~~ *x*",
    "[text](javascript:alert(1)) ![i](x)",
    "[1]: http://example.org",
    "# heading",
    "1. item",
    "- item",
    "+ item",
    "=== ",
    "--- ",
    "> quote",
    "https://example.org www.example.org me@example.org",
    "&amp; &lt; &#x41; &copy;",
    "back\\slash \\| \\* end\\",
    "snake_case _under_ __dunder__",
    "$x$ @user",
    "<!-- comment -->",
    "a\n\n# b\n| c |",
    "tab\there",
)


def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _flat(tokens: list[Token]) -> list[Token]:
    return [inner for token in tokens for inner in (token, *_flat(token.children or []))]


def _text(tokens: list[Token]) -> str:
    return "".join(
        token.content if token.type in {"text", "text_special", "code_inline"} else ""
        for token in _flat(tokens)
        if token.type != "inline"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_data_reads_as_itself_on_a_line_in_a_list_and_in_a_table(text: str) -> None:
    for before, after in (("", ""), ("- ", ""), ("| h |\n|---|\n| ", " |\n"), ("**x**: ", "")):
        tokens = _markdown().parse(f"{before}{markdown(text)}{after}\n")
        kinds = {token.type for token in _flat(tokens)}
        assert not kinds & {
            "html_block",
            "html_inline",
            "link_open",
            "image",
            "em_open",
            "s_open",
            "code_inline",
        }
        assert not kinds & {"heading_open", "ordered_list_open", "blockquote_open", "hr"}
        told = _text(tokens)
        told = told[1:] if before.startswith("|") else told.removeprefix("x: ")
        assert told == one_line(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_code_span_holds_the_data_in_a_table_too(text: str) -> None:
    tokens = _markdown().parse(f"| h | i |\n|---|---|\n| {markdown_code(text, table=True)} | end |\n")
    cells = [token for token in tokens if token.type == "td_open"]
    spans = [token.content for token in _flat(tokens) if token.type == "code_inline"]
    assert len(cells) == 2
    assert spans == [one_line(text)]


@pytest.mark.parametrize("text", [*HOSTILE, "```\nnot the end\n```", "````"])
def test_a_fence_ends_where_it_is_meant_to(text: str) -> None:
    tokens = _markdown().parse(f"{fence(text, 'bash')}\n\nafter\n")
    assert tokens[0].type == "fence"
    assert tokens[0].content.strip("\n") == clean(text).strip("\n")
    assert tokens[-2].content == "after"


def test_what_steers_a_terminal_or_turns_the_direction_is_taken_away() -> None:
    assert clean("\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07\x07\x00") == "red link"
    assert clean("\u202egnp.exe\u202c \u2066x\u2069 \u200fшум") == "gnp.exe x шум"
    assert clean("a\r\nb\rc") == "a\nb\nc"
    assert clean("\ud83d broken") == "\ufffd broken"
    assert clean("unfinished \x1b]0;title") == "unfinished "


def test_a_link_never_gets_a_scheme_or_breaks_out() -> None:
    assert link_target("../logs/a b(1).log") == "../logs/a%20b%281%29.log"
    assert ":" not in link_target("javascript:alert(1)")
    assert link_target("запись.log").isascii()


def test_random_garbage_stays_one_cell() -> None:
    noise = random.Random(5)
    alphabet = "|`*_<>[]()\\#~&;:!\n\r\t \x1b[mаб1.-+=$@\u202e\u2028"
    for _ in range(500):
        text = "".join(noise.choice(alphabet) for _ in range(noise.randrange(1, 40)))
        tokens = _markdown().parse(f"| h | i |\n|---|---|\n| {markdown(text)} | end |\n")
        cells = [tokens[at + 1] for at, token in enumerate(tokens) if token.type == "td_open"]
        assert len(cells) == 2, repr(text)
        assert _text([cells[0]]) == one_line(text), repr(text)


def test_a_log_keeps_what_is_taken_away_elsewhere_written_out() -> None:
    assert visible("a\x00\x1b[2J\u202eb\tc\r\nd\re") == "a\\x00\\x1b[2J\\u202eb\tc\nd\ne"
    assert visible("\u200b\u2028\ufffe\U0001fffe\ud800") == "\\u200b\\u2028\\ufffe\\U0001fffe\\ud800"
    assert visible("Привет, й — 100 % 😀") == "Привет, й — 100 % 😀"


def test_code_points_that_are_no_characters_go_and_every_line_break_is_one() -> None:
    """XML forbids the first, and a chart library ends the process at them."""
    assert clean("a\ufffe\uffff\ufdd0\U0010ffffb") == "ab"
    assert clean("a\u2028b\u2029c\r\nd\re") == "a\nb\nc\nd\ne"
    everything = escape(clean("".join(map(chr, range(0x11000)))))
    assert len(ET.fromstring(f"<a>{everything}</a>").text or "") > 60_000


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "a\r=1", "\x00=1", "\ufeff=1"])
def test_no_cell_of_a_spreadsheet_begins_a_formula(text: str) -> None:
    """Nor does a row that a bare carriage return would begin."""
    cell = str(spreadsheet(text))
    assert not cell.startswith(("=", "+", "-", "@"))
    assert not set(cell) & set("\r\n\t")
    assert spreadsheet(-1.5) == -1.5

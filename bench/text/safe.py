"""Transcripts, names and logs are data: cleaned of what steers a terminal, escaped for their target.

Two steps.  `clean` takes away what no reader can see (ANSI sequences, control characters,
direction overrides, broken surrogates); `markdown`, `markdown_code` and `fence` make the rest
inert in GitHub-flavoured Markdown.  HTML is escaped by Jinja's autoescape, after `clean`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

from bench.text.characters import (
    CONTROLS,
    DIRECTIONS,
    INVISIBLE,
    NONCHARACTERS,
    SEPARATORS,
    SURROGATES,
)

MEMORY: Final = 8192  # names and reasons come up in every row
_ANSI: Final = re.compile(
    r"""
    \x1b\[ [0-?]* [ -/]* [@-~]                   # CSI: colours, cursor
  | \x1b[\]PX^_] [^\x07\x1b]* (?: \x07 | \x1b\\ | \Z ) # OSC and the other strings: titles, links
  | \x1b [ -/]* [0-~]                            # two-character escapes
    """,
    re.VERBOSE,
)
_GONE: Final = re.compile(f"[{CONTROLS}{DIRECTIONS}{INVISIBLE}{NONCHARACTERS}]")
_HIDDEN: Final = re.compile(f"[{CONTROLS}{DIRECTIONS}{INVISIBLE}{SEPARATORS}{SURROGATES}{NONCHARACTERS}]")
_SURROGATE: Final = re.compile(f"[{SURROGATES}]")
_LINE_BREAK: Final = re.compile(f"\r\n|[\r{SEPARATORS}]")
_FORMULA: Final = ("=", "+", "-", "@")
_BREAKS: Final = re.compile("[\\s\u2028\u2029]+")
_MARKDOWN: Final = re.compile(r"([\\`*\[\]|~$@])|(?<![^\W_])(_)|(_)(?![^\W_])|(:)(?=//)|(?<=\bwww)(\.)")
# What starts a heading, a list or a rule where it stands first on a line.
_BLOCK_START: Final = re.compile(r"\A(?:(#{1,6}|[+-]|=+|-{2,})|(\d{1,9})([.)]))(?=\s|\Z)")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def clean(text: str) -> str:
    """Text without ANSI sequences, control characters, direction marks, noncharacters, broken surrogates.

    Line breaks and tabs stay; every other kind of line break becomes a line feed.
    """
    return whole_characters(_GONE.sub("", _LINE_BREAK.sub("\n", without_escapes(text))))


def without_escapes(text: str) -> str:
    """Text without ANSI sequences."""
    return _ANSI.sub("", text)


def whole_characters(text: str) -> str:
    """Text with every half of a surrogate pair, which no file can hold, as U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def visible(text: str) -> str:
    r"""Text with what `clean` takes away written out, as `\x1b` or `\u202e`; for logs, which must keep it.

    Newline and tab stay.  A carriage return before a newline goes; alone it is a progress display's and
    becomes a newline.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HIDDEN.sub(lambda match: _escaped(match.group()), plain)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def spreadsheet(value: object) -> object:
    """A cell of a CSV file: text on one line that no spreadsheet takes for a formula; what is no text as it is."""
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


@lru_cache(maxsize=MEMORY)
def one_line(text: str) -> str:
    """Cleaned text on one line: every run of white space and line breaks is one space.

    No-break spaces count as white space too, so this is for data, never for formatted figures.
    """
    return _BREAKS.sub(" ", clean(text)).strip()


@lru_cache(maxsize=MEMORY)
def markdown(text: str) -> Markup:
    """Data as inline Markdown that reads as the data: nothing in it is markup, anywhere in a line."""
    return Markup(escaped_markdown(text))


def escaped_markdown(text: str) -> str:
    """What `markdown` returns, as a string."""
    escaped = _MARKDOWN.sub(lambda match: "\\" + match.group(0), one_line(text)).translate(_ENTITIES)
    return _BLOCK_START.sub(_escape_start, escaped)


def markdown_code(text: str, *, table: bool = False) -> Markup:
    """Data as a code span; within a table pipes are escaped, as GitHub's tables ask for."""
    return Markup(code_span(text, table=table))


def code_span(text: str, *, table: bool) -> str:
    """What `markdown_code` returns, as a string: the ticks are more than any run of them within."""
    line = one_line(text)
    if not line:
        return ""
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    body = f"{ticks}{pad}{line}{pad}{ticks}"
    return body.replace("|", "\\|") if table else body


def fence(text: str, language: str = "") -> Markup:
    """Data as a fenced code block, the fence longer than any run of backticks in it."""
    return Markup(fenced(text, language))


def fenced(text: str, language: str) -> str:
    """What `fence` returns, as a string."""
    body = clean(text).strip("\n")
    ticks = "`" * max(3, _longest_run(body) + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def verbatim(text: str) -> Markup:
    """Data of several lines as HTML, for a `pre` element."""
    return escape(clean(text))


def link_target(path: str) -> Markup:
    """A relative path as the target of a Markdown or HTML link: percent-encoded, never a scheme."""
    from urllib.parse import quote

    return escape(quote(clean(path).replace("\n", ""), safe="/._-~"))


def terminal(text: str) -> Markup:
    """Data for a terminal, which knows no markup: one line without control characters."""
    return Markup(terminal_line(text))


def terminal_line(text: str) -> str:
    """What `terminal` returns, as a string."""
    return one_line(text)


def _escape_start(match: re.Match[str]) -> str:
    mark, number, stop = match.groups()
    return f"\\{mark}" if mark else f"{number}\\{stop}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)

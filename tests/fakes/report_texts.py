"""A report's Markdown as a reader sees it."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt


def plain_text(markdown: str) -> str:
    """Narrow and no-break spaces made plain, footnotes not linked, nothing folded."""
    text = re.sub("[\u00a0\u202f]", " ", markdown)
    text = re.sub("</?details>|</?summary>", "", re.sub('<a id="note-[0-9]+"></a>', "", text))
    return re.sub(r"\[([⁰¹²³⁴⁵⁶⁷⁸⁹]+)\]\(#note-[0-9]+\)", r"\1", text)


def tables(text: str) -> list[list[list[str]]]:
    """Every table of a Markdown text as rows of cells, as a parser sees them."""
    found: list[list[list[str]]] = []
    for at, token in enumerate(tokens := MarkdownIt("commonmark").enable("table").parse(text)):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in {"td_open", "th_open"}:
            found[-1][-1].append(tokens[at + 1].content)
    return found

"""The targets of a `Writer`: Markdown, a comment, HTML, the terminal."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from bench.report.writing.writer import Writer
from bench.text import safe

_SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class MarkdownWriter(Writer):
    """GitHub-flavoured Markdown."""

    def data(self, text: object) -> Markup:
        """Data that reads as itself: see `bench.text.safe.markdown`."""
        return safe.markdown(str(text))

    def code(self, text: str) -> Markup:
        """A code span, fit for a table."""
        return safe.markdown_code(text, table=True)

    def strong(self, text: Markup) -> Markup:
        """Bold."""
        return Markup("**") + text + Markup("**") if text else text

    def link(self, text: Markup, target: str) -> Markup:
        """An inline link."""
        return Markup("[") + text + Markup("](") + safe.link_target(target) + Markup(")")

    def reference(self, note: int) -> Markup:
        """Superscript digits, which every renderer shows in tables too, linked to the footnote."""
        digits = str(note).translate(_SUPERSCRIPT)
        return Markup("\u202f[{}](#note-{})").format(digits, note)

    def anchor(self, note: int) -> Markup:
        """Where the references to a footnote lead: GitHub keeps the id of an `a` element."""
        return Markup('<a id="note-{}"></a>').format(note)

    def range(self, text: str) -> Markup:
        """The interval in brackets."""
        return Markup(" ({})").format(text)


class CommentWriter(MarkdownWriter):
    """Markdown for a comment: the full report has the footnotes."""

    def reference(self, note: int) -> Markup:
        """Nothing."""
        return Markup()


class HtmlWriter(Writer):
    """HTML text and attributes."""

    def data(self, text: object) -> Markup:
        """Escaped text on one line."""
        return escape(safe.one_line(str(text)))

    def code(self, text: str) -> Markup:
        """A code element."""
        return Markup("<code>") + self.data(text) + Markup("</code>")

    def strong(self, text: Markup) -> Markup:
        """A strong element."""
        return Markup("<strong>") + text + Markup("</strong>") if text else text

    def faint(self, text: Markup) -> Markup:
        """In grey."""
        return Markup('<span class="faint">') + text + Markup("</span>")

    def link(self, text: Markup, target: str) -> Markup:
        """An anchor."""
        return Markup('<a href="') + safe.link_target(target) + Markup('">') + text + Markup("</a>")

    def reference(self, note: int) -> Markup:
        """A superscript link to the footnote."""
        mark = Markup('<sup><a class="ref" href="#{0}-note-{1}">{1}</a></sup>')
        return mark.format(self.language.code, note)

    def range(self, text: str) -> Markup:
        """The interval as a span of its own, so that it can be set apart."""
        return Markup(' <span class="ci">({})</span>').format(text)


class PlainWriter(Writer):
    """Text for a terminal: no markup, no footnotes."""

    def data(self, text: object) -> Markup:
        """One line without control characters."""
        return safe.terminal(str(text))

    def code(self, text: str) -> Markup:
        """The text itself."""
        return self.data(text)

    def strong(self, text: Markup) -> Markup:
        """The text itself."""
        return text

    def link(self, text: Markup, target: str) -> Markup:
        """The text itself."""
        return text

    def reference(self, note: int) -> Markup:
        """Nothing: there are no footnotes."""
        return Markup()

    def range(self, text: str) -> Markup:
        """In brackets."""
        return Markup(" ({})").format(text)

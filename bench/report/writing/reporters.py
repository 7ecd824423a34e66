"""The formats of a report: each reporter makes its files of what is worked out once for all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from bench.language import Language
from bench.report.names import Names
from bench.report.view import View
from bench.report.writing.templates import fill, tidy
from bench.report.writing.writers import CommentWriter, MarkdownWriter
from bench.results import Results

if TYPE_CHECKING:
    from bench.report.charts.draw import Chart

LONGEST_COMMENT: Final = 65_000  # characters; GitHub takes 65,536


class Material(Protocol):
    """What reporters write from; each part is worked out when a reporter first asks for it."""

    @property
    def found(self) -> Results:
        """The results."""

    @property
    def names(self) -> Names:
        """The names of their cases."""

    @property
    def view(self) -> View:
        """What the report says."""

    @property
    def charts(self) -> Mapping[str, Mapping[str, Sequence[Chart]]]:
        """Charts by language and name."""

    @property
    def spoken(self) -> Sequence[Language]:
        """The languages asked for."""

    @property
    def templates(self) -> Path | None:
        """A folder of templates that go before the built-in ones."""

    @property
    def sound(self) -> bool:
        """Whether the clips go into the page."""


class Output(NamedTuple):
    """A file of the report: its path below the report's folder, and its text."""

    path: str
    text: str


class Reporter(Protocol):
    """A format: its name, the packages it needs, whether it shows transcripts, and its files."""

    name: str
    needs: tuple[str, ...]
    transcripts: bool

    def outputs(self, material: Material) -> Iterator[Output]:
        """The files, one a language where the format has words."""


def markdown(
    view: View,
    spoken: Language,
    *,
    templates: Path | None = None,
    charts: Mapping[str, Sequence[Chart]] | None = None,
    name: str = "report.md.j2",
) -> str:
    """The view as Markdown in one language."""
    return tidy(fill(name, MarkdownWriter(spoken), templates, view=view, charts=charts or {}))


class MarkdownReporter:
    """The whole report as GitHub-flavoured Markdown."""

    name = "md"
    needs: tuple[str, ...] = ()
    transcripts = False

    def outputs(self, material: Material) -> Iterator[Output]:
        """A file for each language."""
        for each in material.spoken:
            charts = material.charts[each.code]
            text = markdown(material.view, each, templates=material.templates, charts=charts)
            yield Output(f"report.{each.code}.md", text)


class HtmlReporter:
    """One page with every language in it."""

    name = "html"
    needs: tuple[str, ...] = ()
    transcripts = True

    def outputs(self, material: Material) -> Iterator[Output]:
        """The page."""
        from bench.report.writing.html_page import page

        text = page(
            material.view,
            material.spoken,
            material.charts,
            templates=material.templates,
            sound=material.sound,
        )
        yield Output("report.html", text)


class ShortReporter:
    """The form for a pull request's comment."""

    name = "short"
    needs: tuple[str, ...] = ()
    transcripts = False

    def outputs(self, material: Material) -> Iterator[Output]:
        """A file for each language."""
        for each in material.spoken:
            yield Output(f"report.short.{each.code}.md", comment(material.view, each, material.templates))


def comment(view: View, spoken: Language, templates: Path | None = None) -> str:
    """The form for a comment: whatever is in it, GitHub takes it.

    The marker in front tells a workflow which comment to replace.  Footnotes have no place in a
    comment.  The verdict, the quality and the advice are always there; what is folded goes first,
    then the findings.
    """
    marker = f"<!-- asr-quant-bench {re.sub('[^A-Za-z0-9_.+-]+', '-', view.name)} {spoken.code} -->\n"
    writer = CommentWriter(spoken)
    for depth in (2, 1, 0):
        text = marker + tidy(fill("short.md.j2", writer, templates, view=view, depth=depth))
        if len(text) <= LONGEST_COMMENT:
            return text
    return text[: text.rindex("\n", 0, LONGEST_COMMENT)] + "\n"


class JsonReporter:
    """Every case and metric as data."""

    name = "json"
    needs: tuple[str, ...] = ()
    transcripts = False

    def outputs(self, material: Material) -> Iterator[Output]:
        """One file without words."""
        from bench.report.writing.summary import summary_json

        yield Output("summary.json", summary_json(material.found, material.names))


class CsvReporter:
    """A line for each case and metric."""

    name = "csv"
    needs: tuple[str, ...] = ()
    transcripts = False

    def outputs(self, material: Material) -> Iterator[Output]:
        """One file without words."""
        from bench.report.writing.summary import summary_csv

        yield Output("summary.csv", summary_csv(material.found, material.names))


class ChartsReporter:
    """The charts as pictures beside the report."""

    name = "charts"
    needs: tuple[str, ...] = ("altair", "vl_convert")
    transcripts = False

    def outputs(self, material: Material) -> Iterator[Output]:
        """A picture for each chart and language."""
        for drawn in material.charts.values():
            for chart in (each for charts in drawn.values() for each in charts):
                yield Output(chart.target, chart.svg)


REPORTERS: Final[Mapping[str, Reporter]] = {
    reporter.name: reporter
    for reporter in (
        MarkdownReporter(),
        HtmlReporter(),
        ShortReporter(),
        JsonReporter(),
        CsvReporter(),
        ChartsReporter(),
    )
}
FORMATS: Final = tuple(REPORTERS)


def available_formats() -> tuple[str, ...]:
    """The formats that the installed packages can write: charts need an extra."""
    return tuple(
        name for name, each in REPORTERS.items() if all(find_spec(package) for package in each.needs)
    )

"""Charts: figures -> Vega-Lite by altair -> SVG by vl-convert, without a network.

A chart is drawn where its figures are: no word error rates, no picture of them.  The ground is
left out: a picture stands on white and on black.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.errors import ReportError
from bench.report.cells import Cell, Phrase
from bench.report.charts import data, drawings
from bench.report.charts.data import Rows
from bench.report.charts.drawings import GRID, INK, Drawing
from bench.report.names import Names, Scope
from bench.text.numbers import THOUSANDS
from bench.text.safe import one_line

if TYPE_CHECKING:
    from bench.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture: `title` is what it shows, `scope` of what, `file` its name below charts/."""

    title: Phrase
    scope: tuple[Cell, ...]
    file: str
    svg: str

    @property
    def target(self) -> str:
        """Where it is, from the report."""
        return f"charts/{self.file}"


def draw(scopes: Sequence[Scope], names: Names, spoken: Language) -> Mapping[str, tuple[Chart, ...]]:
    """Every chart there are figures for, by its name, in one language."""
    charts: dict[str, list[Chart]] = {}
    for number, scope in enumerate(scopes, start=1):
        for name, rows, drawing in _asked(scope, names, spoken):
            if not rows:
                continue
            suffix = f"-{number}" if len(scopes) > 1 else ""
            chart = Chart(
                title=Phrase(message=f"chart.{name}"),
                scope=names.scope(scope),
                file=f"{name}{suffix}.{spoken.code}.svg",
                svg=_svg(drawing(rows, spoken)),
            )
            charts.setdefault(name, []).append(chart)
    return {name: tuple(each) for name, each in charts.items()}


def _asked(scope: Scope, names: Names, spoken: Language) -> Iterator[tuple[str, Rows, Drawing]]:
    cases, label, word = scope.cases, _Labels(scope, names), spoken.word
    yield "rtf", data.rtf_points(cases, label), drawings.rtf
    yield "stages", data.stage_parts(cases, label, word), drawings.stages
    yield "memory", data.memory_parts(cases, label, word), drawings.memory
    yield "pareto", data.pareto_points(cases, label), drawings.pareto
    yield "confidence", data.confidence_points(cases, label), drawings.confidence
    yield "drift", data.drift_points(cases, label), drawings.drift


class _Labels:
    """Names of cases in one chart: with the model where there are several."""

    def __init__(self, scope: Scope, names: Names) -> None:
        self._names = names
        self._many = len({case.case.model for case in scope.cases}) > 1

    def __call__(self, case: Any) -> str:
        label = self._names.label(case)
        return one_line(f"{self._names.model(case)} {label}" if self._many else label)


_CONFIG: Final[Mapping[str, Any]] = {
    "background": None,
    "font": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "domainColor": GRID,
        "tickColor": GRID,
        "gridColor": GRID,
        "gridOpacity": 0.4,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelLimit": 260,
        "labelOverlap": "parity",  # every other one or none: an axis reads in even steps
        "labelSeparation": 8,
    },
    "axisX": {"tickCount": 6},
    "axisY": {"tickCount": 5},
    "legend": {"labelColor": INK, "titleColor": INK, "orient": "bottom", "labelFontSize": 11, "columns": 4},
    "text": {"color": INK},
}

_NUMBERS: Final[Mapping[str, Any]] = {
    "decimal": ".",
    "thousands": THOUSANDS,
    "grouping": [3],
    "currency": ["", ""],
}


def _svg(chart: Any) -> str:
    try:
        import altair as alt
        import vl_convert
    except ImportError as error:
        raise ReportError(
            f"charts need {error.name}, which is not installed.", hint="pip install 'asr-quant-bench[charts]'"
        ) from None
    with alt.data_transformers.disable_max_rows():
        spec = {**chart.to_dict(validate=False), "config": dict(_CONFIG)}
    version = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    text: str = vl_convert.vegalite_to_svg(
        spec, vl_version=version, allowed_base_urls=[], format_locale=dict(_NUMBERS)
    )
    return text

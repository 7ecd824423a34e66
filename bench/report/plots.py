"""Charts: figures -> Vega-Lite by altair -> SVG by vl-convert, without a network.

A chart is drawn where its figures are: no word error rates, no picture of them.  Ink is one grey
that reads on white and on black, the ground is left out, colours are the quantizations' own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.errors import ReportError
from bench.report.cells import Cell, Phrase, Text
from bench.report.chartdata import (
    Layer,
    confidence_points,
    drift_points,
    memory_parts,
    pareto_points,
    rtf_points,
    stage_parts,
)
from bench.report.colours import colour
from bench.report.names import Names, Scope
from bench.report.numbers import THOUSANDS
from bench.report.safe import clean

if TYPE_CHECKING:
    import altair as alt

    from bench.report.language import Language

INK: Final = "#737373"  # 4.7:1 on white, 4.5:1 on black
GRID: Final = "#b8b8b8"
WIDTH: Final = 520
ROW: Final = 26
# Parts of a bar: from light to dark, apart in brightness alone.
PARTS: Final = ("#9ecae1", "#4a90c2", "#1f5f8b", "#c77c00", "#b04a00", "#8c8c8c")


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


Drawing = Callable[[Sequence[Mapping[str, Any]], "Language"], "alt.TopLevelMixin"]


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
                scope=_scope(scope, names),
                file=f"{name}{suffix}.{spoken.code}.svg",
                svg=_svg(drawing(rows, spoken)),
            )
            charts.setdefault(name, []).append(chart)
    return {name: tuple(each) for name, each in charts.items()}


def _asked(
    scope: Scope, names: Names, spoken: Language
) -> Iterator[tuple[str, Sequence[Mapping[str, Any]], Drawing]]:
    label = _Labels(scope, names)
    yield "rtf", rtf_points(scope.cases, label), _intervals
    yield "stages", stage_parts(scope.cases, label, spoken.word), _stacked("chart.seconds")
    yield "memory", memory_parts(scope.cases, label, spoken.word), _memory
    yield "pareto", pareto_points(scope.cases, label), _pareto
    yield "confidence", confidence_points(scope.cases, label), _confidence
    yield "drift", drift_points(scope.cases, label), _drift


class _Labels:
    """Names of cases in one chart: with the model where there are several."""

    def __init__(self, scope: Scope, names: Names) -> None:
        self._names = names
        self._many = len({case.case.model for case in scope.cases}) > 1

    def __call__(self, case: Any) -> str:
        label = self._names.label(case)
        return clean(f"{self._names.model(case)} {label}" if self._many else label)


def _scope(scope: Scope, names: Names) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    if names.many_machines:
        cells.append(Text(text=names.machine(scope.host)))
    if names.many_clips:
        cells.append(Text(text=names.clip(scope.clip)))
    return tuple(cells)


# --------------------------------------------------------------------- drawings


def _intervals(rows: Sequence[Mapping[str, Any]], spoken: Language) -> Any:
    import altair as alt

    base = alt.Chart(_data(rows)).encode(y=_cases(rows))
    x = alt.X("value:Q", title=spoken.word("chart.rtf.axis"), scale=alt.Scale(zero=True))
    whiskers = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=""), x2="high:Q", color=_colour(rows)
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, color=_colour(rows))
    values = base.mark_text(align="left", dx=9, dy=-9, fontSize=11).encode(
        x=x, text=alt.Text("value:Q", format=".3f")
    )
    return _sized(alt.layer(whiskers, points, values), rows)


def _stacked(title: str) -> Drawing:
    def stacked(rows: Sequence[Mapping[str, Any]], spoken: Language) -> Any:
        import altair as alt

        bars = (
            alt.Chart(_data(rows))
            .mark_bar(height=16)
            .encode(
                y=_cases(rows),
                x=alt.X("value:Q", title=spoken.word(title), stack="zero"),
                color=_parts(rows),
                order=alt.Order("rank:Q"),
            )
        )
        return _sized(bars, rows)

    return stacked


def _memory(rows: Sequence[Mapping[str, Any]], spoken: Language) -> Any:
    import altair as alt

    stacked = [row for row in rows if row["layer"] == Layer.STACKED]
    marks = [row for row in rows if row["layer"] == Layer.MARK]
    layers: list[Any] = []
    x = spoken.word("chart.megabytes")
    if stacked:
        layers.append(
            alt.Chart(_data(stacked))
            .mark_bar(height=16)
            .encode(
                y=_cases(rows),
                x=alt.X("value:Q", title=x, stack="zero"),
                color=_parts(stacked),
                order=alt.Order("rank:Q"),
            )
        )
    if marks:
        kinds = list(dict.fromkeys(row["part"] for row in marks))
        layers.append(
            alt.Chart(_data(marks))
            .mark_point(filled=True, size=80, opacity=1, color=INK, stroke="white", strokeWidth=0.8)
            .encode(
                y=_cases(rows),
                x=alt.X("value:Q", title=x),
                shape=alt.Shape(
                    "part:N",
                    scale=alt.Scale(domain=kinds, range=["diamond", "triangle-up", "square"][: len(kinds)]),
                    legend=alt.Legend(title=None, symbolFillColor=INK, symbolStrokeColor=INK),
                ),
            )
        )
    return _sized(alt.layer(*layers).resolve_scale(color="independent", shape="independent"), rows)


def _pareto(rows: Sequence[Mapping[str, Any]], spoken: Language) -> Any:
    import altair as alt

    front = [row for row in rows if row["front"]]
    shapes = alt.Scale(domain=[True, False], range=["circle", "cross"])
    x = alt.X("size:Q", title=spoken.word("chart.size.axis"), scale=alt.Scale(zero=True))
    y = alt.Y("wer:Q", title=spoken.word("chart.wer.axis"), scale=alt.Scale(zero=True))
    line = (
        alt.Chart(_data(front))
        .mark_line(color=INK, strokeDash=[5, 4], interpolate="step-after")
        .encode(x=x, y=y)
    )
    base = alt.Chart(_data(rows))
    whiskers = base.mark_rule(strokeWidth=1.5, opacity=0.7).encode(
        x=x, y=alt.Y("low:Q", title=""), y2="high:Q", color=_colour(rows)
    )
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x, y=y, color=_colour(rows), shape=alt.Shape("front:N", scale=shapes, legend=None)
    )
    labels = base.mark_text(align="left", dx=9, dy=-7, fontSize=11).encode(x=x, y=y, text="label:N")
    return alt.layer(line, whiskers, points, labels).properties(width=WIDTH, height=260)


def _confidence(rows: Sequence[Mapping[str, Any]], spoken: Language) -> Any:
    import altair as alt

    return (
        alt.Chart(_data(rows))
        .mark_rule(strokeWidth=3, opacity=0.85)
        .encode(
            x=alt.X("start:Q", title=spoken.word("chart.clip.axis")),
            x2="end:Q",
            y=alt.Y("value:Q", title=spoken.word("chart.confidence.axis"), scale=alt.Scale(zero=False)),
            color=_colour(rows, legend=True),
        )
        .properties(width=WIDTH, height=200)
    )


def _drift(rows: Sequence[Mapping[str, Any]], spoken: Language) -> Any:
    import altair as alt

    level = alt.Chart(_data([{"one": 1.0}])).mark_rule(color=GRID).encode(y=alt.Y("one:Q", title=""))
    lines = (
        alt.Chart(_data(rows))
        .mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=1.5)
        .encode(
            x=alt.X("block:O", title=spoken.word("chart.block.axis"), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("value:Q", title=spoken.word("chart.drift.axis"), scale=alt.Scale(zero=False)),
            color=_colour(rows, legend=True),
        )
    )
    return alt.layer(level, lines).properties(width=WIDTH, height=200)


# ------------------------------------------------------------------------ parts


def _data(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def _cases(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    order = list(dict.fromkeys(row["label"] for row in rows))
    return alt.Y("label:N", sort=order, title=None, axis=alt.Axis(grid=False, ticks=False, domain=False))


def _colour(rows: Sequence[Mapping[str, Any]], *, legend: bool = False) -> Any:
    import altair as alt

    shades = {row["label"]: colour(row["quantization"]) for row in rows}
    scale = alt.Scale(domain=list(shades), range=list(shades.values()))
    return alt.Color("label:N", scale=scale, legend=alt.Legend(title=None) if legend else None)


def _parts(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    parts = dict.fromkeys(row["part"] for row in sorted(rows, key=lambda row: row["rank"]))
    shades = {row["part"]: PARTS[row["rank"] % len(PARTS)] for row in rows}
    scale = alt.Scale(domain=list(parts), range=[shades[part] for part in parts])
    return alt.Color("part:N", scale=scale, legend=alt.Legend(title=None))


def _sized(chart: Any, rows: Sequence[Mapping[str, Any]]) -> Any:
    return chart.properties(width=WIDTH, height=ROW * len({row["label"] for row in rows}) + 10)


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
        "labelOverlap": "greedy",
        "labelSeparation": 8,
    },
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

"""Drawings: rows of `bench.report.charts.data` -> the marks, scales and axes of a chart.

Ink is one grey that reads on white and on black, colours are the
quantizations' own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bench.report.charts.colours import colour
from bench.report.charts.data import Layer, Rows

if TYPE_CHECKING:
    import altair as alt

    from bench.language import Language

INK: Final = "#737373"  # 4.7:1 on white, 4.5:1 on black
GRID: Final = "#b8b8b8"
WIDTH: Final = 520
ROW: Final = 26
# Parts of a bar: from light to dark, apart in brightness alone.
PARTS: Final = ("#9ecae1", "#4a90c2", "#1f5f8b", "#c77c00", "#b04a00", "#8c8c8c")

Drawing = Callable[[Rows, "Language"], "alt.TopLevelMixin"]


def rtf(rows: Rows, spoken: Language) -> Any:
    """A point a case, with the interval of its median as a whisker."""
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


def stages(rows: Rows, spoken: Language) -> Any:
    """A bar a case, its stages one after the other."""
    return _sized(_bars(rows, _cases(rows), spoken.word("chart.seconds")), rows)


def memory(rows: Rows, spoken: Language) -> Any:
    """A bar a case, of what the peak is made of; other peaks as marks."""
    import altair as alt

    stacked = [row for row in rows if row["layer"] == Layer.STACKED]
    marks = [row for row in rows if row["layer"] == Layer.MARK]
    layers: list[Any] = []
    x = spoken.word("chart.megabytes")
    if stacked:
        layers.append(_bars(stacked, _cases(rows), x))
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


def pareto(rows: Rows, spoken: Language) -> Any:
    """Size against word error rate, with a line through what nothing beats in both."""
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


def confidence(rows: Rows, spoken: Language) -> Any:
    """A stroke a segment, over its stretch of the clip."""
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


def drift(rows: Rows, spoken: Language) -> Any:
    """A line a case over the blocks, around one at the median."""
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


def _bars(rows: Rows, cases: Any, title: str) -> Any:
    import altair as alt

    return (
        alt.Chart(_data(rows))
        .mark_bar(height=16)
        .encode(
            y=cases,
            x=alt.X("value:Q", title=title, stack="zero"),
            color=_parts(rows),
            order=alt.Order("rank:Q"),
        )
    )


def _data(rows: Rows) -> Any:
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def _cases(rows: Rows) -> Any:
    import altair as alt

    order = list(dict.fromkeys(row["label"] for row in rows))
    return alt.Y("label:N", sort=order, title=None, axis=alt.Axis(grid=False, ticks=False, domain=False))


def _colour(rows: Rows, *, legend: bool = False) -> Any:
    import altair as alt

    shades = {row["label"]: colour(row["quantization"]) for row in rows}
    scale = alt.Scale(domain=list(shades), range=list(shades.values()))
    return alt.Color("label:N", scale=scale, legend=alt.Legend(title=None) if legend else None)


def _parts(rows: Rows) -> Any:
    import altair as alt

    parts = dict.fromkeys(row["part"] for row in sorted(rows, key=lambda row: row["rank"]))
    shades = {row["part"]: PARTS[row["rank"] % len(PARTS)] for row in rows}
    scale = alt.Scale(domain=list(parts), range=[shades[part] for part in parts])
    return alt.Color("part:N", scale=scale, legend=alt.Legend(title=None))


def _sized(chart: Any, rows: Rows) -> Any:
    return chart.properties(width=WIDTH, height=ROW * len({row["label"] for row in rows}) + 10)

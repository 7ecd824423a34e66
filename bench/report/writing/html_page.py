"""The HTML report: one file with everything in it, every language, the charts, style and script.

It asks no network for anything: a content security policy says so and lets only this page's own
script run.  Links lead to the logs and records beside it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from bench.report.charts.colours import colour
from bench.report.view import Example, Row, Sound
from bench.report.writing.templates import TEMPLATES, fill
from bench.report.writing.writers import HtmlWriter

if TYPE_CHECKING:
    from bench.language import Language
    from bench.report.charts.draw import Chart
    from bench.report.view import View

STYLE: Final = "report.css"
SCRIPT: Final = "report.js"
_ID: Final = re.compile(r'\b(id="|url\(#|href="#)')

MOST_SOUND_BYTES = 256 << 20


def page(
    view: View,
    spoken: Sequence[Language],
    charts: Mapping[str, Mapping[str, Sequence[Chart]]],
    *,
    templates: Path | None = None,
    sound: bool = False,
) -> str:
    """The view as one HTML page that switches between the languages; with `sound`, clips and examples in it."""
    script = Markup(_file(SCRIPT, templates))
    shades = {
        row.key: colour(row.quantization) for table in _rows(view) for row in table if row.key is not None
    }
    sounds = tuple((each, _data_url(each) if sound else None) for each in view.sounds)
    recordings = {
        each.recording: url
        for group in view.examples
        for each in group.examples
        if sound and (url := _data_url(each)) is not None
    }
    articles = []
    for number, each in enumerate(spoken):
        article = Markup(
            fill(
                "article.html.j2",
                HtmlWriter(each),
                templates,
                view=view,
                charts=_inline(charts.get(each.code, {}), each.code),
                code=each.code,
                shades=shades,
                sounds=sounds if number == 0 else (),
                recordings=recordings if number == 0 else {},
            )
        )
        articles.append((each, article))
    return fill(
        "page.html.j2",
        HtmlWriter(spoken[0]),
        templates,
        view=view,
        spoken=[
            (each.code, each.word("page.name"), each.word("page.skip"), each.word("page.language"))
            for each in spoken
        ],
        articles=[article for _, article in articles],
        code=spoken[0].code,
        titles={each.code: each.pick(view.title, view.name) for each in spoken},
        style=Markup(_file(STYLE, templates)),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(str(script).encode()).digest()).decode(),
    )


def _rows(view: View) -> list[tuple[Row, ...]]:
    groups = (
        view.overall,
        view.pooled,
        view.performance,
        view.memory,
        view.phases,
        view.cpu,
        view.stages,
        view.more,
        view.quality,
        view.further,
        view.side_by_side,
    )
    weights = (view.weights,) if view.weights else ()
    return [table.rows for group in (weights, *groups) for table in group]


def _file(name: str, templates: Path | None) -> str:
    own = templates / name if templates else None
    return (own if own and own.is_file() else TEMPLATES / name).read_text(encoding="utf-8")


def _inline(charts: Mapping[str, Sequence[Chart]], code: str) -> Mapping[str, list[tuple[Chart, Markup]]]:
    """Pictures as elements of the page, each with ids of its own and in the page's ink."""
    found: dict[str, list[tuple[Chart, Markup]]] = {}
    for name, drawn in charts.items():
        for number, chart in enumerate(drawn):
            picture = Markup(_element(chart, f"{code}-{name}-{number}-"))
            found.setdefault(name, []).append((chart, picture))
    return found


def _element(chart: Chart, prefix: str) -> str:
    """What the plots' library drew, as an element; its ids begin with the prefix."""
    own = _ID.sub(rf"\g<1>{prefix}", chart.svg)
    return own[own.index("<svg") :].replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def _data_url(sound: Sound | Example) -> str | None:
    """The recording's WAV file in a URL; None unless it is the very file that was measured.

    Records may be anybody's: a path in them must not put some other file of this machine into the page.
    """
    if sound.path is None or sound.sha256 is None:
        return None
    path = Path(sound.path)
    try:
        if (
            not path.is_file() or path.stat().st_size > MOST_SOUND_BYTES
        ):  # nor a pipe, which would be read for ever
            return None
        data = path.read_bytes()
    except (OSError, ValueError):
        return None
    if hashlib.sha256(data).hexdigest() != sound.sha256 or data[:4] != b"RIFF":
        return None
    return "data:audio/wav;base64," + base64.b64encode(data).decode()

"""The history of a suite as one static HTML page: a line a case and metric, drawn by the browser.

One file without network: the figures lie in it as JSON, a few kilobytes a night.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.errors import ReportError
from bench.files import write_file
from bench.language import Language, language, languages
from bench.metrics import METRICS
from bench.naming import safe_path
from bench.regression.baselines import Reference
from bench.regression.night import Night
from bench.regression.trends import Trend, collect_trends, version_changes
from bench.statistics import changepoints
from bench.text.templates import sandbox

TEMPLATES: Final = Path(__file__).parent / "templates"
IN_SCRIPT: Final = "dashboard.js."  # messages that the page's script says
ON_THE_PAGE: Final = (
    *("not_judged", "no_change_points", "verdicts", "controls", "metric", "case", "filter"),
    *("nights", "all", "moved", "legend", "references", "none"),
)
MOST_FAILED: Final = 12  # lines of what failed that a night shows; its report has all
DIGITS: Final = 5  # significant digits a figure is drawn with; the history keeps them all


def write_dashboard(
    file: Path,
    nights: Sequence[Night],
    references: Sequence[Reference] = (),
    *,
    reports: Path | None = None,
    warnings: Sequence[str] = (),
    now: datetime | None = None,
    codes: Sequence[str] = (),
) -> None:
    """Write the page, with every language of `codes` in it (none: all), the first to begin with.

    `reports` is the folder that the nights' report paths are relative to.
    """
    if not nights:
        raise ReportError(f"{file}: there is no night to show.", hint="Run the gate of this suite first.")
    links = _links(nights, (reports or file.parent).resolve(), file.resolve().parent)
    data = dashboard_data(nights, references, links)
    made = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    skipped = [text.rsplit("/", 1)[-1] for text in warnings]
    spoken = [language(code) for code in codes or languages()]
    data["words"] = {
        each.code: _words(each) | _texts(each, nights, cases=len(data["cases"]), made=made, skipped=skipped)
        for each in spoken
    }
    page = (
        sandbox([TEMPLATES])
        .get_template("dashboard.html.j2")
        .render(
            suite=nights[-1].suite,
            codes=[each.code for each in spoken],
            words=data["words"],
            skipped=len(skipped),
            script_hash=_script_hash(),
            changes_missing=not changepoints.available(),
            data=_inline(data),
        )
    )
    write_file(
        file, page, hint="Give a place you can write to: --html FILE, or --reports FOLDER for a night."
    )


def _words(spoken: Language) -> dict[str, str]:
    """What the page's script says."""
    return {
        each.removeprefix(IN_SCRIPT): spoken.word(each) for each in spoken.ids if each.startswith(IN_SCRIPT)
    }


def _texts(
    spoken: Language, nights: Sequence[Night], *, cases: int, made: str, skipped: Sequence[str]
) -> dict[str, str]:
    """What stands on the page, by the names that its elements have."""
    last = nights[-1]
    cpu = (last.cpu or last.machine) + (f", {last.system}" if last.system else "")
    about = {
        "nights": len(nights),
        "cases": cases,
        "machine": last.machine,
        "cpu": cpu,
        "last": last.started_at[:16].replace("T", " "),
    }
    return {
        **{name: spoken.word(f"dashboard.{name}") for name in ON_THE_PAGE},
        "tongue": spoken.word("page.name"),
        "language": spoken.word("page.language"),
        "title": spoken.word("dashboard.title") % {"suite": last.suite, "nights": len(nights)},
        "summary": spoken.word("dashboard.summary") % about,
        "verdict": last.verdict or spoken.word("dashboard.not_judged"),
        "made": spoken.word("dashboard.made") % {"made": made},
        **{
            f"skipped{at}": spoken.word("dashboard.skipped") % {"text": text}
            for at, text in enumerate(skipped)
        },
    }


def dashboard_data(
    nights: Sequence[Night], references: Sequence[Reference], links: Sequence[str | None]
) -> dict[str, Any]:
    """What the page draws.  Series name their case and metric by index, their figures by night."""
    trends = collect_trends(nights, references)
    cases = list(dict.fromkeys(trend.case for trend in trends))
    metrics = [name for name in METRICS if any(trend.metric == name for trend in trends)]
    return {
        "suite": nights[-1].suite,
        "nights": [
            {
                "run": night.run,
                "t": night.started_at[:16],
                "verdict": night.verdict,
                "link": link,
                **({"failed": night.failed[:MOST_FAILED]} if night.failed else {}),
            }
            for night, link in zip(nights, links, strict=True)
        ],
        "cases": cases,
        "metrics": [
            {"name": name, "unit": str(METRICS[name].unit), "better": str(METRICS[name].better)}
            for name in metrics
        ],
        "references": [
            {"id": reference.id, "at": reference.accepted_at[:10], "why": reference.why}
            for reference in references
        ],
        "versions": [[index, text] for index, text in version_changes(nights)],
        "series": [_series(trend, cases, metrics) for trend in trends],
    }


def _series(trend: Trend, cases: Sequence[str], metrics: Sequence[str]) -> dict[str, Any]:
    return {
        "c": cases.index(trend.case),
        "m": metrics.index(trend.metric),
        "v": [_short(figure.median if figure else None) for figure in trend.figures],
        "l": [_short(figure.low if figure else None) for figure in trend.figures],
        "h": [_short(figure.high if figure else None) for figure in trend.figures],
        "x": [[change.index, round(change.ratio, 4)] for change in trend.changes],
        "r": [[index, _short(value)] for index, value in trend.references],
    }


def _short(value: float | None) -> float | int | None:
    if value is None:
        return None
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def _links(nights: Sequence[Night], reports: Path, page: Path) -> list[str | None]:
    """Where each night's report is, seen from the page; None where the night names none."""
    from urllib.parse import quote

    base = Path(os.path.relpath(reports, page))

    def link(report: str | None) -> str | None:
        try:  # a history may be a stranger's: "//host" or "javascript:" are no places below the reports
            return (
                quote((base / safe_path(report)).as_posix()) if report else None
            )  # ":" quoted: never a scheme
        except ValueError:
            return None

    return [link(night.report) for night in nights]


def _script_hash() -> str:
    """What the page's policy calls its own script by."""
    source = (TEMPLATES / "dashboard.js").read_text(encoding="utf-8")
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _inline(data: dict[str, Any]) -> str:
    """JSON that cannot end its script element, whatever the names in it are."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

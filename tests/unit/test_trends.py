"""Lines over nights: trends, change points, versions, and the page's data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nights
import pytest

from bench.errors import ReportError
from bench.regression.baselines import Reference
from bench.regression.dashboard import write_dashboard
from bench.regression.night import Night
from bench.regression.trends import GAP, collect_trends, sparkline, version_changes
from bench.statistics.changepoints import find_changes

METRIC = "transcribe_seconds"


def series(values: list[float | None], case: str = "a") -> list[Night]:
    return [
        nights.night(day, {case: {METRIC: nights.figure(value)}} if value is not None else {})
        for day, value in enumerate(values)
    ]


def test_a_sparkline_spans_its_own_range() -> None:
    assert sparkline([1, 2, None, 3]) == f"▁▅{GAP}█"
    assert sparkline([5, 5]) == "▄▄"
    assert sparkline([None]) == GAP
    assert len(sparkline([1.0] * 99, width=40)) == 40


def test_a_change_of_level_is_found_where_it_happened() -> None:
    values = [
        *nights.noisy(4.0, noise=0.01, blocks=60, seed=1),
        *nights.noisy(4.4, noise=0.01, blocks=60, seed=2),
    ]
    (change,) = find_changes(list(values))
    assert abs(change.index - 60) <= 1
    assert change.ratio == pytest.approx(1.1, rel=0.02)


def test_quiet_nights_have_no_change_of_level() -> None:
    found = [find_changes(list(nights.noisy(4.0, noise=0.02, blocks=120, seed=seed))) for seed in range(60)]
    assert sum(map(len, found)) <= 1


def test_nights_without_a_value_keep_their_place() -> None:
    before: list[float | None] = [*nights.noisy(4.0, noise=0.01, blocks=20, seed=1)]
    after: list[float | None] = [*nights.noisy(5.0, noise=0.01, blocks=20, seed=2)]
    (change,) = find_changes([*before, None, None, None, *after])
    assert change.index == 23


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * 50, [None] * 50, [0.0] * 20])
def test_series_without_movement_have_no_change(values: list[float | None]) -> None:
    assert find_changes(values) == ()


def test_a_trend_knows_the_references_it_was_held_to() -> None:
    made = series([4.0] * 10)
    reference = Reference(
        id="ref-1",
        suite="demo",
        machine="h1",
        accepted_at=made[4].started_at,
        why="x",
        nights=tuple(made[2:4]),
    )
    (trend,) = collect_trends(made, [reference])
    assert trend.references == ((5, 4.0),)


def test_another_version_is_marked_at_its_first_night() -> None:
    made = [
        nights.night(day, {"a": {}, "b": {}}, engine_version="1.4.1" if day < 3 else "1.5.1")
        for day in range(6)
    ]
    assert version_changes(made) == [(3, "engine fake: 1.4.1 -> 1.5.1")]


def test_names_cannot_break_out_of_the_page(tmp_path: Path) -> None:
    evil = '</script><script>alert("x")</script><img src=x onerror=alert(1)>'
    made = [nights.night(0, {evil: {METRIC: nights.figure(1.0)}}, suite=evil, report="a b/<i>.html")]
    page = tmp_path / "page.html"
    write_dashboard(page, made)
    text = page.read_text(encoding="utf-8")
    assert evil not in text
    assert "<img src=x" not in text
    data = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert data
    assert json.loads(data.group(1))["cases"] == [evil]


def test_a_page_without_nights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no night to show"):
        write_dashboard(tmp_path / "page.html", [])


def test_links_lead_from_the_page_to_the_reports(tmp_path: Path) -> None:
    page = tmp_path / "history" / "h1" / "demo.html"
    write_dashboard(page, [nights.night(0, {}, report="demo/r 1/report.en.html")], reports=tmp_path)
    assert '"link":"../../demo/r%201/report.en.html"' in page.read_text(encoding="utf-8")


def test_a_year_of_thirty_cases_in_eight_metrics_is_a_page_of_a_few_megabytes(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    write_dashboard(page, nights.year())
    assert page.stat().st_size < 4_000_000

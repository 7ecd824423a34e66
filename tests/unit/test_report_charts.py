"""Charts show what the figures say, with the same colours everywhere, and nothing where there is nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from report_runs import HEARD, LINUX, MAC, clip, measured_run, model, suite

from bench.domain import Record, measured
from bench.journal import RunData
from bench.language import language
from bench.report import render
from bench.report.charts.colours import colour
from bench.report.charts.data import (
    Layer,
    confidence_points,
    drift_points,
    memory_parts,
    pareto_points,
    rtf_points,
    stage_parts,
)
from bench.report.charts.draw import draw
from bench.report.names import Names, scopes
from bench.results import CaseResult, results_of

WORD = language("en").word


def _label(case: CaseResult) -> str:
    return case.label


@pytest.fixture
def run(tmp_path: Path) -> RunData:
    return measured_run(tmp_path / "r")


@pytest.fixture
def cases(run: RunData) -> tuple[CaseResult, ...]:
    return results_of([run]).cases


def _luminance(shade: str) -> float:
    parts = [int(shade[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    "kind", ["f16", "safetensors", "q8_0", "q6_k", "Q6K", "q5_0", "q4_0", "q4_k", "q3_k", "q2_k", "odd"]
)
def test_colours_read_on_light_and_dark(kind: str) -> None:
    assert _contrast(colour(kind), "#ffffff") >= 3
    assert _contrast(colour(kind), "#14181c") >= 3


def test_quantizations_of_other_widths_have_other_colours() -> None:
    shades = [colour(kind) for kind in ("f16", "q8_0", "q6_k", "q5_0", "q4_0", "q3_k", "q2_k")]
    assert len(set(shades)) == len(shades)
    assert colour("Q6K") == colour("q6_k")


def test_rtf_points_are_medians_with_intervals(cases: tuple[CaseResult, ...]) -> None:
    points = rtf_points(cases, _label)
    assert [point["label"] for point in points] == list(HEARD)
    assert all(point["low"] <= point["value"] <= point["high"] for point in points)
    assert points[0]["value"] == cases[0].median("rtf")


def test_stages_of_the_start_add_up_to_it(cases: tuple[CaseResult, ...]) -> None:
    parts = [part["value"] for part in stage_parts(cases, _label, WORD) if part["label"] == "f16"]
    assert len(parts) == 3
    assert sum(parts) == pytest.approx(cases[0].median("startup_seconds"))


def test_memory_is_stacked_by_when_it_came_where_the_machine_tells(run: RunData) -> None:
    def tell(record: Record) -> Record:
        told = {"rss_before_load_bytes": 60e6, "rss_ready_bytes": 150e6}
        found = {name: measured(name, value, "test") for name, value in told.items()}
        return dataclasses.replace(record, measurements={**record.measurements, **found})

    case = results_of([dataclasses.replace(run, records=tuple(map(tell, run.records)))]).cases[0]
    parts = memory_parts([case], _label, WORD)
    stacked = [part["value"] for part in parts if part["layer"] == Layer.STACKED]
    peak = case.median("peak_rss_bytes")
    assert peak is not None
    assert len(stacked) == 3
    assert sum(stacked) == pytest.approx(peak / 1e6)
    assert [part["part"] for part in parts if part["layer"] == Layer.MARK] == ["anonymous peak"]


def test_the_pareto_front_is_what_nothing_beats_in_size_and_errors(cases: tuple[CaseResult, ...]) -> None:
    front = {point["label"] for point in pareto_points(cases, _label) if point["front"]}
    assert front == {"q2_k", "q4_0", "q6_k"}, "f16 and q8_0 are larger than q6_k and hear no better"


def test_confidence_follows_the_clip(cases: tuple[CaseResult, ...]) -> None:
    points = [point for point in confidence_points(cases, _label) if point["label"] == "q4_0"]
    assert [point["value"] for point in points] == [0.82, 0.82]
    assert points[0]["start"] == 0.0
    assert points[-1]["end"] == pytest.approx(60.0)


def test_drift_is_each_block_against_the_cases_median(cases: tuple[CaseResult, ...]) -> None:
    points = [point["value"] for point in drift_points(cases, _label) if point["label"] == "f16"]
    assert len(points) == 10
    assert sorted(points)[4] <= 1 <= sorted(points)[5]


def test_drift_over_many_blocks_is_drawn_in_medians(tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r", asked=suite(quantizations=("f16",), blocks=150))
    points = drift_points(results_of([run]).cases, _label)
    assert [point["block"] for point in points[:3]] == [1, 4, 7]
    assert len(points) == 50


def test_synthetic_weights_have_no_picture_of_quality(tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r", asked=suite(models=(model(synthetic=True),)))
    found = results_of([run])
    assert set(draw(scopes(found), Names(found, [run]), language("en"))) == {
        "rtf",
        "stages",
        "memory",
        "drift",
    }


def test_a_run_without_figures_has_no_charts(run: RunData) -> None:
    found = results_of([dataclasses.replace(run, records=())])
    assert draw(scopes(found), Names(found, [run]), language("en")) == {}


def test_pictures_are_whole_and_say_their_axes_in_the_language(run: RunData, tmp_path: Path) -> None:
    files = render([run], languages=["ru"], out=tmp_path / "out", formats=["md", "charts"])
    pictures = {path.name: path for path in files if path.suffix == ".svg"}
    assert set(pictures) == {
        f"{name}.ru.svg" for name in ("rtf", "stages", "memory", "pareto", "confidence", "drift")
    }
    for path in pictures.values():
        root = ET.parse(path).getroot()
        assert root.tag.endswith("svg")
        assert "http" not in path.read_text().replace("http://www.w3.org", "")
    assert "размер файла, МБ" in pictures["pareto.ru.svg"].read_text(encoding="utf-8")
    text = (tmp_path / "out" / "report.ru.md").read_text(encoding="utf-8")
    assert all(f"](charts/{name})" in text for name in pictures)


def test_machines_and_clips_have_pictures_of_their_own(tmp_path: Path) -> None:
    runs = [
        measured_run(tmp_path / "a", asked=suite(clips=(clip("one"), clip("two")))),
        measured_run(tmp_path / "b", host=MAC),
    ]
    found = results_of(runs)
    charts = draw(scopes(found), Names(found, runs), language("en"))["rtf"]
    assert len({chart.file for chart in charts}) == 3
    assert LINUX.cpu in str(charts[0].scope)


def test_names_in_pictures_are_text(tmp_path: Path) -> None:
    asked = suite()
    hostile = dataclasses.replace(
        asked.cases[0].variant, name="<script>x</script>&\x1b[31m", quantization="f16"
    )
    asked = dataclasses.replace(
        asked, cases=(dataclasses.replace(asked.cases[0], variant=hostile), *asked.cases[1:])
    )
    run = measured_run(tmp_path / "r", asked=asked)
    found = results_of([run])
    svg = draw(scopes(found), Names(found, [run]), language("en"))["rtf"][0].svg
    assert "<script" not in svg
    assert "\x1b" not in svg

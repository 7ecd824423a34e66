"""The summary as data and the short form: base units, intervals, ratios, reasons."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from report_runs import HEARD, MAC, measured_run, model, suite

from bench.domain import Record, Status
from bench.journal import RunData
from bench.reasons import told
from bench.report import render
from bench.report.writing.summary import COLUMNS, SCHEMA


@pytest.fixture
def run(tmp_path: Path) -> RunData:
    return measured_run(tmp_path / "demo" / "r1")


def _json(run: RunData) -> dict[str, Any]:
    [path] = render([run], languages=["en"], out=run.path, formats=["json"])
    assert path.name == "summary.json"
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _csv(run: RunData) -> list[dict[str, str]]:
    [path] = render([run], languages=["en"], out=run.path, formats=["csv"])
    assert path.name == "summary.csv"
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_every_case_is_there_with_its_figures_in_base_units(run: RunData) -> None:
    data = _json(run)
    assert data["schema"] == SCHEMA
    assert [case["quantization"] for case in data["cases"]] == list(HEARD)
    second = data["cases"][1]
    assert second["metrics"]["peak_rss_bytes"]["unit"] == "B"
    assert second["metrics"]["peak_rss_bytes"]["median"] > 2e8
    assert len(second["metrics"]["rtf"]["values"]) == 10
    ratio = second["metrics"]["rtf"]["to_baseline"]
    assert ratio["low"] <= ratio["ratio"] <= ratio["high"] < 1
    assert ratio["difference_shown"] is True
    assert second["quality"]["reference"]["wer"] == pytest.approx(2 / 37)
    assert second["quality"]["identical_to_baseline"] == {"exact": True, "normalized": True}


def test_what_is_absent_has_its_reason(run: RunData) -> None:
    cycles = _json(run)["cases"][0]["metrics"]["cycles"]
    assert cycles == {
        "unit": "count",
        "median": None,
        "reason": {"code": "counter.not_offered", "parameters": {}},
    }
    [row] = [row for row in _csv(run) if (row["quantization"], row["metric"]) == ("f16", "cycles")]
    assert (row["median"], row["reason"]) == (
        "",
        "The processor's counters are not offered here (a virtual machine, most often).",
    )


def test_synthetic_weights_have_no_quality_in_the_data_either(tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r", asked=suite(models=(model(synthetic=True),)))
    case = _json(run)["cases"][0]
    assert case["synthetic"] is True
    assert case["quality"]["stars"] is None
    assert case["quality"]["reference"] is None
    assert case["quality"]["reason"]["code"] == "quality.synthetic"


def test_the_table_has_a_line_a_case_and_metric(run: RunData) -> None:
    rows = _csv(run)
    assert tuple(rows[0]) == COLUMNS
    keys = [(row["case"], row["metric"]) for row in rows]
    assert len(keys) == len(set(keys))
    wer = {row["quantization"]: row for row in rows if row["metric"] == "wer"}
    assert float(wer["q4_0"]["median"]) == pytest.approx(3 / 37)
    assert wer["q4_0"]["low"] == ""  # five utterances have no interval
    rtf = {row["quantization"]: row for row in rows if row["metric"] == "rtf"}
    assert float(rtf["q4_0"]["low"]) < float(rtf["q4_0"]["median"])


def test_a_spreadsheet_takes_no_text_for_a_formula(run: RunData) -> None:
    def spoil(record: Record) -> Record:
        return dataclasses.replace(
            record, engine_version='=HYPERLINK("x")\n\x1b[31m', status=Status.FAILED, reason=told("+1")
        )

    rows = _csv(dataclasses.replace(run, records=tuple(map(spoil, run.records))))
    assert {row["engine_version"] for row in rows} == {'\'=HYPERLINK("x")'}


def test_the_short_form_fits_a_comment_and_has_no_footnotes(run: RunData) -> None:
    paths = render([run], languages=["ru", "en"], out=run.path, formats=["short"])
    assert [path.name for path in paths] == ["report.short.ru.md", "report.short.en.md"]
    text = paths[1].read_text(encoding="utf-8")
    assert len(text) < 5000
    assert not re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]", text)
    assert "| **Q8_0** |" in text
    assert "★★★★☆" in text


def test_the_short_form_says_what_failed(run: RunData) -> None:
    def spoil(record: Record) -> Record:
        if record.quantization != "q4_0":
            return record
        return dataclasses.replace(
            record, status=Status.TIMEOUT, reason=told("ended after 600 s"), measurements={}
        )

    spoilt = dataclasses.replace(run, records=tuple(map(spoil, run.records)))
    [path] = render([spoilt], languages=["en"], out=run.path, formats=["short"])
    assert "ended after 600 s" in path.read_text(encoding="utf-8")


def test_several_machines_are_told_apart(run: RunData, tmp_path: Path) -> None:
    other = measured_run(tmp_path / "demo" / "r2", host=MAC)
    [path] = render([run, other], languages=["en"], out=tmp_path, formats=["json"])
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    assert len({(case["host"], case["case"]) for case in cases}) == 2 * len(HEARD)

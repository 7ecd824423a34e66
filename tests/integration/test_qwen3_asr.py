"""Qwen3-ASR on tiny random weights, end to end: every variant runs, and no broken input stops the others."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from bench.assets import fetch_clip, fetch_weights, read_model
from bench.assets.formats.gguf import read_gguf
from bench.assets.makers.builders import BuildRequest
from bench.assets.makers.synthetic import qwen3_asr
from bench.assets.makers.synthetic.qwen3_model import SIZES
from bench.assets.progress import Silent
from bench.config import load_suite
from bench.domain import Reason
from bench.language import english

pytest.importorskip("llama_cpp", reason="llama-cpp-python is an extra that is compiled")

CONFIGS = Path(__file__).parents[2] / "configs"


def worded(reason: dict[str, Any] | None) -> str:
    """A record's reason in English; empty for none."""
    return english(TypeAdapter(Reason).validate_python(reason)) if reason else ""


def run(folder: Path, suite: Path, *words: str) -> tuple[int, list[dict[str, Any]], str]:
    """The program on a suite: exit status, records, the English report."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", "run", str(suite), "--lang", "en", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    latest = folder / "reports" / load_suite(suite).name / "latest"
    assert (latest / "records.jsonl").exists(), done.stdout + done.stderr
    records = [
        json.loads(line) for line in (latest / "records.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return done.returncode, records, (latest / "report.en.md").read_text(encoding="utf-8")


def test_the_tiny_suite_runs_whole_and_says_what_it_is(tmp_path: Path) -> None:
    status, records, report = run(tmp_path, CONFIGS / "qwen3-asr-synthetic-tiny.yaml", "--blocks", "1")
    assert status == 0
    assert {record["status"] for record in records} == {"ok"}
    assert len(records) == 9
    assert "SYNTHETIC" in report
    by_variant = {record["variant"]: record for record in records}
    for name, record in by_variant.items():
        measured = {key: found["value"] for key, found in record["measurements"].items()}
        for stage in ("mel", "encode", "prefill", "decode", "first_token", "load", "transcribe"):
            assert measured[f"{stage}_seconds"] is not None, (name, stage)
        assert measured["tokens"] % 32 == 0
        assert record["backend"]["device"] == "cpu"
        assert [file["role"] for file in record["weights"]] == ["decoder", "encoder"]
    assert by_variant["f16-windows"]["measurements"]["tokens"]["value"] == 3 * 32
    assert len(by_variant["f16-windows"]["transcript"]["segments"]) == 3
    both, decoder_only = by_variant["q4_0-encoder-q4_0"], by_variant["q4_0"]
    assert both["weights"][0]["sha256"] == decoder_only["weights"][0]["sha256"]
    assert both["weights"][1]["bytes"] < decoder_only["weights"][1]["bytes"]
    assert by_variant["f16-encoder-q8_0"]["weights"][0]["sha256"] == by_variant["f16"]["weights"][0]["sha256"]


def test_one_model_runs_on_two_engines_side_by_side(tmp_path: Path) -> None:
    """The same random weights in either's layout; transcribe.cpp tells other stages, and where it stopped."""
    pytest.importorskip("transcribe_cpp", reason="transcribe-cpp is an extra")
    suite = CONFIGS / "qwen3-asr-engines-synthetic-tiny.yaml"
    status, records, report = run(tmp_path, suite, "--blocks", "1")
    assert status == 0
    assert {record["status"] for record in records} == {"ok"}
    by_variant = {record["variant"]: record for record in records}
    assert len(by_variant) == 5
    for name, record in by_variant.items():
        measured = {key: found["value"] for key, found in record["measurements"].items()}
        for metric in (
            "mel_seconds",
            "encode_seconds",
            "decode_seconds",
            "load_seconds",
            "transcribe_seconds",
        ):
            assert measured[metric] > 0, (name, metric)
        assert measured["peak_rss_bytes"] > measured["weights_bytes"]
        assert record["transcript"]["text"]
        assert record["backend"]["device"] == "cpu"
        ours = name.startswith("transcribecpp")
        assert record["transcript"]["truncated"] is ours  # at the library's own bound: 256 tokens
        assert [file["role"] for file in record["weights"]] == (["model"] if ours else ["decoder", "encoder"])
        if ours:
            assert record["measurements"]["prefill_seconds"]["reason"]
            assert measured["own_transcribe_seconds"] <= measured["transcribe_seconds"]
        else:
            assert measured["tokens"] == 256
    assert "SYNTHETIC" in report
    assert "The quality of such models is not judged" in report


def test_what_transcribe_cpp_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    pytest.importorskip("transcribe_cpp", reason="transcribe-cpp is an extra")
    (tmp_path / "s.yaml").write_text(
        f"""
name: s
title: S
models: [{CONFIGS}/models/synthetic-qwen3-asr-tiny-tied.yaml]
variants:
  - {{quantization: f16, name: heard, settings: {{language: auto}}}}
  - {{quantization: f16, name: no-room, settings: {{context_tokens: 300}}}}
  - {{quantization: f16, name: icelandic, settings: {{language: is}}}}
clips: [festvox-ru/read-10s]
defaults: {{engine: transcribe-cpp, settings: {{language: ru}}}}
protocol: {{blocks: 1, rerun_disturbed: false}}
""",
        encoding="utf-8",
    )
    (tmp_path / "corpora").symlink_to(CONFIGS / "corpora")
    _, records, report = run(tmp_path, tmp_path / "s.yaml")
    found = {record["variant"]: (record["status"], worded(record["reason"])) for record in records}
    assert found["heard"] == ("ok", "")
    assert found["no-room"][0] == "failed"
    assert "input audio too long for model context" in found["no-room"][1]
    assert found["icelandic"][0] == "unsupported"
    assert "unsupported language" in found["icelandic"][1]
    assert "unsupported language" in report


@pytest.fixture(scope="module")
def good() -> dict[str, Path]:
    """Decoder and encoder of the tiny model."""
    model = read_model(CONFIGS / "models" / "synthetic-qwen3-asr-tiny.yaml")
    return {file.role: Path(file.path) for file in fetch_weights(model, "q8_0", "gguf-llamacpp")}


def test_no_broken_input_stops_the_other_cases(good: dict[str, Path], tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    whole = good["decoder"].read_bytes()
    (weights / "truncated.gguf").write_bytes(whole[: len(whole) // 2])
    (weights / "magic.gguf").write_bytes(b"NOPE" + whole[4:])
    (weights / "random.gguf").write_bytes(bytes(range(256)) * 64)
    shutil.copyfile(good["encoder"], weights / "other-architecture.gguf")
    pairs = {
        "good": (good["decoder"], good["encoder"]),
        "truncated": (weights / "truncated.gguf", good["encoder"]),
        "magic": (weights / "magic.gguf", good["encoder"]),
        "random": (weights / "random.gguf", good["encoder"]),
        "foreign": (weights / "other-architecture.gguf", good["encoder"]),
        "pair": (good["decoder"], _encoder_of_another_size(tmp_path)),
        "missing": (weights / "missing.gguf", good["encoder"]),
    }
    ways = "".join(
        f"- {{format: gguf-llamacpp, quantizations: [{name}],"
        f" source: {{kind: path, files: {{decoder: {decoder}, encoder: {encoder}}}}}}}\n"
        for name, (decoder, encoder) in pairs.items()
    )
    (tmp_path / "m.yaml").write_text(
        f"name: m\ntitle: M\nfamily: qwen3-asr\nbaseline: good\nlicence: none\nweights:\n{ways}",
        encoding="utf-8",
    )
    clip = fetch_clip(load_suite(CONFIGS / "smoke.yaml").clips["read-10s"]).path
    variants = "".join(f"  - {name}\n" for name in pairs)
    (tmp_path / "s.yaml").write_text(
        f"""
name: s
title: S
models: [m.yaml]
variants:
{variants}  - {{quantization: good, name: too-long, settings: {{context_tokens: 64, fixed_tokens: 200}}}}
  - {{quantization: good, name: beyond, settings: {{fixed_tokens: null, max_tokens: 5000}}}}
  - {{quantization: good, name: no-gpu, device: metal}}
clips: [{{path: {clip}, name: clip}}]
defaults: {{engine: llama-cpp, settings: {{fixed_tokens: 8, max_tokens: 300}}}}
protocol: {{blocks: 1, rerun_disturbed: false}}
""",
        encoding="utf-8",
    )
    _, records, report = run(tmp_path, tmp_path / "s.yaml")
    found = {record["variant"]: (record["status"], worded(record["reason"])) for record in records}
    assert found["good"] == ("ok", "")
    for name, words in {
        "truncated": "truncated",
        "magic": "not a GGUF file",
        "random": "not a GGUF file",
        "foreign": 'architecture is "clip"',
        "pair": "they come from different models",
    }.items():
        assert found[name][0] == "unusable", found[name]
        assert words in found[name][1]
    assert found["missing"][0] == "missing"
    assert found["too-long"][0] == "failed"
    assert "`context_tokens` is 256" in found["too-long"][1]
    assert found["beyond"][0] == "failed"
    assert "the decoder was trained for 4096" in found["beyond"][1]
    assert found["no-gpu"][0] == "wrong-backend"
    assert "asked for metal" in found["no-gpu"][1]
    assert "different models" in report


def _encoder_of_another_size(folder: Path) -> Path:
    """An encoder that makes embeddings of 512 values, for a decoder that takes 256."""
    import dataclasses

    made = folder / "other"
    made.mkdir()
    order = BuildRequest(
        title="other",
        folder=made,
        quantization="f16",
        ingredients=(),
        parameters={},
        seed=1,
        progress=Silent(),
    )
    qwen3_asr.write_encoder(order, dataclasses.replace(SIZES["tiny"], hidden=512))
    return made / qwen3_asr.ENCODER


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    def made(folder: Path, seed: int) -> bytes:
        folder.mkdir()
        order = BuildRequest(
            title="t",
            folder=folder,
            quantization="f16",
            ingredients=(),
            parameters={},
            seed=seed,
            progress=Silent(),
        )
        qwen3_asr.write_encoder(order, SIZES["tiny"])
        return (folder / qwen3_asr.ENCODER).read_bytes()

    first = made(tmp_path / "a", 1)
    assert made(tmp_path / "b", 1) == first
    assert made(tmp_path / "c", 2) != first


def test_the_tokenizer_is_the_real_one_with_the_models_own_tokens(good: dict[str, Path]) -> None:
    tokens = read_gguf(good["decoder"]).metadata["tokenizer.ggml.tokens"]
    for text in ("<|im_start|>", "<|audio_start|>", "<asr_text>"):
        assert text in tokens

"""The suites for the field's models run whole: on tiny stand-ins brought by hand under the hub's names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import field_models
import pytest

from bench.config import load_suite
from bench.places import cache_root

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache that has the speech, and no model but those that the test puts into `given/`."""
    from bench.assets import fetch_clip

    for clip in load_suite(CONFIGS / "qwen3-asr.yaml").clips.values():
        fetch_clip(clip)
    folder = tmp_path / "cache"
    (folder / "given").mkdir(parents=True)
    for room in ("apt", "clips", "speech"):
        if (cache_root() / room).is_dir():
            (folder / room).symlink_to(cache_root() / room)
    return folder


def run(cache: Path, suite: str, *only: str) -> dict[str, dict[str, Any]]:
    """The records of one block, by case."""
    out = cache.parent / "reports"
    source = cache.parent / f"{suite}.yaml"
    # what the suite asks of a Mac's GPU is asked of this machine's processor
    text = (CONFIGS / f"{suite}.yaml").read_text(encoding="utf-8")
    source.write_text(text.replace("device: metal", "device: cpu"), encoding="utf-8")
    if not (cache.parent / "corpora").exists():
        (cache.parent / "corpora").symlink_to(CONFIGS / "corpora")
        _unpinned(cache.parent / "models")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench", "run", str(source), "--blocks", "1"),
            *("--out", str(out), "--logs", str(cache.parent / "logs"), "--lang", "en"),
            *(word for pattern in only for word in ("--only", pattern)),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "ASR_QUANT_BENCH_CACHE": str(cache), "OMP_WAIT_POLICY": "PASSIVE"},
        check=False,
    )
    records = out / suite / "latest" / "records.jsonl"
    assert records.exists(), done.stdout + done.stderr
    found = [json.loads(line) for line in records.read_text(encoding="utf-8").splitlines()]
    return {record["case"]: record for record in found}


def _unpinned(folder: Path) -> None:
    """The models' manifests without the hashes and sizes of the hub's files: stand-ins have others."""
    folder.mkdir()
    for manifest in (CONFIGS / "models").glob("*.yaml"):
        text = manifest.read_text(encoding="utf-8")
        if "kind: pypi" not in text:
            text = re.sub(r"^ +(sha256|bytes): .*\n", "", text, flags=re.MULTILINE)
            text = re.sub(r", (sha256|bytes): \w+", "", text)
        (folder / manifest.name).write_text(text, encoding="utf-8")


def test_qwen3_asr_in_bf16_from_the_hub_is_quantized_here_decoder_and_encoder_apart(cache: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is an extra that is compiled")
    field_models.qwen3_asr(cache / "given", "0.6B")
    records = run(cache, "qwen3-asr", "qwen3-asr-0.6b.bf16*", "qwen3-asr-0.6b.q8_0*")
    assert {record["status"] for record in records.values()} == {"ok"}
    assert len(records) == 4
    decoder, encoder = (
        {record["variant"]: record["weights"][part]["bytes"] for record in records.values()}
        for part in (0, 1)
    )
    assert decoder["q8_0"] < decoder["bf16"] == decoder["bf16-encoder-q8_0"]
    assert encoder["q8_0-encoder-q8_0"] == encoder["bf16-encoder-q8_0"] < encoder["bf16"] == encoder["q8_0"]


def test_qwen3_asr_runs_on_two_engines_each_with_files_of_its_own_layout(cache: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is an extra that is compiled")
    pytest.importorskip("transcribe_cpp")
    field_models.qwen3_asr(cache / "given", "0.6B")
    (cache / "given" / "Qwen3-ASR-0.6B-Q8_0.gguf").write_bytes(b"another repository's file of that name")
    records = run(cache, "qwen3-asr-engines", "qwen3-asr-0.6b.*")
    assert {record["status"] for record in records.values()} == {"ok"}
    assert {(record["engine"], record["quantization"]) for record in records.values()} == {
        (engine, quantization)
        for engine in ("llama-cpp", "transcribe-cpp")
        for quantization in ("bf16", "q8_0", "q4_k_m")
    }


def test_whisper_large_v3_turbo_from_the_hub_is_quantized_here(cache: Path) -> None:
    pytest.importorskip("pywhispercpp")
    field_models.whisper_large_v3_turbo(cache / "given")
    records = run(cache, "whisper-large-v3-turbo")
    assert {record["status"] for record in records.values()} == {"ok"}
    assert {record["variant"] for record in records.values()} == {"f16", "q8_0", "q6_k", "q5_0", "q4_0"}


def test_gigaam_and_parakeet_run_quantized_and_the_engines_that_cannot_say_so(cache: Path) -> None:
    pytest.importorskip("transcribe_cpp")
    field_models.gigaam_and_parakeet(cache / "given")
    records = run(cache, "gigaam-parakeet")
    assert len(records) == 16
    for record in records.values():
        foreign = record["variant"] in ("whispercpp", "llamacpp")
        assert record["status"] == ("unsupported" if foreign else "ok"), record["reason"]
        assert not foreign or record["reason"]["code"] == "engine.other_family"

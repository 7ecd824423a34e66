"""Qwen3-ASR's divergence in llama.cpp, on tiny random weights: encoder and decoder each quantized or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bench
from bench.assets import fetch_weights, read_model
from bench.domain import Case, FetchedClip, Variant
from bench.engines.llamacpp import ENGINE, Qwen3Settings

pytest.importorskip("llama_cpp", reason="llama-cpp-python is an extra that is compiled")

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(bench.__file__).parent / "child"
VARIANTS = ("f16", "q4_0", "f16-encoder-q4_0", "q4_0-encoder-q4_0")
SECONDS = (2.6, 4.1)


def payload(quantization: str, **settings: Any) -> dict[str, Any]:
    from bench.domain import WeightsFile

    model = read_model(ROOT / "configs" / "models" / "synthetic-qwen3-asr-tiny.yaml")
    files: tuple[WeightsFile, ...] = tuple(fetch_weights(model, quantization, "gguf-llamacpp"))
    variant = Variant(name=quantization, quantization=quantization, engine="llama-cpp", device="cpu")
    clip = FetchedClip(name="u", title="u", language="ru", duration_seconds=max(SECONDS), path="", sha256="")
    case = Case(id=quantization, model="m", variant=variant, clip="u", baseline=None)
    asked = Qwen3Settings.model_validate({"threads": 1, "fixed_tokens": 24, **settings})
    return dict(ENGINE.job(case, asked, model, clip, files).payload)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, str], dict[str, Any]]:
    """What each variant of one child was told of two utterances, the first one leading."""
    folder = tmp_path_factory.mktemp("qwen3")
    from bench.assets.speech import wav

    draw = np.random.default_rng(7)
    utterances = []
    for at, seconds in enumerate(SECONDS):
        samples = (draw.standard_normal(int(seconds * 16_000)) * 3000).astype("<i2")
        wav.write(folder / f"{at}.wav", samples.tobytes())
        utterances.append({"key": at, "audio": str(folder / f"{at}.wav"), "floor": True, "heard": []})
    variants = [{"name": name, "floor": None, "payload": payload(name)} for name in VARIANTS]
    variants.insert(1, {"name": "again", "floor": "again", "payload": payload("f16")})
    variants.append(
        {"name": "cut", "floor": None, "payload": {**payload("f16"), "segmentation": {"kind": "windows"}}}
    )
    job = {
        "half": str(ENGINE.token_half), "tokens": True, "leads": True, "events": str(folder / "events.jsonl"),
        "variants": variants, "utterances": utterances,
    }  # fmt: skip
    (folder / "job.json").write_text(json.dumps(job))
    subprocess.run(
        [sys.executable, "-I", str(CHILD / "listen.py"), str(folder / "job.json")],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"},
    )
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert [each["variant"] for each in events if each["event"] == "refused"] == ["cut"]
    assert not [each for each in events if each["event"] in ("unheard", "failed")]
    return {
        (each["utterance"], each["variant"]): each["result"] for each in events if each["event"] == "heard"
    }


def test_the_baselines_greedy_transcript_is_what_it_chooses_when_forced_along_it(told: Any) -> None:
    for at in range(len(SECONDS)):
        assert len(told[at, "f16"]["tokens"]) == 24
        assert told[at, "again"]["changed"] == []
        assert max(told[at, "again"]["kl"]) < 1e-9
        assert told[at, "again"]["logp"] == told[at, "f16"]["logp"]


def test_encoder_and_decoder_each_lose_something_of_their_own(told: Any) -> None:
    mean = {name: np.mean([told[at, name]["kl"] for at in range(len(SECONDS))]) for name in VARIANTS[1:]}
    assert all(0 < value < 20 for value in mean.values())
    assert len({round(float(value), 6) for value in mean.values()}) == 3
    texts = {name: told[0, name]["text"] for name in VARIANTS}
    assert texts["f16"]


def test_rows_of_one_batch_are_those_of_a_batch_cut_in_two(tmp_path: Path) -> None:
    """`forced` in parts of the context's batch is `forced` at once: positions and rows are not shifted."""
    script = """
import json, sys
from importlib.machinery import SourceFileLoader
from types import ModuleType
import numpy as np
half = ModuleType("half"); half.__file__ = sys.argv[1]
SourceFileLoader("half", sys.argv[1]).exec_module(half)
half.imports()
payload = json.loads(sys.argv[2])
model = half.load(payload)
half.encode(model, np.random.default_rng(3).standard_normal(40_000).astype(np.float32) * 0.1, payload)
tokens, rows, cut = half.greedy(model, payload, [])
model.loaded.batch = 5
parts = half.forced(model, tokens, payload)
step, own, _ = half.greedy(model, payload, tokens[:7])
print(json.dumps([len(tokens), cut, float(np.abs(rows - parts).max()), step == tokens[7:],
    float(np.abs(own - rows[7:]).max()), float(np.abs(rows).max())]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(ENGINE.token_half), json.dumps(payload("f16"))],
        check=True, capture_output=True, text=True, env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
    )  # fmt: skip
    count, cut, parted, same, stepped, size = json.loads(done.stdout.splitlines()[-1])
    assert (count, cut, same) == (24, False, True)
    assert parted < 0.02 * size
    assert stepped < 0.02 * size

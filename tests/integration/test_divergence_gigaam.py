"""GigaAM's frames, as transcribe.cpp writes them down, on tiny random weights."""

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
from bench.assets.speech import wav
from bench.engines import token_half_of
from bench.engines.transcribe import ENGINE

pytest.importorskip("transcribe_cpp", reason="transcribe-cpp is an extra")

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "configs" / "models"
LISTEN = Path(bench.__file__).parent / "child" / "listen.py"


def payload(quantization: str) -> dict[str, Any]:
    model = read_model(MODELS / "synthetic-gigaam-tiny.yaml")
    files = fetch_weights(model, quantization, "gguf-transcribe")
    settings = ENGINE.settings().model_dump()
    return settings | {
        "weights": {file.role: file.path for file in files},
        "device": "cpu",
        "language": None,
        "threads": 1,
        "segmentation": None,
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, str], dict[str, Any]]:
    folder = tmp_path_factory.mktemp("gigaam")
    draw = np.random.default_rng(5)
    utterances = []
    for at, seconds in enumerate((2.0, 3.3)):
        samples = (draw.standard_normal(int(seconds * 16_000)) * 3000).astype("<i2")
        wav.write(folder / f"{at}.wav", samples.tobytes())
        utterances.append({"key": at, "audio": str(folder / f"{at}.wav"), "floor": True, "heard": []})
    job = {
        "half": str(token_half_of(ENGINE, read_model(MODELS / "synthetic-gigaam-tiny.yaml"))),
        "tokens": True, "leads": True, "events": str(folder / "events.jsonl"), "utterances": utterances,
        "variants": [
            {"name": "f32", "floor": None, "payload": payload("f32")},
            {"name": "again", "floor": "again", "payload": payload("f32")},
            *({"name": name, "floor": None, "payload": payload(name)} for name in ("q8_0", "q4_0")),
        ],
    }  # fmt: skip
    (folder / "job.json").write_text(json.dumps(job))
    subprocess.run(
        [sys.executable, "-I", str(LISTEN), str(folder / "job.json")],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "TMPDIR": str(folder)},
    )
    assert not list(folder.glob("asr-quant-bench-frames-*"))
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert not [each for each in events if each["event"] in ("refused", "unheard", "failed")]
    return {
        (each["utterance"], each["variant"]): each["result"] for each in events if each["event"] == "heard"
    }


def test_frames_say_what_the_library_says(told: Any) -> None:
    import transcribe_cpp

    asked = payload("q4_0")
    session = transcribe_cpp.Model(asked["weights"]["model"], backend="cpu").session(n_threads=1)
    draw = np.random.default_rng(5)
    samples: Any = (draw.standard_normal(2 * 16_000) * 3000).astype("<i2").astype(np.float32) / 32768
    assert told[0, "q4_0"]["text"] == " ".join(session.run(samples).text.split())
    assert told[0, "q4_0"]["text"]


def test_the_baseline_diverges_from_itself_by_nothing_and_four_bits_by_more_than_eight(told: Any) -> None:
    mean = {name: np.mean([*told[0, name]["kl"], *told[1, name]["kl"]]) for name in ("again", "q8_0", "q4_0")}
    assert mean["again"] == 0
    assert 0 < mean["q8_0"] < mean["q4_0"]
    assert told[0, "again"]["changed"] == []


def test_the_blank_is_told_so_that_its_frames_can_be_counted_apart(told: Any) -> None:
    first = told[1, "f32"]
    assert len(first["tokens"]) == len(told[1, "q4_0"]["kl"]) > 60
    said = [token for token in first["tokens"] if token != first["blank"]]
    assert said


def test_other_families_have_no_frames_and_say_so() -> None:
    found = token_half_of(ENGINE, read_model(MODELS / "synthetic-parakeet-tiny.yaml"))
    assert not isinstance(found, Path)
    assert found.code == "divergence.not_told"

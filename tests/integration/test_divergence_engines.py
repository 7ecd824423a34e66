"""Two engines on the same weights are the check of one another: what whisper.cpp says, CTranslate2 says too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bench
from bench.assets import fetch_weights, read_model
from bench.assets.speech.utterances import corpus_part, fetch_spoken
from bench.errors import AssetError

ROOT = Path(__file__).resolve().parent.parent.parent
CHILD = Path(bench.__file__).parent / "child"
UTTERANCES = ("ru_0106", "ru_0188", "ru_0310")

pytest.importorskip("pywhispercpp")
pytest.importorskip("faster_whisper")


def recordings() -> list[Path]:
    try:
        part = corpus_part(ROOT / "configs" / "corpora" / "festvox-ru.yaml")
        return [each.path for each in fetch_spoken(part) if each.name in UTTERANCES]
    except AssetError as error:
        pytest.skip(f"the corpus cannot be had here: {error}")


def weights(form: str, quantization: str) -> dict[str, str]:
    model = read_model(ROOT / "configs" / "models" / "whisper-base.yaml")
    try:
        return {file.role: file.path for file in fetch_weights(model, quantization, form)}
    except AssetError as error:
        pytest.skip(f"the weights cannot be had here: {error}")


SHARED = {
    "language": "ru", "prompt": "", "carry_context": False, "beam_size": None, "max_tokens": None, "threads": 1,
    "segmentation": None,
}  # fmt: skip


def loaded(half: str) -> Any:
    spec = spec_from_file_location("half", CHILD / half)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def heard(tmp_path: Path, half: str, variants: list[dict[str, Any]]) -> dict[tuple[int, str], dict[str, Any]]:
    job = {
        "half": str(CHILD / half),
        "tokens": True,
        "leads": True,
        "events": str(tmp_path / f"{half}.jsonl"),
        "variants": variants,
        "utterances": [
            {"key": at, "audio": str(path), "floor": True, "heard": []}
            for at, path in enumerate(recordings())
        ],
    }
    (tmp_path / f"{half}.json").write_text(json.dumps(job))
    subprocess.run(
        [sys.executable, "-I", str(CHILD / "listen.py"), str(tmp_path / f"{half}.json")],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )
    events = [json.loads(line) for line in (tmp_path / f"{half}.jsonl").read_text().splitlines()]
    assert not [each for each in events if each["event"] in ("refused", "unheard", "failed")]
    return {
        (each["utterance"], each["variant"]): each["result"] for each in events if each["event"] == "heard"
    }


def whispercpp(name: str, quantization: str, floor: str | None = None, **more: Any) -> dict[str, Any]:
    payload = {**SHARED, "use_gpu": False, "flash_attention": False, "weights": weights("ggml", quantization)}
    return {"name": name, "floor": floor, "payload": {**payload, **more}}


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, str], dict[str, Any]]:
    variants = [
        whispercpp("f16", "f16"),
        whispercpp("again", "f16", "again"),
        whispercpp("threads", "f16", "threads=2", threads=2),
        whispercpp("q8_0", "q8_0"),
        whispercpp("q4_0", "q4_0"),
    ]
    return heard(tmp_path_factory.mktemp("native"), "whispercpp_tokens.py", variants)


def scalars(found: dict[tuple[int, str], dict[str, Any]], variant: str, name: str) -> np.ndarray:
    return np.concatenate([result[name] for (_, each), result in sorted(found.items()) if each == variant])


def test_the_forced_baseline_chooses_its_own_greedy_transcript(native: dict[Any, Any]) -> None:
    tokens = scalars(native, "f16", "tokens")
    changed = scalars(native, "again", "changed")
    assert len(tokens) > 60
    assert len(changed) / len(tokens) < 0.001


def test_bit_widths_are_ordered_and_the_floor_is_far_below(native: dict[Any, Any]) -> None:
    floor = max(scalars(native, each, "kl").mean() for each in ("again", "threads"))
    eight, four = scalars(native, "q8_0", "kl").mean(), scalars(native, "q4_0", "kl").mean()
    assert 0.0003 < eight < 0.004
    assert eight * 20 < four < 0.6
    assert floor * 100 <= eight


def test_another_engine_gives_the_forced_tokens_the_same_probabilities(
    native: dict[Any, Any], tmp_path: Path
) -> None:
    """CTranslate2 in float32, forced along whisper.cpp's transcript, on the same weights."""
    half = loaded("fasterwhisper_tokens.py")
    from bench.assets.speech import audio

    payload = {**SHARED, "device": "cpu", "compute_type": "float32", "weights": weights("ct2", "f32")}
    model = half.load(payload)
    differences = []
    for at, path in enumerate(recordings()):
        pcm = np.frombuffer(audio.samples_of(path), "<i2").astype(np.float32) / 32768
        half.encode(model, pcm, payload)
        tokens = native[at, "f16"]["tokens"]
        logits = half.forced(model, tokens, payload).astype(np.float64)
        totals = np.log(np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1)) + logits.max(axis=1)
        theirs = logits[np.arange(len(tokens)), tokens] - totals
        differences += np.abs(theirs - np.array(native[at, "f16"]["logp"])).tolist()
    assert np.mean(differences) < 0.02


def test_eight_bits_in_ctranslate2_drift_as_eight_bits_do(tmp_path: Path) -> None:
    payload = {**SHARED, "device": "cpu", "weights": weights("ct2", "f32")}
    found = heard(
        tmp_path,
        "fasterwhisper_tokens.py",
        [
            {"name": "f32", "floor": None, "payload": {**payload, "compute_type": "float32"}},
            {"name": "again", "floor": "again", "payload": {**payload, "compute_type": "float32"}},
            {"name": "int8", "floor": None, "payload": {**payload, "compute_type": "int8"}},
        ],
    )
    assert scalars(found, "again", "kl").max() < 1e-6
    assert 0.001 < scalars(found, "int8", "kl").mean() < 0.03
    assert all(result["text"] for (_, variant), result in found.items() if variant != "again")


def test_divergence_of_two_files_is_what_numpy_makes_of_their_distributions(native: dict[Any, Any]) -> None:
    """Rows of f16 and q8_0 from the library, in a process of their own; the sum of p ln(p / q) over the vocabulary."""
    script = """
import json, sys
import numpy as np
from importlib.machinery import SourceFileLoader
from types import ModuleType
from scipy.special import log_softmax, rel_entr
half = ModuleType("half"); half.__file__ = sys.argv[1]
SourceFileLoader("half", sys.argv[1]).exec_module(half)
half.imports()
payloads, tokens, path = json.loads(sys.argv[2])
pcm = np.frombuffer(open(path, "rb").read()[44:], "<i2").astype(np.float32) / 32768
rows = []
for payload in payloads:
    model = half.load(payload)
    half.encode(model, pcm, payload)
    rows.append(np.exp(log_softmax(half.forced(model, tokens, payload).astype(np.float64), axis=1)))
print(json.dumps(rel_entr(*rows).sum(axis=1).tolist()))
"""
    payloads = [whispercpp(name, name)["payload"] for name in ("f16", "q8_0")]
    for at, path in enumerate(recordings()):
        told = native[at, "q8_0"]["kl"]
        given = json.dumps([payloads, native[at, "f16"]["tokens"], str(path)])
        done = subprocess.run(
            [sys.executable, "-c", script, str(CHILD / "whispercpp_tokens.py"), given],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"},
        )
        theirs = json.loads(done.stdout.splitlines()[-1])
        assert len(theirs) == len(told)
        assert np.mean(told) == pytest.approx(np.mean(theirs), rel=0.01)

"""A Hugging Face checkpoint becomes whisper.cpp's ggml file, byte for byte as its own converter writes it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hf_whisper import tensors, write_checkpoint

from bench.assets import fetch_weights
from bench.assets.manifest import ModelManifest
from bench.assets.weights import model_of
from bench.domain import Model
from bench.errors import UnusableWeights

pytest.importorskip("safetensors")

#: Of what whisper.cpp's models/convert-h5-to-ggml.py (commit 342344721fcc) writes of this checkpoint: run with
#: torch and transformers replaced by a few lines that hand it the tensors in the order of the model's modules.
NATIVE = "ef059a26a8077978cb3af6221e6e65eb81fe99035a9fa1806d00fb9b65fae077"


def model(folder: Path) -> Model:
    """A manifest of the checkpoint, its f16 and its q8_0."""
    ways = [
        {
            "format": "hf-whisper",
            "quantizations": ["checkpoint"],
            "source": {"kind": "path", "files": {"model": str(folder)}},
        },
        {
            "format": "ggml",
            "quantizations": ["f16"],
            "source": {
                "kind": "convert",
                "converter": "hf-whisper-to-ggml",
                "from": {"format": "hf-whisper", "quantization": "checkpoint"},
            },
        },
        {"format": "ggml", "quantizations": ["q8_0"], "source": {"kind": "quantize", "from": "f16"}},
    ]
    about = {"name": "tuned", "title": "Tuned", "family": "whisper", "baseline": "f16", "licence": "none"}
    return model_of(ModelManifest.model_validate({**about, "weights": ways}))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("shards", [1, 3])
def test_the_file_has_the_native_converters_bytes(tmp_path: Path, shards: int) -> None:
    (file,) = fetch_weights(model(write_checkpoint(tmp_path / "tuned", shards=shards)), "f16", "ggml")
    assert hashlib.sha256(Path(file.path).read_bytes()).hexdigest() == NATIVE


def test_a_float16_checkpoint_gives_the_same_file(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "tuned", dtype="float16")
    (file,) = fetch_weights(model(folder), "f16", "ggml")
    assert hashlib.sha256(Path(file.path).read_bytes()).hexdigest() == NATIVE


def test_bfloat16_numbers_are_read_as_they_are(tmp_path: Path) -> None:
    import numpy as np

    from bench.assets.whisper_hf import Checkpoint

    folder = write_checkpoint(tmp_path / "tuned")
    name = "encoder.conv1.bias"
    exact = tensors()[f"model.{name}"]
    bits = (exact.view("<u4") >> 16).astype("<u2")
    header = json.dumps(
        {name: {"dtype": "BF16", "shape": list(bits.shape), "data_offsets": [0, bits.nbytes]}}
    )
    for file in folder.glob("*.safetensors"):
        file.unlink()
    (folder / "model.safetensors").write_bytes(
        len(header).to_bytes(8, "little") + header.encode() + bits.tobytes()
    )
    found = Checkpoint(folder).tensor(name)
    assert found.dtype == np.float32
    assert (found.view("<u4") == bits.astype("<u4") << 16).all()


def test_a_fine_tuning_is_quantized_as_any_other(tmp_path: Path) -> None:
    (file,) = fetch_weights(model(write_checkpoint(tmp_path / "tuned")), "q8_0", "ggml")
    assert file.bytes < 7_959_683


def test_a_checkpoint_that_lacks_a_tensor_is_refused_by_its_name(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = write_checkpoint(tmp_path / "tuned")
    there = load_file(folder / "model.safetensors")
    del there["model.decoder.layers.1.fc2.bias"]
    save_file(there, folder / "model.safetensors")
    with pytest.raises(UnusableWeights, match=r"the tensor decoder\.layers\.1\.fc2\.bias is missing"):
        fetch_weights(model(folder), "f16", "ggml")


def test_another_models_checkpoint_is_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "tuned")
    (folder / "config.json").write_text('{"model_type": "qwen3_asr"}')
    with pytest.raises(UnusableWeights, match="a checkpoint of qwen3_asr, not whisper"):
        fetch_weights(model(folder), "f16", "ggml")

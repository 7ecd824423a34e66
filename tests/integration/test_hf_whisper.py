"""A Hugging Face checkpoint becomes whisper.cpp's ggml file, byte for byte as its own converter writes it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hf_whisper import tensors, write_checkpoint

from bench.assets import fetch_weights
from bench.assets.manifest import ModelManifest
from bench.assets.weights import model_of
from bench.domain import Model
from bench.errors import UnusableWeights

pytest.importorskip("safetensors")

CHILD = Path(__file__).parents[2] / "bench" / "child" / "whispercpp_tokens.py"

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
    from bench.assets.makers.whisper_hf import Checkpoint

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


# --------------------------------------------------- against the library the checkpoint comes from

#: Logits of transformers 5.24 (torch 2.13, CPU) for this checkpoint: a row a position, a column a token of `TOKENS`.
#: It loaded the checkpoint with no key missing and none left over; its own save of random models of 80 and 128 mels
#: agreed with the converted file as closely.
GIVEN = [50258, 50263, 50359, 50363, 100, 2000, 345, 17]
TOKENS = [0, 7, 345, 2000, 17000, 40000, 50257, 51864]
LOGITS = [
    [0.3676, -1.1133, 1.2135, 1.3479, -0.0703, 0.8061, -0.7449, -1.3024],
    [0.5067, -0.9811, 1.0638, 1.3068, -0.0378, 0.7953, -0.9186, -1.2270],
    [0.3456, -0.8818, 0.8031, 1.4130, -0.0120, 0.7891, -1.0014, -1.1471],
    [0.3325, -1.0051, 0.9949, 1.3691, -0.1312, 0.7631, -0.8523, -1.1760],
    [0.2543, -0.8763, 0.8150, 1.4776, -0.0941, 0.7141, -0.8861, -1.1431],
    [0.3815, -0.9443, 0.7641, 1.2720, 0.0735, 0.8113, -1.0012, -1.2010],
    [0.3878, -0.7814, 0.8656, 1.3850, -0.0451, 0.6214, -0.8122, -1.1463],
    [0.3343, -0.8506, 0.8782, 1.5447, 0.0716, 0.5537, -0.7968, -1.1725],
]
BEST = [17462, 50226, 17462, 50226, 50226, 50226, 50226, 50226]


def test_whisper_cpp_computes_of_the_converted_file_what_transformers_computes_of_the_checkpoint(
    tmp_path: Path,
) -> None:
    pytest.importorskip("pywhispercpp")
    (file,) = fetch_weights(model(write_checkpoint(tmp_path / "tuned")), "f16", "ggml")
    done = subprocess.run(
        [sys.executable, "-c", FORCED, str(CHILD), file.path, json.dumps(GIVEN)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = np.array(json.loads(done.stdout.splitlines()[-1]))
    assert rows.argmax(axis=1).tolist() == BEST
    # the checkpoint's numbers were rounded to float16, and whisper.cpp keeps its cache in it
    assert np.abs(rows[:, TOKENS] - np.array(LOGITS)).max() < 0.01 * rows.std()


# In a process of its own: the library is C.  The mel is a formula's, so that no recording is wanted.
FORCED = """
import ctypes, importlib.util, json, sys
import numpy as np
spec = importlib.util.spec_from_file_location("half", sys.argv[1])
half = importlib.util.module_from_spec(spec)
spec.loader.exec_module(half)
half.imports()
asked = {"use_gpu": False, "flash_attention": False, "language": "ru", "prompt": "", "carry_context": False}
model = half.load({"weights": {"model": sys.argv[2]}, "beam_size": None, **asked})
band, frame = np.meshgrid(np.arange(80), np.arange(3000), indexing="ij")
mel = np.ascontiguousarray(0.8 * np.sin(0.37 * band + 0.011 * frame), dtype=np.float32)
library = half._library
library.whisper_set_mel.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
assert library.whisper_set_mel(model.context, mel.ctypes.data, 3000, 80) == 0
assert library.whisper_encode(model.context, 0, 1) == 0
print(json.dumps([model.decode([token], at).tolist() for at, token in enumerate(json.loads(sys.argv[3]))]))
"""

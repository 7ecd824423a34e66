"""Qwen3-ASR's checkpoint goes through llama.cpp's own converter, where it is; the script is a stand-in here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench.assets import fetch_weights
from bench.assets.weights import read_model
from bench.errors import AssetError, UnusableWeights
from bench.ownmodel import Wishes, propose

STAND_IN = """
import sys
from pathlib import Path
folder, out, kind = sys.argv[1], sys.argv[sys.argv.index("--outfile") + 1], sys.argv[sys.argv.index("--outtype") + 1]
which = "encoder" if "--mmproj" in sys.argv else "decoder"
if not Path(folder, "weights").exists():
    sys.exit("ERROR: Model Qwen3ASR is not supported")
Path(out).write_bytes(Path(folder, which).read_bytes())
Path(folder, f"asked-{which}").write_text(kind)
"""


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tuned-qwen"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen3_asr"}))
    for which in ("decoder", "encoder", "weights"):
        (folder / which).write_bytes(b"GGUF")
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    script = tmp_path / "convert_hf_to_gguf.py"
    script.write_text(STAND_IN)
    monkeypatch.setenv("LLAMA_CPP_CONVERTER", str(script))
    monkeypatch.setenv("LLAMA_CPP_PYTHON", sys.executable)
    monkeypatch.setattr("bench.assets.makers.llamacpp_convert.check_qwen3_asr_pair", lambda *_: None)
    return folder


def fetch(folder: Path) -> dict[str, Path]:
    proposal = propose([folder], Wishes())
    assert [variant["quantization"] for variant in proposal.suite["variants"]][:2] == ["f16", "q8_0"]
    proposal.write(folder.parent / "out")
    model = read_model(folder.parent / "out" / "models" / "tuned-qwen.yaml")
    return {file.role: Path(file.path) for file in fetch_weights(model, "f16", "gguf-llamacpp")}


def test_decoder_and_encoder_are_converted_by_the_script(checkpoint: Path) -> None:
    assert set(fetch(checkpoint)) == {"decoder", "encoder"}
    assert (checkpoint / "asked-decoder").read_text() == "f16"
    assert (checkpoint / "asked-encoder").read_text() == "f16"


def test_what_the_script_says_is_passed_on(checkpoint: Path) -> None:
    (checkpoint / "weights").unlink()
    with pytest.raises(UnusableWeights) as refused:
        fetch(checkpoint)
    assert "Qwen3ASR is not supported" in refused.value.hint


def test_without_the_script_it_is_said_how_to_name_it(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLAMA_CPP_CONVERTER", "/none")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AssetError) as refused:
        fetch(checkpoint)
    assert "LLAMA_CPP_CONVERTER" in str(refused.value)

"""whisper.cpp's file is checked before the engine gets it, since the engine would crash."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from bench.assets.formats import ggml
from bench.assets.formats.whisper_layout import Hparams, tensors
from bench.assets.makers.builders import BuildRequest
from bench.assets.makers.synthetic import whisper as synthetic
from bench.assets.makers.whisper_quantize import refuse
from bench.assets.progress import Silent
from bench.errors import UnusableWeights

SMALL = {
    "width": 64,
    "heads": 2,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "audio_context": 10,
    "text_context": 8,
}


def built(folder: Path) -> Path:
    order = BuildRequest(
        title="small",
        folder=folder,
        quantization="f16",
        ingredients=(),
        parameters=SMALL,
        seed=1,
        progress=Silent(),
    )
    synthetic.build(order)
    return folder / "model-f16.bin"


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("ggml"))


def patched(whole: Path, tmp_path: Path, offset: int, raw: bytes) -> Path:
    path = tmp_path / "patched.bin"
    content = bytearray(whole.read_bytes())
    content[offset : offset + len(raw)] = raw
    path.write_bytes(content)
    return path


def test_a_whole_file_passes(whole: Path) -> None:
    ggml.check_ggml(whole)
    layout = ggml.read_layout(whole)
    assert layout.type.name == "f16"
    assert layout.hparams.n_audio_state == 64
    assert [tensor.name for tensor in layout.tensors] == [name for name, _ in tensors(layout.hparams)]


def test_whisper_base_has_245_tensors() -> None:
    base = Hparams(51865, 1500, 512, 8, 6, 448, 512, 8, 6, 80, 1)
    assert len(list(tensors(base))) == 245


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"GGUF\x03\0\0\0" + b"\0" * 100, "GGUF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git-lfs"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
        (struct.pack("<Q", 200) + b'{"weight": {}}' + b" " * 200, "safetensors"),
        (b"PK\x03\x04" + b"\0" * 50, "zip"),
        (b"\x06\0\0\0\x0c\0WhisperSpec\0", "CTranslate2"),
        (b'{"error": "not found"}', "JSON"),
        (b"\0" * 100_000, "zeros"),
        (bytes(range(7, 200)), "something else"),
        (b"lm", "something else"),
    ],
)
def test_a_foreign_file_is_called_by_its_name(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(UnusableWeights, match=word):
        ggml.check_ggml(path)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UnusableWeights, match="no such file"):
        ggml.check_ggml(tmp_path / "none.bin")
    with pytest.raises(UnusableWeights, match="folder"):
        ggml.check_ggml(tmp_path)


@pytest.mark.parametrize("share", [0.000_01, 0.01, 0.1, 0.5, 0.9, 0.999_999])
def test_a_truncated_file_is_refused_wherever_it_ends(whole: Path, tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.bin"
    raw = whole.read_bytes()
    path.write_bytes(raw[: max(6, int(len(raw) * share))])
    with pytest.raises(UnusableWeights, match="truncated"):
        ggml.check_ggml(path)


def test_a_file_cut_between_two_tensors_is_refused(whole: Path, tmp_path: Path) -> None:
    last = ggml.read_layout(whole).tensors[-2]
    path = tmp_path / "cut.bin"
    path.write_bytes(whole.read_bytes()[: last.offset + last.bytes])
    with pytest.raises(UnusableWeights, match=r"1 of \d+ tensors are missing"):
        ggml.check_ggml(path)


def test_bytes_after_the_last_tensor_are_refused(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.bin"
    path.write_bytes(whole.read_bytes() + b"\xff" * 40)
    with pytest.raises(UnusableWeights, match="corrupt"):
        ggml.check_ggml(path)


@pytest.mark.parametrize(
    ("field", "value"), [(0, 7), (2, 1 << 30), (3, 3), (4, 0), (4, -1), (9, 3), (10, 99)]
)
def test_implausible_dimensions_are_refused(whole: Path, tmp_path: Path, field: int, value: int) -> None:
    with pytest.raises(UnusableWeights):
        ggml.check_ggml(patched(whole, tmp_path, 4 + 4 * field, struct.pack("<i", value)))


def test_one_layer_more_than_there_are_tensors_is_refused(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(UnusableWeights, match="missing"):
        ggml.check_ggml(patched(whole, tmp_path, 4 + 4 * 4, struct.pack("<i", 2)))


def test_a_transposed_tensor_is_refused(whole: Path, tmp_path: Path) -> None:
    tensor = next(t for t in ggml.read_layout(whole).tensors if t.name == "encoder.blocks.0.mlp.0.weight")
    shape_at = tensor.offset - len(tensor.name) - 8
    with pytest.raises(UnusableWeights, match=r"mlp\.0\.weight is \(256, 64\), expected \(64, 256\)"):
        ggml.check_ggml(patched(whole, tmp_path, shape_at, struct.pack("<2i", 256, 64)))


def test_k_quants_are_refused_where_rows_do_not_fit(whole: Path) -> None:
    layout = ggml.read_layout(whole)
    with pytest.raises(UnusableWeights, match="rows of a multiple of 256") as refused:
        refuse(layout, ggml.TYPES["q6_k"], whole)
    assert "q8_0" in refused.value.hint
    refuse(layout, ggml.TYPES["q8_0"], whole)


def test_the_same_seed_gives_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    assert built(tmp_path).read_bytes() == whole.read_bytes()


def test_a_synthetic_vocabulary_has_as_many_tokens_as_a_true_one_and_no_token_twice() -> None:
    tokens = synthetic.vocabulary(50257)
    assert len(tokens) == len(set(tokens)) == 50257
    assert all(token for token in tokens)

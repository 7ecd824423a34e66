"""A GGUF file is looked at before an engine gets it, and what is wrong with it is said."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from bench.assets.formats.gguf import check_gguf, check_qwen3_asr_pair, read_gguf
from bench.errors import UnusableWeights

Value = str | int | float | list[str] | list[int]


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def value_of(value: Value) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + text(value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value[0], str):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(text(str(item)) for item in value)
    return struct.pack("<IIQ", 9, 4, len(value)) + struct.pack(f"<{len(value)}I", *value)


def write(path: Path, metadata: dict[str, Value], *, version: int = 3, tensors: bool = True) -> Path:
    """A small GGUF: one f32 tensor of 8 x 4 and one q8_0 tensor of 64."""
    rows = [("a.weight", (8, 4), 0, 0, 128), ("b.weight", (64,), 8, 128, 68)] if tensors else []
    head = b"GGUF" + struct.pack("<IQQ", version, len(rows), len(metadata))
    for key, value in metadata.items():
        head += text(key) + value_of(value)
    for name, shape, kind, offset, _ in rows:
        head += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", kind, offset)
    padding = -len(head) % 32
    path.write_bytes(head + b"\0" * padding + b"\1" * sum(row[4] for row in rows))
    return path


def decoder(path: Path, width: int = 256) -> Path:
    return write(path, {"general.architecture": "qwen3vl", "qwen3vl.embedding_length": width})


def encoder(path: Path, width: int = 256, projector: str = "qwen3a") -> Path:
    return write(
        path,
        {
            "general.architecture": "clip",
            "clip.audio.projector_type": projector,
            "clip.audio.projection_dim": width,
        },
    )


def complaint(path: Path) -> str:
    with pytest.raises(UnusableWeights) as caught:
        check_gguf(path, ("qwen3vl",))
    assert caught.value.hint
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_header_metadata_and_tensors_are_read(tmp_path: Path) -> None:
    found = read_gguf(
        write(
            tmp_path / "m",
            {"general.architecture": "x", "n": 7, "f": 0.5, "words": ["a", "b"], "ids": [1, 2]},
        )
    )
    assert found.architecture == "x"
    assert found.metadata["n"] == 7
    assert found.metadata["f"] == 0.5
    assert found.metadata["words"] == ["a", "b"]
    assert found.metadata["ids"] == [1, 2]
    assert [tensor.shape for tensor in found.tensors] == [(8, 4), (64,)]
    assert [tensor.bytes for tensor in found.tensors] == [128, 68]
    assert found.types() == {"f32": 1, "q8_0": 1}


def test_a_file_of_another_format_is_shown_by_its_first_letters(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"lmgg" + b"\0" * 100)
    assert "b'lmgg'" in complaint(tmp_path / "m")


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "m").touch()
    assert "empty" in complaint(tmp_path / "m")


def test_a_missing_file_is_called_missing(tmp_path: Path) -> None:
    assert "No such file" in complaint(tmp_path / "m")


@pytest.mark.parametrize("kept", [5, 20, 60, 90, 200])
def test_a_truncated_file_is_refused_wherever_it_was_cut(tmp_path: Path, kept: int) -> None:
    whole = decoder(tmp_path / "m").read_bytes()
    assert kept < len(whole)
    (tmp_path / "m").write_bytes(whole[:kept])
    assert "truncated" in complaint(tmp_path / "m")


def test_absurd_lengths_are_no_reason_to_read_for_ever(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60) + b"\xff" * 64)
    assert "truncated or corrupt" in complaint(tmp_path / "m")


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    assert "version 9" in complaint(write(tmp_path / "m", {"general.architecture": "qwen3vl"}, version=9))


def test_another_architecture_is_named(tmp_path: Path) -> None:
    said = complaint(write(tmp_path / "m", {"general.architecture": "llama"}))
    assert '"llama"' in said
    assert "qwen3vl" in said


def test_a_vocabulary_alone_is_no_model(tmp_path: Path) -> None:
    assert "without a single tensor" in complaint(
        write(tmp_path / "m", {"general.architecture": "qwen3vl"}, tensors=False)
    )


def test_a_decoder_and_its_encoder_are_a_pair(tmp_path: Path) -> None:
    check_qwen3_asr_pair(decoder(tmp_path / "d"), encoder(tmp_path / "e"))


def test_an_encoder_of_another_size_is_no_pair(tmp_path: Path) -> None:
    with pytest.raises(UnusableWeights, match=r"embeddings of 2048 .* takes 1024"):
        check_qwen3_asr_pair(decoder(tmp_path / "d", 1024), encoder(tmp_path / "e", 2048))


def test_decoder_and_encoder_exchanged_are_no_pair(tmp_path: Path) -> None:
    with pytest.raises(UnusableWeights, match='architecture is "clip"'):
        check_qwen3_asr_pair(encoder(tmp_path / "e"), decoder(tmp_path / "d"))


def test_an_encoder_for_pictures_is_no_pair(tmp_path: Path) -> None:
    with pytest.raises(UnusableWeights, match="not a Qwen3-ASR encoder"):
        check_qwen3_asr_pair(decoder(tmp_path / "d"), encoder(tmp_path / "e", projector="qwen3vl_merger"))

"""Synthetic Qwen3-ASR for transcribe.cpp: the published files' sizes, llama.cpp's values, the same bytes twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.assets.formats.gguf import GgufFile, read_gguf
from bench.assets.makers.builders import BuildRequest
from bench.assets.makers.synthetic import qwen3_asr, qwen3_asr_transcribe
from bench.assets.makers.synthetic.qwen3_model import SIZES, Vocabulary
from bench.assets.progress import Silent
from bench.errors import UnusableWeights

pytest.importorskip("transcribe_cpp_native", reason="quantizing takes ggml's library from it")

MEGABYTE = 10**6
SPECIAL = ("<|im_end|>", "<|endoftext|>", "<|audio_pad|>", "<|audio_start|>", "<|audio_end|>")


@pytest.fixture
def vocabulary() -> Vocabulary:
    """Sixty-four tokens; the real vocabulary is a download."""
    tokens = [*SPECIAL, *(f"t{number}" for number in range(64 - len(SPECIAL)))]
    ids = {text: number for number, text in enumerate(SPECIAL)}
    return Vocabulary(tokens=tokens, types=[1] * len(tokens), merges=["a b"], ids=ids)


def order_in(folder: Path, *, seed: int = 1, parameters: Mapping[str, object] | None = None) -> BuildRequest:
    folder.mkdir()
    return BuildRequest(
        title="t", folder=folder, quantization="f16", ingredients=(), parameters=parameters or {}, seed=seed,
        progress=Silent(),
    )  # fmt: skip


def made(folder: Path, vocabulary: Vocabulary, preset: str, seed: int = 1) -> Path:
    """The tiny model in a preset."""
    order = order_in(folder, seed=seed)
    types = qwen3_asr_transcribe.PRESETS[preset]
    qwen3_asr_transcribe.write_model(order, SIZES["tiny"], types, vocabulary)
    return folder / "model.gguf"


@pytest.mark.parametrize("preset", ["f16", "q4_k_m"])
def test_the_same_seed_makes_the_same_bytes(preset: str, vocabulary: Vocabulary, tmp_path: Path) -> None:
    first = made(tmp_path / "a", vocabulary, preset).read_bytes()
    assert made(tmp_path / "b", vocabulary, preset).read_bytes() == first
    assert made(tmp_path / "c", vocabulary, preset, seed=2).read_bytes() != first


def test_the_file_says_that_it_is_synthetic(vocabulary: Vocabulary, tmp_path: Path) -> None:
    found = read_gguf(made(tmp_path / "a", vocabulary, "f16"))
    assert found.architecture == "qwen3_asr"
    assert found.metadata["general.name"].startswith("SYNTHETIC")


@pytest.mark.parametrize(
    ("size", "preset", "megabytes", "digit"),
    [
        ("0.6b", "f16", 1580, 10),
        ("0.6b", "q8_0", 850, 1),
        ("0.6b", "q6_k", 690, 1),
        ("0.6b", "q5_k_m", 645, 1),
        ("0.6b", "q4_k_m", 590, 1),
        ("1.7b", "f16", 4090, 10),
        ("1.7b", "q8_0", 2190, 10),
        ("1.7b", "q6_k", 1690, 10),
        ("1.7b", "q5_k_m", 1520, 10),
        ("1.7b", "q4_k_m", 1320, 10),
    ],
)
def test_true_dimensions_take_what_the_published_files_take(
    size: str, preset: str, megabytes: int, digit: int
) -> None:
    """Sizes as transcribe.cpp's documentation prints them; the vocabulary is 6 MB of each, within 1 MB."""
    tensors = qwen3_asr_transcribe.estimated_bytes(preset, {"size": size}, None)
    assert tensors is not None
    assert abs(tensors / MEGABYTE + 6 - megabytes) <= digit / 2 + 1


def test_both_layouts_hold_the_same_numbers(vocabulary: Vocabulary, tmp_path: Path) -> None:
    ours = read_gguf(made(tmp_path / "a", vocabulary, "f16"))
    order = order_in(tmp_path / "b", parameters={"tied": True})
    qwen3_asr.write_decoder(order, SIZES["tiny"], vocabulary)
    qwen3_asr.write_encoder(order, SIZES["tiny"])
    pairs = 0
    for name in (qwen3_asr.DECODER, qwen3_asr.ENCODER):
        theirs = read_gguf(order.folder / name)
        for tensor in theirs.tensors:
            if tensor.name == "a.position_embd.weight" or ".conv2d." in tensor.name:
                continue  # computed by transcribe.cpp; F32 there
            assert raw(theirs, tensor.name) == raw(ours, qwen3_asr_transcribe.name_of(tensor.name)), (
                tensor.name
            )
            pairs += 1
    # Mel filters, window and six tensors of the convolutions are the rest.
    assert pairs == len(ours.tensors) - 8


def raw(file: GgufFile, name: str) -> bytes:
    """A tensor's bytes."""
    tensor = next(tensor for tensor in file.tensors if tensor.name == name)
    assert tensor.bytes is not None
    start = file.data_offset + tensor.offset
    return file.path.read_bytes()[start : start + tensor.bytes]


def test_rows_that_a_k_quant_does_not_divide_are_stored_in_q8_0() -> None:
    plan = qwen3_asr_transcribe.plan_tensors(
        SIZES["0.6b"], 64, qwen3_asr_transcribe.PRESETS["q4_k_m"], seed=1
    )
    types = {tensor.name: tensor.type for tensor in plan.planned}
    assert types["enc.blocks.0.attn.q.weight"] == "q8_0"  # 896 wide
    assert types["enc.blocks.0.ffn.fc2.weight"] == "q4_k"  # 3584 wide
    assert types["dec.blocks.27.attn.q.weight"] == "q4_k"
    assert types["dec.blocks.27.attn.o.weight"] == "q8_0"
    assert types["dec.token_embd.weight"] == "q6_k"
    assert {types[f"enc.conv.{number}.weight"] for number in range(3)} == {"f32"}


@pytest.mark.parametrize(
    ("preset", "parameters", "words"),
    [
        ("q3_k", {"size": "tiny"}, "no preset 'q3_k'"),
        ("f16", {"size": "huge"}, "size one of tiny, 0.6b, 1.7b"),
        ("f16", {"size": "tiny", "tied": False}, "size one of tiny, 0.6b, 1.7b"),
    ],
)
def test_what_the_library_has_not_is_refused(preset: str, parameters: dict[str, object], words: str) -> None:
    with pytest.raises(UnusableWeights) as caught:
        qwen3_asr_transcribe.estimated_bytes(preset, parameters, None)
    assert words in str(caught.value)
    assert caught.value.hint

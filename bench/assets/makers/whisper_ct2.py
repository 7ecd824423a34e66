"""CTranslate2 Whisper (float16 or float32) -> whisper.cpp's ggml f16.  numpy only.

CTranslate2 fuses query, key and value along rows (key and value in the cross attention) and keeps a
zero bias for the key, which ggml has not; it stores the encoder's sinusoids rounded to float16, which
are put back exactly.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from bench.assets.formats import ggml
from bench.assets.formats.whisper_layout import Hparams, is_f32, mel_filters, sinusoids, tensors
from bench.assets.makers.builders import BuildRequest, Parameters
from bench.assets.store import BuildResult
from bench.errors import UnusableWeights
from bench.problems import problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

REVISION: Final = "1"
CT2_VERSION: Final = 6
_DTYPES: Final = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
_HINT: Final = "It must be a float16 or float32 Whisper of CTranslate2, binary version 6."


def identity() -> str:
    """This module's own revision."""
    return f"ct2-whisper-to-ggml {REVISION}"


def estimated_bytes(quantization: str, parameters: Parameters, source: int | None) -> int | None:
    """The same numbers and a few kilobytes."""
    return source if quantization == "f16" else None


def build(order: BuildRequest) -> BuildResult:
    """Convert the ingredient, a CTranslate2 folder with `model.bin` and its vocabulary."""
    if order.quantization != "f16":
        raise problem(UnusableWeights, "convert.f16_only", title=order.title, quantization=order.quantization)
    source = order.ingredient()
    arrays = read_ct2(source / "model.bin")
    vocabulary = source / "vocabulary.txt"
    if not vocabulary.exists():
        vocabulary = source / "vocabulary.json"
    name = "model-f16.bin"
    with (order.folder / name).open("wb") as file:
        write_ggml(file, arrays, vocabulary, order)
    ggml.check_ggml(order.folder / name)
    return BuildResult(roles={"model": name})


def write_ggml(file: BinaryIO, arrays: Arrays, vocabulary: Path, order: BuildRequest) -> None:
    """The whole ggml file, matrices in f16."""
    import numpy as np

    hparams = hparams_of(arrays)
    ggml.write_header(file, hparams)
    mel = mel_filters(hparams.n_mels).astype("<f4").tobytes()
    ggml.write_preamble(file, mel, hparams.n_mels, read_vocabulary(vocabulary, hparams.base_vocab))
    wanted = list(tensors(hparams))
    for number, (name, shape) in enumerate(wanted, start=1):
        kind = ggml.TYPES["f32" if is_f32(name, shape) else "f16"]
        array = tensor(arrays, name)
        if array.size != int(np.prod(shape)):
            raise problem(
                UnusableWeights,
                "ct2.shape",
                title=order.title,
                tensor=name,
                found=str(array.shape),
                expected=str(shape),
            )
        data = np.ascontiguousarray(array, "<f4" if kind.name == "f32" else "<f2")
        ggml.write_tensor(file, name, kind, shape, [data.tobytes()])
        order.progress.advance(f"Converting {order.title}", number, len(wanted))


def read_ct2(path: Path) -> dict[str, NDArray[Any]]:
    """All variables of a CTranslate2 model, aliases resolved."""
    import numpy as np

    raw = path.read_bytes()
    position = 0

    def integer(code: str) -> int:
        nonlocal position
        (value,) = struct.unpack_from(f"<{code}", raw, position)
        position += struct.calcsize(code)
        return int(value)

    def string() -> str:
        nonlocal position
        length = integer("H")
        position += length
        return raw[position - length : position - 1].decode("utf-8")

    arrays: dict[str, NDArray[Any]] = {}
    try:
        version, spec, _ = integer("I"), string(), integer("I")
        if version != CT2_VERSION or spec != "WhisperSpec":
            raise problem(UnusableWeights, "ct2.version", path=str(path), spec=str(spec), version=version)
        for _ in range(integer("I")):
            name = string()
            shape = tuple(integer("I") for _ in range(integer("B")))
            dtype, length = _DTYPES[integer("B")], integer("I")
            values = np.frombuffer(raw, dtype, count=length // np.dtype(dtype).itemsize, offset=position)
            arrays[name] = values.reshape(shape)
            position += length
        for _ in range(integer("I")):
            alias, target = string(), string()
            arrays[alias] = arrays[target]
    except (struct.error, ValueError, KeyError, UnicodeDecodeError) as error:
        raise problem(UnusableWeights, "ct2.broken", path=str(path), error=str(error)) from None
    if any(name.endswith("weight_scale") for name in arrays):
        raise problem(UnusableWeights, "ct2.int8", path=str(path))
    return arrays


def hparams_of(arrays: Arrays) -> Hparams:
    """Dimensions, from the shapes of the variables."""

    def layers(side: str) -> int:
        found = {match[1] for name in arrays if (match := re.match(rf"{side}/layer_(\d+)/", name))}
        return len(found)

    n_vocab, n_text_state = arrays["decoder/embeddings/weight"].shape
    n_audio_state, n_mels, _ = arrays["encoder/conv1/weight"].shape
    return Hparams(
        n_vocab=n_vocab,
        n_audio_ctx=arrays["encoder/position_encodings/encodings"].shape[0],
        n_audio_state=n_audio_state,
        n_audio_head=int(arrays["encoder/num_heads"]),
        n_audio_layer=layers("encoder"),
        n_text_ctx=arrays["decoder/position_encodings/encodings"].shape[0],
        n_text_state=n_text_state,
        n_text_head=int(arrays["decoder/num_heads"]),
        n_text_layer=layers("decoder"),
        n_mels=n_mels,
        ftype=1,
    )


def tensor(arrays: Arrays, name: str) -> NDArray[Any]:
    """The values of a ggml tensor, by its name."""
    fixed = {
        "decoder.positional_embedding": "decoder/position_encodings/encodings",
        "decoder.token_embedding.weight": "decoder/embeddings/weight",
        "decoder.ln": "decoder/layer_norm",
        "encoder.ln_post": "encoder/layer_norm",
        "encoder.conv1": "encoder/conv1",
        "encoder.conv2": "encoder/conv2",
    }
    if name in fixed:
        return arrays[fixed[name]]
    if name == "encoder.positional_embedding":
        return _positions(arrays["encoder/position_encodings/encodings"])
    stem, leaf = name.rsplit(".", 1)
    if stem in fixed:
        return _leaf(arrays, fixed[stem], leaf)
    side, _, layer, part = stem.split(".", 3)
    return _block_tensor(arrays, f"{side}/layer_{layer}", part, leaf)


def _block_tensor(arrays: Arrays, layer: str, part: str, leaf: str) -> NDArray[Any]:
    """`part` is "mlp_ln", "mlp.0", "attn_ln", "cross_attn.query" ... of a layer."""
    plain = {
        "mlp_ln": "ffn/layer_norm",
        "mlp.0": "ffn/linear_0",
        "mlp.2": "ffn/linear_1",
        "attn_ln": "self_attention/layer_norm",
        "attn.out": "self_attention/linear_1",
        "cross_attn_ln": "attention/layer_norm",
        "cross_attn.query": "attention/linear_0",
        "cross_attn.out": "attention/linear_2",
    }
    if part in plain:
        return _leaf(arrays, f"{layer}/{plain[part]}", leaf)
    if part.startswith("attn."):
        return _slice(arrays, f"{layer}/self_attention/linear_0", leaf, ("query", "key", "value"), part[5:])
    return _slice(arrays, f"{layer}/attention/linear_1", leaf, ("key", "value"), part[11:])


def _slice(arrays: Arrays, source: str, leaf: str, rows: tuple[str, ...], row: str) -> NDArray[Any]:
    fused, bias = arrays[f"{source}/weight"], arrays[f"{source}/bias"]
    height = fused.shape[0] // len(rows)
    key = rows.index("key") * height
    if bias[key : key + height].any():
        raise problem(UnusableWeights, "ct2.key_bias", path=str(source))
    start = rows.index(row) * height
    return (fused if leaf == "weight" else bias)[start : start + height]


def _leaf(arrays: Arrays, source: str, leaf: str) -> NDArray[Any]:
    if f"{source}/gamma" in arrays:
        return arrays[f"{source}/{'gamma' if leaf == 'weight' else 'beta'}"]
    return arrays[f"{source}/{leaf}"]


def _positions(stored: NDArray[Any]) -> NDArray[Any]:
    """The exact sinusoids where the stored ones are their rounding."""
    exact = sinusoids(*stored.shape)
    return exact if (exact.astype(stored.dtype) == stored).all() else stored


def read_vocabulary(path: Path, count: int) -> list[bytes]:
    """The first `count` tokens as bytes: GPT-2's printable spelling of bytes is undone."""
    text = path.read_text(encoding="utf-8")
    tokens = json.loads(text) if path.suffix == ".json" else text.split("\n")
    spelling = byte_spelling()
    if len(tokens) < count:
        raise problem(
            UnusableWeights, "ct2.few_tokens", path=str(path), count=str(len(tokens)), needed=str(count)
        )
    return [bytes(spelling[letter] for letter in token) for token in tokens[:count]]


def byte_spelling() -> dict[str, int]:
    """GPT-2's letter for each byte: printable ones stand for themselves, the rest from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(hidden)}

"""A Hugging Face Whisper checkpoint (safetensors) -> whisper.cpp's ggml f16, byte for byte as its own converter.

The layout is that of whisper.cpp's models/convert-h5-to-ggml.py: tensors in the order of the checkpoint's
modules, every number rounded to float16 first, vectors and positions then widened to float32.  Where that
script takes the length of the text context from `max_length`, the positions' own number is taken here:
the two differ only for checkpoints that whisper.cpp could not load.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from bench.assets.formats import ggml
from bench.assets.formats.whisper_layout import Hparams, is_f32, mel_filters
from bench.assets.makers.builders import BuildRequest, Parameters
from bench.assets.makers.whisper_ct2 import byte_spelling
from bench.assets.store import BuildResult
from bench.errors import AssetError, UnusableWeights
from bench.problems import problem
from bench.reasons import reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

REVISION: Final = "1"
_HINT: Final = (
    "It must be the folder of a Whisper: config.json, *.safetensors, and vocab.json or tokenizer.json."
)
_ATTENTION: Final = (("k_proj", "key"), ("v_proj", "value"), ("q_proj", "query"), ("out_proj", "out"))


def identity() -> str:
    """This module's own revision; `AssetError` where safetensors is not installed."""
    from importlib.util import find_spec

    if find_spec("safetensors") is None:
        raise problem(AssetError, "checkpoint.no_safetensors")
    return f"hf-whisper-to-ggml {REVISION}"


def estimated_bytes(quantization: str, parameters: Parameters, source: int | None) -> int | None:
    """Unknown: a checkpoint is in float32 or float16."""
    return None


def build(order: BuildRequest) -> BuildResult:
    """Convert the ingredient, a checkpoint's folder."""
    if order.quantization != "f16":
        raise problem(UnusableWeights, "convert.f16_only", title=order.title, quantization=order.quantization)
    folder = order.ingredient()
    name = "model-f16.bin"
    with (order.folder / name).open("wb") as file:
        write_ggml(file, folder, order)
    ggml.check_ggml(order.folder / name)
    return BuildResult(roles={"model": name})


def write_ggml(file: BinaryIO, folder: Path, order: BuildRequest) -> None:
    """The whole file, tensor after tensor."""
    config = read_config(folder)
    checkpoint = Checkpoint(folder)
    hparams = hparams_of(config, checkpoint, folder)
    ggml.write_header(file, hparams)
    mel = mel_filters(hparams.n_mels).astype("<f4").tobytes()
    ggml.write_preamble(file, mel, hparams.n_mels, read_vocabulary(folder))
    everything = list(tensor_names(hparams))
    for number, (source, target) in enumerate(everything, start=1):
        values = checkpoint.tensor(source).astype("<f2")
        if target in ("encoder.conv1.bias", "encoder.conv2.bias"):
            values = values.reshape(-1, 1)
        shape = tuple(reversed(values.shape))
        wide = is_f32(target, shape)
        data = values.astype("<f4") if wide else values
        ggml.write_tensor(file, target, ggml.TYPES["f32" if wide else "f16"], shape, [data.tobytes()])
        order.progress.advance(f"Converting {order.title}", number, len(everything))


def read_config(folder: Path) -> dict[str, Any]:
    """`config.json`; `UnusableWeights` unless it is a Whisper's."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise problem(UnusableWeights, "checkpoint.config", path=str(folder), error=str(error)) from None
    if not isinstance(config, dict) or config.get("model_type") != "whisper":
        kind = config.get("model_type") if isinstance(config, dict) else None
        raise problem(
            UnusableWeights,
            "checkpoint.other_model",
            path=str(folder),
            kind=str(kind) if kind else reason("checkpoint.no_kind"),
        )
    return config


def hparams_of(config: dict[str, Any], checkpoint: Checkpoint, folder: Path) -> Hparams:
    """Dimensions by the config, and by the shapes of what is there."""
    try:
        hparams = Hparams(
            n_vocab=int(config["vocab_size"]),
            n_audio_ctx=int(config["max_source_positions"]),
            n_audio_state=int(config["d_model"]),
            n_audio_head=int(config["encoder_attention_heads"]),
            n_audio_layer=int(config["encoder_layers"]),
            n_text_ctx=checkpoint.tensor("decoder.embed_positions.weight").shape[0],
            n_text_state=int(config["d_model"]),
            n_text_head=int(config["decoder_attention_heads"]),
            n_text_layer=int(config["decoder_layers"]),
            n_mels=int(config["num_mel_bins"]),
            ftype=1,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise problem(
            UnusableWeights, "checkpoint.config_value", path=str(folder), error=str(error)
        ) from None
    if why := hparams.implausible():
        raise problem(UnusableWeights, "checkpoint.implausible", path=str(folder), why=why)
    return hparams


def tensor_names(h: Hparams) -> Iterator[tuple[str, str]]:
    """Name in the checkpoint and in ggml, in the order of the checkpoint's modules."""
    for conv in ("conv1", "conv2"):
        yield from _both(f"encoder.{conv}", f"encoder.{conv}")
    yield "encoder.embed_positions.weight", "encoder.positional_embedding"
    for layer in range(h.n_audio_layer):
        yield from _layer("encoder", layer)
    yield from _both("encoder.layer_norm", "encoder.ln_post")
    yield "decoder.embed_tokens.weight", "decoder.token_embedding.weight"
    yield "decoder.embed_positions.weight", "decoder.positional_embedding"
    for layer in range(h.n_text_layer):
        yield from _layer("decoder", layer)
    yield from _both("decoder.layer_norm", "decoder.ln")


def _layer(side: str, number: int) -> Iterator[tuple[str, str]]:
    source, target = f"{side}.layers.{number}", f"{side}.blocks.{number}"
    kinds = [("self_attn", "attn")] + ([("encoder_attn", "cross_attn")] if side == "decoder" else [])
    for here, there in kinds:
        for part, name in _ATTENTION:
            if part == "k_proj":  # has no bias
                yield f"{source}.{here}.{part}.weight", f"{target}.{there}.{name}.weight"
            else:
                yield from _both(f"{source}.{here}.{part}", f"{target}.{there}.{name}")
        yield from _both(f"{source}.{here}_layer_norm", f"{target}.{there}_ln")
    for part, name in (("fc1", "mlp.0"), ("fc2", "mlp.2"), ("final_layer_norm", "mlp_ln")):
        yield from _both(f"{source}.{part}", f"{target}.{name}")


def _both(source: str, target: str) -> Iterator[tuple[str, str]]:
    yield f"{source}.weight", f"{target}.weight"
    yield f"{source}.bias", f"{target}.bias"


class Checkpoint:
    """The tensors of a folder's safetensors files, in one piece or in shards."""

    def __init__(self, folder: Path) -> None:
        from safetensors import SafetensorError, safe_open

        self.folder = folder
        self.places: dict[str, Path] = {}
        for file in sorted(folder.glob("*.safetensors")):
            try:
                with safe_open(file, framework="np") as opened:
                    names = list(opened.keys())
                self.places |= {name.removeprefix("model."): file for name in names}
            except (OSError, SafetensorError) as error:
                raise problem(
                    UnusableWeights, "checkpoint.unreadable", path=str(file), error=str(error)
                ) from None
        if not self.places:
            raise problem(UnusableWeights, "checkpoint.no_tensors", path=str(folder))

    def tensor(self, name: str) -> NDArray[Any]:
        """A tensor's numbers; bfloat16 as float32.  `UnusableWeights` where there is none of that name."""
        from safetensors import safe_open

        if name not in self.places:
            raise problem(UnusableWeights, "checkpoint.no_tensor", path=str(self.folder), tensor=name)
        file = self.places[name]
        with safe_open(file, framework="np") as opened:
            there = set(opened.keys())
            full = name if name in there else f"model.{name}"
            if opened.get_slice(full).get_dtype() == "BF16":
                return _bfloat16(file, full)
            values: NDArray[Any] = opened.get_tensor(full)
        if values.dtype.kind != "f":
            raise problem(
                UnusableWeights, "checkpoint.no_numbers", path=str(file), tensor=name, type=str(values.dtype)
            )
        return values


def _bfloat16(file: Path, name: str) -> NDArray[Any]:
    """Numpy has no bfloat16: its bits are the upper half of a float32's."""
    import numpy as np

    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        entry = json.loads(stream.read(length))[name]
        start, end = entry["data_offsets"]
        stream.seek(8 + length + start)
        bits = np.frombuffer(stream.read(end - start), "<u2").astype("<u4") << 16
    return bits.view("<f4").reshape(entry["shape"])


def read_vocabulary(folder: Path) -> list[bytes]:
    """The text tokens as bytes, in the order of their numbers, without the end of text."""
    try:
        if (folder / "vocab.json").is_file():
            tokens = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        else:
            tokens = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
        spelling = byte_spelling()
        ordered = sorted((number, text) for text, number in tokens.items() if text != "<|endoftext|>")
        return [bytes(spelling[letter] for letter in text) for _, text in ordered]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise problem(UnusableWeights, "checkpoint.vocabulary", path=str(folder), error=str(error)) from None

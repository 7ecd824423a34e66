"""A tiny Whisper checkpoint as Hugging Face's libraries save it: random numbers, made the same everywhere."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np

CONFIG: dict[str, Any] = {
    "model_type": "whisper",
    "vocab_size": 51865,
    "num_mel_bins": 80,
    "d_model": 64,
    "encoder_layers": 1,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "max_source_positions": 1500,
    "max_target_positions": 448,
    "max_length": 448,
    "encoder_ffn_dim": 256,
    "decoder_ffn_dim": 256,
}


def write_checkpoint(folder: Path, *, dtype: str = "float32", shards: int = 1) -> Path:
    """config.json, vocab.json, added_tokens.json and the weights, in one piece or in shards."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "added_tokens.json").write_text("{}")
    (folder / "vocab.json").write_text(json.dumps(vocabulary(), ensure_ascii=False), encoding="utf-8")
    made = {name: values.astype(dtype) for name, values in tensors().items()}
    names = list(made)
    for shard in range(shards):
        file = "model.safetensors" if shards == 1 else f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        save_file({name: made[name] for name in names[shard::shards]}, folder / file)
    return folder


def vocabulary() -> dict[str, int]:
    """50257 tokens in GPT-2's spelling, and the end of text."""
    letters = [chr(code) for code in range(0x21, 0x7F)] + [chr(code) for code in range(0x100, 0x144)]
    tokens = ("".join(part) for length in (1, 2, 3) for part in itertools.product(letters, repeat=length))
    return {token: number for number, token in enumerate(itertools.islice(tokens, 50257))} | {
        "<|endoftext|>": 50257
    }


def tensors() -> dict[str, np.ndarray[Any, Any]]:
    """Every tensor by its name: whole multiples of 2^-9, the same on any machine."""
    width, mels = CONFIG["d_model"], CONFIG["num_mel_bins"]
    shapes: dict[str, tuple[int, ...]] = {
        "model.encoder.conv1.weight": (width, mels, 3),
        "model.encoder.conv1.bias": (width,),
        "model.encoder.conv2.weight": (width, width, 3),
        "model.encoder.conv2.bias": (width,),
        "model.encoder.embed_positions.weight": (CONFIG["max_source_positions"], width),
        "model.decoder.embed_tokens.weight": (CONFIG["vocab_size"], width),
        "model.decoder.embed_positions.weight": (CONFIG["max_target_positions"], width),
        "model.encoder.layer_norm.weight": (width,),
        "model.encoder.layer_norm.bias": (width,),
        "model.decoder.layer_norm.weight": (width,),
        "model.decoder.layer_norm.bias": (width,),
    }
    for side, blocks in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "encoder_attn"))):
        for layer in range(CONFIG[f"{side}_layers"]):
            stem = f"model.{side}.layers.{layer}"
            for block in blocks:
                for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
                    shapes[f"{stem}.{block}.{part}.weight"] = (width, width)
                    if part != "k_proj":
                        shapes[f"{stem}.{block}.{part}.bias"] = (width,)
                shapes[f"{stem}.{block}_layer_norm.weight"] = (width,)
                shapes[f"{stem}.{block}_layer_norm.bias"] = (width,)
            for part, shape in (("fc1", (4 * width, width)), ("fc2", (width, 4 * width))):
                shapes[f"{stem}.{part}.weight"] = shape
                shapes[f"{stem}.{part}.bias"] = shape[:1]
            shapes[f"{stem}.final_layer_norm.weight"] = (width,)
            shapes[f"{stem}.final_layer_norm.bias"] = (width,)
    random = np.random.Generator(np.random.PCG64(9))
    return {
        name: (random.integers(-(2**16), 2**16, shape) * 2.0**-17).astype(np.float32)
        for name, shape in shapes.items()
    }

"""Stand-ins for the field's models: tiny random weights under the file names that the hub has.

Put into a cache's folder `given/`, they let the suites for the true models run whole without the hub.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.assets import fetch_weights, read_model

MODELS = Path(__file__).parents[2] / "configs" / "models"


def qwen3_asr(given: Path, size: str) -> None:
    """Decoder and encoder in BF16, as the hub has them; and transcribe.cpp's files, some of the same names."""
    pair = _weights("synthetic-qwen3-asr-tiny-tied", "f16", "gguf-llamacpp")
    in_bf16(pair["decoder"], given / f"Qwen3-ASR-{size}-bf16.gguf")
    in_bf16(pair["encoder"], given / f"mmproj-Qwen3-ASR-{size}-bf16.gguf")
    theirs = given / "handy-computer" / f"Qwen3-ASR-{size}-gguf"
    theirs.mkdir(parents=True)
    for quantization, label in (("f16", "BF16"), ("q8_0", "Q8_0"), ("q4_k_m", "Q4_K_M")):
        found = _weights("synthetic-qwen3-asr-tiny-tied", quantization, "gguf-transcribe")["model"]
        copy = in_bf16 if label == "BF16" else shutil.copyfile
        copy(found, theirs / f"Qwen3-ASR-{size}-{label}.gguf")


def whisper_large_v3_turbo(given: Path) -> None:
    shutil.copyfile(
        _weights("whisper-tiny-synthetic", "f16", "ggml")["model"], given / "ggml-large-v3-turbo.bin"
    )


def gigaam_and_parakeet(given: Path) -> None:
    for model, name in (
        ("synthetic-gigaam-tiny", "gigaam-v3-ctc"),
        ("synthetic-parakeet-tiny", "parakeet-tdt-0.6b-v3"),
    ):
        for ours, theirs in (
            ("f16", "F16"),
            ("q8_0", "Q8_0"),
            ("q6_k", "Q6_K"),
            ("q5_k", "Q5_K_M"),
            ("q4_k", "Q4_K_M"),
        ):
            weights = _weights(model, ours, "gguf-transcribe")
            shutil.copyfile(weights["model"], given / f"{name}-{theirs}.gguf")


def in_bf16(source: Path, target: Path) -> None:
    """Copy a GGUF file with its F16 matrices as BF16, which are as many bytes."""
    import gguf
    import numpy as np

    shutil.copyfile(source, target)
    f16, bf16 = gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.BF16
    for tensor in gguf.GGUFReader(target, "r+").tensors:
        if tensor.tensor_type == f16 and sum(size > 1 for size in tensor.shape) == 2:
            wide = tensor.data.astype(np.float32)
            tensor.data.view(np.uint16)[...] = gguf.quants.quantize(wide, bf16).view(np.uint16)
            tensor.field.parts[4][0] = int(bf16)  # name length, name, dimensions, sizes, type


def _weights(model: str, quantization: str, weights_format: str) -> dict[str, Path]:
    found = fetch_weights(read_model(MODELS / f"{model}.yaml"), quantization, weights_format)
    return {file.role: Path(file.path) for file in found}

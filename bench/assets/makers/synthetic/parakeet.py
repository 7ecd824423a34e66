"""Parakeet TDT v3 of random weights in transcribe.cpp's layout: FastConformer, LSTM predictor, joint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.assets.makers.synthetic.conformer import (
    ConformerBuilder,
    ConformerDimensions,
    convolution,
    describe_tokenizer,
    feed_forward,
    linear,
    norms,
)
from bench.assets.makers.synthetic.tensors import TensorPlan
from bench.assets.makers.synthetic.transcribe_gguf import put, row_type

if TYPE_CHECKING:
    from gguf import GGUFWriter

REVISION: Final = "1"
MELS: Final = 128
KERNEL: Final = 9
DURATIONS: Final = (0, 1, 2, 3, 4)
PIECES: Final = 63
TOKENS: Final = (
    "<unk>",
    *("\u2581" + chr(97 + number % 26) + chr(97 + number // 26) for number in range(PIECES)),
    "<blank>",
)
BLANK: Final = len(TOKENS) - 1


def identity() -> str:
    """This module's own revision."""
    return f"synthetic Parakeet {REVISION}"


def describe(writer: GGUFWriter, size: ConformerDimensions) -> None:
    """Metadata: what transcribe.cpp reads before the tensors."""
    put(
        writer,
        "general.",
        {
            "name": "SYNTHETIC Parakeet: random weights",
            "basename": "parakeet-tdt",
            "file_type": 0,
            "languages": ["en", "ru"],
        },
    )
    put(
        writer,
        "stt.",
        {
            "variant": "tdt-0.6b-v3",
            "capability.lang_detect": True,
            "capability.streaming": False,
            "parakeet.head_kind": "tdt",
        },
    )
    describe_tokenizer(writer, "bpe", TOKENS, special={0: 2, BLANK: 3})
    put(writer, "tokenizer.ggml.", {"unknown_token_id": 0})
    _describe_encoder(writer, size)
    _describe_decoder(writer, predictor(size))
    _describe_frontend(writer)


def _describe_encoder(writer: GGUFWriter, size: ConformerDimensions) -> None:
    put(
        writer,
        "stt.parakeet.encoder.",
        {
            "n_layers": size.layers,
            "d_model": size.width,
            "n_heads": size.heads,
            "d_ff": 4 * size.width,
            "conv_kernel": KERNEL,
            "subsampling_factor": 8,
            "subsampling_channels": channels(size),
            "pos_emb_max_len": 5000,
            "use_bias": False,
            "xscaling": False,
            "att_context_style": "regular",
            "conv_norm_type": "batch_norm",
        },
    )
    for name, value in (
        ("att_context_left", -1),
        ("att_context_right", -1),
        ("conv_context_left", 4),
        ("conv_context_right", 4),
    ):
        writer.add_int32(f"stt.parakeet.encoder.{name}", value)


def _describe_decoder(writer: GGUFWriter, hidden: int) -> None:
    put(writer, "stt.parakeet.predictor.", {"hidden": hidden, "n_layers": 2, "vocab": len(TOKENS)})
    put(
        writer,
        "stt.parakeet.joint.",
        {"hidden": hidden, "num_extra_outputs": len(DURATIONS), "activation": "relu"},
    )
    put(writer, "stt.parakeet.tdt.", {"durations": list(DURATIONS), "max_symbols": 10})


def _describe_frontend(writer: GGUFWriter) -> None:
    put(
        writer,
        "stt.frontend.",
        {
            "type": "mel",
            "num_mels": MELS,
            "sample_rate": 16_000,
            "n_fft": 512,
            "win_length": 400,
            "hop_length": 160,
            "window": "hann",
            "normalize": "per_feature",
            "dither": 0.0,
            "pre_emphasis": 0.97,
            "f_min": 0.0,
            "f_max": 8000.0,
        },
    )


def channels(size: ConformerDimensions) -> int:
    """Of the subsampling convolutions: the true model has 256."""
    return 256 if size.width >= 1024 else 32


def predictor(size: ConformerDimensions) -> int:
    """Width of predictor and joint: the true model has 640."""
    return 640 if size.width >= 1024 else 256


def plan_tensors(size: ConformerDimensions, type_: str, *, seed: int) -> TensorPlan:
    """All tensors; the blank gets a bias, or the transducer would emit at every step."""
    plan = TensorPlan(seed)
    width, inner = size.width, channels(size)
    for name, shape in (
        ("0", (inner, 1, 3, 3)),
        ("2", (inner, 1, 3, 3)),
        ("3", (inner, inner, 1, 1)),
        ("5", (inner, 1, 3, 3)),
        ("6", (inner, inner, 1, 1)),
    ):
        fan_in = shape[1] * shape[2] * shape[3]
        plan.random(f"enc.pre_encode.conv.{name}.weight", shape, fan_in**-0.5)
        plan.filled(f"enc.pre_encode.conv.{name}.bias", (inner,), 0.0)
    linear(plan, "enc.pre_encode.out", width, inner * MELS // 8, type_, bias=True)
    for layer in range(size.layers):
        _block(plan, f"enc.blocks.{layer}.", size, type_)
    _transducer(plan, size, type_)
    return plan


def _block(plan: TensorPlan, prefix: str, size: ConformerDimensions, type_: str) -> None:
    width = size.width
    norms(plan, prefix, width, ("norm_ff1", "norm_conv", "norm_attn", "norm_ff2", "norm_out", "conv.bn"))
    plan.filled(f"{prefix}conv.bn.running_mean", (width,), 0.0)
    plan.filled(f"{prefix}conv.bn.running_var", (width,), 1.0)
    feed_forward(plan, prefix, width, type_, bias=False)
    for name in ("q", "k", "v", "out", "pos"):
        linear(plan, f"{prefix}attn.linear_{name}", width, width, type_, bias=False)
    head = width // size.heads
    for name in ("pos_bias_u", "pos_bias_v"):
        plan.random(f"{prefix}attn.{name}", (size.heads, head), head**-0.5)
    convolution(plan, prefix, width, KERNEL, bias=False)


def _transducer(plan: TensorPlan, size: ConformerDimensions, type_: str) -> None:
    import numpy as np

    hidden, outputs = predictor(size), len(TOKENS) + len(DURATIONS)
    rows = row_type(type_, hidden)
    plan.random("pred.embed.weight", (len(TOKENS), hidden), 8 * hidden**-0.5, rows)
    for layer in range(2):
        for name in ("Wx", "Wh"):
            plan.random(f"pred.lstm.{layer}.{name}", (4 * hidden, hidden), hidden**-0.5, rows)
        plan.filled(f"pred.lstm.{layer}.bias", (4 * hidden,), 0.0)
    linear(plan, "joint.enc", hidden, size.width, type_, bias=True)
    linear(plan, "joint.pred", hidden, hidden, rows, bias=True)
    linear(plan, "joint.out", outputs, hidden, rows, bias=False, gain=3.0)
    bias = np.zeros(outputs, "float32")
    bias[BLANK] = 1.0
    plan.given("joint.out.bias", bias)


_BUILDER: Final = ConformerBuilder(architecture="parakeet", describe=describe, plan=plan_tensors)
build, estimated_bytes = _BUILDER.build, _BUILDER.estimated_bytes

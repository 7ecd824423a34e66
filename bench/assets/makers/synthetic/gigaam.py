"""GigaAM v3 CTC of random weights in transcribe.cpp's layout: a Conformer with rotary positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
from bench.assets.makers.synthetic.transcribe_gguf import periodic_hann, put

if TYPE_CHECKING:
    from gguf import GGUFWriter

REVISION: Final = "1"
MELS: Final = 64
FFT: Final = 320
KERNEL: Final = 5
RATE: Final = 16_000
TOKENS: Final = (" ", *(chr(code) for code in range(ord("а"), ord("я") + 1)), "<blank>")


def identity() -> str:
    """This module's own revision."""
    return f"synthetic GigaAM {REVISION}"


def describe(writer: GGUFWriter, size: ConformerDimensions) -> None:
    """Metadata: what transcribe.cpp reads before the tensors."""
    put(
        writer,
        "general.",
        {
            "name": "SYNTHETIC GigaAM: random weights",
            "basename": "gigaam-v3",
            "version": "v3",
            "size_label": "random",
            "file_type": 0,
            "languages": ["ru"],
        },
    )
    put(writer, "stt.", {"variant": "gigaam-v3-ctc", "gigaam.head_kind": "ctc"})
    describe_tokenizer(writer, "char", TOKENS, special={len(TOKENS) - 1: 3})
    put(
        writer,
        "stt.gigaam.encoder.",
        {
            "n_layers": size.layers,
            "d_model": size.width,
            "n_heads": size.heads,
            "d_ff": 4 * size.width,
            "conv_kernel": KERNEL,
            "subsampling_factor": 4,
            "subs_kernel_size": 5,
            "pos_emb_max_len": 5000,
            "feat_in": MELS,
            "self_attention_model": "rotary",
            "conv_norm_type": "layer_norm",
        },
    )
    put(writer, "stt.gigaam.head.", {"feat_in": size.width, "num_classes": len(TOKENS)})
    put(
        writer,
        "stt.frontend.",
        {
            "type": "mel",
            "num_mels": MELS,
            "sample_rate": RATE,
            "n_fft": FFT,
            "win_length": FFT,
            "hop_length": 160,
            "window": "hann_periodic",
            "normalize": "none",
            "dither": 0.0,
            "pre_emphasis": 0.0,
            "f_min": 0.0,
            "f_max": RATE / 2,
            "log_clamp_min": 1e-9,
            "log_clamp_max": 1e9,
            "center": False,
            "mel_norm": "htk",
        },
    )


def plan_tensors(size: ConformerDimensions, type_: str, *, seed: int) -> TensorPlan:
    """All tensors; the head's classes are spread wide, so that greedy output varies."""
    plan = TensorPlan(seed)
    width = size.width
    plan.given("frontend.mel_filterbank", htk_filters())
    plan.given("frontend.window", periodic_hann(FFT))
    for name, incoming in (("0", MELS), ("2", width)):
        plan.random(f"enc.pre_encode.conv.{name}.weight", (width, incoming, 5), (incoming * 5) ** -0.5)
        plan.filled(f"enc.pre_encode.conv.{name}.bias", (width,), 0.0)
    for layer in range(size.layers):
        prefix = f"enc.blocks.{layer}."
        names = ("norm_ff1", "norm_conv", "norm_attn", "norm_ff2", "norm_out", "conv.ln")
        norms(plan, prefix, width, names)
        feed_forward(plan, prefix, width, type_, bias=True)
        for name in ("q", "k", "v", "out"):
            linear(plan, f"{prefix}attn.linear_{name}", width, width, type_, bias=True)
        convolution(plan, prefix, width, KERNEL, bias=True)
    plan.random("head.ctc.weight", (len(TOKENS), width, 1), 3 * width**-0.5)
    plan.filled("head.ctc.bias", (len(TOKENS),), 0.0)
    return plan


def htk_filters() -> Any:
    """Triangular mel filters on the HTK scale, without normalization: (mels, bins), f32."""
    import numpy as np

    def hertz(mel: Any) -> Any:
        return 700 * (10 ** (mel / 2595) - 1)

    top = 2595 * np.log10(1 + RATE / 2 / 700)
    edges = hertz(np.linspace(0, top, MELS + 2))
    bins = np.linspace(0, RATE / 2, FFT // 2 + 1)[None, :]
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    return np.maximum(0, np.minimum(rising, falling)).astype("float32")


_BUILDER: Final = ConformerBuilder(architecture="gigaam", describe=describe, plan=plan_tensors)
build, estimated_bytes = _BUILDER.build, _BUILDER.estimated_bytes

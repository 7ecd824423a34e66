"""Whisper's dimensions and tensors as whisper.cpp's ggml file lists them.

Read from whisper.cpp (`whisper_model_load`, models/convert-pt-to-ggml.py): shapes are in ggml's order,
the row width first; files list the tensors in the order of OpenAI's checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Final

from bench.domain import Reason
from bench.reasons import reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Shape = tuple[int, ...]

#: Matrices by their number of dimensions that whisper.cpp keeps in f32 and never quantizes.
KEPT_F32: Final = frozenset(
    {
        "encoder.conv1.bias",
        "encoder.conv2.bias",
        "encoder.positional_embedding",
        "decoder.positional_embedding",
    }
)
MULTILINGUAL_VOCAB: Final = 51865
SAMPLE_RATE: Final = 16_000
FFT_SIZE: Final = 400


@dataclass(frozen=True, slots=True)
class Hparams:
    """The eleven integers of the file's header, in their order."""

    n_vocab: int
    n_audio_ctx: int
    n_audio_state: int
    n_audio_head: int
    n_audio_layer: int
    n_text_ctx: int
    n_text_state: int
    n_text_head: int
    n_text_layer: int
    n_mels: int
    ftype: int

    def implausible(self) -> Reason | None:
        """Why no Whisper has these dimensions; None when one may."""
        limits = {
            "n_vocab": (51864, 60_000),
            "n_audio_ctx": (1, 6000),
            "n_audio_state": (64, 8192),
            "n_audio_head": (1, 128),
            "n_audio_layer": (1, 128),
            "n_text_ctx": (1, 4096),
            "n_text_state": (64, 8192),
            "n_text_head": (1, 128),
            "n_text_layer": (1, 128),
            "n_mels": (40, 256),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                return reason("hparams.outside", name=name, value=str(value), low=str(low), high=str(high))
        if self.n_audio_state % self.n_audio_head or self.n_text_state % self.n_text_head:
            return reason("hparams.heads")
        if self.n_audio_state != self.n_text_state:
            return reason("hparams.widths", encoder=str(self.n_audio_state), decoder=str(self.n_text_state))
        return None

    @property
    def base_vocab(self) -> int:
        """Entries of the file's vocabulary: text tokens without the special ones."""
        return 50257 if self.n_vocab >= MULTILINGUAL_VOCAB else 50256

    def as_tuple(self) -> tuple[int, ...]:
        """The integers in the file's order."""
        return astuple(self)


def tensors(h: Hparams) -> Iterator[tuple[str, Shape]]:
    """Every tensor's name and shape, in the file's order."""
    yield "decoder.positional_embedding", (h.n_text_state, h.n_text_ctx)
    yield "encoder.positional_embedding", (h.n_audio_state, h.n_audio_ctx)
    yield "decoder.token_embedding.weight", (h.n_text_state, h.n_vocab)
    for layer in range(h.n_text_layer):
        block = f"decoder.blocks.{layer}"
        yield from _mlp(block, h.n_text_state)
        yield from _attention(block, "attn", h.n_text_state)
        yield from _attention(block, "cross_attn", h.n_text_state)
    yield from _norm("decoder.ln", h.n_text_state)
    yield "encoder.conv1.weight", (3, h.n_mels, h.n_audio_state)
    yield "encoder.conv1.bias", (1, h.n_audio_state)
    yield "encoder.conv2.weight", (3, h.n_audio_state, h.n_audio_state)
    yield "encoder.conv2.bias", (1, h.n_audio_state)
    for layer in range(h.n_audio_layer):
        block = f"encoder.blocks.{layer}"
        yield from _mlp(block, h.n_audio_state)
        yield from _attention(block, "attn", h.n_audio_state)
    yield from _norm("encoder.ln_post", h.n_audio_state)


def is_matrix(name: str, shape: Shape) -> bool:
    """Whether whisper.cpp's own tool quantizes the tensor: 2-D, and none of `KEPT_F32`."""
    return len(shape) == 2 and name not in KEPT_F32


def is_f32(name: str, shape: Shape) -> bool:
    """Whether the tensor is f32 in an f16 file: vectors and `KEPT_F32`."""
    return len(shape) < 2 or name in KEPT_F32


def mel_filters(n_mels: int) -> NDArray[np.float32]:
    """The mel filter bank, [n_mels, 201]: Slaney's scale and area normalization, 0 to 8 kHz."""
    import numpy as np

    bins = np.linspace(0.0, SAMPLE_RATE / 2, FFT_SIZE // 2 + 1)
    edges = _mel_to_hertz(np.linspace(_hertz_to_mel(0.0), _hertz_to_mel(SAMPLE_RATE / 2), n_mels + 2))
    width = np.diff(edges)
    slope = edges[:, None] - bins[None, :]
    filters = np.zeros((n_mels, bins.size), np.float32)
    for row in range(n_mels):
        rising, falling = -slope[row] / width[row], slope[row + 2] / width[row + 1]
        filters[row] = np.maximum(0, np.minimum(rising, falling))
    area = 2.0 / (edges[2:] - edges[:-2])
    filters *= area[:, None]
    return filters


def sinusoids(length: int, channels: int) -> NDArray[np.float32]:
    """Positions of the encoder, [length, channels]: computed in f64 and stored as f32."""
    import numpy as np

    half = channels // 2
    rates = np.exp(-np.log(10000) / (half - 1) * np.arange(half))
    angles = np.arange(length)[:, None] * rates[None, :]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


_LINEAR_HERTZ, _LINEAR_STEP, _BREAK_MEL = 1000.0, 200.0 / 3, 15.0


def _hertz_to_mel(hertz: float) -> float:
    import math

    if hertz < _LINEAR_HERTZ:
        return hertz / _LINEAR_STEP
    return _BREAK_MEL + math.log(hertz / _LINEAR_HERTZ) / (math.log(6.4) / 27.0)


def _mel_to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    above = _LINEAR_HERTZ * np.exp((np.log(6.4) / 27.0) * (mel - _BREAK_MEL))
    return np.where(mel >= _BREAK_MEL, above, mel * _LINEAR_STEP)


def _linear(name: str, width: int, height: int, *, bias: bool = True) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (width, height)
    if bias:
        yield f"{name}.bias", (height,)


def _norm(name: str, width: int) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)


def _mlp(block: str, width: int) -> Iterator[tuple[str, Shape]]:
    yield from _norm(f"{block}.mlp_ln", width)
    yield from _linear(f"{block}.mlp.0", width, 4 * width)
    yield from _linear(f"{block}.mlp.2", 4 * width, width)


def _attention(block: str, kind: str, width: int) -> Iterator[tuple[str, Shape]]:
    yield from _norm(f"{block}.{kind}_ln", width)
    yield from _linear(f"{block}.{kind}.query", width, width)
    yield from _linear(f"{block}.{kind}.key", width, width, bias=False)
    yield from _linear(f"{block}.{kind}.value", width, width)
    yield from _linear(f"{block}.{kind}.out", width, width)

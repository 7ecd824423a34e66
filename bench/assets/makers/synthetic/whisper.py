"""A Whisper of random weights in whisper.cpp's ggml f16; parameters are its dimensions.

The vocabulary is made up (single bytes, then Cyrillic syllables): decoding runs through the same code
as with a true one, the text means nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from bench.assets.formats import ggml
from bench.assets.formats.whisper_layout import Hparams, Shape, is_f32, mel_filters, sinusoids, tensors
from bench.assets.makers.builders import BuildRequest, Parameters, mistakes
from bench.assets.makers.synthetic.noise import uniform
from bench.assets.store import BuildResult
from bench.errors import UnusableWeights
from bench.problems import problem

REVISION: Final = "1"
PIECE: Final = 1 << 22


class WhisperDimensions(BaseModel):
    """A Whisper's dimensions, as in the manifest's `parameters`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    mels: int = 80
    vocabulary: int = 51865
    audio_context: int = 1500
    text_context: int = 448

    def hparams(self) -> Hparams:
        """As the ggml header has them, f16."""
        return Hparams(
            n_vocab=self.vocabulary,
            n_audio_ctx=self.audio_context,
            n_audio_state=self.width,
            n_audio_head=self.heads,
            n_audio_layer=self.encoder_layers,
            n_text_ctx=self.text_context,
            n_text_state=self.width,
            n_text_head=self.heads,
            n_text_layer=self.decoder_layers,
            n_mels=self.mels,
            ftype=1,
        )


def identity() -> str:
    """This module's own revision."""
    return f"synthetic whisper {REVISION}"


def estimated_bytes(quantization: str, parameters: Parameters, source: int | None) -> int | None:
    """Exact but for the vocabulary, about half a megabyte."""
    hparams = WhisperDimensions.model_validate(dict(parameters)).hparams()
    return sum(_type(name, shape).size(shape) for name, shape in tensors(hparams))


def build(order: BuildRequest) -> BuildResult:
    """Write the file; the dimensions must be ones whisper.cpp accepts."""
    if order.quantization != "f16":
        raise problem(UnusableWeights, "synthetic.f16_only", title=order.title)
    try:
        hparams = WhisperDimensions.model_validate(dict(order.parameters)).hparams()
    except ValidationError as error:
        raise problem(
            UnusableWeights, "synthetic.parameters", title=order.title, error=mistakes(error)
        ) from None
    if why := hparams.implausible():
        raise problem(UnusableWeights, "synthetic.parameters", title=order.title, error=why)
    name = "model-f16.bin"
    everything = list(tensors(hparams))
    with (order.folder / name).open("wb") as file:
        ggml.write_header(file, hparams)
        mel = mel_filters(hparams.n_mels).astype("<f4").tobytes()
        ggml.write_preamble(file, mel, hparams.n_mels, vocabulary(hparams.base_vocab))
        for number, (tensor, shape) in enumerate(everything, start=1):
            ggml.write_tensor(file, tensor, _type(tensor, shape), shape, _data(tensor, shape, order.seed))
            order.progress.advance(f"Making {order.title}", number, len(everything))
    ggml.check_ggml(order.folder / name)
    return BuildResult(roles={"model": name})


def vocabulary(count: int) -> list[bytes]:
    """Every byte, then Cyrillic syllables of two and three letters, with a space before the first half."""
    letters = "аеиоубвгдзклмнпрстхшь"
    syllables = ("".join(s) for n in (2, 3, 4) for s in itertools.product(letters, repeat=n))
    words = (f" {text}" if number % 2 else text for number, text in enumerate(syllables))
    more = itertools.islice(words, count - 256)
    return [bytes([byte]) for byte in range(256)] + [word.encode() for word in more]


def _type(name: str, shape: Shape) -> ggml.Type:
    return ggml.TYPES["f32" if is_f32(name, shape) else "f16"]


def _data(name: str, shape: Shape, seed: int) -> Iterator[bytes]:
    """Sound statistics: norms are one and zero, matrices keep the variance of what they multiply."""
    import numpy as np

    if name == "encoder.positional_embedding":
        yield sinusoids(shape[1], shape[0]).astype("<f4").tobytes()
        return
    count = int(np.prod(shape))
    if "ln" in name.split(".")[-2]:
        yield np.full(count, 1.0 if name.endswith("weight") else 0.0, "<f4").tobytes()
        return
    inputs = shape[0] * shape[1] if len(shape) == 3 else shape[0]
    deviation = 0.02 if "embedding" in name or name.endswith("bias") else inputs**-0.5
    dtype = "<f4" if is_f32(name, shape) else "<f2"
    for piece, start in enumerate(range(0, count, PIECE)):
        values = uniform(seed, f"{name}/{piece}", min(PIECE, count - start), deviation)
        yield values.astype(dtype).tobytes()

"""ggml Whisper f16 -> every type whisper.cpp reads, byte for byte as its own tool writes it.

Quantized are the 2-D tensors but the two positional embeddings and the biases of the convolutions;
the rest is copied.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from bench.assets.formats import ggml
from bench.assets.formats.whisper_layout import is_matrix
from bench.assets.makers.builders import BuildRequest, Parameters
from bench.assets.makers.ggml_library import Library, find_library, quantize_rows
from bench.assets.store import BuildResult
from bench.errors import UnusableWeights
from bench.problems import problem

REVISION: Final = "1"
PACKAGES: Final = ("pywhispercpp",)
COPY: Final = 1 << 22


def identity() -> str:
    """This module's revision and the library's version."""
    return f"{REVISION}, {find_library(PACKAGES, 'whisper')}"


def estimated_bytes(quantization: str, parameters: Parameters, source: int | None) -> int | None:
    """The share of the type's bits in f16's; too low by what stays f32: 10 % of q4_0 base, 4 % of turbo."""
    kind = ggml.TYPES.get(quantization)
    return int(source * kind.bytes / kind.block / 2) if kind and source else None


def build(order: BuildRequest) -> BuildResult:
    """Quantize the ingredient; refuses before anything is written where rows do not fit."""
    kind = _quantized_type(order)
    source = order.ingredient()
    layout = ggml.read_layout(source)
    refuse(layout, kind, source)
    library = find_library(PACKAGES, "whisper")
    name = f"model-{order.quantization}.bin"
    with source.open("rb") as given, (order.folder / name).open("wb") as file:
        ftype = ggml.QUANTIZATION_VERSION * ggml.VERSION_FACTOR + kind.ftype
        ggml.write_header(file, dataclasses.replace(layout.hparams, ftype=ftype))
        for piece in _copy(given, *layout.preamble):
            file.write(piece)
        _quantize_tensors(given, file, layout, kind, library, order)
    ggml.check_ggml(order.folder / name)
    return BuildResult(roles={"model": name}, facts={"library": str(library)})


def refuse(layout: ggml.GgmlLayout, kind: ggml.Type, source: Path) -> None:
    """Raise `UnusableWeights` where whisper.cpp could not load the result.

    The native tool writes such a file; it then cannot be loaded.
    """
    if layout.type.name not in ("f16", "f32"):
        raise problem(UnusableWeights, "whispercpp.twice", path=str(source), type=layout.type.name)
    for tensor in layout.tensors:
        if is_matrix(tensor.name, tensor.shape) and not kind.fits(tensor.shape[0]):
            raise problem(
                UnusableWeights,
                "whispercpp.rows",
                kind=kind.name,
                block=str(kind.block),
                tensor=tensor.name,
                file=source.name,
                width=str(tensor.shape[0]),
            )


def _quantized_type(order: BuildRequest) -> ggml.Type:
    kind = ggml.TYPES.get(order.quantization)
    if kind is None or kind.block == 1:
        valid = ", ".join(name for name, kind in ggml.TYPES.items() if kind.block > 1)
        raise problem(
            UnusableWeights,
            "whispercpp.no_type",
            title=order.title,
            quantization=f"{order.quantization!r}",
            types=str(valid),
        )
    return kind


def _quantize_tensors(
    given: BinaryIO,
    file: BinaryIO,
    layout: ggml.GgmlLayout,
    kind: ggml.Type,
    library: Library,
    order: BuildRequest,
) -> None:
    import numpy as np

    total = sum(tensor.bytes for tensor in layout.tensors)
    done = 0
    for tensor in layout.tensors:
        if is_matrix(tensor.name, tensor.shape):
            given.seek(tensor.offset)
            dtype = "<f4" if tensor.type.name == "f32" else "<f2"
            values = np.fromfile(given, dtype, count=math.prod(tensor.shape))
            rows = values.reshape(tensor.shape[1], tensor.shape[0]).astype(np.float32)
            blocks = quantize_rows(library, kind, rows)
            ggml.write_tensor(file, tensor.name, kind, tensor.shape, [blocks.tobytes()])
        else:
            pieces = _copy(given, tensor.offset, tensor.offset + tensor.bytes)
            ggml.write_tensor(file, tensor.name, tensor.type, tensor.shape, pieces)
        done += tensor.bytes
        order.progress.advance(f"Quantizing {order.title}", done, total)


def _copy(source: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    source.seek(start)
    left = end - start
    while left:
        piece = source.read(min(left, COPY))
        left -= len(piece)
        yield piece

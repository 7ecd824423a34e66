"""Write GGUF files of random weights: deterministic, one tensor in memory at a time.

A tensor's values depend on the seed and its name alone, neither on the other tensors nor on the type
that it is stored in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.assets.formats import ggml
from bench.assets.makers.ggml_library import Library, find_library, quantize_rows
from bench.assets.makers.synthetic.noise import uniform
from bench.assets.progress import Progress
from bench.errors import UnusableWeights
from bench.problems import problem

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFWriter

PACKAGES: Final = ("transcribe-cpp-native", "pywhispercpp", "llama-cpp-python")

_PLAIN: Final = {"f32": "float32", "f16": "float16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A tensor to be: its values are made when it is written."""

    name: str
    shape: tuple[int, ...]
    type: str
    make: Callable[[], Any]


class TensorPlan:
    """The tensors of a file, planned first and then made one by one while they are written."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.planned: list[Planned] = []

    def random(self, name: str, shape: Sequence[int], deviation: float, type_: str = "f32") -> None:
        """Zero mean; `type_` is f32, f16 or a ggml quantization, whose blocks must divide the rows."""
        whole = tuple(shape)

        def make() -> np.ndarray[Any, Any]:
            return uniform(self.seed, name, math.prod(whole), deviation).reshape(whole)

        self._add(Planned(name=name, shape=whole, type=type_, make=make))

    def filled(self, name: str, shape: Sequence[int], value: float) -> None:
        """One value everywhere, in f32."""
        import numpy as np

        whole = tuple(shape)
        self._add(Planned(name=name, shape=whole, type="f32", make=lambda: np.full(whole, value, "float32")))

    def given(self, name: str, values: Any, type_: str = "f32") -> None:
        """These values."""
        self._add(Planned(name=name, shape=tuple(values.shape), type=type_, make=lambda: values))

    def take(self, tensor: Planned, name: str, shape: Sequence[int], type_: str) -> None:
        """The values of another plan's tensor under another name, in a shape of as many weights."""
        whole = tuple(shape)
        self._add(Planned(name=name, shape=whole, type=type_, make=lambda: tensor.make().reshape(whole)))

    def _add(self, tensor: Planned) -> None:
        width = tensor.shape[-1]
        if tensor.type not in ggml.TYPES or not ggml.TYPES[tensor.type].fits(width):
            raise problem(
                UnusableWeights, "tensor.type", tensor=tensor.name, type=str(tensor.type), width=str(width)
            )
        self.planned.append(tensor)

    @property
    def bytes(self) -> int:
        """Size of all tensors as they are stored."""
        return sum(_stored_bytes(tensor) for tensor in self.planned)

    def write(self, writer: GGUFWriter, path: Path, title: str, progress: Progress) -> None:
        """Header, metadata and tensors to `path`; the writer has the metadata already."""
        import numpy as np
        from gguf import GGMLQuantizationType

        for tensor in self.planned:
            writer.add_tensor_info(
                tensor.name,
                _stored_shape(tensor),
                np.dtype(_PLAIN.get(tensor.type, "uint8")),
                _stored_bytes(tensor),
                raw_dtype=GGMLQuantizationType[tensor.type.upper()],
            )
        writer.write_header_to_file(path)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        quantized = any(tensor.type not in _PLAIN for tensor in self.planned)
        library = find_library(PACKAGES, "transcribe") if quantized else None
        done = 0
        for tensor in self.planned:
            writer.write_tensor_data(_stored(tensor, library))
            done += _stored_bytes(tensor)
            progress.advance(f"Writing {title}", done, self.bytes)
        writer.close()


def _stored_shape(tensor: Planned) -> tuple[int, ...]:
    """The array's shape as the gguf package wants it: in bytes a row where it is quantized."""
    if tensor.type in _PLAIN:
        return tensor.shape
    kind = ggml.TYPES[tensor.type]
    return (*tensor.shape[:-1], tensor.shape[-1] // kind.block * kind.bytes)


def _stored_bytes(tensor: Planned) -> int:
    return ggml.TYPES[tensor.type].size(tensor.shape)


def _stored(tensor: Planned, library: Library | None) -> np.ndarray[Any, Any]:
    import numpy as np

    values = tensor.make()
    if library is None or tensor.type in _PLAIN:
        return np.ascontiguousarray(values, dtype=_PLAIN[tensor.type])
    rows = values.reshape(-1, tensor.shape[-1])
    return quantize_rows(library, ggml.TYPES[tensor.type], rows).reshape(_stored_shape(tensor))

"""Write GGUF files of random weights: deterministic, one tensor in memory at a time.

Every tensor has its own random stream, seeded by the file's seed and the tensor's name, so that a
tensor's values depend neither on the others nor on the type that it is stored in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.assets.ggml_library import quantize_rows, row_bytes

if TYPE_CHECKING:
    import numpy
    from gguf import GGUFWriter

_PLAIN: Final = {"f32": "float32", "f16": "float16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    name: str
    shape: tuple[int, ...]
    type: str
    make: Callable[[], Any]


class TensorPlan:
    """The tensors of a file, planned first and then made one by one while they are written."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.planned: list[_Planned] = []

    def random(self, name: str, shape: Sequence[int], deviation: float, type_: str = "f32") -> None:
        """Normally distributed around 0; `type_` is f32, f16 or a ggml quantization for rows."""
        whole = tuple(shape)

        def make() -> numpy.ndarray[Any, Any]:
            values = self._stream(name).standard_normal(whole, dtype="float32")
            values *= deviation
            return values

        self.planned.append(_Planned(name=name, shape=whole, type=type_, make=make))

    def filled(self, name: str, shape: Sequence[int], value: float) -> None:
        """One value everywhere, in f32."""
        import numpy

        whole = tuple(shape)
        self.planned.append(
            _Planned(name=name, shape=whole, type="f32", make=lambda: numpy.full(whole, value, "float32"))
        )

    def given(self, name: str, values: Any, type_: str = "f32") -> None:
        """These values."""
        self.planned.append(_Planned(name=name, shape=tuple(values.shape), type=type_, make=lambda: values))

    def write(self, writer: GGUFWriter, path: Path) -> None:
        """Header, metadata and tensors to `path`; the writer has the metadata already."""
        import numpy

        for tensor in self.planned:
            writer.add_tensor_info(
                tensor.name,
                self._stored_shape(tensor),
                numpy.dtype(_PLAIN.get(tensor.type, "uint8")),
                self._stored_bytes(tensor),
                raw_dtype=self._raw_type(tensor.type),
            )
        writer.write_header_to_file(path)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in self.planned:
            writer.write_tensor_data(self._stored(tensor))
        writer.close()

    def _stream(self, name: str) -> numpy.random.Generator:
        import numpy

        digest = hashlib.sha256(f"{self.seed}:{name}".encode()).digest()
        return numpy.random.Generator(numpy.random.PCG64(int.from_bytes(digest[:8], "little")))

    @staticmethod
    def _raw_type(type_: str) -> Any:
        from gguf import GGMLQuantizationType

        return GGMLQuantizationType[type_.upper()]

    def _stored_shape(self, tensor: _Planned) -> tuple[int, ...]:
        """The array's shape as the gguf package wants it: in bytes a row where it is quantized."""
        if tensor.type in _PLAIN:
            return tensor.shape
        return (*tensor.shape[:-1], row_bytes(tensor.type, tensor.shape[-1]))

    def _stored_bytes(self, tensor: _Planned) -> int:
        count = 1
        for width in self._stored_shape(tensor):
            count *= width
        return count * {"f32": 4, "f16": 2}.get(tensor.type, 1)

    @staticmethod
    def _stored(tensor: _Planned) -> numpy.ndarray[Any, Any]:
        import numpy

        values = tensor.make()
        if tensor.type in _PLAIN:
            return numpy.ascontiguousarray(values, dtype=_PLAIN[tensor.type])
        return quantize_rows(values, tensor.type)

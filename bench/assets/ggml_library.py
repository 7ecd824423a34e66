"""ggml's own quantization, from the library inside an installed engine's package.

Any of the packages will do: they carry the same reference code, and its results are the native
tools' to the byte.  Nothing is compiled and no engine is imported.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.assets.gguf import TYPES
from bench.errors import AssetError

if TYPE_CHECKING:
    import numpy

_PACKAGES: Final = ("transcribe-cpp-native", "pywhispercpp", "llama-cpp-python")
_IDS: Final = {name: number for number, (name, _, _) in TYPES.items()}


def row_bytes(type_: str, width: int) -> int:
    """Bytes of a row of `width` weights; `AssetError` where the type's blocks do not fit it."""
    _, block, block_bytes = TYPES[_IDS[type_]]
    if width % block:
        raise AssetError(
            f"{type_} stores blocks of {block} weights, and a row here has {width}.",
            hint="Choose a quantization whose blocks divide the row, q8_0 or q4_0 for instance.",
        )
    return width // block * block_bytes


def quantize_rows(values: Any, type_: str) -> numpy.ndarray[Any, Any]:
    """f32 rows as ggml stores them in `type_`: uint8, the last axis in bytes.  No importance matrix."""
    import numpy

    values = numpy.ascontiguousarray(values, dtype="float32")
    width = values.shape[-1]
    rows = values.size // width
    stored = numpy.empty((*values.shape[:-1], row_bytes(type_, width)), "uint8")
    library = _library()
    library.ggml_quantize_chunk(
        _IDS[type_], values.ctypes.data, stored.ctypes.data, 0, rows, width, None
    )  # fmt: skip
    return stored


@cache
def _library() -> ctypes.CDLL:
    for package in _PACKAGES:
        for path in _candidates(package):
            library = ctypes.CDLL(str(path))
            library.ggml_quantize_chunk.restype = ctypes.c_size_t
            library.ggml_quantize_chunk.argtypes = [
                ctypes.c_int,
                ctypes.c_void_p,
                ctypes.c_void_p,
                ctypes.c_int64,
                ctypes.c_int64,
                ctypes.c_int64,
                ctypes.c_void_p,
            ]
            return library
    raise AssetError(
        "no ggml library: none of " + ", ".join(_PACKAGES) + " is installed.",
        hint="Install one with: pip install 'asr-quant-bench[transcribe]'",
    )


def _candidates(package: str) -> list[Path]:
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        return []
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    return [
        Path(str(file.locate()))
        for file in files
        if file.name.startswith("libggml-base") and suffix in file.name and Path(str(file.locate())).exists()
    ]

"""The engine's own ggml library, by ctypes: quantizing as the native tools do, without a compiler."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.assets.formats.ggml import Type
from bench.errors import AssetError, UnusableWeights
from bench.problems import problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS_A_CALL = 1 << 21  # weights a call gets: 8 MB of f32


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """`libggml-base` of a package: which one, and where."""

    package: str
    version: str
    path: Path

    def __str__(self) -> str:
        return f"ggml of {self.package} {self.version}"


def find_library(packages: Sequence[str], extra: str) -> Library:
    """The library inside the first of the packages that is installed.

    Raises `AssetError` that names the extra where none has it.
    """
    from importlib import metadata

    for package in packages:
        try:
            distribution = metadata.distribution(package)
        except metadata.PackageNotFoundError:
            continue
        names = [file for file in distribution.files or () if _is_base_library(file.name)]
        # delocate and auditwheel put the one that is really loaded into a folder of the package's own
        names.sort(key=lambda file: (not _is_vendored(str(file)), str(file)))
        for name in names:
            path = Path(str(name.locate()))
            if path.exists():
                return Library(package=package, version=distribution.version, path=path.resolve())
    raise problem(AssetError, "ggml.no_library", packages=", ".join(packages), extra=extra)


def quantize_rows(library: Library, kind: Type, values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Blocks of `kind` for a matrix of f32 rows [height, width]; rows are shared out to the cores."""
    import os
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    handle = _open(str(library.path))
    _agree(handle, library, kind)
    height, width = values.shape
    if not kind.fits(width):
        raise problem(UnusableWeights, "ggml.rows", kind=kind.name, block=str(kind.block), width=str(width))
    values = np.ascontiguousarray(values, np.float32)
    out = np.empty((height, width // kind.block * kind.bytes), np.uint8)
    step = max(1, ROWS_A_CALL // width)

    def work(start: int) -> None:
        rows = values[start : start + step]
        target = out[start : start + step]
        written = handle.ggml_quantize_chunk(
            kind.number, rows.ctypes.data, target.ctypes.data, 0, rows.shape[0], width, None
        )
        if written != target.nbytes:
            raise problem(
                AssetError,
                "ggml.other_size",
                library=str(library),
                written=str(written),
                kind=kind.name,
                expected=str(target.nbytes),
            )

    handle.ggml_quantize_init(kind.number)  # its tables are made once, before the threads start
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for _ in pool.map(work, range(0, height, step)):
            pass
    return out


@functools.cache
def _open(path: str) -> Any:
    class Params(ctypes.Structure):
        _fields_ = (
            ("mem_size", ctypes.c_size_t),
            ("mem_buffer", ctypes.c_void_p),
            ("no_alloc", ctypes.c_bool),
        )

    handle = ctypes.CDLL(path)
    handle.ggml_init.restype, handle.ggml_init.argtypes = ctypes.c_void_p, [Params]
    handle.ggml_free.restype, handle.ggml_free.argtypes = None, [ctypes.c_void_p]
    handle.ggml_free(
        handle.ggml_init(Params(0, None, False))
    )  # fills the f16 tables, as the native tool does
    handle.ggml_quantize_init.restype, handle.ggml_quantize_init.argtypes = None, [ctypes.c_int]
    handle.ggml_blck_size.restype, handle.ggml_blck_size.argtypes = ctypes.c_int64, [ctypes.c_int]
    handle.ggml_row_size.restype = ctypes.c_size_t
    handle.ggml_row_size.argtypes = [ctypes.c_int, ctypes.c_int64]
    handle.ggml_type_name.restype, handle.ggml_type_name.argtypes = ctypes.c_char_p, [ctypes.c_int]
    handle.ggml_quantize_chunk.restype = ctypes.c_size_t
    handle.ggml_quantize_chunk.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_void_p,
    ]
    return handle


def _agree(handle: Any, library: Library, kind: Type) -> None:
    """The library's own idea of the type must be ours."""
    name = (handle.ggml_type_name(kind.number) or b"?").decode().lower()
    theirs = (name, handle.ggml_blck_size(kind.number), handle.ggml_row_size(kind.number, kind.block))
    ours = (kind.name, kind.block, kind.bytes)
    if theirs != ours:
        raise problem(
            AssetError,
            "ggml.other_types",
            library=str(library),
            number=str(kind.number),
            theirs=str(theirs),
            ours=str(ours),
        )


def _is_base_library(name: str) -> bool:
    return "ggml-base" in name and (".so" in name or name.endswith((".dylib", ".dll")))


def _is_vendored(path: str) -> bool:
    return ".libs/" in path or ".dylibs/" in path

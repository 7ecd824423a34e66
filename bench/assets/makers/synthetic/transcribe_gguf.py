"""transcribe.cpp's GGUF layout: what the synthetic files of all its families are written with.

The layout (keys, tensor names, shapes) is what transcribe.cpp 0.4 asks for when it loads such a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gguf import GGUFWriter

MODEL: Final = "model.gguf"


def put(writer: GGUFWriter, prefix: str, values: Mapping[str, Any]) -> None:
    """Metadata by the Python type of each value: integers as u32, floats as f32."""
    for name, value in values.items():
        key = prefix + name
        match value:
            case bool():
                writer.add_bool(key, value)
            case int() if value < 0:
                writer.add_int32(key, value)
            case int():
                writer.add_uint32(key, value)
            case float():
                writer.add_float32(key, value)
            case str():
                writer.add_string(key, value)
            case _:
                writer.add_array(key, value)


def row_type(type_: str, width: int) -> str:
    """The type for a row: K-quants where their blocks of 256 fit, else q8_0, as native tools fall back."""
    return "q8_0" if type_.endswith("_k") and width % 256 else type_


def periodic_hann(length: int) -> Any:
    """The periodic Hann window, f32."""
    import numpy as np

    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype("float32")

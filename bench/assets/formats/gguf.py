"""Read and check GGUF files: header, metadata, tensor table; never the weights.

A binding that is handed a truncated or foreign file may crash, so files are checked before any
child is started.  Format: the GGUF specification in ggml's documentation, versions 2 and 3.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.errors import UnusableWeights
from bench.problems import problem

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
_ALIGNMENT: Final = 32
_HINT: Final = "Remove it and fetch it again, or give the right file."

_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING: Final = 8
_ARRAY: Final = 9

# ggml type id -> (name, weights in a block, bytes of a block)
TYPES: Final[Mapping[int, tuple[str, int, int]]] = {
    0: ("f32", 1, 4),
    1: ("f16", 1, 2),
    2: ("q4_0", 32, 18),
    3: ("q4_1", 32, 20),
    6: ("q5_0", 32, 22),
    7: ("q5_1", 32, 24),
    8: ("q8_0", 32, 34),
    9: ("q8_1", 32, 36),
    10: ("q2_k", 256, 84),
    11: ("q3_k", 256, 110),
    12: ("q4_k", 256, 144),
    13: ("q5_k", 256, 176),
    14: ("q6_k", 256, 210),
    15: ("q8_k", 256, 292),
    16: ("iq2_xxs", 256, 66),
    17: ("iq2_xs", 256, 74),
    18: ("iq3_xxs", 256, 98),
    19: ("iq1_s", 256, 50),
    20: ("iq4_nl", 32, 18),
    21: ("iq3_s", 256, 110),
    22: ("iq2_s", 256, 82),
    23: ("iq4_xs", 256, 136),
    24: ("i8", 1, 1),
    25: ("i16", 1, 2),
    26: ("i32", 1, 4),
    27: ("i64", 1, 8),
    28: ("f64", 1, 8),
    29: ("iq1_m", 256, 56),
    30: ("bf16", 1, 2),
    34: ("tq1_0", 256, 54),
    35: ("tq2_0", 256, 66),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufTensor:
    """A row of the tensor table; `shape` is in ggml's order, the row width first.

    `bytes` is None for a ggml type that this reader does not know.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    offset: int
    bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFile:
    """What a GGUF file says of itself.  `data_offset` is where the tensors' bytes begin."""

    path: Path
    version: int
    metadata: Mapping[str, Any]
    tensors: tuple[GgufTensor, ...]
    data_offset: int

    @property
    def architecture(self) -> str:
        """`general.architecture`, e.g. qwen3vl, clip, gigaam; empty where there is none."""
        return str(self.metadata.get("general.architecture", ""))

    def types(self) -> dict[str, int]:
        """How many tensors have which type: what a quantization label really stands for."""
        counts: dict[str, int] = {}
        for tensor in self.tensors:
            counts[tensor.type] = counts.get(tensor.type, 0) + 1
        return counts


# Vocabularies have some 250,000 words, each once as text and once as a score.
MOST_VALUES: Final = 1 << 22
DEEPEST_ARRAY: Final = 3


class _Cursor:
    """Little-endian reading from a mapped file; running off its end is an `UnusableWeights`."""

    def __init__(self, path: Path, view: mmap.mmap | bytes) -> None:
        self.path, self.view, self.at = path, view, 0
        self.left = MOST_VALUES

    def scalar(self, code: str) -> Any:
        form = "<" + code
        size = struct.calcsize(form)
        self._require(size)
        (value,) = struct.unpack_from(form, self.view, self.at)
        self.at += size
        return value

    def bytes(self) -> bytes:
        length = self.scalar("Q")
        self._require(length)
        found = bytes(self.view[self.at : self.at + length])
        self.at += length
        return found

    def text(self) -> str:
        return self.bytes().decode("utf-8", "replace")

    def array(self, depth: int = 0) -> list[Any]:
        kind, count = self.scalar("I"), self.scalar("Q")
        self.left -= count
        if self.left < 0 or depth > DEEPEST_ARRAY:
            raise problem(
                UnusableWeights,
                "gguf.too_many_values",
                path=str(self.path),
                values=f"{MOST_VALUES:,}",
                depth=str(DEEPEST_ARRAY),
            )
        if kind == _STRING:
            self._require(8 * count)
            return [self.text() for _ in range(count)]
        if kind == _ARRAY:
            self._require(12 * count)
            return [self.array(depth + 1) for _ in range(count)]
        code = self._code(kind)
        size = struct.calcsize("<" + code)
        self._require(size * count)
        found = struct.unpack_from(f"<{count}{code}", self.view, self.at)
        self.at += size * count
        return list(found)

    def value(self) -> Any:
        kind = self.scalar("I")
        if kind == _STRING:
            return self.text()
        return self.array() if kind == _ARRAY else self.scalar(self._code(kind))

    def _code(self, kind: int) -> str:
        if kind not in _SCALARS:
            raise problem(UnusableWeights, "gguf.value_type", path=str(self.path), kind=kind)
        return _SCALARS[kind]

    def _require(self, size: int) -> None:
        if self.at + size > len(self.view):
            raise problem(
                UnusableWeights,
                "gguf.header_beyond",
                path=str(self.path),
                beyond=str(self.at + size - len(self.view)),
            )


def read_gguf(path: Path) -> GgufFile:
    """Header, metadata and tensor table of a GGUF file, a fraction of a second for any size.

    Raises `UnusableWeights` for a file that is missing, empty, of another format, truncated or
    corrupt, and for one whose tensors reach behind its end.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise problem(UnusableWeights, "weights.empty", path=str(path))
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            found = _read(_Cursor(path, view))
    except OSError as error:
        raise problem(
            UnusableWeights, "gguf.unreadable", path=str(path), error=error.strerror or str(error)
        ) from error
    _check_extent(found, size)
    return found


def _read(cursor: _Cursor) -> GgufFile:
    magic = bytes(cursor.view[:4])
    if magic != MAGIC:
        raise problem(
            UnusableWeights, "gguf.foreign", path=str(cursor.path), magic=f"{magic!r}", expected=f"{MAGIC!r}"
        )
    cursor.at = 4
    version = cursor.scalar("I")
    if version not in VERSIONS:
        raise problem(UnusableWeights, "gguf.version", path=str(cursor.path), version=version)
    tensor_count, value_count = cursor.scalar("Q"), cursor.scalar("Q")
    metadata = {}
    for _ in range(value_count):
        key = cursor.text()
        metadata[key] = cursor.value()
    tensors = tuple(_tensor(cursor) for _ in range(tensor_count))
    alignment = int(metadata.get("general.alignment", _ALIGNMENT)) or _ALIGNMENT
    return GgufFile(
        path=cursor.path,
        version=version,
        metadata=metadata,
        tensors=tensors,
        data_offset=(cursor.at + alignment - 1) // alignment * alignment,
    )


def _tensor(cursor: _Cursor) -> GgufTensor:
    name = cursor.text()
    shape = tuple(cursor.scalar("Q") for _ in range(min(cursor.scalar("I"), 8)))
    kind, offset = cursor.scalar("I"), cursor.scalar("Q")
    label, block, block_bytes = TYPES.get(kind, (f"type {kind}", 0, 0))
    weights = 1
    for width in shape:
        weights *= width
    known = weights // block * block_bytes if block else None
    return GgufTensor(name=name, shape=shape, type=label, offset=offset, bytes=known)


def _check_extent(found: GgufFile, size: int) -> None:
    ends = (found.data_offset + tensor.offset + (tensor.bytes or 0) for tensor in found.tensors)
    needed = max(ends, default=0)
    if needed > size:
        raise problem(
            UnusableWeights, "gguf.truncated", path=str(found.path), needed=str(needed), size=str(size)
        )


def check_gguf(path: Path, architectures: Iterable[str] = ()) -> GgufFile:
    """A readable GGUF file with tensors, of one of these architectures if any are given; else `UnusableWeights`."""
    found = read_gguf(path)
    wanted = tuple(architectures)
    if wanted and found.architecture not in wanted:
        raise problem(
            UnusableWeights,
            "gguf.architecture",
            path=str(path),
            architecture=str(found.architecture),
            wanted=", ".join(wanted),
        )
    if not found.tensors:
        raise problem(UnusableWeights, "gguf.vocabulary_only", path=str(path))
    return found


def check_qwen3_asr_pair(decoder_path: Path, encoder_path: Path) -> None:
    """A Qwen3-ASR decoder and an encoder whose output fits it; else `UnusableWeights`.

    The decoder is a `qwen3vl` file; the encoder is a `clip` file with the projector `qwen3a`.
    """
    decoder = check_gguf(decoder_path, ("qwen3vl",))
    encoder = check_gguf(encoder_path, ("clip",))
    projector = encoder.metadata.get("clip.audio.projector_type") or encoder.metadata.get(
        "clip.projector_type"
    )
    if projector != "qwen3a":
        raise problem(UnusableWeights, "gguf.projector", path=str(encoder_path), projector=str(projector))
    wide = decoder.metadata.get("qwen3vl.embedding_length")
    out = encoder.metadata.get("clip.audio.projection_dim")
    if wide != out:
        raise problem(
            UnusableWeights,
            "gguf.other_sizes",
            encoder=str(encoder_path),
            out=str(out),
            decoder=str(decoder_path),
            wide=str(wide),
        )

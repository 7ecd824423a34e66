"""whisper.cpp's ggml `.bin`: one reader and one writer of its layout, and the check before use.

Little-endian.  Magic, eleven integers, mel filters (two integers, f32), vocabulary (count, then
length and bytes each), then tensors to the end of the file: dimensions, length of the name, type; the
shape, row width first; the name; the data without padding.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from bench.assets.formats.whisper_layout import FFT_SIZE, Hparams, Shape
from bench.assets.formats.whisper_layout import tensors as expected_tensors
from bench.domain import Reason
from bench.errors import UnusableWeights
from bench.problems import problem
from bench.reasons import reason

MAGIC: Final = 0x67676D6C
QUANTIZATION_VERSION: Final = 2
VERSION_FACTOR: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A ggml tensor type: `block` weights take `bytes`; `ftype` is the file-wide number."""

    name: str
    number: int
    ftype: int
    block: int
    bytes: int

    def fits(self, width: int) -> bool:
        """Whether a row of that many weights is a whole number of blocks."""
        return width % self.block == 0

    def size(self, shape: Shape) -> int:
        """Bytes of a tensor."""
        return math.prod(shape) // self.block * self.bytes


_TABLE: Final = (
    ("f32", 0, 0, 1, 4),
    ("f16", 1, 1, 1, 2),
    ("q4_0", 2, 2, 32, 18),
    ("q4_1", 3, 3, 32, 20),
    ("q5_0", 6, 8, 32, 22),
    ("q5_1", 7, 9, 32, 24),
    ("q8_0", 8, 7, 32, 34),
    ("q2_k", 10, 10, 256, 84),
    ("q3_k", 11, 11, 256, 110),
    ("q4_k", 12, 12, 256, 144),
    ("q5_k", 13, 13, 256, 176),
    ("q6_k", 14, 14, 256, 210),
)
TYPES: Final = {
    name: Type(name=name, number=number, ftype=ftype, block=block, bytes=size)
    for name, number, ftype, block, size in _TABLE
}
BY_NUMBER: Final = {kind.number: kind for kind in TYPES.values()}
BY_FTYPE: Final = {kind.ftype: kind for kind in TYPES.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgmlTensor:
    """A tensor's place in the file; `offset` is where its data begins."""

    name: str
    type: Type
    shape: Shape
    offset: int

    @property
    def bytes(self) -> int:
        """Length of the data."""
        return self.type.size(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class GgmlLayout:
    """Where everything lies.  `preamble` spans mel filters and vocabulary, as (start, end)."""

    hparams: Hparams
    preamble: tuple[int, int]
    tensors: tuple[GgmlTensor, ...]

    @property
    def type(self) -> Type:
        """The file-wide type: f16, q8_0 ..."""
        return BY_FTYPE[self.hparams.ftype % VERSION_FACTOR]


def check_ggml(path: Path) -> None:
    """Raise `UnusableWeights` unless whisper.cpp can load the file: it would crash on a bad one.

    Reads the header and walks all tensors: names, shapes and types against the dimensions, and the
    last byte against the file's size.  The numbers themselves are not looked at.
    """
    layout = read_layout(path)
    wanted = dict(expected_tensors(layout.hparams))
    there = {tensor.name: tensor for tensor in layout.tensors}
    if missing := [name for name in wanted if name not in there]:
        raise _unusable(
            path,
            reason("ggml.tensors_missing", count=str(len(missing)), total=str(len(wanted)), first=missing[0]),
        )
    for name, tensor in there.items():
        if name not in wanted:
            raise _unusable(path, reason("ggml.other_tensor", tensor=name))
        if tensor.shape != wanted[name]:
            raise _unusable(
                path,
                reason("ggml.tensor_shape", tensor=name, shape=str(tensor.shape), expected=str(wanted[name])),
            )
    if len(layout.tensors) != len(wanted):
        raise _unusable(path, reason("ggml.tensor_twice"))


def read_layout(path: Path) -> GgmlLayout:
    """The file's layout; `UnusableWeights` where it is no whole ggml file."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _read_layout(path, file, size)
    except FileNotFoundError:
        raise problem(UnusableWeights, "weights.no_file", path=str(path)) from None
    except IsADirectoryError:
        raise problem(UnusableWeights, "ggml.folder", path=str(path)) from None
    except OSError as error:
        raise problem(UnusableWeights, "weights.unreadable", path=str(path), error=str(error)) from None


def write_header(file: BinaryIO, hparams: Hparams) -> None:
    """Magic and dimensions."""
    file.write(struct.pack("<I11i", MAGIC, *hparams.as_tuple()))


def write_preamble(file: BinaryIO, mel: bytes, n_mels: int, vocabulary: Sequence[bytes]) -> None:
    """Mel filters (f32 rows of 201) and the vocabulary."""
    file.write(struct.pack("<2i", n_mels, FFT_SIZE // 2 + 1))
    file.write(mel)
    file.write(struct.pack("<i", len(vocabulary)))
    file.writelines(struct.pack("<i", len(token)) + token for token in vocabulary)


def write_tensor(file: BinaryIO, name: str, kind: Type, shape: Shape, data: Iterable[bytes]) -> None:
    """One tensor; `data` in pieces whose lengths must add up to the type's size of the shape."""
    raw = name.encode()
    file.write(struct.pack("<3i", len(shape), len(raw), kind.number))
    file.write(struct.pack(f"<{len(shape)}i", *shape) + raw)
    written = 0
    for piece in data:
        file.write(piece)
        written += len(piece)
    if written != kind.size(shape):
        raise ValueError(f"{name}: {written} bytes written, {kind.size(shape)} belong there")


_NEXT: Final = "Fetch the model again, or name another file."


def _read_layout(path: Path, file: BinaryIO, size: int) -> GgmlLayout:
    if size == 0:
        raise _unusable(path, reason("ggml.empty"))
    head = file.read(512)
    if len(head) < 4 or struct.unpack_from("<I", head)[0] != MAGIC:
        raise _unusable(path, reason("ggml.foreign", what=foreign(head)))
    reader = _Reader(path, file, size)
    file.seek(4)
    hparams = Hparams(*reader.integers(11))
    if why := hparams.implausible():
        raise _unusable(path, why)
    if hparams.ftype % VERSION_FACTOR not in BY_FTYPE:
        raise _unusable(path, reason("ggml.type_number", number=str(hparams.ftype)))
    start = file.tell()
    n_mels, n_bins = reader.integers(2)
    if n_mels != hparams.n_mels or n_bins != FFT_SIZE // 2 + 1:
        raise _unusable(path, reason("ggml.filters", rows=str(n_mels), columns=str(n_bins)))
    reader.skip(4 * n_mels * n_bins, reason("ggml.mel_filters"))
    (count,) = reader.integers(1)
    if not 0 < count <= hparams.n_vocab:
        raise _unusable(path, reason("ggml.vocabulary", count=str(count), wanted=str(hparams.n_vocab)))
    for _ in range(count):
        (length,) = reader.integers(1)
        reader.skip(length, reason("ggml.the_vocabulary"))
    preamble = (start, file.tell())
    tensors: list[GgmlTensor] = []
    while file.tell() < size:
        tensors.append(reader.tensor(layouts=len(tensors)))
    return GgmlLayout(hparams=hparams, preamble=preamble, tensors=tuple(tensors))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads that never pass the end of the file."""

    path: Path
    file: BinaryIO
    size: int

    def integers(self, count: int) -> tuple[int, ...]:
        raw = self.file.read(4 * count)
        if len(raw) < 4 * count:
            raise self.truncated(reason("ggml.header"))
        return struct.unpack(f"<{count}i", raw)

    def skip(self, length: int, what: Reason) -> None:
        if length < 0:
            raise _unusable(self.path, reason("ggml.negative_length", what=what))
        if self.file.tell() + length > self.size:
            raise self.truncated(what)
        self.file.seek(length, 1)

    def tensor(self, layouts: int) -> GgmlTensor:
        dimensions, length, number = self.integers(3)
        if not (1 <= dimensions <= 4 and 0 < length < 256):
            raise _unusable(self.path, reason("ggml.no_tensor_after", count=str(layouts)))
        shape = self.integers(dimensions)
        raw = self.file.read(length)
        if len(raw) < length:
            raise self.truncated(reason("ggml.tensor_name"))
        name = raw.decode("utf-8", "replace")
        kind = BY_NUMBER.get(number)
        if kind is None or min(shape) < 1 or not kind.fits(shape[0]):
            raise _unusable(
                self.path,
                reason(
                    "ggml.corrupt_tensor",
                    count=str(layouts),
                    tensor=f"{name!r}",
                    number=str(number),
                    shape=str(shape),
                ),
            )
        tensor = GgmlTensor(name=name, type=kind, shape=shape, offset=self.file.tell())
        self.skip(tensor.bytes, reason("ggml.tensor", tensor=name))
        return tensor

    def truncated(self, where: Reason) -> UnusableWeights:
        return _unusable(self.path, reason("ggml.truncated", size=str(self.size), where=where))


def foreign(head: bytes) -> Reason:
    """What a file with these first bytes is, for a message: reason("foreign.gguf") ..."""
    known = (
        (b"GGUF", reason("foreign.gguf")),
        (b"version https://git-lfs", reason("foreign.lfs")),
        (b"PK\x03\x04", reason("foreign.zip")),
        (b"\x1f\x8b", reason("foreign.gzip")),
        (b"RIFF", reason("foreign.riff")),
        (b"tjgg", reason("foreign.ggjt")),
        (b"\x06\x00\x00\x00\x0c\x00WhisperSpec", reason("foreign.ct2")),
    )
    for start, words in known:
        if head.startswith(start):
            return words
    text = head.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<?xml")):
        return reason("foreign.page")
    if len(head) > 9 and head[8:9] == b"{" and struct.unpack_from("<Q", head)[0] < 1 << 32:
        return reason("foreign.safetensors")
    if text.startswith((b"{", b"[")):
        return reason("foreign.json")
    if not head.strip(b"\0"):
        return reason("foreign.zeros")
    return reason("foreign.other", bytes=head[:8].hex(" "))


def _unusable(path: Path, why: Reason) -> UnusableWeights:
    return problem(UnusableWeights, "ggml.unusable", path=str(path), why=why)

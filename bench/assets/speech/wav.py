"""WAV files by the standard library alone: strict reading of 16 kHz mono s16, and writing it.

Strict because a lying header is a measurement's quiet death: a file whose chunks do not add up to
its size is refused, never guessed at.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.domain import Reason
from bench.errors import UnusableAudio
from bench.problems import problem
from bench.reasons import reason

if TYPE_CHECKING:
    import mmap

RATE: Final = 16_000
SAMPLE_BYTES: Final = 2
SHORTEST_SECONDS: Final = 0.1
PCM: Final = 1
EXTENSIBLE: Final = 0xFFFE
HEADER_BYTES: Final = 44

_AGAIN: Final = "Make the file again, for instance: ffmpeg -i IN -ar 16000 -ac 1 -sample_fmt s16 OUT.wav"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a WAV file says of itself; `start` and `bytes` are the samples' place in the file."""

    format: int
    channels: int
    rate: int
    bits: int
    start: int
    bytes: int

    @property
    def is_ready(self) -> bool:
        """Whether the samples are 16 kHz mono s16 already."""
        return (self.format, self.channels, self.rate, self.bits) == (PCM, 1, RATE, 16)

    @property
    def seconds(self) -> float:
        """Length of the audio."""
        return self.bytes / (self.rate * self.channels * self.bits // 8)


def is_wav(raw: bytes) -> bool:
    """Whether the file says that it is RIFF/WAVE."""
    return raw[:4] == b"RIFF" and raw[8:12] == b"WAVE"


def read_header(path: Path, raw: bytes | mmap.mmap) -> Header:
    """The header of a whole WAV file; `UnusableAudio` where it does not match the bytes there are."""
    declared = struct.unpack_from("<I", raw, 4)[0] + 8
    if not -1 <= len(raw) - declared <= 1:  # a pad byte is counted by some and not by others
        raise _lying(path, reason("sound.bytes", declared=str(declared), found=str(len(raw))))
    shape: tuple[int, ...] | None = None
    data: tuple[int, int] | None = None
    position = 12
    while position + 8 <= len(raw):
        name, length = struct.unpack_from("<4sI", raw, position)
        position += 8
        if not name.isascii() or not name.decode().isprintable():
            raise _lying(path, reason("sound.no_chunk", at=str(position - 8)))
        if position + length > len(raw):
            raise _lying(
                path,
                reason(
                    "sound.chunk", chunk=f"{name!r}", declared=str(length), found=str(len(raw) - position)
                ),
            )
        if name == b"fmt ":
            shape = _shape(path, raw[position : position + length])
        elif name == b"data" and data is None:
            data = (position, length)
        position += length + (length & 1)
    if shape is None or data is None:
        raise _lying(path, reason("sound.no_format" if shape is None else "sound.no_data"))
    kind, channels, rate, bits, frame_bytes = shape
    if data[1] % frame_bytes:
        raise _lying(path, reason("sound.frames", size=str(data[1]), frame=str(frame_bytes)))
    return Header(format=kind, channels=channels, rate=rate, bits=bits, start=data[0], bytes=data[1])


def glance(path: Path) -> float:
    """Seconds by the header of a WAV file, whose samples are not read; 0 for any other file."""
    import mmap

    with path.open("rb") as file:
        if not is_wav(file.read(12)):
            return 0.0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            return read_header(path, raw).seconds


def read_ready(path: Path, raw: bytes) -> bytes | None:
    """The samples of a 16 kHz mono s16 file, bit for bit; None for any other WAV."""
    header = read_header(path, raw)
    return raw[header.start : header.start + header.bytes] if header.is_ready else None


def write(path: Path, samples: bytes) -> None:
    """A canonical 44-byte header and the samples: the same samples are always the same file."""
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        HEADER_BYTES - 8 + len(samples),
        b"WAVE",
        b"fmt ",
        16,
        PCM,
        1,
        RATE,
        RATE * SAMPLE_BYTES,
        SAMPLE_BYTES,
        16,
        b"data",
        len(samples),
    )
    path.write_bytes(head + samples)


def seconds_of(samples: bytes | bytearray) -> float:
    """Length of 16 kHz mono s16 samples."""
    return len(samples) / SAMPLE_BYTES / RATE


def require_length(path: Path, samples: bytes) -> None:
    """Refuse what is too short to hold speech."""
    if not samples:
        raise problem(UnusableAudio, "wav.silent", path=str(path))
    if seconds_of(samples) < SHORTEST_SECONDS:
        raise problem(
            UnusableAudio,
            "wav.too_short",
            path=str(path),
            milliseconds=f"{seconds_of(samples) * 1000:.0f}",
            least=str(SHORTEST_SECONDS),
        )


def silence(seconds: float) -> bytes:
    """Zero samples."""
    return bytes(round(seconds * RATE) * SAMPLE_BYTES)


def _shape(path: Path, chunk: bytes) -> tuple[int, ...]:
    if len(chunk) < 16:
        raise _lying(path, reason("sound.format_cut"))
    kind, channels, rate, byte_rate, frame_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    if kind == EXTENSIBLE and len(chunk) >= 26:
        (kind,) = struct.unpack_from("<H", chunk, 24)
    if not (1 <= channels <= 64 and 1000 <= rate <= 768_000 and frame_bytes):
        raise _lying(path, reason("sound.channels", channels=str(channels), rate=str(rate)))
    if kind == PCM and (frame_bytes != channels * bits // 8 or byte_rate != rate * frame_bytes or bits % 8):
        raise _lying(
            path,
            reason(
                "sound.rate", channels=str(channels), bits=str(bits), rate=str(rate), declared=str(byte_rate)
            ),
        )
    return kind, channels, rate, bits, frame_bytes


def _lying(path: Path, why: Reason) -> UnusableAudio:
    return problem(UnusableAudio, "wav.header", path=str(path), why=why)

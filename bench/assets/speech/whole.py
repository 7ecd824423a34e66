"""Whether an audio file is all there, by what its container says of its own length.

A decoder reads what there is: an interrupted copy passes as a shorter clip, and every word behind the
cut counts as not heard.  So each container that is accepted is one that tells its length or its end,
and what cannot tell it is refused.  Not to be told: a cut between two frames of an MP3 without a
Xing, Info or VBRI header, and none such is written by LAME, ffmpeg or libsndfile.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final

from bench.domain import Reason
from bench.reasons import reason

W64_RIFF: Final = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
W64_DATA: Final = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
UNKNOWN_32: Final = 0xFFFFFFFF
_UNTOLD: Final = reason("sound.untold")


def incomplete(raw: bytes) -> Reason | None:
    """Why these bytes are no whole audio file; None where they are one, by all that its container says."""
    for matches, check in _CONTAINERS:
        if matches(raw):
            try:
                return check(raw)
            except (struct.error, IndexError):
                return reason("sound.header_cut")
    return reason("sound.container")


def _riff_chunks(raw: bytes, start: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and declared length of every chunk of 32-bit lengths."""
    position = start
    while position + 8 <= len(raw):
        name, length = struct.unpack_from(f"{order}4sI", raw, position)
        yield name, position + 8, length
        position += 8 + length + (length & 1)


def _aiff(raw: bytes) -> Reason | None:
    (declared,) = struct.unpack_from(">I", raw, 4)
    if declared + 8 > len(raw) + 1:
        return reason("sound.bytes", declared=str(declared + 8), found=str(len(raw)))
    shape: tuple[int, int, int] | None = None
    sound: int | None = None
    for name, place, length in _riff_chunks(raw, 12, ">"):
        if place + length > len(raw):
            return reason("sound.chunk", chunk=f"{name!r}", declared=str(length), found=str(len(raw) - place))
        if name == b"COMM":
            shape = struct.unpack_from(">HIH", raw, place)
        elif name == b"SSND":
            sound = length - 8
    if shape is None or sound is None:
        return reason("sound.no_samples")
    channels, frames, bits = shape
    if raw[8:12] == b"AIFF" and sound < frames * channels * ((bits + 7) // 8):
        return reason("sound.fewer_frames", declared=str(frames))
    return None


def _w64(raw: bytes) -> Reason | None:
    (declared,) = struct.unpack_from("<Q", raw, 16)
    if declared > len(raw):
        return reason("sound.bytes", declared=str(declared), found=str(len(raw)))
    position, data = 40, False
    while position + 24 <= len(raw):
        name, length = raw[position : position + 16], struct.unpack_from("<Q", raw, position + 16)[0]
        if length < 24 or position + length > len(raw):
            return reason(
                "sound.chunk", chunk=f"{name[:4]!r}", declared=str(length), found=str(len(raw) - position)
            )
        data = data or name == W64_DATA
        position += (length + 7) // 8 * 8
    return None if data else reason("sound.no_samples")


def _au(raw: bytes) -> Reason | None:
    offset, length = struct.unpack_from(">II", raw, 4)
    if length == UNKNOWN_32:
        return _UNTOLD
    if offset + length > len(raw):
        return reason("sound.sample_bytes", declared=str(length), found=str(max(0, len(raw) - offset)))
    return None


def _rf64(raw: bytes) -> Reason | None:
    riff, data, _ = struct.unpack_from("<QQQ", raw, 20) if raw[12:16] == b"ds64" else (0, 0, 0)
    if not data:
        return _UNTOLD
    if riff + 8 > len(raw) + 1 or data > len(raw):
        return reason("sound.bytes", declared=str(riff + 8), found=str(len(raw)))
    return None


def _caf(raw: bytes) -> Reason | None:
    position = 8
    while position + 12 <= len(raw):
        name, length = struct.unpack_from(">4sq", raw, position)
        if length < 0:
            return _UNTOLD
        if position + 12 + length > len(raw):
            return reason(
                "sound.chunk", chunk=f"{name!r}", declared=str(length), found=str(len(raw) - position - 12)
            )
        if name == b"data":
            return None
        position += 12 + length
    return reason("sound.no_samples")


def _flac(raw: bytes) -> Reason | None:
    total = int.from_bytes(raw[21:26], "big") & 0xFFFFFFFFF
    return None if total else _UNTOLD  # whether that many can be decoded shows when they are


def _ogg(raw: bytes) -> Reason | None:
    """Pages one after another; each logical stream must come to its page marked as the last."""
    position, ended = 0, dict[int, bool]()
    while position < len(raw):
        if raw[position : position + 4] != b"OggS":
            return reason("sound.no_page", at=str(position))
        flags = raw[position + 5]
        (serial,) = struct.unpack_from("<I", raw, position + 14)
        segments = raw[position + 26]
        lacing = raw[position + 27 : position + 27 + segments]
        length = 27 + segments + sum(lacing)
        if len(lacing) < segments or position + length > len(raw):
            return reason("sound.page", declared=str(length), found=str(len(raw) - position))
        ended[serial] = bool(flags & 4)
        position += length
    return None if all(ended.values()) else reason("sound.no_end")


_BITRATES: Final = {  # kbit/s by (MPEG-1?, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3_frame(raw: bytes, at: int) -> int | None:
    """Length of the MPEG audio frame that begins there; None where none does."""
    if at + 4 > len(raw) or raw[at] != 0xFF or raw[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = raw[at + 1] >> 3 & 3, 4 - (raw[at + 1] >> 1 & 3)
    rate_index, rate_row = raw[at + 2] >> 4, raw[at + 2] >> 2 & 3
    if version == 1 or layer == 4 or rate_index in (0, 15) or rate_row == 3:
        return None
    bits = _BITRATES[version == 3, layer][rate_index] * 1000
    rate, padding = _RATES[version][rate_row], raw[at + 2] >> 1 & 1
    if layer == 1:
        return (12 * bits // rate + padding) * 4
    return (144 if version == 3 or layer == 2 else 72) * bits // rate + padding


def _mp3(raw: bytes) -> Reason | None:
    start = _after_id3(raw)
    end = _before_tags(raw)
    while start < end and _mp3_frame(raw, start) is None:
        start += 1
    declared = _mp3_declared(raw, start)
    if declared is not None and declared[1] and start + declared[1] > len(raw):
        return reason("sound.header_bytes", declared=str(declared[1]), found=str(len(raw) - start))
    position, frames = start, 0
    while position < end:
        length = _mp3_frame(raw, position)
        if length is None:
            break  # tags or padding of a kind not known here
        if position + length > end:
            return reason("sound.frame_cut")
        frames += 1
        position += length
    if not frames:
        return reason("sound.no_mpeg")
    if declared is not None and frames < declared[0]:
        return reason("sound.header_frames", declared=str(declared[0]), found=str(frames))
    return None


def _mp3_declared(raw: bytes, start: int) -> tuple[int, int] | None:
    """Frames and bytes by a Xing, Info or VBRI header within the first frame; None without one."""
    first = raw[start : start + 200]
    for mark in (b"Xing", b"Info"):
        at = first.find(mark)
        if at >= 0:
            (flags,) = struct.unpack_from(">I", first, at + 4)
            values = iter(struct.unpack_from(">2I", first, at + 8))
            return (next(values) if flags & 1 else 0, next(values) if flags & 2 else 0)
    at = first.find(b"VBRI")
    if at >= 0:
        size, frames = struct.unpack_from(">II", first, at + 10)
        return frames, size
    return None


def _after_id3(raw: bytes) -> int:
    if not raw.startswith(b"ID3") or len(raw) < 10:
        return 0
    size = 0
    for byte in raw[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if raw[5] & 0x10 else 0)


def _before_tags(raw: bytes) -> int:
    end = len(raw)
    if raw[end - 128 : end - 125] == b"TAG":
        end -= 128
    if raw[end - 32 : end - 24] == b"APETAGEX":
        size, _, flags = struct.unpack_from("<III", raw, end - 20)
        end -= min(end, size + (32 if flags & 0x80000000 else 0))
    return end


_CONTAINERS: Final[tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Reason | None]], ...]] = (
    (lambda raw: raw[:4] == b"RIFF" and raw[8:12] == b"WAVE", lambda _: None),  # `wav` has read its header
    (lambda raw: raw[:4] == b"fLaC", _flac),
    (lambda raw: raw[:4] == b"OggS", _ogg),
    (lambda raw: raw[:4] == b"FORM" and raw[8:12] in (b"AIFF", b"AIFC"), _aiff),
    (lambda raw: raw[:16] == W64_RIFF, _w64),
    (lambda raw: raw[:4] == b".snd", _au),
    (lambda raw: raw[:4] == b"RF64", _rf64),
    (lambda raw: raw[:4] == b"caff", _caf),
    (lambda raw: raw[:3] == b"ID3" or (raw[:1] == b"\xff" and raw[1:2] >= b"\xe0"), _mp3),
)

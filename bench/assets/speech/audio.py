"""Any audio file -> 16 kHz mono s16 samples, the one form every engine gets.

16 kHz mono s16 WAV passes bit for bit and needs nothing but the standard library.  The rest is read
by libsndfile, mixed to mono by the mean of the channels and resampled by soxr (both in the extra `audio`).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.assets.speech import wav
from bench.assets.speech.whole import incomplete
from bench.errors import AssetError, UnusableAudio
from bench.problems import problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS: Final = "WAV, RF64, W64, FLAC, Ogg Vorbis, Opus, MP3, AIFF, AU, CAF"
MOST_FILE_BYTES: Final = 1 << 30
MOST_FRAMES: Final = 1 << 28  # an hour and a half at 48 kHz
MOST_SECONDS: Final = 5 * 3600
_LOUDEST: Final = 1e6  # beyond full scale all is clipped; beyond this sums overflow
BLOCK_FRAMES: Final = 1 << 18
_CONVERT: Final = "ffmpeg -i IN -ar 16000 -ac 1 -sample_fmt s16 OUT.wav"
_READABLE: Final = f"These can be read, whole: {FORMATS}.  Copy it again, or convert it: {_CONVERT}"
_LONG: Final = f"Cut it, or convert it to 16 kHz mono: {_CONVERT}"


def samples_of(path: Path) -> bytes:
    """The file's speech as little-endian s16 samples at 16 kHz.

    Raises `UnusableAudio` for a file that is missing, empty, shorter than 0.1 s, unreadable or not what
    its header says; `AssetError` where a library is not installed.
    """
    raw = _read(path)
    if not raw:
        raise problem(UnusableAudio, "audio.empty", path=str(path))
    samples = wav.read_ready(path, raw) if wav.is_wav(raw) else None
    if samples is None and path.suffix == ".g722":
        samples = decode_g722(path)
    elif samples is None:
        if why := incomplete(raw):
            raise problem(UnusableAudio, "audio.unusable", path=str(path), why=why)
        del raw
        samples = _converted(path)
    wav.require_length(path, samples)
    return samples


def _read(path: Path) -> bytes:
    """The bytes of a regular file: a pipe or a device would be read for ever."""
    try:
        if path.exists() and not path.is_file():
            raise problem(UnusableAudio, "audio.no_file", path=str(path))
        size = path.stat().st_size
        if size > MOST_FILE_BYTES:
            raise problem(
                UnusableAudio,
                "audio.too_large",
                path=str(path),
                size=f"{size:,}",
                most=f"{MOST_FILE_BYTES:,}",
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        words = (error.strerror if isinstance(error, OSError) else None) or error
        raise problem(UnusableAudio, "audio.unreadable", path=str(path), error=str(words)) from None


def decode_g722(path: Path) -> bytes:
    """G.722 at 64 kbit/s, by PyAV or by ffmpeg on the PATH; it is 16 kHz mono by nature."""
    try:
        import av
    except ImportError:
        return _ffmpeg_g722(path)
    pieces = []
    try:
        with av.open(str(path), format="g722") as container:
            for frame in container.decode(audio=0):
                if (frame.format.name, frame.sample_rate, frame.layout.nb_channels) != ("s16", wav.RATE, 1):
                    raise problem(UnusableAudio, "audio.other_g722", path=str(path))
                pieces.append(frame.to_ndarray().astype("<i2").tobytes())
    except av.error.FFmpegError as error:
        raise problem(UnusableAudio, "audio.broken_g722", path=str(path), error=str(error)) from None
    return b"".join(pieces)


def _ffmpeg_g722(path: Path) -> bytes:
    program = shutil.which("ffmpeg")
    if program is None:
        raise problem(AssetError, "audio.no_g722", path=path.name)
    argv = [
        program,
        "-v",
        "error",
        "-f",
        "g722",
        "-i",
        str(path),
        "-f",
        "s16le",
        "-ar",
        "16000",
        "-ac",
        "1",
        "-",
    ]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise problem(
            UnusableAudio, "audio.ffmpeg", path=str(path), words=done.stderr.decode(errors="replace").strip()
        )
    return done.stdout


def _converted(path: Path) -> bytes:
    try:
        import numpy as np
        import soundfile
        import soxr
    except (ImportError, OSError) as error:
        raise problem(AssetError, "audio.no_library", path=path.name, error=str(error)) from None
    pieces: list[NDArray[np.float32]] = []
    got = 0
    try:
        with soundfile.SoundFile(str(path)) as file:
            rate, declared = file.samplerate, file.frames
            if not 1000 <= rate <= 768_000:
                raise problem(UnusableAudio, "audio.rate", path=str(path), rate=str(rate))
            for block in file.blocks(blocksize=BLOCK_FRAMES, dtype="float32", always_2d=True):
                got += len(block)
                if got > min(MOST_FRAMES, rate * MOST_SECONDS):
                    raise problem(UnusableAudio, "audio.too_long", path=str(path), samples=f"{got:,}")
                if not np.isfinite(block).all():
                    raise problem(UnusableAudio, "audio.no_numbers", path=str(path))
                pieces.append(np.clip(block, -_LOUDEST, _LOUDEST).mean(axis=1, dtype=np.float32))
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        raise problem(UnusableAudio, "audio.undecodable", path=str(path), error=str(error)) from None
    if got < declared:
        raise problem(UnusableAudio, "audio.cut_short", path=str(path), declared=str(declared), got=str(got))
    mono = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    if rate != wav.RATE and mono.size:
        mono = soxr.resample(mono, rate, wav.RATE, quality="VHQ")
    return _to_s16(mono)


def _to_s16(values: NDArray[np.float32]) -> bytes:
    import numpy as np

    return np.clip(np.round(values * 32768.0), -32768, 32767).astype("<i2").tobytes()

"""Any audio file -> 16 kHz mono s16 samples, the one form every engine gets.

16 kHz mono s16 WAV passes bit for bit and needs nothing but the standard library.  The rest is read
by libsndfile, mixed to mono by the mean of the channels and resampled by soxr (both in the extra `audio`).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.assets import wav
from bench.errors import AssetError, UnusableAudio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS: Final = "WAV, FLAC, Ogg Vorbis, Opus, MP3, AIFF"


def samples_of(path: Path) -> bytes:
    """The file's speech as little-endian s16 samples at 16 kHz.

    Raises `UnusableAudio` for a file that is missing, empty, shorter than 0.1 s, unreadable or not what
    its header says; `AssetError` where a library is not installed.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnusableAudio(
            f"{path}: cannot be read: {error.strerror or error}.", hint="Check the path and its rights."
        ) from None
    if not raw:
        raise UnusableAudio(f"{path}: the file is empty.", hint="Choose another file.")
    samples = wav.read_ready(path, raw) if wav.is_wav(raw) else None
    if samples is None:
        samples = decode_g722(path) if path.suffix == ".g722" else _converted(path)
    wav.require_length(path, samples)
    return samples


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
                    raise UnusableAudio(f"{path}: no 16 kHz mono G.722.", hint="Choose another file.")
                pieces.append(frame.to_ndarray().astype("<i2").tobytes())
    except av.error.FFmpegError as error:
        raise UnusableAudio(f"{path}: no G.722: {error}.", hint="Fetch the corpus again.") from None
    return b"".join(pieces)


def _ffmpeg_g722(path: Path) -> bytes:
    program = shutil.which("ffmpeg")
    if program is None:
        raise AssetError(
            f"{path.name}: nothing here decodes G.722.",
            hint="pip install av (it is part of asr-quant-bench[faster-whisper]), or install ffmpeg.",
        )
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
        raise UnusableAudio(
            f"{path}: ffmpeg: {done.stderr.decode(errors='replace').strip()}", hint="Fetch again."
        )
    return done.stdout


def _converted(path: Path) -> bytes:
    try:
        import numpy as np
        import soundfile
        import soxr
    except (ImportError, OSError) as error:
        raise AssetError(
            f"{path.name} must be converted to 16 kHz mono, and a library for it is not installed ({error}).",
            hint="pip install 'asr-quant-bench[audio]', or convert it: "
            "ffmpeg -i IN -ar 16000 -ac 1 -sample_fmt s16 OUT.wav",
        ) from None
    try:
        values, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise UnusableAudio(
            f"{path}: no audio file that can be read: {error}.",
            hint=f"These can: {FORMATS}.  Convert others: ffmpeg -i IN -ar 16000 -ac 1 -sample_fmt s16 OUT.wav",
        ) from None
    mono = values.mean(axis=1, dtype=np.float32)
    if not np.isfinite(mono).all():
        raise UnusableAudio(f"{path}: it holds samples that are no numbers.", hint="Make the file again.")
    if rate != wav.RATE and mono.size:
        mono = soxr.resample(mono, rate, wav.RATE, quality="VHQ")
    return _to_s16(mono)


def _to_s16(values: NDArray[np.float32]) -> bytes:
    import numpy as np

    return np.clip(np.round(values * 32768.0), -32768, 32767).astype("<i2").tobytes()

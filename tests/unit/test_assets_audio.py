"""Speech of one's own: what is taken, what is refused and in which words."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from bench.assets import fetch_clip, own_clip
from bench.assets.speech import wav
from bench.assets.speech.audio import samples_of
from bench.errors import AssetError, UnusableAudio


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))


def tone(
    seconds: float, rate: int = 16_000, hertz: float = 440.0
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return 0.5 * np.sin(2 * math.pi * hertz * np.arange(round(seconds * rate)) / rate)


def write_wav(path: Path, values: np.ndarray, rate: int = 16_000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((values * 32767).astype("<i2").tobytes())
    return path


def as_array(samples: bytes) -> np.ndarray:
    return np.frombuffer(samples, "<i2").astype(np.float64) / 32768


def test_a_16_khz_mono_file_passes_bit_for_bit(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(1.0))
    with wave.open(str(path)) as file:
        assert samples_of(path) == file.readframes(16_000)


def test_extra_chunks_and_extensible_headers_are_read(tmp_path: Path) -> None:
    samples = (tone(0.5) * 32767).astype("<i2").tobytes()
    shape = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16_000, 32_000, 2, 16, 22, 16, 4)
    shape += b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
    body = b"WAVEfmt " + struct.pack("<I", len(shape)) + shape + b"LIST\x03\0\0\0abc\0"
    body += b"data" + struct.pack("<I", len(samples)) + samples
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert samples_of(path) == samples


def test_stereo_is_mixed_and_44_1_khz_resampled(tmp_path: Path) -> None:
    left, right = tone(1.0, 44_100), np.zeros(44_100)
    path = write_wav(tmp_path / "a.wav", np.stack([left, right], axis=1).ravel(), 44_100, 2)
    mono = as_array(samples_of(path))
    assert mono.size == 16_000
    inner = slice(800, -800)
    assert np.abs(mono[inner] - tone(1.0)[inner] / 2).max() < 0.002


@pytest.mark.parametrize("suffix", ["flac", "mp3", "ogg", "aiff"])
def test_other_formats_are_read_through_libsndfile(tmp_path: Path, suffix: str) -> None:
    import soundfile

    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone(2.0, 44_100), 44_100)
    mono = as_array(samples_of(path))
    assert mono.size == pytest.approx(32_000, abs=1600)
    assert np.sqrt((mono[4000:-4000] ** 2).mean()) == pytest.approx(0.5 / math.sqrt(2), rel=0.03)


def test_loud_samples_are_clipped_and_do_not_wrap(tmp_path: Path) -> None:
    import soundfile

    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(3200, 1.7), 16_000, subtype="FLOAT")
    assert set(np.frombuffer(samples_of(path), "<i2")) == {32767}


def test_samples_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    import soundfile

    path = tmp_path / "a.wav"
    soundfile.write(path, np.array([0.0, np.nan] * 4000), 16_000, subtype="FLOAT")
    with pytest.raises(UnusableAudio, match="not numbers"):
        samples_of(path)


def lying(tmp_path: Path, offset: int, code: str, value: int) -> Path:
    path = write_wav(tmp_path / "a.wav", tone(1.0))
    raw = bytearray(path.read_bytes())
    struct.pack_into(f"<{code}", raw, offset, value)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("offset", "code", "value"),
    [
        (40, "I", 320_000),  # ten times the samples that are there
        (40, "I", 0xFFFFFFFF),  # as streaming writers leave it
        (40, "I", 3200),  # a tenth of them
        (40, "I", 31_999),  # half a sample
        (4, "I", 100),  # the whole file shorter than it is
        (4, "I", 10_000_000),
        (22, "H", 2),  # two channels, with mono's byte rate
        (22, "H", 0),
        (24, "I", 8000),  # another rate than the byte rate says
        (34, "H", 24),
    ],
)
def test_a_wav_with_a_lying_header_is_refused(tmp_path: Path, offset: int, code: str, value: int) -> None:
    with pytest.raises(UnusableAudio, match="wrong header") as refused:
        samples_of(lying(tmp_path, offset, code, value))
    assert "ffmpeg" in refused.value.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"RIFF\x24\0\0\0WAVE", "wrong header"),
        (b"ID3 this is no music", "cannot|not a usable audio file"),
        (bytes(range(256)) * 40, "not a usable audio file"),
        ("Это текст, а не запись".encode(), "not a usable audio file"),
    ],
)
def test_what_is_no_audio_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(UnusableAudio, match=words):
        samples_of(path)


@pytest.mark.parametrize(("seconds", "words"), [(0.0, "no audio in it"), (0.05, "too short")])
def test_too_little_audio_is_refused(tmp_path: Path, seconds: float, words: str) -> None:
    path = write_wav(tmp_path / "a.wav", tone(seconds))
    with pytest.raises(UnusableAudio, match=words):
        samples_of(path)


def test_a_clip_of_ones_own_has_its_text_length_and_hash(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "my.wav", tone(1.5))
    text = tmp_path / "my.txt"
    text.write_text("\ufeffДобрый\n день\n", encoding="utf-8")
    clip = own_clip(path=path, name="my", language="ru", text=text)
    assert clip.duration_seconds == 1.5
    fetched = fetch_clip(clip)
    assert fetched.path is not None
    assert fetched.sha256 is not None
    assert (fetched.reference, fetched.duration_seconds, fetched.utterances) == ("Добрый день", 1.5, ())
    assert wav.read_ready(Path(fetched.path), Path(fetched.path).read_bytes()) == samples_of(path)


def test_a_clip_without_a_text_has_no_reference(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "my.wav", tone(1.0))
    assert fetch_clip(own_clip(path=path, name="my", language="ru")).reference is None


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read"), (b"", "is empty"), (b"\xff\xfe\xc4", "is not UTF-8")]
)
def test_a_reference_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = write_wav(tmp_path / "my.wav", tone(1.0))
    text = tmp_path / "my.txt"
    if content is not None:
        text.write_bytes(content)
    with pytest.raises(AssetError, match=f"my.txt: the reference text {words}"):
        fetch_clip(own_clip(path=path, name="my", language="ru", text=text))


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableAudio, match=r"none\.wav"):
        fetch_clip(own_clip(path=tmp_path / "none.wav", name="none", language="ru"))


def encoded(path: Path, form: str, subtype: str | None = None) -> bytes:
    import soundfile

    soundfile.write(str(path), tone(2.3), 16_000, format=form, subtype=subtype)
    return path.read_bytes()


CONTAINERS = [
    ("MP3", None),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("AIFF", None),
    ("AIFF", "FLOAT"),
    ("W64", None),
    ("AU", None),
    ("RF64", None),
    ("CAF", None),
    ("FLAC", None),
    ("WAV", "FLOAT"),
]


@pytest.mark.parametrize(("form", "subtype"), CONTAINERS)
def test_a_cut_copy_is_refused_not_taken_for_a_shorter_clip(
    tmp_path: Path, form: str, subtype: str | None
) -> None:
    path = tmp_path / "a.audio"
    whole = encoded(path, form, subtype)
    assert wav.seconds_of(samples_of(path)) == pytest.approx(2.3, abs=0.1)
    for left in (0.3, 0.5, 0.9, 0.99):
        path.write_bytes(whole[: int(len(whole) * left)])
        with pytest.raises(UnusableAudio):
            samples_of(path)


@pytest.mark.parametrize(
    "codec", [("mp3", "libmp3lame"), ("ogg", "libvorbis"), ("ogg", "libopus"), ("aiff", "pcm_s16be")]
)
def test_files_of_another_encoder_are_whole_too(tmp_path: Path, codec: tuple[str, str]) -> None:
    av = pytest.importorskip("av")
    form, name = codec
    path = tmp_path / "a.audio"
    rate = 48_000
    with av.open(str(path), "w", format=form) as container:
        try:
            stream = container.add_stream(name, rate=rate)
        except ValueError:
            pytest.skip(f"this PyAV has no {name}")
        stream.layout = "mono"
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        frame = av.AudioFrame.from_ndarray(
            (tone(2.3, rate) * 32767).astype("<i2")[None, :], format="s16", layout="mono"
        )
        frame.sample_rate = rate
        fitting = av.AudioFifo()
        for piece in resampler.resample(frame):
            fitting.write(piece)
        size = stream.codec_context.frame_size or 1024
        while (piece := fitting.read(size, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    assert wav.seconds_of(samples_of(path)) == pytest.approx(2.3, abs=0.1)


def test_a_pipe_a_device_and_a_giant_are_refused_at_once(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.wav")
    with (tmp_path / "giant.wav").open("wb") as file:
        file.truncate(8 << 30)
    for path in (tmp_path / "pipe.wav", Path("/dev/zero"), tmp_path / "giant.wav", Path("a\0b.wav")):
        assert own_clip(path=path, name="c", language="ru").duration_seconds is None
        with pytest.raises(UnusableAudio):
            samples_of(path)

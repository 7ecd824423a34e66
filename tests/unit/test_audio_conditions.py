"""Conditions do to speech what they say, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from bench.assets.speech.conditions import RATE, degraded, speech_power
from bench.domain import AudioCondition


def speech(seconds: float = 2.3) -> bytes:
    """A 440 Hz tone with a pause in its middle third."""
    time = np.arange(int(seconds * RATE)) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * time)
    tone[len(tone) // 3 : 2 * len(tone) // 3] = 0
    return np.round(tone * 32767).astype("<i2").tobytes()


def floats(samples: bytes) -> np.ndarray:
    return np.frombuffer(samples, "<i2").astype(np.float64) / 32768


def make(kind: str, name: str = "u1", **parameters: float | str) -> np.ndarray:
    condition = AudioCondition(name=kind, kind=kind, parameters=parameters)
    return floats(degraded(speech(), condition, name))


@pytest.mark.parametrize("colour", ["white", "pink", "speech"])
@pytest.mark.parametrize("snr", [-3.0, 5.0, 17.0])
def test_noise_has_the_ratio_to_the_speech_and_not_to_its_pauses(colour: str, snr: float) -> None:
    clean = floats(speech())
    noisy = make("noise", snr_db=snr, colour=colour)
    gain = np.dot(noisy, clean) / np.dot(clean, clean)
    noise = noisy / gain - clean
    measured = 10 * np.log10(speech_power(clean) / np.mean(noise**2))
    assert measured == pytest.approx(snr, abs=0.35)
    assert 10 * np.log10(0.02 / speech_power(clean)) == pytest.approx(
        0, abs=0.2
    )  # 0.2 ** 2 / 2, pauses left out


def test_a_condition_is_the_same_every_time_and_another_for_another_utterance() -> None:
    assert (make("noise", snr_db=5.0) == make("noise", snr_db=5.0)).all()
    assert (make("noise", snr_db=5.0) != make("noise", "u2", snr_db=5.0)).any()


def test_a_telephone_passes_its_band_alone() -> None:
    time = np.arange(3 * RATE) / RATE
    powers = {}
    for hertz in (60, 150, 1000, 3000, 5000):
        tone = np.round(0.3 * 32767 * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes()
        heard = floats(degraded(tone, AudioCondition(name="t", kind="telephone"), "u"))
        spectrum = np.abs(np.fft.rfft(heard[RATE : 2 * RATE])) ** 2 + 1e-9
        powers[hertz] = 10 * np.log10(spectrum[hertz] / (0.15 * RATE) ** 2)
    assert abs(powers[1000]) < 1
    assert abs(powers[3000]) < 2
    assert powers[150] < -20
    assert powers[60] < -40
    assert powers[5000] < -40


def test_a_room_rings_on_after_the_speech_and_decays_by_its_time() -> None:
    click = np.zeros(2 * RATE)
    click[1000] = 0.5
    raw = np.round(click * 32767).astype("<i2").tobytes()
    condition = AudioCondition(name="r", kind="reverb", parameters={"seconds": 0.5, "direct_db": 0.0})
    heard = floats(degraded(raw, condition, "u"))
    energy = np.cumsum(heard[::-1] ** 2)[::-1]
    assert not heard[:999].any()  # nothing before the click
    decay = 10 * np.log10(energy[1000 + RATE // 20] / energy[1000 + RATE // 4])
    assert decay == pytest.approx(24, abs=3)  # 0.2 s of 0.5 s for 60 dB


def test_speed_changes_length_and_pitch_together() -> None:
    fast = make("speed", factor=1.25)
    assert len(fast) == pytest.approx(2.3 * RATE / 1.25, abs=2)
    third = fast[: len(fast) // 4]
    crossings = np.sum((third[1:] >= 0) & (third[:-1] < 0))
    assert crossings / (len(third) / RATE) == pytest.approx(550, abs=6)


def test_silence_stands_before_and_after() -> None:
    padded = make("silence", before=0.7, after=1.4)
    assert len(padded) == int((2.3 + 2.1) * RATE)
    assert not padded[: int(0.7 * RATE)].any()
    assert not padded[-int(1.4 * RATE) :].any()


def test_clean_is_the_recording_bit_for_bit() -> None:
    assert degraded(speech(), AudioCondition(), "u") == speech()


def test_nothing_is_clipped() -> None:
    loud = np.full(RATE, 32000, "<i2")
    loud[::2] = -32000
    condition = AudioCondition(name="n", kind="noise", parameters={"snr_db": 0.0})
    heard = degraded(loud.tobytes(), condition, "u")
    values = np.frombuffer(heard, "<i2")
    assert np.sum(np.abs(values.astype(int)) >= 32767) <= 2

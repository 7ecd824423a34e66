"""What is done to speech before it is heard, so that it is as hard as life: made the same way every time.

Samples are float64 in [-1, 1) at 16 kHz.  Random parts are drawn from the utterance's own name, so that
one utterance sounds the same in every subset, order and process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from bench.domain import AudioCondition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

Parameters = Mapping[str, float | str]  # of a condition, by the names that suites have

RATE: Final = 16_000
REVISION: Final = 1
TELEPHONE_HZ: Final = (300.0, 3400.0)  # the pass band of ITU-T G.712


def degraded(samples: bytes, condition: AudioCondition, name: str) -> bytes:
    """Little-endian s16 samples under a condition; `name` seeds what is random in it."""
    import numpy as np

    if condition.kind == "clean":
        return samples
    values = np.frombuffer(samples, "<i2").astype(np.float64) / 32768
    seed = hashlib.sha256(f"{REVISION}:{condition.kind}:{name}".encode()).digest()[:8]
    random = np.random.default_rng(int.from_bytes(seed, "little"))
    changed = _KINDS[condition.kind](values, condition.parameters, random)
    peak = float(np.abs(changed).max(initial=0.0))
    if peak > 1.0:  # scaled, not clipped: the ratio of speech to noise is the point
        changed = changed / peak
    return np.clip(np.round(changed * 32767), -32768, 32767).astype("<i2").tobytes()


def speech_power(samples: Samples) -> float:
    """Mean power of the frames of 20 ms within 30 dB of the loudest: speech, not the pauses in it."""
    import numpy as np

    frame = RATE // 50
    whole = samples[: len(samples) // frame * frame]
    if not len(whole):
        return float(np.mean(samples**2)) if len(samples) else 0.0
    powers = np.mean(whole.reshape(-1, frame) ** 2, axis=1)
    return float(powers[powers >= powers.max() / 1000].mean())


def _noise(samples: Samples, parameters: Parameters, random: np.random.Generator) -> Samples:
    """White, pink (-3 dB an octave) or babble-shaped noise at an SNR against the active speech."""
    import numpy as np

    white = random.standard_normal(len(samples))
    colour = parameters.get("colour", "white")
    noise = white if colour == "white" else _coloured(white, str(colour))
    wanted = speech_power(samples) / 10 ** (float(parameters["snr_db"]) / 10)
    mixed: Samples = samples + noise * np.sqrt(wanted / max(float(np.mean(noise**2)), 1e-20))
    return mixed


def _coloured(white: Samples, colour: str) -> Samples:
    """White noise with the spectrum of pink noise, or of speech at large (falling 9 dB an octave past 500 Hz)."""
    import numpy as np

    spectrum = np.fft.rfft(white)
    hertz = np.fft.rfftfreq(len(white), 1 / RATE)
    if colour == "pink":
        shape = 1 / np.sqrt(np.maximum(hertz, 20.0))
    else:
        shape = (hertz > 80) / np.maximum(hertz / 500.0, 1.0) ** 1.5
    noise: Samples = np.fft.irfft(spectrum * shape, len(white))
    return noise


def _telephone(samples: Samples, parameters: Parameters, random: np.random.Generator) -> Samples:
    """The band of a telephone, 8 kHz, and the steps of G.711's mu-law."""
    import numpy as np
    from scipy.signal import butter, resample_poly, sosfiltfilt

    narrow = sosfiltfilt(butter(4, TELEPHONE_HZ, "bandpass", fs=RATE, output="sos"), samples)
    slow = np.clip(resample_poly(narrow, 1, 2), -1, 1)
    law = np.sign(slow) * np.log1p(255 * np.abs(slow)) / np.log(256)
    steps = np.round(law * 127) / 127
    heard = np.sign(steps) * (256 ** np.abs(steps) - 1) / 255
    back: Samples = resample_poly(heard, 2, 1)[: len(samples)]
    return back


def _reverb(samples: Samples, parameters: Parameters, random: np.random.Generator) -> Samples:
    """A room: noise that decays by 60 dB in `seconds`, behind the direct sound at `direct_db` over it."""
    import numpy as np
    from scipy.signal import fftconvolve

    seconds = float(parameters["seconds"])
    time = np.arange(int(seconds * RATE)) / RATE
    tail = random.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    tail[: RATE // 400] = 0.0  # the first reflection comes 2.5 ms after the direct sound
    tail *= 10 ** (-float(parameters.get("direct_db", 0.0)) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    wet: Samples = fftconvolve(samples, tail)[: len(samples)]
    return wet


def _speed(samples: Samples, parameters: Parameters, random: np.random.Generator) -> Samples:
    """Played `factor` times as fast, pitch and all."""
    from fractions import Fraction

    from scipy.signal import resample_poly

    factor = Fraction(str(parameters["factor"])).limit_denominator(100)
    played: Samples = resample_poly(samples, factor.denominator, factor.numerator)
    return played


def _silence(samples: Samples, parameters: Parameters, random: np.random.Generator) -> Samples:
    """Digital silence before and after: where there is nothing to hear, some models hear something."""
    import numpy as np

    before, after = (np.zeros(round(float(parameters.get(side, 0.0)) * RATE)) for side in ("before", "after"))
    return np.concatenate([before, samples, after])


_KINDS: Final[Mapping[str, Callable[[Samples, Parameters, np.random.Generator], Samples]]] = {
    "noise": _noise,
    "telephone": _telephone,
    "reverb": _reverb,
    "speed": _speed,
    "silence": _silence,
}

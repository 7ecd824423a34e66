"""A trial's measurements in one place: the process's, the engine's, and what follows from both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.contract import Reading
from bench.domain import Measurement, absent, measured
from bench.prepare import Ready
from bench.reasons import reason
from bench.soundness import sound


def collect(
    own: Iterable[Measurement], reading: Reading, ready: Ready, passes: int = 1
) -> Mapping[str, Measurement]:
    """All measurements of a trial by name: the process's, the engine's, and what follows from them.

    This is the border: what an engine tells that no figure can be is absent from here on.
    """
    found = {measurement.name: measurement for measurement in own}
    for measurement in map(sound, reading.measurements):
        if measurement.value is not None or measurement.name not in found:
            found[measurement.name] = measurement
    for name, seconds in (("rtf", "transcribe_seconds"), ("warm_rtf", "warm_transcribe_seconds")):
        spent = found.get(seconds)
        if spent is None or spent.value is None:
            why = spent.reason if spent else None
            found[name] = absent(name, why or reason("transcription.not_timed"))
        elif unsound := sound(spent).reason:
            found[name] = absent(name, unsound)
        else:
            found[name] = measured(
                name, spent.value / ready.clip.duration_seconds, f"{seconds} / audio seconds"
            )
    hour = "energy_per_audio_hour_joules"
    spent = found.get("energy_joules")
    if spent is None or spent.value is None:
        found[hour] = absent(hour, spent.reason if spent and spent.reason else reason("energy.no_meter"))
    else:
        factor = 3600 / (ready.clip.duration_seconds * passes)
        found[hour] = measured(hour, spent.value * factor, f"{spent.source}, start and load included")
    size = sum(file.bytes for file in ready.weights)
    found["weights_bytes"] = measured("weights_bytes", size, "file size")
    return {name: sound(measurement) for name, measurement in found.items()}

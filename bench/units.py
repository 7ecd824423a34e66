"""Base units and the metrics measured in them.

Values are put into base units where they are made (seconds, bytes, counts); scaling to
milliseconds, MB or thousands happens in `bench.report` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    """A base unit; its value is what the journal holds."""

    SECONDS = "s"
    BYTES = "B"
    COUNT = "count"
    RATIO = "ratio"
    PER_SECOND = "1/s"
    JOULES = "J"


class Better(StrEnum):
    """Which direction of a metric its users want."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A named quantity of a trial.  Definitions, instruments and traps: docs/metrics.md."""

    name: str
    unit: Unit
    better: Better = Better.LOWER


def _metrics(unit: Unit, *names: str, better: Better = Better.LOWER) -> dict[str, Metric]:
    return {name: Metric(name=name, unit=unit, better=better) for name in names}


METRICS: Final[dict[str, Metric]] = {
    **_metrics(
        Unit.SECONDS,
        "import_seconds",  # the worker's first line -> the engine's binding is imported
        "load_seconds",  # the binding is imported -> the model is ready ("cold start")
        "startup_seconds",  # the child is spawned -> the model is ready
        "transcribe_seconds",  # the process's first transcription of the clip
        "warm_transcribe_seconds",  # median of the later ones, where `protocol.passes` > 1
        "wall_seconds",  # the child is spawned -> it is reaped
        "user_seconds",
        "system_seconds",
        "performance_core_seconds",  # Apple Silicon: processor time on P-cores, by the kernel's own count
        "efficiency_core_seconds",  # and on E-cores
        "own_load_seconds",  # by the engine's own clock, where it has one: beside ours, not in its place
        "own_transcribe_seconds",
        "segmentation_seconds",  # finding the cuts, a part of transcribe_seconds
        "mel_seconds",
        "encode_seconds",
        "prefill_seconds",
        "decode_seconds",
        "first_token_seconds",
    ),
    **_metrics(Unit.RATIO, "rtf", "warm_rtf"),
    **_metrics(
        Unit.BYTES,
        "peak_rss_bytes",
        "peak_footprint_bytes",  # macOS: the kernel's lifetime peak of the physical footprint
        "peak_anonymous_bytes",  # Linux: sampled RssAnon + RssShmem + VmSwap + VmPTE
        "rss_before_load_bytes",
        "rss_ready_bytes",
        "read_bytes",
        "weights_bytes",
        "gpu_memory_bytes",
    ),
    **_metrics(
        Unit.COUNT,
        "minor_faults",
        "major_faults",
        "instructions",
        "cycles",
        "voluntary_switches",
        "involuntary_switches",
    ),
    **_metrics(Unit.COUNT, "tokens", better=Better.NEITHER),
    **_metrics(Unit.PER_SECOND, "tokens_per_second", better=Better.HIGHER),
    **_metrics(Unit.RATIO, "confidence", better=Better.HIGHER),
    **_metrics(
        Unit.JOULES,
        "energy_joules",  # of the machine's processor packages during the trial
        "cpu_energy_joules",  # Apple Silicon: of the process's own work on the cores
    ),
}

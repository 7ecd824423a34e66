"""Every metric there is, a line each (times: `bench.metrics.times`), in the order in which tables have their columns."""

from __future__ import annotations

from typing import Final

from bench.metrics.noun import (
    BILLIONS,
    BYTES,
    COUNT,
    JOULES,
    SECONDS,
    Metric,
    ReadBy,
    metric,
    shown,
    where_known,
)
from bench.metrics.times import TIMES
from bench.text.numbers import Quantity
from bench.units import Better, Unit

_TOKENS: Final = (
    metric(
        "tokens",
        COUNT,
        ReadBy.HALF,
        where_known("more", "column.tokens", "note.tokens"),
        better=Better.NEITHER,
    ),
    metric(
        "tokens_per_second",
        (Unit.PER_SECOND, Quantity.RATE),
        ReadBy.HALF,
        where_known("stages", "column.tokens_per_second"),
        better=Better.HIGHER,
        compared=True,
    ),
    metric(
        "confidence",
        (Unit.RATIO, Quantity.PERCENT),
        ReadBy.HALF,
        where_known("rates", "column.confidence", "note.confidence"),
        better=Better.HIGHER,
    ),
)

_PHASES: Final = (
    # the highest resident memory while the model was loaded, in the first pass, and in the later ones
    metric(
        "load_peak_rss_bytes",
        BYTES,
        (ReadBy.HIGH_WATER, ReadBy.LIFETIME),
        where_known("phases", "column.load_peak_rss", "note.phase_peaks"),
    ),
    metric(
        "transcribe_peak_rss_bytes",
        BYTES,
        (ReadBy.HIGH_WATER, ReadBy.LIFETIME),
        where_known("phases", "column.transcribe_peak_rss"),
    ),
    metric(
        "warm_transcribe_peak_rss_bytes",
        BYTES,
        (ReadBy.HIGH_WATER, ReadBy.LIFETIME),
        where_known("phases", "column.warm_transcribe_peak_rss"),
    ),
    # macOS: the same of the physical footprint
    metric(
        "load_peak_footprint_bytes",
        BYTES,
        (None, ReadBy.LIFETIME_RUSAGE),
        where_known("phases", "column.load_peak_footprint", "note.phase_peaks"),
    ),
    metric(
        "transcribe_peak_footprint_bytes",
        BYTES,
        (None, ReadBy.LIFETIME_RUSAGE),
        where_known("phases", "column.transcribe_peak_footprint"),
    ),
    metric(
        "warm_transcribe_peak_footprint_bytes",
        BYTES,
        (None, ReadBy.LIFETIME_RUSAGE),
        where_known("phases", "column.warm_transcribe_peak_footprint"),
    ),
    # what came from the device in each of them
    metric(
        "load_read_bytes",
        BYTES,
        (ReadBy.OWN_IO, ReadBy.RUSAGE),
        where_known("more", "column.load_read"),
    ),
    metric(
        "transcribe_read_bytes",
        BYTES,
        (ReadBy.OWN_IO, ReadBy.RUSAGE),
        where_known("more", "column.transcribe_read"),
    ),
    metric(
        "warm_transcribe_read_bytes",
        BYTES,
        (ReadBy.OWN_IO, ReadBy.RUSAGE),
        where_known("more", "column.warm_transcribe_read"),
    ),
)

_MEMORY: Final = (
    metric(
        "peak_rss_bytes",
        BYTES,
        ReadBy.WAIT4,
        shown("memory", "column.peak_rss"),
        shown("side_by_side", "column.peak_rss"),
        compared=True,
    ),
    # Linux: the program and its helpers together, sampled
    metric(
        "peak_tree_rss_bytes",
        BYTES,
        (ReadBy.PROC, None),
        where_known("memory", "column.peak_tree_rss", "note.peak_tree_rss"),
    ),
    # macOS: the kernel's lifetime peak of the physical footprint
    metric(
        "peak_footprint_bytes",
        BYTES,
        (None, ReadBy.RUSAGE),
        shown("memory", "column.peak_footprint", "note.footprint"),
        compared=True,
    ),
    metric("major_faults", COUNT, ReadBy.WAIT4, shown("memory", "column.page_faults", "note.page_faults")),
    metric(
        "minor_faults",
        COUNT,
        ReadBy.WAIT4,
        where_known("memory", "column.page_reclaims", "note.page_reclaims"),
    ),
    # Linux: sampled RssAnon + RssShmem + VmSwap + VmPTE
    metric(
        "peak_anonymous_bytes",
        BYTES,
        (ReadBy.PROC, None),
        where_known("memory", "column.peak_anonymous", "note.anonymous"),
        compared=True,
    ),
    metric(
        "gpu_memory_bytes",
        BYTES,
        (ReadBy.NVML, None),
        where_known("memory", "column.gpu_memory", "note.gpu_memory"),
        compared=True,
    ),
    metric(
        "rss_before_load_bytes",
        BYTES,
        (ReadBy.PROC, ReadBy.RUSAGE),
        where_known("more", "column.rss_before_load", "note.rss_before_load"),
    ),
    metric("rss_ready_bytes", BYTES, (ReadBy.PROC, ReadBy.RUSAGE), where_known("more", "column.rss_ready")),
    metric("read_bytes", BYTES, (ReadBy.WAIT4, ReadBy.RUSAGE), where_known("stages", "column.read_bytes")),
    # of a child that only loads, the weights evicted from the page cache before
    metric(
        "evicted_read_bytes",
        BYTES,
        (ReadBy.EVICTED_WAIT4, ReadBy.EVICTED_RUSAGE),
        where_known("stages", "column.read_bytes.evicted", "note.evicted_read"),
    ),
    metric("weights_bytes", (Unit.BYTES, Quantity.SIZE), ReadBy.FILES, shown("weights", "column.size")),
)

_WORK: Final = (
    metric("instructions", BILLIONS, (ReadBy.PERF, ReadBy.RUSAGE), shown("cpu", "column.instructions")),
    metric("cycles", BILLIONS, (ReadBy.PERF, ReadBy.RUSAGE), shown("cpu", "column.cycles")),
    # Apple Silicon: processor time on P-cores and on E-cores, by the kernel's own count
    metric(
        "performance_core_seconds",
        SECONDS,
        (None, ReadBy.RUSAGE),
        where_known("cpu", "column.performance_cores"),
    ),
    metric(
        "efficiency_core_seconds",
        SECONDS,
        (None, ReadBy.RUSAGE),
        where_known("cpu", "column.efficiency_cores"),
    ),
    metric(
        "voluntary_switches",
        COUNT,
        ReadBy.WAIT4,
        where_known("more", "column.voluntary_switches", "note.switches"),
    ),
    metric("involuntary_switches", COUNT, ReadBy.WAIT4, where_known("more", "column.involuntary_switches")),
)

_ENERGY: Final = (
    # of the machine's processor packages during the trial
    metric(
        "energy_joules",
        JOULES,
        (ReadBy.RAPL, ReadBy.ZEUS),
        where_known("cpu", "column.energy"),
        compared=True,
    ),
    # of the machine's GPUs during the trial
    metric(
        "gpu_energy_joules",
        JOULES,
        (ReadBy.NVML, ReadBy.ZEUS),
        where_known("cpu", "column.gpu_energy"),
        compared=True,
    ),
    # `energy_joules` of the whole trial, scaled to an hour of audio
    metric(
        "energy_per_audio_hour_joules",
        JOULES,
        (ReadBy.RAPL, ReadBy.ZEUS),
        where_known("cpu", "column.energy_per_audio_hour", "note.energy_per_audio_hour"),
    ),
    # Apple Silicon: of the process's own work on the cores
    metric(
        "cpu_energy_joules",
        JOULES,
        (None, ReadBy.RUSAGE),
        where_known("cpu", "column.cpu_energy"),
        compared=True,
    ),
)

METRICS: Final[dict[str, Metric]] = {
    metric.name: metric for metric in (*TIMES, *_TOKENS, *_PHASES, *_MEMORY, *_WORK, *_ENERGY)
}
COMPARED: Final = tuple(metric.name for metric in METRICS.values() if metric.compared)

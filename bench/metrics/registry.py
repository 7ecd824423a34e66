"""Every metric there is, a line each, in the order in which tables have their columns."""

from __future__ import annotations

from typing import Final

from bench.metrics.noun import Metric, Place, ReadBy, shown, where_known
from bench.text.numbers import Quantity
from bench.units import Better, Unit

# What a metric is counted in, and how a report writes it.
_SECONDS: Final = (Unit.SECONDS, Quantity.SECONDS)
_RTF: Final = (Unit.RATIO, Quantity.RTF)
_BYTES: Final = (Unit.BYTES, Quantity.MEMORY)
_COUNT: Final = (Unit.COUNT, Quantity.COUNT)
_BILLIONS: Final = (Unit.COUNT, Quantity.BILLIONS)
_JOULES: Final = (Unit.JOULES, Quantity.JOULES)


def _metric(
    name: str,
    kind: tuple[Unit, Quantity],
    read_by: ReadBy | tuple[ReadBy | None, ReadBy | None],
    *places: Place,
    better: Better = Better.LOWER,
    compared: bool = False,
) -> Metric:
    """A metric; `read_by` is what reads it everywhere, or on Linux and on macOS."""
    linux, macos = read_by if isinstance(read_by, tuple) else (read_by, read_by)
    return Metric(
        name=name,
        unit=kind[0],
        quantity=kind[1],
        linux=linux,
        macos=macos,
        better=better,
        places=places,
        compared=compared,
    )


_TIMES: Final = (
    # the worker's first line -> the engine's binding is imported
    _metric("import_seconds", _SECONDS, ReadBy.WORKER, where_known("stages", "column.import")),
    # the binding is imported -> the model is ready: a start with the weights in the page cache, unless
    # the suite evicts them before every trial
    _metric(
        "load_seconds",
        _SECONDS,
        ReadBy.WORKER,
        shown("performance", "column.cold_start", "note.cold_start"),
        where_known("stages", "column.load"),
        shown("side_by_side", "column.cold_start"),
        compared=True,
    ),
    # the same of a child that only loads, the weights evicted from the page cache before
    _metric(
        "evicted_load_seconds",
        _SECONDS,
        ReadBy.EVICTED,
        where_known("performance", "column.cold_start.evicted", "note.evicted"),
    ),
    # the process's first transcription of the clip
    _metric(
        "transcribe_seconds",
        _SECONDS,
        ReadBy.WORKER,
        shown("performance", "column.transcribe", "note.transcribe"),
        compared=True,
    ),
    # the child is spawned -> it is reaped
    _metric("wall_seconds", _SECONDS, ReadBy.SUPERVISOR, shown("performance", "column.total")),
    _metric(
        "rtf", _RTF, ReadBy.DERIVED, shown("performance", "column.rtf"), shown("side_by_side", "column.rtf")
    ),
    # the child is spawned -> the model is ready
    _metric(
        "startup_seconds",
        _SECONDS,
        ReadBy.START,
        where_known("performance", "column.startup", "note.startup"),
    ),
    # the same of a child that only loads, the weights evicted from the page cache before
    _metric(
        "evicted_startup_seconds",
        _SECONDS,
        ReadBy.EVICTED,
        where_known("stages", "column.startup.evicted"),
    ),
    # median of the later passes, where `protocol.passes` > 1
    _metric(
        "warm_transcribe_seconds",
        _SECONDS,
        ReadBy.WORKER,
        where_known("performance", "column.warm_transcribe", "note.warm"),
        compared=True,
    ),
    # of the first trial ever of an engine's release on this machine's GPU: in no median
    _metric(
        "first_use_load_seconds",
        _SECONDS,
        ReadBy.FIRST_USE,
        where_known("performance", "column.first_use_load", "note.first_use"),
    ),
    _metric(
        "first_use_transcribe_seconds",
        _SECONDS,
        ReadBy.FIRST_USE,
        where_known("performance", "column.first_use_transcribe"),
    ),
    _metric("warm_rtf", _RTF, ReadBy.DERIVED, where_known("performance", "column.warm_rtf")),
    # finding the cuts, a part of transcribe_seconds
    _metric(
        "segmentation_seconds",
        _SECONDS,
        ReadBy.WORKER,
        where_known("stages", "column.segmentation", "note.segmentation"),
    ),
    _metric("mel_seconds", _SECONDS, ReadBy.HALF, where_known("stages", "column.mel")),
    _metric("encode_seconds", _SECONDS, ReadBy.HALF, where_known("stages", "column.encode")),
    _metric("prefill_seconds", _SECONDS, ReadBy.HALF, where_known("stages", "column.prefill")),
    _metric(
        "first_token_seconds",
        _SECONDS,
        ReadBy.HALF,
        where_known("stages", "column.first_token"),
        compared=True,
    ),
    _metric("decode_seconds", _SECONDS, ReadBy.HALF, where_known("stages", "column.decode")),
    # by the engine's own clock, where it has one: beside ours, not in its place
    _metric("own_load_seconds", _SECONDS, ReadBy.ENGINE, where_known("more", "column.own_load", "note.own")),
    _metric("own_transcribe_seconds", _SECONDS, ReadBy.ENGINE, where_known("more", "column.own_transcribe")),
    _metric("user_seconds", _SECONDS, ReadBy.WAIT4, shown("cpu", "column.user")),
    _metric("system_seconds", _SECONDS, ReadBy.WAIT4, shown("cpu", "column.system")),
)

_TOKENS: Final = (
    _metric(
        "tokens",
        _COUNT,
        ReadBy.HALF,
        where_known("more", "column.tokens", "note.tokens"),
        better=Better.NEITHER,
    ),
    _metric(
        "tokens_per_second",
        (Unit.PER_SECOND, Quantity.RATE),
        ReadBy.HALF,
        where_known("stages", "column.tokens_per_second"),
        better=Better.HIGHER,
        compared=True,
    ),
    _metric(
        "confidence",
        (Unit.RATIO, Quantity.PERCENT),
        ReadBy.HALF,
        where_known("rates", "column.confidence", "note.confidence"),
        better=Better.HIGHER,
    ),
)

_PHASES: Final = (
    # the highest resident memory while the model was loaded, in the first pass, and in the later ones
    _metric(
        "load_peak_rss_bytes",
        _BYTES,
        (ReadBy.HIGH_WATER, ReadBy.LIFETIME),
        where_known("phases", "column.load_peak_rss", "note.phase_peaks"),
    ),
    _metric(
        "transcribe_peak_rss_bytes",
        _BYTES,
        (ReadBy.HIGH_WATER, ReadBy.LIFETIME),
        where_known("phases", "column.transcribe_peak_rss"),
    ),
    _metric(
        "warm_transcribe_peak_rss_bytes",
        _BYTES,
        (ReadBy.HIGH_WATER, ReadBy.LIFETIME),
        where_known("phases", "column.warm_transcribe_peak_rss"),
    ),
    # macOS: the same of the physical footprint
    _metric(
        "load_peak_footprint_bytes",
        _BYTES,
        (None, ReadBy.LIFETIME_RUSAGE),
        where_known("phases", "column.load_peak_footprint", "note.phase_peaks"),
    ),
    _metric(
        "transcribe_peak_footprint_bytes",
        _BYTES,
        (None, ReadBy.LIFETIME_RUSAGE),
        where_known("phases", "column.transcribe_peak_footprint"),
    ),
    _metric(
        "warm_transcribe_peak_footprint_bytes",
        _BYTES,
        (None, ReadBy.LIFETIME_RUSAGE),
        where_known("phases", "column.warm_transcribe_peak_footprint"),
    ),
    # what came from the device in each of them
    _metric(
        "load_read_bytes",
        _BYTES,
        (ReadBy.OWN_IO, ReadBy.RUSAGE),
        where_known("more", "column.load_read"),
    ),
    _metric(
        "transcribe_read_bytes",
        _BYTES,
        (ReadBy.OWN_IO, ReadBy.RUSAGE),
        where_known("more", "column.transcribe_read"),
    ),
    _metric(
        "warm_transcribe_read_bytes",
        _BYTES,
        (ReadBy.OWN_IO, ReadBy.RUSAGE),
        where_known("more", "column.warm_transcribe_read"),
    ),
)

_MEMORY: Final = (
    _metric(
        "peak_rss_bytes",
        _BYTES,
        ReadBy.WAIT4,
        shown("memory", "column.peak_rss"),
        shown("side_by_side", "column.peak_rss"),
        compared=True,
    ),
    # Linux: the program and its helpers together, sampled
    _metric(
        "peak_tree_rss_bytes",
        _BYTES,
        (ReadBy.PROC, None),
        where_known("memory", "column.peak_tree_rss", "note.peak_tree_rss"),
    ),
    # macOS: the kernel's lifetime peak of the physical footprint
    _metric(
        "peak_footprint_bytes",
        _BYTES,
        (None, ReadBy.RUSAGE),
        shown("memory", "column.peak_footprint", "note.footprint"),
        compared=True,
    ),
    _metric("major_faults", _COUNT, ReadBy.WAIT4, shown("memory", "column.page_faults", "note.page_faults")),
    _metric(
        "minor_faults",
        _COUNT,
        ReadBy.WAIT4,
        where_known("memory", "column.page_reclaims", "note.page_reclaims"),
    ),
    # Linux: sampled RssAnon + RssShmem + VmSwap + VmPTE
    _metric(
        "peak_anonymous_bytes",
        _BYTES,
        (ReadBy.PROC, None),
        where_known("memory", "column.peak_anonymous", "note.anonymous"),
        compared=True,
    ),
    _metric(
        "gpu_memory_bytes",
        _BYTES,
        (ReadBy.NVML, None),
        where_known("memory", "column.gpu_memory"),
        compared=True,
    ),
    _metric(
        "rss_before_load_bytes",
        _BYTES,
        (ReadBy.PROC, ReadBy.RUSAGE),
        where_known("more", "column.rss_before_load", "note.rss_before_load"),
    ),
    _metric("rss_ready_bytes", _BYTES, (ReadBy.PROC, ReadBy.RUSAGE), where_known("more", "column.rss_ready")),
    _metric("read_bytes", _BYTES, (ReadBy.WAIT4, ReadBy.RUSAGE), where_known("stages", "column.read_bytes")),
    # of a child that only loads, the weights evicted from the page cache before
    _metric(
        "evicted_read_bytes",
        _BYTES,
        (ReadBy.EVICTED_WAIT4, ReadBy.EVICTED_RUSAGE),
        where_known("stages", "column.read_bytes.evicted", "note.evicted_read"),
    ),
    _metric("weights_bytes", (Unit.BYTES, Quantity.SIZE), ReadBy.FILES, shown("weights", "column.size")),
)

_WORK: Final = (
    _metric("instructions", _BILLIONS, (ReadBy.PERF, ReadBy.RUSAGE), shown("cpu", "column.instructions")),
    _metric("cycles", _BILLIONS, (ReadBy.PERF, ReadBy.RUSAGE), shown("cpu", "column.cycles")),
    # Apple Silicon: processor time on P-cores and on E-cores, by the kernel's own count
    _metric(
        "performance_core_seconds",
        _SECONDS,
        (None, ReadBy.RUSAGE),
        where_known("cpu", "column.performance_cores"),
    ),
    _metric(
        "efficiency_core_seconds",
        _SECONDS,
        (None, ReadBy.RUSAGE),
        where_known("cpu", "column.efficiency_cores"),
    ),
    _metric(
        "voluntary_switches",
        _COUNT,
        ReadBy.WAIT4,
        where_known("more", "column.voluntary_switches", "note.switches"),
    ),
    _metric("involuntary_switches", _COUNT, ReadBy.WAIT4, where_known("more", "column.involuntary_switches")),
)

_ENERGY: Final = (
    # of the machine's processor packages during the trial
    _metric(
        "energy_joules",
        _JOULES,
        (ReadBy.RAPL, ReadBy.ZEUS),
        where_known("cpu", "column.energy"),
        compared=True,
    ),
    # of the machine's GPUs during the trial
    _metric(
        "gpu_energy_joules",
        _JOULES,
        (ReadBy.NVML, ReadBy.ZEUS),
        where_known("cpu", "column.gpu_energy"),
        compared=True,
    ),
    # `energy_joules` of the whole trial, scaled to an hour of audio
    _metric(
        "energy_per_audio_hour_joules",
        _JOULES,
        (ReadBy.RAPL, ReadBy.ZEUS),
        where_known("cpu", "column.energy_per_audio_hour", "note.energy_per_audio_hour"),
    ),
    # Apple Silicon: of the process's own work on the cores
    _metric(
        "cpu_energy_joules",
        _JOULES,
        (None, ReadBy.RUSAGE),
        where_known("cpu", "column.cpu_energy"),
        compared=True,
    ),
)

METRICS: Final[dict[str, Metric]] = {
    metric.name: metric for metric in (*_TIMES, *_TOKENS, *_PHASES, *_MEMORY, *_WORK, *_ENERGY)
}
COMPARED: Final = tuple(metric.name for metric in METRICS.values() if metric.compared)

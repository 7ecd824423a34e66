"""The metrics of time, in the order in which tables have their columns."""

from __future__ import annotations

from typing import Final

from bench.metrics.noun import RTF, SECONDS, ReadBy, metric, shown, where_known

TIMES: Final = (
    # the worker's first line -> the engine's binding is imported
    metric("import_seconds", SECONDS, ReadBy.WORKER, where_known("stages", "column.import")),
    # the binding is imported -> the model is ready: a start with the weights in the page cache, unless
    # the suite evicts them before every trial
    metric(
        "load_seconds",
        SECONDS,
        ReadBy.WORKER,
        shown("performance", "column.cold_start", "note.cold_start"),
        where_known("stages", "column.load"),
        shown("side_by_side", "column.cold_start"),
        compared=True,
    ),
    # the same of a child that only loads, the weights evicted from the page cache before
    metric(
        "evicted_load_seconds",
        SECONDS,
        ReadBy.EVICTED,
        where_known("performance", "column.cold_start.evicted", "note.evicted"),
    ),
    # the process's first transcription of the clip
    metric(
        "transcribe_seconds",
        SECONDS,
        ReadBy.WORKER,
        shown("performance", "column.transcribe", "note.transcribe"),
        compared=True,
    ),
    # the child is spawned -> it is reaped
    metric("wall_seconds", SECONDS, ReadBy.SUPERVISOR, shown("performance", "column.total")),
    metric(
        "rtf", RTF, ReadBy.DERIVED, shown("performance", "column.rtf"), shown("side_by_side", "column.rtf")
    ),
    # the child is spawned -> the model is ready
    metric(
        "startup_seconds",
        SECONDS,
        ReadBy.START,
        where_known("performance", "column.startup", "note.startup"),
    ),
    # the same of a child that only loads, the weights evicted from the page cache before
    metric(
        "evicted_startup_seconds",
        SECONDS,
        ReadBy.EVICTED,
        where_known("stages", "column.startup.evicted"),
    ),
    # that child is spawned -> it is reaped: part of what a run takes
    metric(
        "evicted_wall_seconds",
        SECONDS,
        ReadBy.EVICTED_SUPERVISOR,
        where_known("stages", "column.total.evicted"),
    ),
    # median of the later passes, where `protocol.passes` > 1
    metric(
        "warm_transcribe_seconds",
        SECONDS,
        ReadBy.WORKER,
        where_known("performance", "column.warm_transcribe", "note.warm"),
        compared=True,
    ),
    # of the first trial ever of an engine's release on this machine's GPU: in no median
    metric(
        "first_use_load_seconds",
        SECONDS,
        ReadBy.FIRST_USE,
        where_known("performance", "column.first_use_load", "note.first_use"),
    ),
    metric(
        "first_use_transcribe_seconds",
        SECONDS,
        ReadBy.FIRST_USE,
        where_known("performance", "column.first_use_transcribe"),
    ),
    metric("warm_rtf", RTF, ReadBy.DERIVED, where_known("performance", "column.warm_rtf")),
    # finding the cuts, a part of transcribe_seconds
    metric(
        "segmentation_seconds",
        SECONDS,
        ReadBy.WORKER,
        where_known("stages", "column.segmentation", "note.segmentation"),
    ),
    metric("mel_seconds", SECONDS, ReadBy.HALF, where_known("stages", "column.mel")),
    metric("encode_seconds", SECONDS, ReadBy.HALF, where_known("stages", "column.encode")),
    metric("prefill_seconds", SECONDS, ReadBy.HALF, where_known("stages", "column.prefill")),
    metric(
        "first_token_seconds",
        SECONDS,
        ReadBy.HALF,
        where_known("stages", "column.first_token"),
        compared=True,
    ),
    metric("decode_seconds", SECONDS, ReadBy.HALF, where_known("stages", "column.decode")),
    # by the engine's own clock, where it has one: beside ours, not in its place
    metric("own_load_seconds", SECONDS, ReadBy.ENGINE, where_known("more", "column.own_load", "note.own")),
    metric("own_transcribe_seconds", SECONDS, ReadBy.ENGINE, where_known("more", "column.own_transcribe")),
    metric("user_seconds", SECONDS, ReadBy.WAIT4, shown("cpu", "column.user")),
    metric("system_seconds", SECONDS, ReadBy.WAIT4, shown("cpu", "column.system")),
    # of all threads of the worker, user and system, phase by phase
    metric(
        "load_processor_seconds",
        SECONDS,
        ReadBy.PROCESS_CLOCK,
        where_known("more", "column.load_processor", "note.processor"),
    ),
    metric(
        "transcribe_processor_seconds",
        SECONDS,
        ReadBy.PROCESS_CLOCK,
        where_known("cpu", "column.transcribe_processor", "note.processor"),
    ),
    metric(
        "warm_transcribe_processor_seconds",
        SECONDS,
        ReadBy.PROCESS_CLOCK,
        where_known("more", "column.warm_transcribe_processor", "note.processor"),
    ),
)

"""For workers that something else starts, dask-jobqueue for one: `dask worker --preload bench.fleet.preload`.

What such a worker declares and does is then ours.  Options stand in the environment: ASR_QUANT_BENCH_LABELS
(m4,macos), ASR_QUANT_BENCH_PROCESSES and ASR_QUANT_BENCH_SHARED, as of the command `worker`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bench.fleet.duty import Duty, on_duty


def dask_setup(worker: Any) -> None:
    """Called by Dask before the worker reports to its scheduler."""
    shared = os.environ.get("ASR_QUANT_BENCH_SHARED")
    labels = os.environ.get("ASR_QUANT_BENCH_LABELS", "").split(",")
    duty = Duty(
        labels=tuple(filter(None, labels)),
        lanes=int(os.environ.get("ASR_QUANT_BENCH_PROCESSES", "1")),
        shared=Path(shared) if shared else None,
    )
    on_duty(duty)
    worker.state.total_resources.update(duty.resources)
    worker.state.available_resources.update(duty.resources)

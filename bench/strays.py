"""Find and end what a trial left running: by its session, and by a mark in its environment.

A program may fork helpers into other process groups, or into sessions of their own, and the
supervisor may itself be killed.  What is left would disturb the next trial.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import psutil

# The mark's value is the trial's own; a grandchild in a session of its own still carries it.
MARK: Final = "ASR_QUANT_BENCH_TRIAL"
# A killed process that is stuck in the kernel cannot be waited for without end.
PATIENCE_SECONDS: Final = 2.0


def end_strays(session: int | None, mark: str) -> tuple[str, ...]:
    """Kill every process of that session or mark; their command names, for the log.

    Looked for again until none is left: a dying one may have forked once more meanwhile.
    """
    import psutil

    ended: dict[int, str] = {}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := _strays(session, mark)) and time.monotonic() < deadline:
        for process in found:
            with contextlib.suppress(psutil.Error):
                ended.setdefault(process.pid, f"{process.name()} ({process.pid})")
                process.send_signal(signal.SIGKILL)
        time.sleep(0.005)
    return tuple(ended.values())


def _strays(session: int | None, mark: str) -> list[psutil.Process]:
    import psutil

    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue  # dead, and its reaper's business
            if (session is not None and os.getsid(process.pid) == session) or process.environ().get(
                MARK
            ) == mark:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or another user's
    return found

"""Find and end what a trial left running: by its session, and by a mark in its environment.

A program may fork helpers into other process groups, or into sessions of their own, and the
supervisor may itself be killed.  What is left would disturb the next trial.
"""

from __future__ import annotations

import os
import signal
from typing import Final

# The mark's value is the trial's own; a grandchild in a session of its own still carries it.
MARK: Final = "ASR_QUANT_BENCH_TRIAL"


def end_strays(session: int, mark: str) -> tuple[str, ...]:
    """Kill every process of that session or mark; their command names, for the log."""
    import psutil

    ended: list[str] = []
    for _ in range(3):  # a dying parent may have forked once more meanwhile
        found = _strays(session, mark)
        if not found:
            break
        for process in found:
            try:
                ended.append(f"{process.name()} ({process.pid})")
                process.send_signal(signal.SIGKILL)
            except psutil.Error:
                continue
        psutil.wait_procs(found, timeout=2.0)
    return tuple(dict.fromkeys(ended))


def _strays(session: int, mark: str) -> list:  # type: ignore[type-arg]  # psutil is imported late
    import psutil

    own = os.getpid()
    found = []
    for process in psutil.process_iter():
        if process.pid == own:
            continue
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if os.getsid(process.pid) == session or process.environ().get(MARK) == mark:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found

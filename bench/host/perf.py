"""Hardware counters: whether perf_event_open answers here, and what its refusals mean."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Final

from bench.domain import Reason
from bench.reasons import reason

SUPERVISE: Final = Path(__file__).resolve().parent.parent / "child" / "supervise.py"
_NOT_OFFERED: Final = reason("counter.not_offered")
_FORBIDDEN: Final = reason("counter.forbidden")
_REASONS: Final = {
    errno.ENOENT: _NOT_OFFERED,
    errno.EOPNOTSUPP: _NOT_OFFERED,
    errno.ENODEV: _NOT_OFFERED,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOSYS: reason("counter.no_syscall"),
}


def refusal(code: int) -> Reason:
    """Why a counter could not be opened."""
    return _REASONS.get(code) or reason("counter.error", error=str(errno.errorcode.get(code, code)))


def refusals(names: Sequence[str]) -> dict[str, Reason | None]:
    """Each counter with the reason why it cannot be had here, None where it can.

    Asks with the supervisor's own code, on this process.
    """
    module = ModuleType("supervise")
    SourceFileLoader("supervise", str(SUPERVISE)).exec_module(module)
    opened, refused = module.open_counters(list(names), os.getpid())
    for descriptor in opened.values():
        os.close(descriptor)
    return {name: refusal(refused[name]) if name in refused else None for name in names}

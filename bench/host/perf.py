"""Hardware counters: whether perf_event_open answers here, and what its refusals mean."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Final

SUPERVISE: Final = Path(__file__).resolve().parent.parent / "child" / "supervise.py"
_NOT_OFFERED: Final = "the processor's counters are not offered here (a virtual machine, most often)"
_FORBIDDEN: Final = "the system forbids counters (kernel.perf_event_paranoid)"
_REASONS: Final = {
    errno.ENOENT: _NOT_OFFERED,
    errno.EOPNOTSUPP: _NOT_OFFERED,
    errno.ENODEV: _NOT_OFFERED,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOSYS: "this kernel or machine has no perf_event_open",
}


def refusal(code: int) -> str:
    """Why a counter could not be opened, in words."""
    return _REASONS.get(code, f"perf_event_open answered {errno.errorcode.get(code, code)}")


def refusals(names: Sequence[str]) -> dict[str, str | None]:
    """Each counter with the reason why it cannot be had here, None where it can.

    Asks with the supervisor's own code, on this process.
    """
    module = ModuleType("supervise")
    SourceFileLoader("supervise", str(SUPERVISE)).exec_module(module)
    opened, refused = module.open_counters(list(names), os.getpid())
    for descriptor in opened.values():
        os.close(descriptor)
    return {name: refusal(refused[name]) if name in refused else None for name in names}

"""The supervisor as it runs on a Mac: the real file, on the emulated system.  Run as supervise.py is."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

HERE = Path(__file__).resolve().parent
REAL = HERE.parents[1] / "bench" / "child" / "supervise.py"
# What the newest flavor of rusage_info is, by the name of a file beside the program's output.
OLD = os.environ.get("EMULATED_RUSAGE_INFO")


def load(name: str, path: Path) -> Any:
    """A file as a module: nothing is on the search path of `-I`."""
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    SourceFileLoader(name, str(path)).exec_module(module)
    return module


def main() -> None:
    """Patch this process to Darwin, then be the supervisor."""
    libproc = load("libproc", HERE / "libproc.py").Libproc(ctypes.CDLL(None), newest=int(OLD or 6))
    ctypes.CDLL = lambda *_, **__: libproc  # type: ignore[assignment, misc]  # the emulation takes its place
    del os.waitid  # Python has it on macOS from 3.13 on
    real = os.wait4

    def wait4(pid: int, options: int) -> tuple[int, int, Any]:
        found, status, usage = real(pid, options)
        told = {name: getattr(usage, name) for name in dir(usage) if name.startswith("ru_")}
        return found, status, SimpleNamespace(**{**told, "ru_maxrss": usage.ru_maxrss * 1024})

    os.wait4 = wait4
    sys.platform = "darwin"
    load("supervise", REAL).main()


if __name__ == "__main__":
    main()

"""The program on the emulated Mac: `python mac.py STAND_INS WORDS...` runs `asr-quant-bench WORDS...`.

The platform is patched to Darwin on Apple Silicon, the system's tools answer with recorded text, `libproc`
and the rest of libSystem answer from Linux's /proc, and PATH has nothing but STAND_INS: no apt, no dpkg.
Third-party packages are imported before the patch: they are Linux's.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import platform
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

# Recorded from the tools' documentation and public samples of their output.
RECORDED: Final = {
    ("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"): "Apple M2 Pro\n",
    ("/usr/sbin/sysctl", "-n", "hw.model"): "Mac14,12\n",
    ("/usr/sbin/sysctl", "-n", "hw.perflevel0.logicalcpu"): "6\n",
    ("/usr/sbin/sysctl", "-n", "hw.perflevel1.logicalcpu"): "4\n",
    ("/usr/sbin/sysctl", "-n", "hw.pagesize"): "16384\n",
    ("/usr/sbin/sysctl", "-n", "kern.hv_vmm_present"): "0\n",
    ("/usr/sbin/sysctl", "-n", "sysctl.proc_translated"): "0\n",
    ("/usr/bin/notifyutil", "-g", "com.apple.system.thermalpressurelevel"): (
        "com.apple.system.thermalpressurelevel 0\n"
    ),
    ("/usr/bin/vm_stat",): (
        "Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free:            5842.\n"
        "Pageins:                                   123456789.\nPageouts:                            61327.\n"
        "Swapins:                                           0.\nSwapouts:                                0.\n"
    ),
    ("/usr/bin/pmset", "-g", "batt"): "Now drawing from 'AC Power'\n",
    ("/usr/bin/pmset", "-g"): "System-wide power settings:\nCurrently in use:\n lowpowermode         0\n",
    ("/usr/sbin/ioreg", "-r", "-d", "1", "-c", "IOAccelerator"): (
        '+-o AGXAcceleratorG14X  <class AGXAcceleratorG14X>\n    {\n      "gpu-core-count" = 16\n'
        '      "model" = "Apple M2 Pro"\n    }\n'
    ),
}

Times = namedtuple("Times", "user nice system idle")  # noqa: PYI024  # as psutil's own on macOS


LINUXS: Final = (
    "altair filelock huggingface_hub numpy psutil pydantic rich.console scipy.stats typer vl_convert"
)


def import_what_is_linuxs() -> None:
    """Everything third-party that asks for the platform while it is imported."""
    for name in LINUXS.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def become_a_mac(stand_ins: Path) -> None:
    """Patch this process."""
    import psutil

    system: Any = importlib.import_module("libproc")
    system = system.Libproc(ctypes.CDLL(None, use_errno=True))
    ctypes.CDLL = lambda *_, **__: system  # type: ignore[assignment, misc]  # the emulation takes its place
    real = psutil.cpu_times
    vars(psutil)["cpu_times"] = lambda: Times(*(getattr(real(), name) for name in Times._fields))
    sys.platform = "darwin"
    platform.system = lambda: "Darwin"
    platform.machine = lambda: "arm64"
    platform.release = lambda: "24.5.0"
    platform.mac_ver = lambda *_: ("15.5", ("", "", ""), "arm64")
    for name in ("sched_getaffinity", "posix_fadvise", "POSIX_FADV_DONTNEED", "waitid"):
        delattr(os, name)
    os.environ["PATH"] = str(stand_ins)

    from bench.host import macos
    from bench.launch import supervisor

    macos.command_output = lambda *argv: RECORDED.get(argv)
    vars(supervisor)["SUPERVISE"] = HERE / "supervise.py"


def main() -> Any:
    """Be the program."""
    import_what_is_linuxs()
    become_a_mac(Path(sys.argv[1]))
    sys.argv = ["asr-quant-bench", *sys.argv[2:]]
    from bench.cli import main as program

    return program()


if __name__ == "__main__":
    main()

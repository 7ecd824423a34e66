"""macOS: what `/usr/bin/time -l`, sysctl, pmset and notifyutil tell.  Parsers are pure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from bench.domain import Measurement, Reason, absent, measured
from bench.reasons import reason

_PRIO_DARWIN_PROCESS: Final = 4  # sys/resource.h; getpriority answers 1 for a background process
TIME_L: Final = "/usr/bin/time -l"
# Label of `time -l` -> metric.  Sizes are bytes on macOS (Linux's ru_maxrss counts KiB).
_COUNTS: Final = {
    "maximum resident set size": "peak_rss_bytes",
    "page reclaims": "minor_faults",
    "page faults": "major_faults",
    "voluntary context switches": "voluntary_switches",
    "involuntary context switches": "involuntary_switches",
    "instructions retired": "instructions",
    "cycles elapsed": "cycles",
    "peak memory footprint": "peak_footprint_bytes",
}
# `time -l` leaves these lines out where the kernel's figure is 0: it has none then, not "none used".
_LEFT_OUT_WHEN_ZERO: Final = ("instructions", "cycles", "peak_footprint_bytes")
_TIMES: Final = re.compile(
    r"^\s*(?P<real>\d+[.,]\d+)\s+real\s+(?P<user>\d+[.,]\d+)\s+user\s+(?P<sys>\d+[.,]\d+)\s+sys\s*$",
    re.MULTILINE,
)
_COUNT: Final = re.compile(r"^\s*(\d+)\s{2}(\S.*?)\s*$", re.MULTILINE)


def parse_time_l(text: str) -> tuple[Measurement, ...]:
    """Measurements of what `/usr/bin/time -l` wrote: seconds, bytes, counts; each measured or absent.

    The radix of the times follows the locale and may be a comma.  Instructions, cycles and the
    footprint are of the direct process alone, the rest includes descendants that were waited for.
    A page is 16 KiB on Apple Silicon: fault counts are not comparable with Linux's.
    """
    found: dict[str, float] = {}
    times = _TIMES.search(text)
    if times:
        found["user_seconds"] = float(times["user"].replace(",", "."))
        found["system_seconds"] = float(times["sys"].replace(",", "."))
    for number, label in _COUNT.findall(text):
        if label in _COUNTS:
            found[_COUNTS[label]] = float(number)
    return tuple(
        measured(name, found[name], TIME_L) if name in found else absent(name, _missing(name, text), TIME_L)
        for name in ("user_seconds", "system_seconds", *_COUNTS.values())
    )


def _missing(name: str, text: str) -> Reason:
    if not text.strip():
        return reason("time_l.empty")
    if name in _LEFT_OUT_WHEN_ZERO:
        return reason("time_l.left_out")
    return reason("time_l.not_told")


def command_output(*argv: str) -> str | None:
    """What a system command prints; None where there is no such command or it fails."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def sysctl(name: str) -> str | None:
    """One value of sysctl."""
    found = command_output("/usr/sbin/sysctl", "-n", name)
    return found.strip() or None if found else None


def parse_vm_stat(text: str) -> int | None:
    """Pages moved to and from swap since boot, of `vm_stat`; None where it does not tell.

    Not its `Pageins`: those are mapped files', and every model that is mapped makes thousands of them.
    """
    found = [re.search(rf"^{name}:\s+(\d+)\.", text, re.MULTILINE) for name in ("Swapins", "Swapouts")]
    return sum(int(each[1]) for each in found if each) if all(found) else None


def swapped_pages() -> int | None:
    """Pages moved to and from swap since boot."""
    told = command_output("/usr/bin/vm_stat")
    return parse_vm_stat(told) if told else None


def parse_gpu_cores(text: str) -> int | None:
    """The GPU's cores in `ioreg`'s words; the most where several accelerators are listed."""
    return max((int(number) for number in re.findall(r'"gpu-core-count" = (\d+)', text)), default=None)


def gpu_cores() -> int | None:
    """Cores of Apple's GPU: a chip of one name comes with several counts of them."""
    told = command_output("/usr/sbin/ioreg", "-r", "-d", "1", "-c", "IOAccelerator")
    return parse_gpu_cores(told) if told else None


# Asked in a process of its own, so that neither Metal nor a crash in it is in ours.
_WORKING_SET: Final = """
import ctypes
metal = ctypes.CDLL("/System/Library/Frameworks/Metal.framework/Metal")
objc = ctypes.CDLL("/usr/lib/libobjc.A.dylib")
metal.MTLCreateSystemDefaultDevice.restype = ctypes.c_void_p
objc.sel_registerName.restype = ctypes.c_void_p
objc.objc_msgSend.restype = ctypes.c_uint64
objc.objc_msgSend.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
device = metal.MTLCreateSystemDefaultDevice()
print(objc.objc_msgSend(device, objc.sel_registerName(b"recommendedMaxWorkingSetSize")) if device else 0)
"""


def metal_working_set_bytes() -> int | None:
    """`recommendedMaxWorkingSetSize` of Metal's default device: beyond it weights and buffers are moved."""
    told = command_output(sys.executable, "-I", "-S", "-c", _WORKING_SET)
    return int(told) or None if told and told.strip().isdigit() else None


def in_background() -> bool | None:
    """Whether this process is throttled as a background one (PRIO_DARWIN_BG), and its children with it.

    launchd does that to an agent without `ProcessType`.  None where it cannot be asked.
    """
    try:
        return os.getpriority(_PRIO_DARWIN_PROCESS, 0) != 0
    except OSError:
        return None


def chip() -> str | None:
    """The chip's name, as `Apple M2 Max`."""
    return sysctl("machdep.cpu.brand_string")


def facts() -> Mapping[str, Any]:
    """What of this machine bears on measurements and does not change between trials."""
    found = {
        "model": sysctl("hw.model"),
        "performance_cores": sysctl("hw.perflevel0.logicalcpu"),
        "efficiency_cores": sysctl("hw.perflevel1.logicalcpu"),
        "page_bytes": sysctl("hw.pagesize"),
        "gpu_cores": gpu_cores(),
        "metal_working_set_bytes": metal_working_set_bytes(),
        "virtualization": "virtual machine" if sysctl("kern.hv_vmm_present") == "1" else None,
        "rosetta": True if sysctl("sysctl.proc_translated") == "1" else None,
    }
    return {name: value for name, value in found.items() if value is not None}


# OSThermalPressureLevel: what `notifyutil -g com.apple.system.thermalpressurelevel` counts in.
THERMAL_LEVELS: Final = ("nominal", "moderate", "heavy", "trapping", "sleeping")


def parse_thermal(text: str) -> str | None:
    """The thermal pressure's name from `com.apple.system.thermalpressurelevel 0`."""
    found = re.search(r"(\d+)\s*$", text)
    if not found:
        return None
    level = int(found[1])
    return THERMAL_LEVELS[level] if level < len(THERMAL_LEVELS) else f"level {level}"


def parse_battery(text: str) -> bool | None:
    """Whether `pmset -g batt` says that the battery is drained; None where it does not say."""
    found = re.search(r"Now drawing from '([^']+)'", text)
    return found[1] == "Battery Power" if found else None


def parse_low_power(text: str) -> bool | None:
    """Whether `pmset -g` has low-power mode on."""
    found = re.search(r"^\s*(?:lowpowermode|powermode)\s+(\d+)", text, re.MULTILINE)
    return found[1] == "1" if found else None


def state() -> Mapping[str, Any]:
    """Power and heat at this moment; what cannot be read is left out."""
    thermal = command_output("/usr/bin/notifyutil", "-g", "com.apple.system.thermalpressurelevel")
    battery = command_output("/usr/bin/pmset", "-g", "batt")
    settings = command_output("/usr/bin/pmset", "-g")
    found = {
        "thermal_pressure": parse_thermal(thermal) if thermal else None,
        "on_battery": parse_battery(battery) if battery else None,
        "low_power": parse_low_power(settings) if settings else None,
        "background": in_background(),
    }
    return {name: value for name, value in found.items() if value is not None}

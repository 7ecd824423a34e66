"""macOS: what `/usr/bin/time -l`, sysctl, pmset and notifyutil tell.  Parsers are pure."""

from __future__ import annotations

import re
from typing import Final

from bench.domain import Measurement, absent, measured

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
    r"^\s*(?P<real>\d+[.,]\d+)\s+real\s+(?P<user>\d+[.,]\d+)\s+user\s+(?P<sys>\d+[.,]\d+)\s+sys\s*$", re.MULTILINE
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


def _missing(name: str, text: str) -> str:
    if not text.strip():
        return "time -l wrote nothing: it was ended before the program"
    if name in _LEFT_OUT_WHEN_ZERO:
        return "time -l left the line out: the kernel had no figure"
    return "time -l did not tell"

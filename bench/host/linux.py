"""Linux: what /proc and /sys tell.  Reading is at the edge, parsing is pure."""

from __future__ import annotations

import re
from pathlib import Path

VMSTAT = Path("/proc/vmstat")


def text(path: Path | str) -> str | None:
    """A small file's text without the blanks around it; None where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def oom_kills() -> int | None:
    """Processes the kernel has ended for want of memory since boot, cgroups' included; None unknown."""
    found = re.search(r"^oom_kill (\d+)$", text(VMSTAT) or "", re.MULTILINE)
    return int(found[1]) if found else None

"""Keep the machine from idle sleep while it measures."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Assertions against idle sleep of system, disk and, on AC power, the system altogether; ended with us.
CAFFEINATE: Final = ("/usr/bin/caffeinate", "-i", "-m", "-s", "-w")


@contextmanager
def awake() -> Iterator[None]:
    """macOS: `caffeinate` holds power assertions as long as this process lives or the block lasts.

    It sleeps itself, and so is no load.  Elsewhere nothing is done: a server does not sleep.
    """
    if str(sys.platform) != "darwin" or not os.access(CAFFEINATE[0], os.X_OK):
        yield
        return
    with subprocess.Popen([*CAFFEINATE, str(os.getpid())], stdin=subprocess.DEVNULL) as holder:
        try:
            yield
        finally:
            holder.terminate()

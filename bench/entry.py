"""Where the program begins: nothing is imported before a signal is heard, so that even the first moment ends in words."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script, and `python -m bench`."""
    try:
        from bench.interrupts import never_swallowed

        never_swallowed()
        from bench.cli import main as command
    except KeyboardInterrupt:
        sys.exit(130)
    command()

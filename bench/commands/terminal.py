"""Where tables are printed: as wide as the terminal, and wide enough where there is none."""

from __future__ import annotations

from rich.console import Console

# A CI log or a file has no width of its own; tables of figures must not be cut there.
WIDTH_WITHOUT_TERMINAL = 140


def wide_console() -> Console:
    """Standard output."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_WITHOUT_TERMINAL)

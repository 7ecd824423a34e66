"""What the commands print alike: tables as wide as the terminal, and wide enough where there is none."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from bench.regression.exact import Fact
from bench.text.safe import clean

# A CI log or a file has no width of its own; tables of figures must not be cut there.
WIDTH_WITHOUT_TERMINAL = 140


def wide_console() -> Console:
    """Standard output."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_WITHOUT_TERMINAL)


def print_facts(console: Console, facts: Iterable[Fact]) -> None:
    """What changed beside the figures, a line each, with its detail below."""
    for fact in facts:
        console.print(Text(clean(f"{fact.breach}  {fact.case}: {fact.message}"), style="red"))
        if fact.detail:
            console.print(Text(clean(fact.detail)))

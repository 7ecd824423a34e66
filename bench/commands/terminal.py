"""What the commands print alike: tables as wide as the terminal, and wide enough where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from bench.journal import RunData
from bench.language import english
from bench.regression.exact import Fact
from bench.text.safe import clean

if TYPE_CHECKING:
    from bench.domain import Protocol
    from bench.report.writing.terminal import PlainVerdict

# A CI log or a file has no width of its own; tables of figures must not be cut there.
WIDTH_WITHOUT_TERMINAL = 140


def wide_console() -> Console:
    """Standard output."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_WITHOUT_TERMINAL)


def print_facts(console: Console, facts: Iterable[Fact]) -> None:
    """What changed beside the figures, a line each, with its detail below."""
    for fact in facts:
        console.print(Text(clean(f"{fact.breach}  {fact.case}: {english(fact.message)}"), style="red"))
        if fact.detail:
            console.print(Text(clean(fact.detail)))


def print_verdict(runs: Sequence[RunData], code: str) -> None:
    """What a report says first: the verdict, and a row for each variant."""
    from bench.report.writing.terminal import plain_verdict

    found = plain_verdict(runs, code)
    console = wide_console()
    console.print(Text(found.title, style="bold"))
    for line in found.lines:
        console.print(Text(f"  {line}"))
    _print_rows(console, found)


def print_first_figures(console: Console, run: RunData, code: str) -> None:
    """The verdict's table alone, after one block: a look ahead that no verdict rests on."""
    from bench.report.writing.terminal import plain_verdict

    found = plain_verdict([run], code)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_WITHOUT_TERMINAL, stderr=console.stderr)
    if found.rows:
        console.print("after the first block, a single run each:", style="bold")
        _print_rows(console, found)


def _print_rows(console: Console, found: PlainVerdict) -> None:
    from rich import box
    from rich.table import Table

    if not found.rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, heading in enumerate(found.headings):
        table.add_column(heading, justify="right" if 0 < number < len(found.headings) - 2 else "left")
    for row in found.rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def counted(number: int, noun: str) -> str:
    """1 case, 2 cases."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def blocks_of(protocol: Protocol) -> str:
    """How many blocks a run will have: 10 blocks, or 6 to 15 blocks where a precision decides."""
    if protocol.precision is None:
        return counted(protocol.most_blocks, "block")
    return f"{protocol.min_blocks} to {counted(protocol.most_blocks, 'block')}"

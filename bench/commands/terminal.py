"""What the commands print alike: tables as wide as the terminal, and wide enough where there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from bench.journal import RunData
from bench.language import english
from bench.regression.exact import Fact
from bench.text.safe import clean

if TYPE_CHECKING:
    from rich.table import Table

    from bench.domain import Protocol
    from bench.report.writing.terminal import PlainVerdict

# A CI log or a file has no width of its own; tables of figures must not be cut there.
WIDTH_WITHOUT_TERMINAL = 140
WIDEST = 1000  # to measure what a table would take


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

    show_verdict(wide_console(), plain_verdict(runs, code))


def show_verdict(console: Console, found: PlainVerdict) -> None:
    """The lines, each wrapped below its beginning, and the table."""
    from rich.padding import Padding

    console.print(Text(found.title, style="bold"))
    for line in found.lines:
        console.print(Padding(Text(line), (0, 0, 0, 2)))
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


def verdict_rows(found: PlainVerdict) -> Table:
    """The table with all its columns."""
    return _table(found, found.rows, ())


# What a terminal too narrow for every column does without, after the intervals.
_SPARED: Final = ("column.rtf", "column.kl", "column.stars", "column.size", "column.memory")


def _print_rows(console: Console, found: PlainVerdict) -> None:
    if not found.rows:
        return
    table = verdict_rows(found)
    for number in range(len(_SPARED) + 1):
        if console.measure(table, options=console.options.update(max_width=WIDEST)).maximum <= console.width:
            break
        table = _table(found, found.brief, _SPARED[:number])
    console.print(table)


def _table(found: PlainVerdict, rows: Sequence[Sequence[str]], spared: Collection[str]) -> Table:
    from rich import box
    from rich.table import Table

    kept = [at for at, column in enumerate(found.columns) if column not in spared]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for at in kept:
        figures = 0 < at < len(found.headings) - 2
        table.add_column(found.headings[at], justify="right" if figures else "left")
    for row in rows:
        table.add_row(*(Text(row[at]) for at in kept))
    return table


def counted(number: int, noun: str) -> str:
    """1 case, 2 cases."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def blocks_of(protocol: Protocol) -> str:
    """How many blocks a run will have: 10 blocks, or 6 to 15 blocks where a precision decides."""
    if protocol.precision is None:
        return counted(protocol.most_blocks, "block")
    return f"{protocol.min_blocks} to {counted(protocol.most_blocks, 'block')}"

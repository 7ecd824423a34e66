"""The commands.  This room and `bench.commands` are the only ones that print or exit.

Exit codes: 0 all cases ok; 1 some case is not; 2 wrong usage, or a gate that is inconclusive;
64-69 an error of `bench.errors`; 70 a bug, with its traceback; 74 a file or standard output that could not
be read or written; 129, 130 and 143 ended by SIGHUP, Ctrl-C and SIGTERM.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bench import __version__
from bench.commands import (
    auditing,
    bisecting,
    comparing,
    doctor,
    exporting,
    fleet,
    gating,
    inputs,
    inspect,
    measure,
    nights,
    process,
    quality,
    rendering,
    scoring,
    trying,
)

app = typer.Typer(
    name="asr-quant-bench",
    help="Honest benchmarks of quantized speech recognition models, in fresh child processes.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"asr-quant-bench {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the program itself; what a killed command left is swept before the next does anything."""
    from bench.scratch import sweep_left

    for name in sweep_left():
        typer.secho(f"left by a command that was killed, now ended or removed: {name}", fg="yellow", err=True)


for room in (
    measure, trying, quality, inputs, inspect, doctor, auditing, rendering, scoring, comparing, gating, nights, exporting, bisecting, fleet,
):  # fmt: skip
    room.register(app)


def main() -> None:
    """Run a command; a user's error is one message with a next step, never a traceback."""
    sys.exit(process.run(app))

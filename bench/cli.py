"""The commands.  This room and `bench.commands` are the only ones that print or exit.

Exit codes: 0 all cases ok; 1 some case is not; 2 wrong usage, or a gate that is inconclusive;
64-68 an error of `bench.errors`; 130 interrupted.  A bug is a traceback and exit code 70.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from bench import __version__
from bench.commands import auditing, inputs, inspect, measure, quality, regression, rendering, scoring, trying
from bench.errors import BenchError, Interrupted

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
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options of the program itself."""


for room in (measure, trying, quality, inputs, inspect, auditing, rendering, scoring, regression):
    room.register(app)


def main() -> None:
    """Run a command; a user's error is one message with a next step, never a traceback."""
    try:
        app(standalone_mode=True)
    except BenchError as error:
        typer.secho(f"error: {error.message}", fg="red", err=True)
        if error.hint:
            typer.echo(f"  {error.hint}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(Interrupted.exit_code)
    except BrokenPipeError:
        # the reader of our output has left: say no more, not even at the interpreter's end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)

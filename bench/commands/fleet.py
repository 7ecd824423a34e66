"""`worker` and `head`: the processes of a fleet, each until it is interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.executor import Executor

TlsOption = Annotated[
    bool,
    typer.Option(
        "--without-tls",
        help="Listen beyond this machine without encryption: anybody who reaches it can run programs here.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("worker")(worker)
    app.command("head")(head)


@contextmanager
def working_on(on: str | None) -> Iterator[Executor | None]:
    """The executor that `--on` names; None without one."""
    if on is None:
        yield None
        return
    from bench.fleet.places import executor_on

    with executor_on(on) as executor:
        page = getattr(executor, "dashboard", None)
        if page:
            typer.echo(f"dashboard: {page}", err=True)
        yield executor


def seconds_of(option: str, given: str) -> float:
    """Seconds of an option such as `--share "5 min"`."""
    from bench.config.durations import parse_duration

    try:
        seconds = float(parse_duration(given))
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {error}") from None
    if seconds <= 0:
        raise typer.BadParameter(f"{option}: must be greater than zero")
    return seconds


def worker(
    address: Annotated[str, typer.Argument(help="The head: tcp://127.0.0.1:8786, tls://HEAD:8786")],
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="The label that suites use for this host; its single worker may then time. May be repeated."
        ),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="How many processes transcribe a share side by side.")
    ] = 1,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Memory for those processes: 8 GB.")
    ] = None,
    shared: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="The head's cache folder, if it can be read from here."
        ),
    ] = None,
    without_tls: TlsOption = False,
) -> None:
    """Take work from a head: shares of quality passes, and, with a label, whole timings."""
    from bench.config.durations import parse_size
    from bench.errors import FleetError
    from bench.fleet.duty import Duty
    from bench.fleet.serving import refuse_open_doors, work_for
    from bench.naming import is_safe_name

    refuse_open_doors(address, without_tls=without_tls)
    if wrong := [name for name in label or () if not is_safe_name(name)]:
        raise FleetError(
            f"--label {wrong[0]}: is not a valid host name.", hint="Letters, digits, _ + - and single dots."
        )
    try:
        size = None if memory is None else float(parse_size(memory))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    duty = Duty(labels=tuple(label or ()), lanes=processes, memory_bytes=size, shared=shared)
    work_for(address, duty, lambda line: typer.echo(line, err=True))


def head(
    listen: Annotated[
        str, typer.Option(help="The address at which workers and `--on` find it.")
    ] = "tcp://127.0.0.1:8786",
    without_tls: TlsOption = False,
) -> None:
    """Be the head of a fleet: Dask's scheduler, reached by this machine alone unless told otherwise."""
    from bench.fleet.serving import lead, refuse_open_doors

    refuse_open_doors(listen, without_tls=without_tls)
    lead(listen, lambda line: typer.echo(line, err=True))

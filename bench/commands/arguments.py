"""Arguments and options that several commands take, and what is refused of them alike."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from bench.errors import SuiteError

SuiteArgument = Annotated[
    Path, typer.Argument(help="A suite: its name (whisper-base) or its file.", show_default=False)
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="PATTERN", help="Run the cases whose id matches: '*.q8_0.*'. May be repeated."
    ),
]
PrecisionOption = Annotated[
    str | None,
    typer.Option(metavar="SHARE", help='Go on until every ratio to its baseline is known this well: "1 %".'),
]
BudgetOption = Annotated[
    str | None,
    typer.Option(metavar="TIME", help='Begin no more blocks once the trials took this long: "20 min".'),
]
OnOption = Annotated[
    str | None,
    typer.Option(
        metavar="PLACE", help="local:4 for processes here, tcp://HEAD:8786 for a fleet (docs/fleet.md)."
    ),
]
ShareOption = Annotated[
    str | None,
    typer.Option(metavar="TIME", help='With --on: speech that a worker hears at once, "5 min".'),
]
WaitOption = Annotated[
    str, typer.Option(metavar="TIME", help="With --on: how long to wait when no worker is available.")
]
ReportsOption = Annotated[Path, typer.Option(help="Folder of runs, baselines and history.")]
LogsOption = Annotated[Path, typer.Option(help="Folder for the trials' logs.")]
ClassOption = Annotated[
    str | None,
    typer.Option(help="Keep nights under this name, not the machine's id: for runners that change."),
]


def refuse_unknown_metrics(names: Iterable[str]) -> None:
    """Raise SuiteError for the first that is no metric, with the nearest that is one."""
    from bench.metrics import METRICS
    from bench.yamlfile import nearest

    for name in names:
        if name not in METRICS:
            raise SuiteError(f'unknown metric "{name}"{nearest(name, METRICS)}', hint="See docs/metrics.md.")

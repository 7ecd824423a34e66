"""Where `--on` leads: `local:4` to processes of this machine, `tcp://HEAD:8786` to a Dask scheduler."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from bench.errors import FleetError
from bench.executor import Executor


@contextmanager
def executor_on(on: str) -> Iterator[Executor]:
    """The executor that `--on` names, closed at the end; FleetError where it names none or none answers."""
    executor = _opened(on)
    try:
        yield executor
    finally:
        executor.close()


def _opened(on: str) -> Executor:
    if found := re.fullmatch(r"local:([1-9]\d{0,2})", on):
        from bench.fleet.processes import LocalProcesses

        return LocalProcesses(int(found.group(1)))
    if re.fullmatch(r"(tcp|tls|ws|wss)://\S+:\d+", on):
        from bench.fleet.on_dask import DaskExecutor

        return DaskExecutor(on)
    raise FleetError(
        f"--on {on}: is neither a number of processes nor an address.",
        hint="Give local:4 for so many processes here, or a Dask scheduler: tcp://HEAD:8786, tls://HEAD:8786.",
    )

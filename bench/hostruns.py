"""A suite timed on several hosts: which were asked, where each one's run lies, and why one has none.

`hosts.json` stands in a folder of its own beside the runs, `reports/SUITE/hosts-STAMP`, with the report of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.domain import Reason
from bench.errors import JournalError
from bench.files import replace_file
from bench.naming import SafeName, below

if TYPE_CHECKING:
    from pydantic import TypeAdapter

HOSTS: Final = "hosts.json"
PREFIX: Final = "hosts-"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRun:
    """One host of several: `run` is its run's name, taken before it is timed; `reason` why it has no figures.

    `nonce` tells this run from others of its name: two heads may ask one host in the same second.
    """

    label: SafeName
    run: SafeName
    nonce: SafeName
    reason: Reason | None = None
    timed: bool = False


@cache
def _adapter() -> TypeAdapter[tuple[HostRun, ...]]:
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[HostRun, ...])


def new_folder(suite: Path) -> Path:
    """A folder for the hosts of a suite's runs; nothing is made yet."""
    return suite / f"{PREFIX}{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"


def newest_folder(suite: Path) -> Path:
    """The newest such folder; JournalError where there is none."""
    found = sorted(suite.glob(f"{PREFIX}*/{HOSTS}"))
    if not found:
        raise JournalError(f"{suite}: there is nothing to resume.", hint="Start without --resume.")
    return found[-1].parent


def is_of_hosts(folder: Path) -> bool:
    """Whether a folder is of several hosts' runs."""
    return (folder / HOSTS).is_file()


def write_hosts(folder: Path, hosts: Iterable[HostRun]) -> None:
    """Put the list of hosts in its place, whole or not at all."""
    replace_file(folder / HOSTS, _adapter().dump_json(tuple(hosts), indent=1) + b"\n")


def read_hosts(folder: Path) -> tuple[HostRun, ...]:
    """The hosts of a folder; JournalError where its list cannot be read."""
    try:
        return _adapter().validate_json((folder / HOSTS).read_bytes())
    except (OSError, ValueError) as error:
        raise JournalError(
            f"{folder / HOSTS}: cannot be read: {str(error).splitlines()[0]}.",
            hint="Give a folder that `run --on` has written.",
        ) from error


def runs_of(folder: Path, hosts: Sequence[HostRun]) -> list[Path]:
    """The run directories of the hosts that were timed."""
    return [below(folder.parent, each.run) for each in hosts if each.timed]

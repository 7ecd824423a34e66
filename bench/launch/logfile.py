"""The log of a trial: what a person needs to repeat it and to see what went wrong."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.language import english
from bench.places import portable
from bench.text.safe import visible

if TYPE_CHECKING:
    from bench.contract import Event, Outcome
    from bench.domain import Measurement, WeightsProof
    from bench.launch.supervisor import Supervision

HEAD_BYTES: Final = 256 << 10
TAIL_BYTES: Final = 768 << 10


def bounded_text(path: Path) -> str:
    """A file's text; of a huge one the beginning and the end, with a line that says so between.

    Bytes that are no UTF-8 become U+FFFD.  A missing file is empty text.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= HEAD_BYTES + TAIL_BYTES:
                return file.read().decode("utf-8", "replace")
            head = file.read(HEAD_BYTES).decode("utf-8", "replace")
            file.seek(size - TAIL_BYTES)
            tail = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return f"{head}\n[... {size - HEAD_BYTES - TAIL_BYTES:,} bytes left out ...]\n{tail}"


def write(
    path: Path,
    *,
    outcome: Outcome,
    environ: Mapping[str, str],
    own_environ: Mapping[str, str],
    supervision: Supervision,
    unreadable: Sequence[str],
) -> None:
    """Write the log, its folder too if it is missing."""
    ended = outcome.status.value + (f": {english(outcome.reason)}" if outcome.reason else "")
    parts = [
        f"status   {ended}",
        f"command  {shlex.join(outcome.argv)}",
        _section("environment set by the case", [f"{k}={v}" for k, v in own_environ.items()]),
        _section("environment", [f"{k}={v}" for k, v in environ.items() if k not in own_environ]),
        _section("measurements", [_measurement(each) for each in outcome.measurements]),
        _section("events", [_event(each, outcome.spawned_seconds) for each in outcome.events]),
    ]
    if outcome.proof is not None:
        parts.append(_section("weights that were opened", _proof(outcome.proof)))
    if unreadable:
        parts.append(_section(f"unreadable lines among the events: {len(unreadable)}", unreadable[:20]))
    if supervision.strays:
        parts.append(_section("left running, and ended", supervision.strays))
    parts.append(_section("stdout", [outcome.stdout.rstrip("\n")]))
    parts.append(_section("stderr", [outcome.stderr.rstrip("\n")]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(visible(portable("\n".join(parts))) + "\n", encoding="utf-8")


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"\n== {title}", *(lines if any(lines) else ["(none)"])])


def _proof(found: WeightsProof) -> list[str]:
    said = (
        "proven" if found.proven else f"{'wrong' if found.wrong else 'not proven'}: {english(found.reason)}"
    )
    return [said, *(f"{file.how:10} {file.path}" for file in found.files)]


def _measurement(each: Measurement) -> str:
    if each.reason is not None:
        return f"{each.name:26} absent: {english(each.reason)}"
    value = f"{each.value:.6f}".rstrip("0").rstrip(".")
    return f"{each.name:26} {value} {each.unit.value}  [{each.source}]"


def _event(event: Event, spawned: float) -> str:
    at = f"{event.seconds - spawned:12.6f} s" if spawned else f"{event.seconds:12.6f} s"
    data = ", ".join(f"{name}={value!r}" for name, value in event.data.items())
    return f"{at}  {event.name}  {data[:400]}"

"""The first use ever of an engine's release on a machine's GPU: a figure of its own, in no median.

Metal compiles an engine's shaders when they are first needed and the system keeps them; CUDA and Vulkan do the like.
So before the first block the first case of such an engine is run once more than the suite says.  What that took is
kept in the cache, by machine, engine, release and device, and stands in the first block's record of that case
beside its own figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.domain import Case, Host, Measurement, Record, measured
from bench.files import replace_file
from bench.places import cache_root
from bench.prepare import Ready

GPUS: Final = frozenset({"metal", "cuda", "vulkan"})
SOURCE: Final = "worker events of the first trial ever"
METRICS: Final = {
    "load_seconds": "first_use_load_seconds",
    "transcribe_seconds": "first_use_transcribe_seconds",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstUse:
    """Who used what for the first time, and where that is remembered."""

    case: Case
    ready: Ready
    path: Path


def first_uses(cases: Iterable[tuple[Case, Ready]], host: Host) -> list[FirstUse]:
    """The cases that would be the first of their engine's release on this machine's GPU; one an engine and device.

    None without a GPU, and for cases that ask for the CPU.
    """
    found: dict[Path, FirstUse] = {}
    for case, ready in cases:
        asked = case.variant.device
        if host.gpu is None or asked == "cpu" or not GPUS & set(ready.engine.availability().devices):
            continue
        words = (host.id, ready.engine.name, ready.version or "unknown", asked)
        path = cache_root() / "first-use" / (re.sub(r"[^\w.-]+", "-", "_".join(words)) + ".json")
        if not path.exists():
            found.setdefault(path, FirstUse(case=case, ready=ready, path=path))
    return list(found.values())


def take(first: FirstUse, trial: Callable[[FirstUse], Record]) -> tuple[Measurement, ...]:
    """Run it, remember it, and give its figures; empty, and not remembered, where it did not deliver."""
    record = trial(first)
    if not record.status.delivered:
        return ()
    values = {name: record.value(mine) for mine, name in METRICS.items()}
    known: Mapping[str, float] = {name: value for name, value in values.items() if value is not None}
    first.path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(first.path, json.dumps({"case": first.case.id, "at": record.started_at, **known}) + "\n")
    return tuple(measured(name, value, SOURCE) for name, value in known.items())

"""The engines by name: the built-in modules and the packages that register one.

A third-party engine is an entry point in the group `asr_quant_bench.engines` whose object is an
`Engine`.  An entry point that cannot be loaded is reported when it is asked for, never before.
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Final

from bench.domain import Variant
from bench.engines import ChoosesFormat, Engine, RestsOnPackages, S, Settings, parsed
from bench.errors import EngineMissing
from bench.problems import problem
from bench.yamlfile import nearest

GROUP: Final = "asr_quant_bench.engines"
BUILT_IN: Final[dict[str, str]] = {
    "pywhispercpp": "bench.engines.pywhispercpp",
    "llama-cpp": "bench.engines.llamacpp",
    "transcribe-cpp": "bench.engines.transcribe",
    "transcribe-cpp-ggml": "bench.engines.transcribe_ggml",
    "faster-whisper": "bench.engines.fasterwhisper",
    "command": "bench.engines.command",
}


@cache
def names() -> tuple[str, ...]:
    """Every engine's name, built-in ones first."""
    third_party = sorted(point.name for point in entry_points(group=GROUP) if point.name not in BUILT_IN)
    return (*BUILT_IN, *third_party)


@cache
def get(name: str) -> Engine[Any]:
    """The engine of that name; `EngineMissing` names the nearest one."""
    if name in BUILT_IN:
        engine: Engine[Any] = importlib.import_module(BUILT_IN[name]).ENGINE
        return engine
    for point in entry_points(group=GROUP, name=name):
        try:
            loaded = point.load()
        except Exception as error:  # a foreign package may fail in any way
            raise problem(
                EngineMissing,
                "engine.not_loaded",
                name=name,
                object=point.value,
                error=f"{error!r}",
                package=str(point.dist.name if point.dist else point.module),
            ) from error
        if not isinstance(loaded, Engine):
            raise problem(EngineMissing, "engine.no_engine", name=name, object=point.value)
        return loaded
    raise problem(EngineMissing, "engine.unknown", name=name, near=nearest(name, names()))


def packages() -> tuple[str, ...]:
    """The packages that the engines rest on, sorted; what cannot be loaded names none."""
    found: set[str] = set()
    for name in names():
        with suppress(EngineMissing):
            engine = get(name)
            found |= {engine.distribution} if engine.distribution else set()
            found |= set(engine.packages) if isinstance(engine, RestsOnPackages) else set()
    return tuple(sorted(found))


def format_of(engine: Engine[S], settings: S) -> str:
    """The asset format that an engine reads; its settings may say another."""
    return engine.format_of(settings) if isinstance(engine, ChoosesFormat) else engine.weights_format


def settings_of(variant: Variant) -> Settings:
    """A variant's settings as its engine's own model; pydantic's ValidationError for what it refuses."""
    settings: Settings = parsed(get(variant.engine), variant.settings)
    return settings

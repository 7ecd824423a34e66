"""Jinja, always in its sandbox: undefined names are errors, and output is escaped unless a filter made it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jinja2 import Environment


# What a template may look into beside our own plain dataclasses: data, none of whose methods touches the world.
_DATA: Final = (str, int, float, bool, bytes, tuple, list, dict, Mapping, date, Enum)


def is_data(thing: object) -> bool:
    """Whether a template may look into it: plain values, and dataclasses of `bench` that hold such."""
    if thing is None or isinstance(thing, _DATA):
        return True
    return dataclasses.is_dataclass(thing) and type(thing).__module__.startswith("bench.")


def sandbox(
    folders: Sequence[Path],
    *,
    extensions: Sequence[str] = (),
    finalize: Callable[[Any], Any] | None = None,
) -> Environment:
    """An environment whose templates cannot change or reach beyond what they are given; folders by priority."""
    from jinja2 import FileSystemLoader, StrictUndefined, Undefined
    from jinja2.runtime import BlockReference, Context, LoopContext, Macro
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from jinja2.utils import Cycler, Joiner, Namespace

    own = (Undefined, BlockReference, Context, LoopContext, Macro, Cycler, Joiner, Namespace)

    plain: dict[type, bool] = {}  # asked for every attribute of every row

    class DataOnly(ImmutableSandboxedEnvironment):
        """Jinja's sandbox keeps templates from Python's inside; this keeps them from the disk, too.

        A path that stood among the data could write: `{{ view.out.joinpath("x").write_text("y") }}`.
        """

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            """Only data, and Jinja's own helpers, have attributes here."""
            kind = type(obj)
            if kind not in plain:
                plain[kind] = isinstance(obj, own) or kind.__module__.startswith("jinja2.") or is_data(obj)
            return plain[kind] and super().is_safe_attribute(obj, attr, value)

    return DataOnly(
        loader=FileSystemLoader(folders),
        extensions=list(extensions),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=finalize,
    )

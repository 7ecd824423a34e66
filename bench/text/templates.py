"""Jinja, always in its sandbox: undefined names are errors, and output is escaped unless a filter made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def sandbox(
    folders: Sequence[Path],
    *,
    extensions: Sequence[str] = (),
    finalize: Callable[[Any], Any] | None = None,
) -> Environment:
    """An environment whose templates cannot change or reach beyond what they are given; folders by priority."""
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        extensions=list(extensions),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=finalize,
    )

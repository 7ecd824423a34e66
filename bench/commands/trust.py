"""A suite is code: it may name programs, packages to install and libraries to load.  Whoever runs a stranger's is asked.

Asked once a content: what was agreed to is remembered by its hash in the cache of inputs.  What runs
directories and reports are (data), and what is guarded how: docs/security.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bench.errors import SuiteError

if TYPE_CHECKING:
    from bench.domain import Suite

AGREED: Final = "trusted.json"
VARIABLE: Final = "ASR_QUANT_BENCH_TRUST"
_LOADERS: Final = ("LD_", "DYLD_", "PYTHON", "BASH_ENV", "GGML_BACKEND_PATH")
_given: list[bool] = []


def _note(asked: bool) -> bool:
    if asked:
        _given.append(True)
    return asked


TrustOption = Annotated[
    bool,
    typer.Option(
        "--trust",
        callback=_note,
        help="Run what a suite from outside this folder names (programs, packages, libraries) without asking.",
    ),
]


def require_trust(suite: Suite, source: Path) -> None:
    """Ask before code that a suite from elsewhere names is run; `SuiteError` where nobody can be asked.

    A suite below the working folder, or one that came with this program, is the user's own.
    """
    named = tuple(dict.fromkeys(code_named_by(suite)))
    if not named or _is_own(source) or _given or os.environ.get(VARIABLE) == "1":
        return
    digest = hashlib.sha256("\n".join(named).encode() + source.read_bytes()).hexdigest()
    if digest in _agreed():
        return
    listed = "\n    ".join(named)
    message = f"{source} is from outside this folder and names code that would be run with your rights:\n    {listed}"
    if not sys.stdin.isatty():
        raise SuiteError(message, hint="Read it, then say --trust, or start the command from its folder.")
    if not typer.confirm(f"{message}\nRun it?", err=True):
        raise SuiteError(f"{source}: not run.", hint="Nothing was installed, fetched or started.")
    _remember(digest)


def code_named_by(suite: Suite) -> Iterator[str]:
    """What of a suite is run, or loaded into what is run, in words."""
    from bench.text.safe import one_line

    for case in suite.cases:
        variant = case.variant
        argv = variant.settings_by_name.get("argv")
        if variant.engine == "command" and argv:
            yield one_line(f"program: {' '.join(map(str, argv))}")[:200]
        for name, value in variant.environ.items():
            if name.upper().startswith(_LOADERS):
                yield one_line(f"library or code loaded: {name}={value}")[:200]
        for pin in suite.environments.get(variant.environment or "", ()):
            yield one_line(f"package installed: {pin}")[:200]
        if built := suite.builds.get(variant.environment or ""):
            yield from (
                one_line(f"variable of a build: {name}={value}")[:200]
                for name, value in built.environ.items()
            )


def _is_own(source: Path) -> bool:
    import bench

    place = source.resolve()
    return any(place.is_relative_to(root.resolve()) for root in (Path.cwd(), Path(bench.__file__).parent))


def _agreed() -> list[str]:
    from bench.places import cache_root

    with suppress(OSError, ValueError):
        found = json.loads((cache_root() / AGREED).read_text(encoding="utf-8"))
        return [str(digest) for digest in found]
    return []


def _remember(digest: str) -> None:
    from bench.files import replace_file
    from bench.places import cache_root

    with suppress(OSError):  # then it is asked again
        replace_file(cache_root() / AGREED, json.dumps([*_agreed(), digest]) + "\n")

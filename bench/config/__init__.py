"""YAML -> `Suite`.  Strict; every mistake names file, line, column, key and the nearest spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.errors import SuiteError

if TYPE_CHECKING:
    from pathlib import Path

    from bench.domain import Suite


def json_schema() -> dict[str, Any]:
    """The JSON Schema of suite files, for editors."""
    from bench.config.schema import json_schema as made

    return made()


def load_suite(path: Path) -> Suite:
    """A suite by its file or its name, resolved; `SuiteError` for every mistake that shows without running."""
    from bench.config.resolve import Resolver
    from bench.config.shape import SuiteFile
    from bench.config.shipped import suite_file
    from bench.config.source import Source
    from bench.yamlfile import load, read_tree

    path = suite_file(path)
    source = Source(path=path, tree=read_tree(path), file=load(path, SuiteFile))
    suite = Resolver(source=source).resolve()
    if not suite.cases:
        raise SuiteError(
            f"{path}: the matrix is empty: no case is left.",
            hint="Add variants or include, or loosen exclude.",
        )
    return suite

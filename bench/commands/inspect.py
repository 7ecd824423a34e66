"""`validate`, `schema`, `engines`, `suites`: what is written and what is here; nothing runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.language import english


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("suites")(suites)
    app.command("validate")(validate)
    app.command("schema")(schema)
    app.command("engines")(engines)


def validate(
    suites: Annotated[list[Path], typer.Argument(help="Suites to check.", show_default=False)],
) -> None:
    """Check suites without running anything; every mistake with file, line, column and key."""
    from bench.commands.terminal import blocks_of, counted
    from bench.config import load_suite
    from bench.config.checks import absent_files, refused_cases
    from bench.errors import BenchError, SuiteError

    failed = 0
    for path in suites:
        try:
            suite = load_suite(path)
        except BenchError as error:
            failed = error.exit_code
            typer.secho(str(error), fg="red", err=True)
            continue
        refused = refused_cases(suite)
        mistakes = list(absent_files(suite))
        if len(refused) == len(suite.cases):
            mistakes.append("its engines can run none of its cases")
        for text in mistakes:
            failed = SuiteError.exit_code
            typer.secho(f"{path}: {text}", fg="red", err=True)
        for case, why in refused.items():
            typer.secho(f"{path}: {case} will not run: {why}", fg="yellow", err=True)
        if not mistakes:
            typer.echo(f"{path}: {counted(len(suite.cases), 'case')}, {blocks_of(suite.protocol)}")
    raise typer.Exit(failed)


def suites() -> None:
    """List the suites that can be given by name: those in configs/ here, and those of the package."""
    from rich.table import Table

    from bench.commands.terminal import wide_console
    from bench.config.shipped import SHIPPED
    from bench.config.shipped import suites as known
    from bench.text.safe import clean
    from bench.yamlfile import read_tree

    table = Table("suite", "title", "from")
    for name, path in sorted(known().items()):
        title = read_tree(path).get("title", "")
        words = title.get("en", "") if isinstance(title, dict) else title
        table.add_row(clean(name), clean(str(words)), "the package" if path.parent == SHIPPED else str(path))
    wide_console().print(table)


def schema() -> None:
    """Print the JSON Schema of suite files, for editors."""
    from bench.config import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def engines(
    name: Annotated[
        str | None, typer.Argument(help="Show this engine's settings.", show_default=False)
    ] = None,
    missing: Annotated[
        Path | None,
        typer.Option(
            metavar="SUITE", help="Print only the extras that a suite needs and that are not installed."
        ),
    ] = None,
) -> None:
    """List the engines: installed or not, what they run, how to install them; or the settings of one."""
    if name is not None:
        print_settings(name)
        return
    if missing is not None:
        for extra in missing_extras(missing):
            typer.echo(extra)
        return
    from rich.table import Table

    from bench.commands.terminal import wide_console
    from bench.engines import registry
    from bench.errors import EngineMissing

    table = Table("engine", "version", "families", "weights", "devices")
    remarks: list[str] = []
    for each in registry.names():
        try:
            engine = registry.get(each)
        except EngineMissing as error:
            remarks.append(str(error))
            continue
        found = engine.availability()
        version = found.version or ("not installed" if found.reason else "-")
        table.add_row(
            each, version, ", ".join(engine.families), engine.weights_format, ", ".join(found.devices)
        )
        if found.reason:
            remarks.append(english(found.reason))
    wide_console().print(table)
    for text in remarks:
        typer.echo(text)


def print_settings(name: str) -> None:
    """An engine's settings: names, types, defaults, and what they do."""
    from rich.table import Table
    from rich.text import Text

    from bench.commands.terminal import wide_console
    from bench.engines import registry

    schema = registry.get(name).settings.model_json_schema()
    table = Table("setting", "type", "default", "meaning", title=f"settings of {name}")
    for key, field in schema.get("properties", {}).items():
        default = json.dumps(field["default"], ensure_ascii=False) if "default" in field else "required"
        table.add_row(key, Text(_type_of(field)), Text(default), Text(field.get("description", "")))
    wide_console().print(table)


def _type_of(field: dict[str, Any]) -> str:
    """A JSON Schema's type in a word or two."""
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if several := field.get("anyOf") or field.get("oneOf"):
        return " | ".join(_type_of(each) for each in several)
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    if field.get("type") == "array":
        return f"list of {_type_of(field.get('items', {}))}"
    return str(field.get("type", field.get("const", "any")))


def missing_extras(suite: Path) -> tuple[str, ...]:
    """The extras to install before a suite can run."""
    from bench.config import load_suite
    from bench.engines import registry

    wanted = {case.variant.engine for case in load_suite(suite).cases if case.variant.environment is None}
    found = [registry.get(name).availability() for name in sorted(wanted)]
    return tuple(dict.fromkeys(each.extra for each in found if each.reason and each.extra))

"""Where a command writes its result: into a file, or where none is given to the standard output."""

from __future__ import annotations

from pathlib import Path

import typer


def write_or_print(text: str, out: Path | None) -> None:
    """Text into a file, or where none is given to the standard output."""
    from bench.files import write_file

    if out is None:
        typer.echo(text, nl=False)
        return
    write_file(out, text, hint="Give another --out.")
    typer.echo(f"wrote {out}")

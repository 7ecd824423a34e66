"""Runs -> view -> files: Markdown a language, and what `formats` names beside.

Rendering is apart from measuring: records of any age and machine re-render here, with these
templates or with a folder of one's own, which Jinja runs in its sandbox.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.errors import ReportError
from bench.report.language import Language, language
from bench.report.view import Cell, Column, View
from bench.report.writer import MarkdownWriter, Writer

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from bench.journal import RunData

TEMPLATES: Final = Path(__file__).parent / "templates"
DEFAULT_FORMATS: Final = ("md",)


def render(
    runs: Sequence[RunData],
    *,
    languages: Sequence[str],
    out: Path,
    formats: Sequence[str] = DEFAULT_FORMATS,
    templates: Path | None = None,
) -> tuple[Path, ...]:
    """Write the reports of the runs into the folder `out`; return the files, reports first.

    `languages` are codes of the catalogs; `templates` is a folder whose files go before the
    built-in ones of the same name.  Each file is replaced as a whole or not at all.  Raises
    `ReportError` for no runs, an unknown language or format, a template that fails.
    """
    from bench.report.build import build

    if not runs:
        raise ReportError("there is no run to report.", hint="Give run directories: reports/SUITE/RUN-ID.")
    if templates is not None and not templates.is_dir():
        raise ReportError(
            f"{templates}: there is no such folder of templates.", hint="Give --templates FOLDER."
        )
    writers = _writers(formats)
    spoken = [language(code) for code in dict.fromkeys(languages)]
    view = build(runs, out=out.resolve())
    written: list[Path] = []
    for write in writers:
        written += write(view, spoken, out, templates)
    return tuple(written)


def markdown(
    view: View, spoken: Language, *, templates: Path | None = None, name: str = "report.md.j2"
) -> str:
    """The view as Markdown in one language."""
    return tidy(fill(name, MarkdownWriter(spoken), templates, view=view, charts={}))


def fill(name: str, writer: Writer, templates: Path | None, **context: Any) -> str:
    """A template filled in; ReportError names template and line of what fails in it."""
    from jinja2 import TemplateError, TemplateSyntaxError

    environment = _environment(writer, templates)
    try:
        return environment.get_template(name).render(**context)
    except TemplateSyntaxError as error:
        raise _template_error(f"{error.filename or name}:{error.lineno}: {error.message}") from error
    except (TemplateError, TypeError, ValueError) as error:
        raise _template_error(f"{_place(error, name)}: {error}") from error


def tidy(text: str) -> str:
    """Markdown with single blank lines outside code blocks and one line break at the end."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        mark = re.match(r"`{3,}", line)
        if mark and not fence:
            fence = mark.group()
        elif fence and line.rstrip() == fence:
            fence = ""
        if fence or line.strip() or (lines and lines[-1].strip()):
            lines.append(line if fence else line.rstrip())
    return "\n".join(lines).strip("\n") + "\n"


def write_file(path: Path, text: str) -> Path:
    """Write a file atomically; ReportError where that cannot be done."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise ReportError(
            f"{path}: cannot be written: {error.strerror or error}.",
            hint="Give a folder you can write to with --out.",
        ) from error
    return path


# ---------------------------------------------------------------------- formats

Write = Callable[[View, Sequence[Language], Path, "Path | None"], Iterable[Path]]


def _write_markdown(
    view: View, spoken: Sequence[Language], out: Path, templates: Path | None
) -> Iterable[Path]:
    for each in spoken:
        yield write_file(out / f"report.{each.code}.md", markdown(view, each, templates=templates))


_FORMATS: Final[Mapping[str, Write]] = {"md": _write_markdown}


def _writers(formats: Sequence[str]) -> list[Write]:
    unknown = [name for name in formats if name not in _FORMATS]
    if unknown:
        raise ReportError(
            f"report format {unknown[0]!r}: there is no such format.", hint=f"Formats: {', '.join(_FORMATS)}."
        )
    return [_FORMATS[name] for name in dict.fromkeys(formats)]


# ---------------------------------------------------------------------- jinja


def _environment(writer: Writer, templates: Path | None) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from bench.report import safe

    folders = [TEMPLATES] if templates is None else [templates, TEMPLATES]
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize(writer),
    )
    environment.globals["_"] = writer.words  # before any template: it is what `_()` means in them
    environment.filters |= {
        "cell": writer.cell,
        "cells": _cells(writer),
        "code": writer.code,
        "data": writer.data,
        "days": _days(writer),
        "fence": safe.fence,
        "heading": _heading(writer),
        "note": writer.note,
        "picked": writer.picked,
        "plain": writer.plain,
        "target": safe.link_target,
    }
    return environment


def _finalize(writer: Writer) -> Callable[[Any], Any]:
    """Whatever a template prints without a filter is data of the writer's target."""
    from jinja2 import Undefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        if isinstance(value, Markup | Undefined):
            return value
        return writer.data(value)

    return finalize


def _cells(writer: Writer) -> Callable[[Sequence[Cell], str], Markup]:
    from markupsafe import Markup

    def cells(parts: Sequence[Cell], between: str = " ") -> Markup:
        return Markup(between).join(writer.cell(part) for part in parts)  # noqa: S704  # from a template

    return cells


def _heading(writer: Writer) -> Callable[[Column], Markup]:
    def heading(column: Column) -> Markup:
        text = writer.cell(column.heading)
        return text if column.note is None else text + writer.reference(column.note)

    return heading


def _days(writer: Writer) -> Callable[[View], Markup]:
    from markupsafe import Markup

    def days(view: View) -> Markup:
        if view.first_day is None or view.last_day is None:
            return writer.words("absent")
        first, last = writer.day(view.first_day), writer.day(view.last_day)
        return first if first == last else first + Markup(" – ") + last

    return days


def _place(error: Exception, name: str) -> str:
    """Template and line of an error, from its traceback."""
    trace, place = error.__traceback__, name
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _template_error(message: str) -> ReportError:
    return ReportError(f"template {message}", hint="docs/report.md lists what a template is given.")

"""Templates: Jinja in its sandbox, with the filters that write a view's parts in a language and a target.

A folder of one's own goes before the built-in one, file by file.  docs/report.md lists the
templates, the filters and the view.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.errors import ReportError
from bench.report.cells import Cell
from bench.report.charts.colours import colour
from bench.report.view import Column, View
from bench.report.writing.writer import Writer
from bench.text import safe
from bench.text.numbers import clock
from bench.text.templates import sandbox

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES: Final = Path(__file__).parents[1] / "templates"


def fill(name: str, writer: Writer, templates: Path | None, **context: Any) -> str:
    """A template filled in; ReportError names template and line of what fails in it."""
    from jinja2 import TemplateError, TemplateSyntaxError

    environment = environment_of(writer, templates)
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


def environment_of(writer: Writer, templates: Path | None) -> Environment:
    """A sandbox whose undefined names are errors and whose output is inert unless a filter made it."""
    folders = [TEMPLATES] if templates is None else [templates, TEMPLATES]
    environment = sandbox(folders, extensions=["jinja2.ext.i18n"], finalize=_finalize(writer))
    environment.globals["_"] = writer.words  # before any template: it is what `_()` means in them
    environment.filters |= {
        "cell": writer.cell,
        "cells": _cells(writer),
        "clock": clock,
        "code": writer.code,
        "colour": colour,
        "data": writer.data,
        "days": _days(writer),
        "fence": safe.fence,
        "heading": _heading(writer),
        "in_order": in_order,
        "note": writer.note,
        "anchor": writer.anchor,
        "picked": writer.picked,
        "plain": writer.plain,
        "reference": writer.reference,
        "target": safe.link_target,
        "verbatim": safe.verbatim,
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
    from markupsafe import escape

    def cells(parts: Sequence[Cell], between: str = " ") -> Markup:
        return escape(between).join(writer.cell(part) for part in parts)

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


def in_order(things: Iterable[Any], attribute: str) -> list[tuple[Any, list[Any]]]:
    """Things grouped by an attribute, groups in the order they first come up in."""
    groups: dict[Any, list[Any]] = {}
    for thing in things:
        groups.setdefault(getattr(thing, attribute), []).append(thing)
    return list(groups.items())


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

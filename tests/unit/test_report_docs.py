"""docs/report.md says what a template is given and what the data's columns are; nothing is left out."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

import pytest

from bench.language import language
from bench.report.cells import Cell
from bench.report.view import Table, View
from bench.report.writing.reporters import FORMATS
from bench.report.writing.summary import COLUMNS
from bench.report.writing.templates import TEMPLATES, environment_of
from bench.report.writing.writers import MarkdownWriter

DOCS = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [View, Table], ids=lambda kind: kind.__name__)
def test_every_field_of_the_view_is_documented(kind: type) -> None:
    assert [field.name for field in dataclasses.fields(kind) if f"`{field.name}`" not in DOCS] == []


def test_every_cell_filter_template_format_and_column_is_documented() -> None:
    from jinja2.filters import FILTERS

    own = environment_of(MarkdownWriter(language("en")), None).filters.keys() - FILTERS.keys()
    names = {
        *(kind.__name__ for kind in get_args(Cell)),
        *FORMATS,
        *COLUMNS,
        *(path.name for path in TEMPLATES.iterdir()),
    }
    assert {name for name in names if f"`{name}`" not in DOCS} == set()
    assert {name for name in own if f"`{name}" not in DOCS} == set()

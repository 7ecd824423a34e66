"""What knows a metric follows from the registry: the docs' table, `doctor`, the report's columns."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bench import host
from bench.language import language, languages
from bench.metrics import COMPARED, METRICS, Metric
from bench.report.tables import measured

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
BLOCK = re.compile(r"(?<=<!-- metrics -->\n).*?(?=<!-- /metrics -->)", re.DOTALL)
LAYOUTS = {
    layout.name: layout
    for layout in (measured.PERFORMANCE, measured.STAGES, measured.MEMORY, measured.CPU, measured.MORE)
}


def _row(metric: Metric) -> str:
    places = ", ".join(dict.fromkeys(place.table for place in metric.places))
    compared = "yes" if metric.compared else ""
    cells = (f"`{metric.name}`", metric.unit, metric.better, metric.linux or "-", metric.macos or "-", places)
    return f"| {' | '.join((*cells, compared))} |\n"


def test_the_documents_table_of_all_metrics_is_the_registry() -> None:
    """After a change that is meant: `UPDATE_GOLDEN=1 pytest tests/unit/test_metrics_registry.py`."""
    head = "| metric | unit | better | Linux | macOS | tables of the report | compared by default |\n"
    wanted = f"{head}{'|---' * 7}|\n{''.join(map(_row, METRICS.values()))}"
    text = DOCS.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_GOLDEN"):
        text = BLOCK.sub(wanted, text)
        DOCS.write_text(text, encoding="utf-8")
    found = BLOCK.search(text)
    assert found is not None
    assert found[0] == wanted


def test_every_metric_has_a_place_in_a_table() -> None:
    assert [metric.name for metric in METRICS.values() if not metric.places] == []


def test_every_heading_and_note_of_a_place_has_words_in_every_language() -> None:
    asked = {
        text for metric in METRICS.values() for place in metric.places for text in (place.heading, place.note)
    }
    for code in languages():
        assert asked - {""} - language(code).ids == set()


def test_the_measured_tables_have_every_column_that_the_registry_gives_them() -> None:
    for metric in METRICS.values():
        for place in metric.places:
            if place.table in LAYOUTS:
                assert place.heading in [column.heading for column in LAYOUTS[place.table].columns]


def test_doctor_speaks_of_every_metric() -> None:
    assert [each.metric for each in host.instruments()] == list(METRICS)


def test_what_is_compared_by_default_has_a_direction() -> None:
    assert COMPARED
    assert all(METRICS[name].better != "neither" for name in COMPARED)

"""What knows a metric follows from the registry: the docs' table, `doctor`, the report's columns."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path

import pytest
from report_runs import measured_run

from bench import host
from bench.domain import measured as measured_value
from bench.language import language, languages
from bench.metrics import COMPARED, METRICS, Metric, ReadBy, shown, where_known
from bench.report.cells import Figure, Phrase
from bench.report.footnotes import Notes
from bench.report.names import Names, gathered
from bench.report.tables import measured
from bench.report.tables.layout import Context
from bench.report.writing.summary import summary_csv
from bench.results import results_of
from bench.text.numbers import Quantity
from bench.units import Unit

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
                heading = measured.HEADINGS.get(place.heading, place.heading)
                assert heading in [column.heading for column in LAYOUTS[place.table].columns]


def test_doctor_speaks_of_every_metric() -> None:
    assert [each.metric for each in host.instruments()] == list(METRICS)


def test_what_is_compared_by_default_has_a_direction() -> None:
    assert COMPARED
    assert all(METRICS[name].better != "neither" for name in COMPARED)


def test_a_new_metric_takes_one_line_of_the_registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beside the instrument and the words: table, summary, doctor and data follow."""
    new = Metric(
        name="queue_seconds",
        unit=Unit.SECONDS,
        quantity=Quantity.SECONDS,
        linux=ReadBy.WORKER,
        macos=ReadBy.WORKER,
        places=(where_known("performance", "column.total"),),
    )
    monkeypatch.setitem(METRICS, new.name, new)
    run = measured_run(tmp_path / "r")
    records = tuple(
        dataclasses.replace(
            each,
            measurements={**each.measurements, new.name: measured_value(new.name, 1.25 + each.block, "w")},
        )
        for each in run.records
    )
    run = dataclasses.replace(run, records=records)
    found = results_of([run])
    context = Context(found=found, names=Names(found, [run]), notes=Notes())
    [table] = measured.tables(measured._layout("performance"), gathered(found), context)
    headings = [column.heading for column in table.columns]
    at = len(headings) - 1 - headings[::-1].index(Phrase(message="column.total"))
    figure = table.rows[0].cells[at]
    assert isinstance(figure, Figure)
    assert figure.value == pytest.approx(6.75)
    assert new.name in [each.metric for each in host.instruments()]
    assert f",{new.name},s,6.75," in summary_csv(found, context.names)


def test_a_new_column_takes_one_place_in_the_registry(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    moved = dataclasses.replace(
        METRICS["minor_faults"],
        places=(*METRICS["minor_faults"].places, shown("cpu", "column.page_reclaims")),
    )
    monkeypatch.setitem(METRICS, moved.name, moved)
    found = results_of([measured_run(tmp_path / "r")])
    context = Context(found=found, names=Names(found, []), notes=Notes())
    [table] = measured.tables(measured._layout("cpu"), gathered(found), context)
    assert Phrase(message="column.page_reclaims") in [column.heading for column in table.columns]

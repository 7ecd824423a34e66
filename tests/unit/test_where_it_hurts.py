"""The report of a quality pass says where each variant hurts: by class, by length, by fault."""

from __future__ import annotations

from typing import Any

import pytest

from bench.domain import Quality, Status
from bench.language import language
from bench.quality.hearings import HeardRecords
from bench.quality.pass_results import pass_results
from bench.quality.utterances import UtteranceRecord
from bench.report.footnotes import Notes
from bench.report.tables.where_it_hurts import by_class, by_utterance, profiles_of
from bench.report.writing.writers import MarkdownWriter

SAID = (
    "Мы видели Катаева на той стороне реки",
    "он не пришёл домой",
    "густой туман стоял",
    "раз два три четыре пять шесть семь восемь девять десять одиннадцать",
)
HEARD = {
    "f16": (*SAID[:2], "густой дым стоял", SAID[3]),
    "q4_0": (SAID[0].replace("Катаева", "китаева"), "он пришёл домой", "пустой дым стоял", ""),
}


def record(variant: str, at: int, **more: Any) -> UtteranceRecord:
    facts: dict[str, Any] = {
        "corpus": "c",
        "condition": "clean",
        "utterance": f"u{at}",
        "language": "ru",
        "seconds": 3.7,
        "model": "m",
        "quantization": variant,
        "engine": "e",
        "host": "h",
        "status": Status.OK,
        "reference": SAID[at],
        "text": HEARD[variant][at],
    }
    return UtteranceRecord(variant=variant, **{**facts, **more})


@pytest.fixture
def told() -> dict[str, dict[str, dict[str, str]]]:
    """Both tables as text: table, variant, column."""
    records = [record(variant, at) for variant in HEARD for at in range(len(SAID))]
    found = pass_results(HeardRecords(records), Quality(), {("m", variant): "f16" for variant in HEARD})
    assert found is not None
    notes, write = Notes(), MarkdownWriter(language("en"))
    profiles = profiles_of(found.rows, found)
    made: dict[str, dict[str, dict[str, str]]] = {}
    for name, (columns, cells) in (
        ("classes", by_class(found.rows, profiles, notes)),
        ("faults", by_utterance(found.rows, profiles, notes)),
    ):
        headings = [str(write.cell(column.heading)) for column in columns]
        made[name] = {
            variant: dict(zip(headings, (str(write.cell(cell)) for cell in row), strict=True))
            for variant, row in cells.items()
        }
    return made


def test_errors_are_counted_by_class_beside_the_baselines(told: dict[str, Any]) -> None:
    assert told["classes"]["f16"]["Words"] == "1"
    worse = told["classes"]["q4_0"]
    assert worse["Names"] == "1 (+1)"
    assert worse["Negation"] == "1 (+1)"
    assert worse["Words"] == "2 (+1)"
    assert worse["Numbers"] == "10 (+10)"


def test_error_rates_are_told_by_length_and_utterances_by_fault(told: dict[str, Any]) -> None:
    worse = told["faults"]["q4_0"]
    assert worse["WER of 1-5 words"] == "42.9%"
    assert worse["WER of 11-20 words"] == "100.0%"
    assert worse["Empty"] == "1"
    assert told["faults"]["f16"]["Empty"] == "0"


def test_every_class_and_fault_has_words_in_every_language() -> None:
    from bench.language import languages
    from bench.quality import ErrorClass, UtteranceFault

    for code in languages():
        ids = language(code).ids
        assert {f"class.{each}" for each in ErrorClass} <= ids
        assert {f"fault.{each}" for each in UtteranceFault} <= ids
        assert {f"note.fault.{each}" for each in UtteranceFault} <= ids

"""A reason is a code with parameters; its words are the catalogs', in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from records import record

import bench
from bench import journal
from bench.domain import Reason
from bench.language import english, language, languages
from bench.old_reasons import read_sentence
from bench.reasons import CODES, reason, told

ROOM = Path(bench.__file__).parent
REPORTS = ROOM.parent / "reports"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def example(code: str) -> Reason:
    """A reason of that code, its parameters of the kind that their names say."""
    values: dict[str, str | int | float | Reason] = {}
    for name in CODES[code]:
        if name in {"doing", "missing", "reason", "why"}:
            values[name] = reason("doing.loading")
        elif name.endswith("_bytes"):
            values[name] = 2_500_000_000
        elif name == "share" or name.endswith("_seconds"):
            values[name] = 0.073
        else:
            values[name] = "Wort"
    return reason(code, **values)


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("kind", CODES)
def test_every_reason_has_words_in_every_language(kind: str, code: str) -> None:
    spoken = language(code)
    said = spoken.reason(example(kind))
    assert said
    assert "%(" not in said
    assert set(PLACEHOLDER.findall(spoken.word("reason." + kind))) == set(CODES[kind])


@pytest.mark.parametrize(
    "kind", [code for code in CODES if set(CODES[code]) - {"words", "error", "message", "why"}]
)
def test_russian_words_are_russian(kind: str) -> None:
    assert re.search("[а-яё]", language("ru").reason(example(kind)).replace("загрузке", ""), re.IGNORECASE)


def test_every_word_of_a_reason_has_its_code() -> None:
    ids = {each.removeprefix("reason.") for each in language("en").ids if each.startswith("reason.")}
    assert {each for each in ids if "." in each} | {"told"} == set(CODES)


def _calls(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reason":
            yield node.args[0]


def test_every_code_is_used_somewhere_and_none_is_made_up() -> None:
    used: set[str] = {"told"}
    for file in ROOM.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for first in _calls(ast.parse(text)):
            if isinstance(first, ast.Constant):
                assert first.value in CODES, f"{file}: {first.value!r}"
        if file.name != "reasons.py":  # some are of old records alone
            used |= {code for code in CODES if f'"{code}"' in text}
        if 'reason(f"missing.{name}")' in text:
            used |= {"missing.imported", "missing.ready"}
    printed = ("source.ambiguous",)  # named by reports/published
    assert set(CODES) - used - set(printed) == set()


def test_an_unknown_code_and_a_wrong_parameter_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown reason 'no\.such'"):
        reason("no.such")
    with pytest.raises(ValueError, match="has the parameters"):
        reason("counter.error")


def test_units_are_written_by_the_parameters_names() -> None:
    ended = reason("ended.timeout", limit_seconds=1.5, doing=reason("doing.loading"))
    assert english(ended) == "ended at its time limit of 1.5\u00a0s while loading the model"
    assert language("ru").reason(ended) == "остановлен по лимиту времени 1.5\u00a0с при загрузке модели"
    shares = reason("disturbance.steal", share=0.073)
    assert english(shares) == "the hypervisor took 7.3% of the processor time"


def test_a_record_keeps_its_reasons(tmp_path: Path) -> None:
    ended = reason("ended.memory", limit_bytes=1000, peak_bytes=2000, doing=reason("doing.transcribing"))
    given = record(reason=ended)
    file = tmp_path / "records.jsonl"
    file.write_bytes(journal.encode(given))
    assert journal.read_records(file) == ((given,), ())


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("the clip was transcribed once", reason("pass.single")),
        ("other programs took 7.5% of the processor time", reason("disturbance.other_programs", share=0.075)),
        (
            "ended at its time limit of 600 s while loading the model",
            reason("ended.timeout", limit_seconds=600.0, doing=reason("doing.loading")),
        ),
        (
            "ended by signal 6 (SIGABRT) while transcribing",
            reason("ended.signal", number=6, name="SIGABRT", doing=reason("doing.transcribing")),
        ),
        ("exit status 42", reason("exit.status", status=42)),
        ("asked for metal, ran on cpu", reason("device.other", requested="metal", used="cpu")),
        ("GigaAM: квантизированные модели пока не поддерживаются", None),
    ],
)
def test_a_sentence_of_an_old_record_is_read_as_its_code(sentence: str, meant: Reason | None) -> None:
    assert read_sentence(sentence) == (meant or told(sentence))


def test_a_record_of_the_first_schema_is_read_with_codes(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    line = journal.encode(record(reason=told("x"))).decode().replace('"schema":2', '"schema":1')
    old = line.replace('{"code":"told","parameters":{"words":"x"}}', '"exit status 3"')
    file.write_text(old, encoding="utf-8")
    records, _ = journal.read_records(file)
    assert records[0].reason == reason("exit.status", status=3)


@pytest.mark.parametrize("run", sorted({file.parent for file in REPORTS.rglob("records.jsonl")}), ids=str)
def test_committed_records_have_no_reason_that_only_english_can_tell(run: Path) -> None:
    data = journal.read_run(run)
    reasons = {found.reason for each in data.records for found in each.measurements.values() if found.reason}
    reasons |= {each for one in data.records for each in one.conditions.disturbances}
    reasons |= set(data.host.warnings)
    assert {each for each in reasons if each.code == "told"} == set()

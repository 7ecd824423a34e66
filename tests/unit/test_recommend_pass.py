"""A question is answered by a quality pass alone where the pass can know."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.domain import Status
from bench.journal import read_run
from bench.language import language
from bench.quality.utterances import UTTERANCES, UtteranceRecord, encode_utterance, read_utterances
from bench.report.findings import Constraints, Decision, Recommendation, recommend
from bench.report.findings.families import Scene
from bench.report.findings.limits import LimitState
from bench.report.footnotes import Notes
from bench.report.tables.passes import passes
from bench.report.writing.writers import MarkdownWriter
from bench.results import Results, results_of

EXAMPLE = next((Path(__file__).parents[2] / "reports/examples/whisper-base-quality").glob("*"))
MEGABYTES = {"f16": 148, "q8_0": 82, "q6_k": 65, "q5_0": 56, "q4_k": 48, "q4_0": 47, "q3_k": 37}


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Results]:
    """The committed pass of 620 utterances, with the size of each variant's file in its records and without."""
    records = [each for each in read_utterances(EXAMPLE)[0] if each.floor is None]
    sized = [dataclasses.replace(each, weights_bytes=MEGABYTES[each.variant] * 1_000_000) for each in records]
    return {
        has_sizes: read(tmp_path_factory.mktemp("pass"), given)
        for has_sizes, given in ((False, records), (True, sized))
    }


def names(found: Recommendation) -> tuple[str | None, str | None]:
    return (
        found.choice.variant if found.choice else None,
        found.runner_up.variant if found.runner_up else None,
    )


def said(found: Recommendation) -> str:
    write = MarkdownWriter(language("en"))
    return "\n".join(str(write.cell(line)) for line in found.phrases())


def test_of_what_keeps_a_limit_on_the_loss_the_least_lossy_is_named(heard: dict[bool, Results]) -> None:
    found = recommend(heard[True], Constraints(max_wer_loss=0.02))
    assert found.decision is Decision.CHOSEN
    assert names(found) == ("f16", "q6_k")


def test_a_limit_on_the_size_is_weighed_where_records_tell_it(heard: dict[bool, Results]) -> None:
    limits: dict[str, Any] = {"max_wer_loss": 0.02, "max_weights_bytes": 100e6}
    assert names(recommend(heard[True], Constraints(**limits))) == ("q6_k", "q8_0")
    without = recommend(heard[False], Constraints(**limits))
    assert without.decision is Decision.INCONCLUSIVE
    assert "The journal has no weights file" in said(without)


def test_a_limit_that_no_variant_keeps_is_impossible_and_each_says_why(heard: dict[bool, Results]) -> None:
    found = recommend(heard[True], Constraints(max_wer=0.1))
    assert found.decision is Decision.IMPOSSIBLE
    assert said(found).count("does not fit") == len(MEGABYTES)


def test_time_and_memory_are_left_open(heard: dict[bool, Results]) -> None:
    found = recommend(heard[True], Constraints(max_rtf=0.3, max_wer_loss=0.05))
    assert found.decision is Decision.INCONCLUSIVE
    assert "a quality pass measures neither time nor memory" in said(found)


def read(folder: Path, records: list[UtteranceRecord]) -> Results:
    """A pass of these records."""
    run = folder / EXAMPLE.name
    run.mkdir()
    for name in ("suite.yaml", "host.json"):
        shutil.copy(EXAMPLE / name, run / name)
    (run / "records.jsonl").touch()
    (run / UTTERANCES).write_bytes(b"".join(map(encode_utterance, records)))
    return results_of([read_run(run)])


def clean_records() -> list[UtteranceRecord]:
    found = read_utterances(EXAMPLE)[0]
    return [each for each in found if each.floor is None and each.condition == "clean"]


def test_a_variant_whose_words_are_mostly_wrong_is_not_recommended(tmp_path: Path) -> None:
    """As of timed cases: however small, and whatever the limits."""
    records = [
        dataclasses.replace(each, text="ничего" if each.variant == "q3_k" else each.text, weights_bytes=1000)
        for each in clean_records()
    ]
    found = recommend(read(tmp_path, records), Constraints(max_weights_bytes=1e6))
    assert "q3_k" not in {each.variant for each in found.answers}
    assert len(found.answers) == len(MEGABYTES) - 1


def test_a_variant_that_heard_one_corpus_of_two_keeps_no_limit_on_errors(tmp_path: Path) -> None:
    """What it did not hear may be what it cannot."""
    records = clean_records()
    harder = [
        dataclasses.replace(each, corpus="harder", text="" if each.variant != "q8_0" else None,
                            status=Status.OK if each.variant != "q8_0" else Status.CRASHED)
        for each in records[: 7 * 60]
    ]  # fmt: skip
    found = recommend(read(tmp_path, [*records, *harder]), Constraints(max_wer=0.5, max_wer_loss=0.5))
    (answer,) = [each for each in found.answers if each.variant == "q8_0"]
    assert answer.state is LimitState.OPEN


def test_another_model_or_machine_has_no_answer(heard: dict[bool, Results]) -> None:
    for limits in (Constraints(model="other"), Constraints(machine="other")):
        found = recommend(heard[True], limits)
        assert found.decision is Decision.INCONCLUSIVE
        assert found.answers == ()


def test_the_rates_of_a_pass_alone_tell_sizes(heard: dict[bool, Results]) -> None:
    for sized, results in heard.items():
        table = next(each for each in passes(Scene(results).pass_groups, Notes()) if each.name == "passed")
        headings = [str(MarkdownWriter(language("en")).cell(each.heading)) for each in table.columns]
        assert ("File size" in headings) is sized
        assert all(len(row.cells) == len(table.columns) for row in table.rows)

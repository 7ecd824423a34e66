"""Results of a quality pass come from one walk through its file, whatever the order in which it was written."""

from __future__ import annotations

import dataclasses
import random
import shutil
from pathlib import Path

import pytest

from bench.domain import Quality, Status
from bench.errors import JournalError
from bench.quality.hearings import HeardFile, HeardRecords, Hearings
from bench.quality.pass_results import PassResults, pass_results
from bench.quality.passed import Passed
from bench.quality.utterances import UTTERANCES, UtteranceRecord, encode_utterance, read_utterances

EXAMPLE = next((Path(__file__).parents[2] / "reports/examples/whisper-base-quality").glob("*"))
NAMES = ("f16", "q8_0", "q6_k", "q5_0", "q4_k", "q4_0", "q3_k")
COUNTED = (
    "variant", "condition", "heard", "failed", "speakers", "compared", "flips", "same_texts", "empty", "truncated",
)  # fmt: skip


@pytest.fixture(scope="module")
def records() -> tuple[UtteranceRecord, ...]:
    """A part of the committed example: fifty utterances, some of them with noise."""
    found, _ = read_utterances(EXAMPLE)
    names = sorted({each.utterance for each in found if each.condition != "clean"})
    names += sorted({each.utterance for each in found} - set(names))[:10]
    return tuple(each for each in found if each.utterance in names)


def results(hearings: Hearings) -> PassResults:
    found = pass_results(hearings, Quality(), {("whisper-base", name): "f16" for name in NAMES})
    assert found is not None
    return found


def written(run: Path, records: list[UtteranceRecord]) -> Path:
    (run / UTTERANCES).write_bytes(b"".join(map(encode_utterance, records)))
    return run


def figures(row: Passed) -> tuple[object, ...]:
    """Everything that is no array."""
    arrays = {"scored", "paired", "tokens"}
    return tuple(getattr(row, each.name) for each in dataclasses.fields(row) if each.name not in arrays)


def test_a_file_says_what_the_same_records_in_memory_say(
    records: tuple[UtteranceRecord, ...], tmp_path: Path
) -> None:
    """To the last digit."""
    one, other = results(HeardRecords(records)), results(HeardFile(written(tmp_path, list(records))))
    assert [figures(row) for row in one.rows] == [figures(row) for row in other.rows]
    assert one.floors == other.floors
    assert len(one.floors["whisper-base", "festvox-ru"]) == 2
    for row, same in zip(one.rows, other.rows, strict=True):
        assert one.details(row).classes == other.details(same).classes
        assert one.details(row).faults == other.details(same).faults
        assert one.details(row).telling(5) == other.details(same).telling(5)
        assert one.details(row).changed == other.details(same).changed
        assert one.details(row).profile == other.details(same).profile


def test_the_order_of_the_lines_changes_no_count_and_no_mean(
    records: tuple[UtteranceRecord, ...], tmp_path: Path
) -> None:
    shuffled = list(records)
    random.Random(7).shuffle(shuffled)
    known = {(row.variant, row.condition): row for row in results(HeardRecords(records)).rows}
    found = results(HeardFile(written(tmp_path, shuffled)))
    assert len(found.rows) == len(known) == 14
    for row in found.rows:
        same = known[row.variant, row.condition]
        assert [getattr(row, name) for name in COUNTED] == [getattr(same, name) for name in COUNTED]
        assert row.wer is not None
        assert same.wer is not None
        assert row.wer.value == same.wer.value
        assert row.wer.low == pytest.approx(same.wer.low)
        if row.divergence is None or same.divergence is None:
            assert row.divergence is same.divergence
            continue
        assert row.divergence.mean.value == pytest.approx(same.divergence.mean.value)
        assert row.divergence.percentiles == pytest.approx(same.divergence.percentiles)
        assert row.divergence.correlation == pytest.approx(same.divergence.correlation)
        assert row.calibration is not None
        assert same.calibration is not None
        assert row.calibration.ece == pytest.approx(same.calibration.ece)


def test_the_last_record_of_a_key_counts_in_the_place_of_the_first(
    records: tuple[UtteranceRecord, ...], tmp_path: Path
) -> None:
    old = [dataclasses.replace(each, text="совсем другое", words=()) for each in records[:40]]
    broken = dataclasses.replace(records[41], status=Status.CRASHED)
    found = results(HeardFile(written(tmp_path, [*old, records[40], broken, *records])))
    first = [*records[:42], *records[42:]]
    assert [figures(row) for row in found.rows] == [figures(row) for row in results(HeardRecords(first)).rows]


def test_lines_that_are_no_records_are_told_and_left_out(
    records: tuple[UtteranceRecord, ...], tmp_path: Path
) -> None:
    few = list(records[:30])
    whole = [encode_utterance(each) for each in few]
    surrogate = whole[0].replace(b'"text":"', b'"text":"\\ud800 ', 1)
    (tmp_path / UTTERANCES).write_bytes(
        b"".join(
            [surrogate, *whole[1:10], b'{"schema":1,"corpus":"c"}\n', b"\n", *whole[10:], whole[-1][:-20]]
        )
    )
    found = HeardFile(tmp_path)
    told = [record for hearing in found for _, record in hearing.records]
    assert len(told) == 30
    assert {each.key for each in told} == {each.key for each in few}
    kept, warnings = read_utterances(tmp_path)
    assert {each.key: each for each in told} == {each.key: each for each in kept}
    assert found.warnings == list(warnings)
    assert len(warnings) == 2


def test_no_file_is_no_pass_and_a_newer_schema_is_refused(tmp_path: Path) -> None:
    assert not HeardFile(tmp_path)
    assert list(HeardFile(tmp_path)) == []
    shutil.copy(EXAMPLE / UTTERANCES, tmp_path)
    text = (tmp_path / UTTERANCES).read_bytes()
    (tmp_path / UTTERANCES).write_bytes(text.replace(b'"schema":1', b'"schema":99', 1))
    with pytest.raises(JournalError, match="schema 99"):
        HeardFile(tmp_path)

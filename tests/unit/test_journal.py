"""The journal loses nothing that was finished, and says what it could not read."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from pathlib import Path

import pytest
from records import HOST, record, suite

from bench.assets import recipe_of
from bench.assets.weights import manifest_of
from bench.config import load_suite
from bench.domain import Segment, Transcript
from bench.errors import JournalError
from bench.journal import RECORDS, Journal, create_run, encode, read_records, read_run, read_suite

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "demo" / "r1"
    create_run(path, suite(), HOST)
    return path


def test_a_record_comes_back_as_it_went_in(run: Path) -> None:
    written = record(
        transcript=Transcript(text="раз | два", segments=(Segment(text="раз", confidence=0.5),)),
        log="../x.log",
    )
    with Journal(run) as journal:
        journal.append(written)
    assert read_run(run).records == (written,)


def test_suite_and_host_come_back_as_they_went_in(run: Path) -> None:
    with Journal(run):
        pass
    data = read_run(run)
    assert data.suite == suite()
    assert data.host == HOST


def test_a_suite_keeps_how_its_inputs_are_had_and_a_run_folder_still_tells_it(tmp_path: Path) -> None:
    """What a manifest was parsed to is handed on as it is; of a run's folder it is read again."""
    asked = load_suite(CONFIGS / "whisper-base.yaml")
    (model, *_), (clip, *_) = asked.models.values(), asked.clips.values()
    assert manifest_of(model) is model.manifest
    assert recipe_of(clip) is clip.recipe
    create_run(tmp_path / "r1", asked, HOST)
    before = read_suite(tmp_path / "r1")
    assert {name: manifest_of(each) for name, each in before.models.items()} == {
        name: each.manifest for name, each in asked.models.items()
    }
    assert {name: recipe_of(each) for name, each in before.clips.items()} == {
        name: each.recipe for name, each in asked.clips.items()
    }


def test_a_clip_that_was_never_had_is_of_unknown_length(run: Path) -> None:
    asked = suite()
    unknown = {name: dataclasses.replace(clip, duration_seconds=None) for name, clip in asked.clips.items()}
    create_run(run, dataclasses.replace(asked, clips=unknown), HOST)
    assert read_suite(run).clips == unknown
    file = run / "suite.yaml"
    file.write_text(file.read_text().replace("duration_seconds: null", "duration_seconds: 0.0"))
    assert read_suite(run).clips == unknown, "as earlier releases wrote it"


def test_an_absent_value_is_null_with_a_reason_on_disk(run: Path) -> None:
    with Journal(run) as journal:
        journal.append(record())
    cycles = json.loads((run / RECORDS).read_text())["measurements"]["cycles"]
    assert cycles["value"] is None
    assert cycles["reason"]


def test_a_torn_last_line_is_skipped_by_readers_and_cut_by_the_next_writer(run: Path) -> None:
    with Journal(run) as journal:
        journal.append(record(block=1))
    with (run / RECORDS).open("ab") as file:
        file.write(encode(record(block=2))[:40])
    records, warnings = read_records(run / RECORDS)
    assert [r.block for r in records] == [1]
    assert "records.jsonl:2" in warnings[0]
    with Journal(run) as journal:
        journal.append(record(block=3))
    records, warnings = read_records(run / RECORDS)
    assert [r.block for r in records] == [1, 3]
    assert not warnings


def test_a_corrupt_line_is_named_and_the_others_are_read(run: Path) -> None:
    (run / RECORDS).write_bytes(
        encode(record(block=1)) + b'{"schema": 1, "run": 5}\n' + encode(record(block=2))
    )
    records, warnings = read_records(run / RECORDS)
    assert [r.block for r in records] == [1, 2]
    assert warnings[0].startswith("records.jsonl:2")


def test_a_newer_schema_is_refused_with_the_next_step(run: Path) -> None:
    (run / RECORDS).write_text('{"schema": 99}\n')
    with pytest.raises(JournalError, match="schema 99") as caught:
        read_records(run / RECORDS)
    assert "newer" in caught.value.hint


def test_a_second_writer_is_refused(run: Path) -> None:
    with Journal(run), pytest.raises(JournalError, match="another process"), Journal(run):
        pass


def test_a_full_disk_leaves_the_finished_records_and_says_so(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write

    def half(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[: len(data) // 2])

    with Journal(run) as journal:
        journal.append(record(block=1))
        monkeypatch.setattr(os, "write", half)
        with pytest.raises(JournalError, match=os.strerror(errno.ENOSPC)) as caught:
            journal.append(record(block=2))
        monkeypatch.setattr(os, "write", real)
    assert "--resume" in caught.value.hint
    records, warnings = read_records(run / RECORDS)
    assert [r.block for r in records] == [1]
    assert not warnings


def test_a_missing_run_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no such run directory"):
        read_run(tmp_path / "nothing")

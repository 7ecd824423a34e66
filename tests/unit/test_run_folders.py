"""Where a run lives, and which run may be gone on with."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import records

from bench import folders
from bench.domain import Build, Protocol, Suite, Utterance
from bench.errors import JournalError
from bench.folders import (
    RunFolders,
    find_resumable,
    new_folders,
    point_latest,
    refuse_other_cases,
    refuse_other_inputs,
    resumed_host,
    start,
)
from bench.journal import read_suite

NOON = datetime(2026, 2, 11, 12, 0, 7, tzinfo=UTC)


def fetched(**changes: object) -> Suite:
    """The demo suite with its clip fetched."""
    suite = records.suite()
    clip = dataclasses.replace(suite.clips["c"], path="/c.wav", sha256="aa", **changes)  # type: ignore[arg-type]  # fields by name
    return dataclasses.replace(suite, clips={"c": clip})


@pytest.fixture
def run(tmp_path: Path) -> RunFolders:
    """A run that has begun."""
    made = new_folders("demo", reports=tmp_path / "reports", logs=tmp_path / "logs", now=NOON)
    start(made, fetched(), records.HOST)
    return made


def test_a_run_is_named_by_its_start_in_utc(run: RunFolders, tmp_path: Path) -> None:
    assert run.run == tmp_path / "reports" / "demo" / "20260211T120007Z"
    assert run.logs == tmp_path / "logs" / "demo" / "20260211T120007Z"
    assert run.run_id == "20260211T120007Z"
    assert run.logs.is_dir()


def test_a_second_run_in_the_same_second_has_a_name_of_its_own(run: RunFolders, tmp_path: Path) -> None:
    again = [
        new_folders("demo", reports=tmp_path / "reports", logs=tmp_path / "logs", now=NOON) for _ in range(2)
    ]
    assert [each.run_id for each in again] == ["20260211T120007Z-2", "20260211T120007Z-3"]


def test_a_thousand_runs_in_one_second_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "range", lambda *_: range(1, 2), raising=False)
    new_folders("demo", reports=tmp_path, logs=tmp_path, now=NOON)
    with pytest.raises(JournalError, match="all names for a new run are taken"):
        new_folders("demo", reports=tmp_path, logs=tmp_path, now=NOON)


def test_a_file_where_the_run_should_be_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "20260211T120007Z").write_text("x")
    with pytest.raises(JournalError, match="cannot be written"):
        new_folders("demo", reports=tmp_path, logs=tmp_path, now=NOON)


def test_reports_that_are_a_file_are_an_error_with_their_path(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("x")
    with pytest.raises(JournalError, match="reports"):
        new_folders("demo", reports=tmp_path / "reports", logs=tmp_path, now=NOON)


def test_logs_that_cannot_be_made_are_an_error_that_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("x")
    made = new_folders("demo", reports=tmp_path / "reports", logs=tmp_path / "logs", now=NOON)
    with pytest.raises(JournalError, match="--logs"):
        start(made, records.suite(), records.HOST)


def test_latest_stays_at_the_run_before_until_it_is_pointed_on(run: RunFolders, tmp_path: Path) -> None:
    newer = new_folders("demo", reports=tmp_path / "reports", logs=tmp_path / "logs")
    start(newer, fetched(), records.HOST)
    latest = run.run.parent / "latest"
    assert latest.resolve() == run.run.resolve()
    point_latest(newer.run)
    assert latest.resolve() == newer.run.resolve()


def test_a_file_system_without_links_is_no_error(run: RunFolders, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    point_latest(run.run)
    assert not list(run.run.parent.glob(".latest.*"))


def test_the_newest_run_is_the_one_to_go_on_with(run: RunFolders, tmp_path: Path) -> None:
    newer = new_folders("demo", reports=tmp_path / "reports", logs=tmp_path / "logs")
    start(newer, fetched(), records.HOST)
    for age, each in ((100, newer), (50, run)):
        (each.run / "records.jsonl").write_bytes(b"")
        os.utime(each.run / "records.jsonl", (1e9 - age, 1e9 - age))
    found = find_resumable("demo", reports=tmp_path / "reports", logs=tmp_path / "logs")
    assert found.run_id == run.run_id
    assert found.logs == run.logs


def test_without_a_run_there_is_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no run to resume"):
        find_resumable("demo", reports=tmp_path, logs=tmp_path)


def test_a_run_goes_on_with_the_same_cases(run: RunFolders) -> None:
    refuse_other_cases(run, fetched())


def test_a_run_does_not_go_on_with_other_cases(run: RunFolders) -> None:
    with pytest.raises(JournalError, match="other cases"):
        refuse_other_cases(run, records.suite("f16", "q8_0"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reference": "три"}, "reference text of the clip c"),
        ({"utterances": (Utterance(start_seconds=0.0, end_seconds=1.5, text="раз"),)}, "utterances"),
    ],
)
def test_a_run_does_not_go_on_with_other_words(
    run: RunFolders, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(JournalError, match=words):
        refuse_other_inputs(run, fetched(**changes))


def test_a_run_does_not_go_on_with_other_audio(run: RunFolders) -> None:
    suite = fetched()
    other = dataclasses.replace(suite.clips["c"], sha256="bb")
    with pytest.raises(JournalError, match="audio of the clip c"):
        refuse_other_inputs(run, dataclasses.replace(suite, clips={"c": other}))


def test_a_run_goes_on_with_more_blocks_but_not_with_another_protocol(run: RunFolders) -> None:
    refuse_other_inputs(run, dataclasses.replace(fetched(), protocol=Protocol(blocks=40)))
    with pytest.raises(JournalError, match=r"protocol\.passes"):
        refuse_other_inputs(run, dataclasses.replace(fetched(), protocol=Protocol(blocks=3, passes=2)))


def test_a_run_does_not_go_on_with_other_pins(run: RunFolders) -> None:
    with pytest.raises(JournalError, match="environments"):
        refuse_other_inputs(run, dataclasses.replace(fetched(), environments={"old": ("x==1",)}))


def test_a_run_does_not_go_on_with_another_build(run: RunFolders) -> None:
    with pytest.raises(JournalError, match="environments"):
        refuse_other_inputs(run, dataclasses.replace(fetched(), builds={"old": Build(native=True)}))


def test_a_clip_that_came_late_is_taken_up(tmp_path: Path) -> None:
    made = new_folders("demo", reports=tmp_path / "reports", logs=tmp_path / "logs", now=NOON)
    start(made, records.suite(), records.HOST)
    refuse_other_inputs(made, fetched())
    assert read_suite(made.run).clips["c"].sha256 == "aa"


def test_a_run_goes_on_on_its_own_machine_alone(run: RunFolders) -> None:
    assert resumed_host(run, dataclasses.replace(records.HOST, python="3.13")) == records.HOST
    with pytest.raises(JournalError, match="Test CPU"):
        resumed_host(run, dataclasses.replace(records.HOST, id="other"))

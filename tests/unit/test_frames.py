"""A run is a DataFrame with one row a trial, base units and no invented values."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from records import HOST, record, suite

import bench
from bench.domain import Conditions, Status, Transcript, measured
from bench.journal import Journal, create_run
from bench.reasons import told


@pytest.fixture
def run(tmp_path: Path) -> Path:
    create_run(tmp_path, suite(), HOST)
    with Journal(tmp_path) as journal:
        journal.append(record(block=1, transcript=Transcript(text="раз три")))
        journal.append(
            record("m.q4_0.c", block=1, status=Status.CRASHED, reason=told("SIGSEGV"), measurements={})
        )
    return tmp_path


def test_every_trial_is_a_row(run: Path) -> None:
    frame = bench.load_run(run)
    assert list(frame["case"]) == ["m.f16.c", "m.q4_0.c"]
    assert list(frame["status"]) == ["ok", "crashed"]


def test_values_are_in_base_units_and_absent_ones_are_nan_with_their_reason(run: Path) -> None:
    frame = bench.load_run(run)
    assert frame.loc[0, "transcribe_seconds"] == pytest.approx(4.1)
    assert math.isnan(float(frame["cycles"].iloc[0]))
    assert frame.attrs["absences"] == [
        {
            "host": HOST.id,
            "case": "m.f16.c",
            "metric": "cycles",
            "reason": "The processor's counters are not offered here (a virtual machine, most often).",
            "blocks": [1],
        }
    ]


def test_quality_is_scored_against_the_reference(run: Path) -> None:
    frame = bench.load_run(run)
    assert frame.loc[0, "wer"] == pytest.approx(0.5)
    assert math.isnan(float(frame["wer"].iloc[1]))


DISTURBED = Conditions(disturbances=(told("cpu steal 3.4 %"), told("load 2.1")))


@pytest.fixture
def repeated(tmp_path: Path) -> Path:
    """Block 1 was disturbed at 9.7 s and run again at 4.1 s; block 2 went well."""
    create_run(tmp_path, suite(blocks=2), HOST)
    noisy = measured("transcribe_seconds", 9.7, "worker events")
    with Journal(tmp_path) as journal:
        journal.append(record(block=1, conditions=DISTURBED, measurements={"transcribe_seconds": noisy}))
        journal.append(record(block=2))
        journal.append(record(block=1, attempt=2))
    return tmp_path


@pytest.fixture
def troubled(repeated: Path) -> Path:
    """And a case that crashed in block 2."""
    crash = record("m.q4_0.c", block=2, status=Status.CRASHED, reason=told("SIGSEGV"), measurements={})
    with Journal(repeated) as journal:
        journal.append(crash)
    return repeated


def test_only_the_attempts_that_count_are_there(repeated: Path) -> None:
    """A mean over all three trials would be 6.0 s, where the report has 4.15 s."""
    frame = bench.load_run(repeated)
    assert list(frame["transcribe_seconds"]) == [4.2, 4.1]
    assert list(frame["attempt"]) == [1, 2]
    assert frame["counts"].all()
    assert not frame["disturbed"].any()


def test_the_discarded_attempts_are_there_when_asked_for_and_marked(repeated: Path) -> None:
    frame = bench.load_run(repeated, discarded=True)
    assert list(frame["counts"]) == [False, True, True]
    assert list(frame["disturbed"]) == [True, False, False]
    assert frame["disturbances"].iloc[0] == "“cpu steal 3.4 %”; “load 2.1”"
    assert frame.loc[frame["counts"], "transcribe_seconds"].mean() == pytest.approx(4.15)


def test_each_row_names_its_run_and_its_suite(repeated: Path) -> None:
    frame = bench.load_run(repeated)
    assert set(frame["run"]) == {repeated.name}
    assert set(frame["suite"]) == {"demo"}


def test_all_of_it_survives_parquet(troubled: Path, tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = bench.load_run(troubled, discarded=True)
    assert list(frame["reason"].isna()) == [True, True, True, False]
    assert frame["reason"].iloc[3] == "“SIGSEGV”"
    assert frame["reason_code"].iloc[3] == "told"
    frame.to_parquet(tmp_path / "run.parquet")
    back = pd.read_parquet(tmp_path / "run.parquet")
    pd.testing.assert_frame_equal(back, frame)
    assert back.attrs == frame.attrs
    assert back.attrs["absences"][0]["blocks"] == [2, 1]


def test_a_run_without_a_trial_has_the_columns_all_the_same(tmp_path: Path) -> None:
    create_run(tmp_path, suite(), HOST)
    (tmp_path / "records.jsonl").write_text("")
    frame = bench.load_run(tmp_path)
    assert frame.empty
    assert {"run", "counts", "transcribe_seconds", "wer"} <= set(frame.columns)


def test_a_run_is_read_by_the_text_of_its_path_too(repeated: Path) -> None:
    assert bench.read_run(str(repeated)) == bench.read_run(repeated)

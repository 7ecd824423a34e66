"""A run is a DataFrame with one row a trial, base units and no invented values."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from records import HOST, record, suite

import bench
from bench.domain import Status, Transcript
from bench.journal import Journal, create_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    create_run(tmp_path, suite(), HOST)
    with Journal(tmp_path) as journal:
        journal.append(record(block=1, transcript=Transcript(text="раз три")))
        journal.append(record("m.q4_0.c", block=1, status=Status.CRASHED, reason="SIGSEGV", measurements={}))
    return tmp_path


def test_every_trial_is_a_row(run: Path) -> None:
    frame = bench.load_run(run)
    assert list(frame["case"]) == ["m.f16.c", "m.q4_0.c"]
    assert list(frame["status"]) == ["ok", "crashed"]


def test_values_are_in_base_units_and_absent_ones_are_nan_with_their_reason(run: Path) -> None:
    frame = bench.load_run(run)
    assert frame.loc[0, "transcribe_seconds"] == pytest.approx(4.1)
    assert math.isnan(float(frame["cycles"].iloc[0]))
    assert frame.attrs["absences"]["m.f16.c", 1, "cycles"] == "the kernel offers no hardware counters"


def test_quality_is_scored_against_the_reference(run: Path) -> None:
    frame = bench.load_run(run)
    assert frame.loc[0, "wer"] == pytest.approx(0.5)
    assert math.isnan(float(frame["wer"].iloc[1]))

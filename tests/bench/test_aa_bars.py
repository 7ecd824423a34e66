"""The bars of the machine's own error, for an idle machine: tests/bench/aa_bars.py measures them and has the tables.

ASR_QUANT_BENCH_BAR_MINUTES is the time of each of the two (default 20). Fewer repeats than the bars ask for are no pass
and no failure: what was measured is printed and the test is skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import aa_bars
import pytest
from paired_trials import read

MINUTES = float(os.environ.get("ASR_QUANT_BENCH_BAR_MINUTES", "20"))
REPEATS = {"busy": 10, "idle": 20}


def measured(kind: str, tmp_path: Path) -> list[dict[str, object]]:
    pytest.importorskip("pywhispercpp")
    raw = tmp_path / "raw.jsonl"
    aa_bars.measure(kind, REPEATS[kind], MINUTES, raw)
    found = list(read(raw, "repeat"))
    print(f"\n{aa_bars.table(found)}")
    if sum(each["kind"] == kind for each in found) < REPEATS[kind]:
        pytest.skip("too few repeats in the time given")
    return found


def test_beside_a_busy_core_the_paired_ratio_errs_little(tmp_path: Path) -> None:
    errors = {each.quantity: each for each in aa_bars.busy_errors(measured("busy", tmp_path))}
    assert errors["transcribe_seconds"].ninetieth <= 0.015
    assert errors["load_seconds"].ninetieth <= 0.03
    assert 0.93 <= errors["transcribe_seconds"].coverage <= 0.98


def test_three_percent_are_always_shown_and_nothing_never(tmp_path: Path) -> None:
    none, slower = aa_bars.idle_shown(measured("idle", tmp_path))
    assert (none.shown, slower.shown) == (0, slower.repeats)

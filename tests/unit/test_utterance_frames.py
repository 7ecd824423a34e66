"""The utterances of a pass as a frame: pooled by sums they give the report's figures, and Parquet keeps them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyarrow.parquet import ParquetFile

from bench import load_utterances
from bench.frames import save_utterances
from bench.journal import read_run
from bench.quality.passed import Passed
from bench.results import results_of

EXAMPLE = next((Path(__file__).parent.parent.parent / "reports/examples/whisper-base-quality").glob("*"))


def _nats(row: Passed) -> float:
    assert row.divergence is not None
    return row.divergence.mean.value or 0.0


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Alike but for the type of a column in which nothing is."""
    one, other = (each.astype(object).where(each.notna(), None) for each in (one, other))
    pd.testing.assert_frame_equal(one, other)


def test_sums_over_the_frame_are_the_reports_figures() -> None:
    heard = load_utterances(EXAMPLE).query("floor.isna() and condition == 'clean'")
    sums = heard.groupby("variant")[["errors", "reference_words", "kl_sum", "tokens"]].sum()
    (passed,) = results_of([read_run(EXAMPLE)]).passes.values()
    for row in passed.rows:
        if row.condition == "clean":
            own = sums.loc[row.variant]
            assert row.wer is not None
            assert own["errors"] / own["reference_words"] == pytest.approx(row.wer.value)
            if row.divergence is not None:
                assert own["kl_sum"] / own["tokens"] == pytest.approx(row.divergence.mean.value)


def test_the_committed_example_orders_the_bit_widths_far_above_the_floor() -> None:
    (passed,) = results_of([read_run(EXAMPLE)]).passes.values()
    for condition in ("clean", "noise-5dB"):
        rows = {row.variant: row for row in passed.rows if row.condition == condition and row.divergence}
        nats = [_nats(rows[name]) for name in ("q8_0", "q6_k", "q5_0", "q4_k", "q4_0", "q3_k")]
        assert nats == sorted(set(nats))
    floors = [each.divergence.mean.value or 0.0 for each in passed.floors["whisper-base", "festvox-ru"]]
    assert len(floors) == 2
    assert max(floors) * 100 <= _nats(passed.clean("whisper-base", "q8_0")[0])
    assert all(row.measurable for row in passed.rows if row.divergence)


def test_parquet_keeps_the_frame(tmp_path: Path) -> None:
    for name in ("suite.yaml", "host.json", "records.jsonl", "utterances.jsonl"):
        (tmp_path / name).write_bytes((EXAMPLE / name).read_bytes())
    file = save_utterances(tmp_path)
    assert file is not None
    kept = pd.read_parquet(file)
    assert_same(kept, load_utterances(tmp_path))


def test_a_long_pass_becomes_parquet_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("suite.yaml", "host.json", "records.jsonl"):
        (tmp_path / name).write_bytes((EXAMPLE / name).read_bytes())
    lines = (EXAMPLE / "utterances.jsonl").read_bytes().splitlines(keepends=True)[:90]
    again = lines[3].replace(b'"cpu_seconds":', b'"cpu_seconds":1')
    (tmp_path / "utterances.jsonl").write_bytes(b"".join([*lines, again, b'{"torn']))
    monkeypatch.setattr("bench.frames.ROWS_AT_ONCE", 32)
    monkeypatch.setattr("bench.frames.load_utterances", None)  # holds all of them
    file = save_utterances(tmp_path)
    monkeypatch.undo()
    assert file is not None
    assert ParquetFile(file).num_row_groups == 3
    kept, whole = pd.read_parquet(file), load_utterances(tmp_path)
    assert_same(kept, whole)
    assert kept.attrs == whole.attrs
    assert len(kept.attrs["warnings"]) == 1
    assert kept["cpu_seconds"][3] >= 10

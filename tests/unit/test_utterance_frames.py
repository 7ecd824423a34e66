"""The utterances of a pass as a frame: pooled by sums they give the report's figures, and Parquet keeps them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench import load_utterances
from bench.frames import save_utterances
from bench.journal import read_run
from bench.quality.passed import Passed
from bench.results import results_of

EXAMPLE = next((Path(__file__).parent.parent.parent / "reports/examples/whisper-base-quality").glob("*"))


def _nats(row: Passed) -> float:
    assert row.divergence is not None
    return row.divergence.mean.value or 0.0


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
    pd.testing.assert_frame_equal(kept, load_utterances(tmp_path), check_dtype=False)

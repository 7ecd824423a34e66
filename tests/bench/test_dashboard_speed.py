"""A year of nights as a page: the promise is ten seconds."""

from __future__ import annotations

import time
from pathlib import Path

import nights

from bench.regression.dashboard import write_dashboard


def test_a_year_of_thirty_cases_in_eight_metrics_is_drawn_in_ten_seconds(tmp_path: Path) -> None:
    made = nights.year()
    page = tmp_path / "page.html"
    started = time.perf_counter()
    write_dashboard(page, made)
    seconds = time.perf_counter() - started
    print(f"\n365 nights x 30 cases x 8 metrics: {seconds:.1f} s, {page.stat().st_size / 1e6:.1f} MB")
    assert seconds < 10

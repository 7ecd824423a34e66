"""Our own errors on work of known cost stay within the bars: tests/bench/known_workloads.py has the table."""

from __future__ import annotations

import os
import sys

import known_workloads
import pytest
from known_workloads import Errors

RUNS = int(os.environ.get("ASR_QUANT_BENCH_KNOWN_RUNS", "20"))
SAMPLED = {"peak_anonymous_bytes", "peak_tree_rss_bytes"}


@pytest.fixture(scope="module")
def found() -> list[Errors]:
    return [each for each in known_workloads.measure(RUNS) if each.instrument == known_workloads.OURS]


@pytest.mark.skipif(sys.platform != "linux", reason="GNU time's fields and /proc")
def test_what_is_counted_is_within_one_percent_or_half_a_megabyte_in_every_run(found: list[Errors]) -> None:
    wrong = [
        f"{each.workload}: {each.metric} wrong by {value:.0f} of {each.truth:.0f}"
        for each in found
        if each.metric not in SAMPLED
        for value in each.values
        if not known_workloads.within_bar(each, value)
    ]
    assert not wrong


def test_a_spike_of_five_milliseconds_is_seen_in_the_peak(found: list[Errors]) -> None:
    [peak] = [each for each in found if each.metric == "peak_rss_bytes" and each.workload.endswith(" 5 ms")]
    assert all(known_workloads.within_bar(peak, value) for value in peak.values)


def test_what_is_sampled_is_never_too_much_and_right_where_it_lasts(found: list[Errors]) -> None:
    sampled = [each for each in found if each.metric in SAMPLED]
    assert all(value < 0.5e6 + 0.01 * each.truth for each in sampled for value in each.values)
    [held] = [each for each in sampled if each.workload.startswith("200 MiB")]
    assert all(known_workloads.within_bar(held, value) for value in held.values)

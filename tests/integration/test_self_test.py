"""The self-test finds this machine's instruments right, and a broken one wrong."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import host, launch, selftest
from bench.contract import Job, Outcome
from bench.domain import Status
from bench.workloads import IDLE, WORKLOADS, Workload


@pytest.mark.skipif(sys.platform != "linux", reason="its figures are looked at one by one")
def test_on_this_machine_no_instrument_is_wrong() -> None:
    checks = {check.name: check for check in selftest.self_test()}
    wrong = [check for check in checks.values() if check.ok is False and not check.name.startswith("user_")]
    assert not wrong
    assert checks["peak_rss_bytes"].ok
    assert checks["peak_anonymous_bytes"].ok
    assert checks["peak_footprint_bytes"].ok is None
    assert checks["weights that were opened"].found == "mapped"
    for name in ("killed by SIGKILL", "ended at its time limit", "ended at its memory limit"):
        assert checks[name].ok, checks[name]


def test_an_instrument_that_is_wrong_by_a_unit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if macOS's bytes were taken for KiB."""
    real = launch.run

    def wrong(*words: Any, **named: Any) -> Outcome:
        outcome = real(*words, **named)
        spoilt = tuple(
            dataclasses.replace(each, value=each.value * 1024)
            if each.name == "peak_rss_bytes" and each.value
            else each
            for each in outcome.measurements
        )
        return dataclasses.replace(outcome, measurements=spoilt)

    monkeypatch.setattr(launch, "run", wrong)
    checks = {check.name: check for check in selftest.self_test()}
    assert checks["peak_rss_bytes"].ok is False


def run(workload: Workload, work: Path) -> dict[str, float]:
    """What the instruments say of the workload."""
    file = None
    if workload.file_bytes is not None:
        file = work / "file"
        file.write_bytes(os.urandom(workload.file_bytes))
        (host.evict if workload.evicted else host.warm)(file)
    outcome = launch.run(
        Job(argv=workload.argv(str(file) if file else None)),
        audio=work,
        passes=1,
        limits=launch.Limits(timeout_seconds=60),
        log=work / "log",
        sample_hz=50,
    )
    assert outcome.status is Status.OK, outcome.reason
    return {each.name: each.value for each in outcome.measurements if each.value is not None}


@pytest.mark.skipif(sys.platform != "linux", reason="the sampled figures are Linux's")
def test_the_idle_interpreter_lasts_long_enough_to_be_sampled(tmp_path: Path) -> None:
    """Without its floor there is no error of a sampled figure."""
    assert "peak_anonymous_bytes" in run(IDLE, tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="the sampled figures are Linux's")
@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_what_is_counted_of_known_work_is_what_it_is_known_to_cost(
    workload: Workload, tmp_path: Path
) -> None:
    """Memory, faults and reading; processor time is for an idle machine: tests/bench/test_known_workloads.py."""
    counted = {"peak_rss_bytes": 0.5e6, "minor_faults": 100, "read_bytes": 0.5e6, "peak_tree_rss_bytes": 3e6}
    idle, found = run(IDLE, tmp_path), run(workload, tmp_path)
    for metric in workload.truth.keys() & counted.keys():
        interpreters = workload.interpreters if metric == "peak_tree_rss_bytes" else 1
        wrong = found[metric] - interpreters * idle[metric] - workload.truth[metric]
        assert abs(wrong) <= max(0.01 * workload.truth[metric], counted[metric]), metric

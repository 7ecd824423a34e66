"""The self-test finds this machine's instruments right, and a broken one wrong."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import pytest

from bench import launch, selftest
from bench.contract import Outcome


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

"""The tests of `pytest --asr-suite SUITE`: one, parametrized by the suite's cases.

Collected by `bench.pytest_plugin`, never imported by the harness itself.
"""

from __future__ import annotations

from typing import Any

import pytest

from bench.language import english
from bench.pytest_trials import SuiteTrials, advance


def test_transcribe(asr_case: str, asr_trials: SuiteTrials, benchmark: Any) -> None:
    """The case is transcribed; its rounds are its trials, its times what the trials themselves took."""
    from bench.exports.pytest_benchmark import extra_info

    case = asr_trials.of(asr_case)
    if case is None:
        pytest.fail(f"{asr_case}: there is no trial of it in {asr_trials.path}", pytrace=False)
    for record in case.settled:
        if not record.status.delivered:
            pytest.fail(f"{asr_case}: {record.status}: {english(record.reason)}", pytrace=False)
    seconds = [value for _, value in case.values.get(asr_trials.metric, ())]
    if not seconds:
        why = english(case.absences.get(asr_trials.metric)) or "it was not measured"
        pytest.skip(f"no trial has {asr_trials.metric}: {why}")
    benchmark.extra_info.update(extra_info(case))
    remaining = iter(seconds)
    benchmark.pedantic(lambda: advance(next(remaining)), rounds=len(seconds))

"""What the plugin and its tests share: the trials of a suite by case, and the clock they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.journal import RunData
    from bench.results import CaseResult

_now = 0.0


def trial_seconds() -> float:
    """The timer: seconds that trials took, since the session began."""
    return _now


def advance(seconds: float) -> None:
    """Let the timer go on by what a trial took."""
    global _now  # noqa: PLW0603  # one clock, read by pytest-benchmark as a plain function
    _now += seconds


class SuiteTrials:
    """What the trials of a suite say, by case."""

    def __init__(self, run: RunData, metric: str) -> None:
        from bench.results import results_of

        self.path = run.path
        self.metric = metric
        self._cases = {case.case.id: case for case in results_of([run]).own(run)}

    def of(self, case: str) -> CaseResult | None:
        """A case's results; None where there is no trial of it."""
        return self._cases.get(case)

"""When a run knows enough: blocks go on until every comparison is narrow enough or decided.

Two questions, neither of them "is it significant yet", which ends by finding something:

- *narrow*: the interval of the ratio to the baseline is no wider than the precision asked for;
- *decided*: the ratio lies wholly on one side of the tolerance its reader cares about.  A question
  that is looked at many times is answered by chance more often, so the looks share the error:
  with `LOOKS` of them each gets its part (Bonferroni), and the answer holds at the stated level
  whenever the run stops.

Stopping by width shortens the run when its values happen to lie close together; the interval it is
judged by is therefore one of `WIDTH_CONFIDENCE`, wider than the 95 % one that is printed.  Both
rules are simulated under drift, bursts and heavy tails: docs/statistics.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.statistics.signed_rank import centre

WIDTH_CONFIDENCE: Final = 0.96
ERROR: Final = 0.05
LOOKS: Final = (6, 8, 10, 12, 15, 18, 22, 27, 33, 40)  # blocks at which a decision is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a run is to find out.

    `precision` is the half-width of the ratio's interval, 0.01 = 1 %; `tolerance` the change that
    matters, None where nothing is to be decided.
    """

    precision: float
    tolerance: float | None = None
    fewest: int = 6
    most: int = 40
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How far one comparison has come: the half-width of its interval, and how many blocks it may need.

    `needed` is None while there is no interval to go by; `done` says that no more blocks are asked for.
    """

    blocks: int
    half_width: float | None
    needed: int | None
    done: bool


def pace(log_ratios: Sequence[float], goal: Goal) -> Pace:
    """What the log-ratios to the baseline, one a block in the order of the blocks, tell so far."""
    n = len(log_ratios)
    if n < 2:
        return Pace(blocks=n, half_width=None, needed=None, done=False)
    found = centre(log_ratios, WIDTH_CONFIDENCE)
    if found.low is None or found.high is None:
        return Pace(blocks=n, half_width=None, needed=None, done=False)
    half = math.expm1((found.high - found.low) / 2)
    done = n >= goal.fewest and (half <= goal.precision or decided(log_ratios, goal))
    needed = n if done else max(goal.fewest, n + 1, math.ceil(n * (half / goal.precision) ** 2))
    return Pace(blocks=n, half_width=half, needed=min(needed, goal.most), done=done)


def decided(log_ratios: Sequence[float], goal: Goal) -> bool:
    """Whether some look so far placed the ratio wholly inside the tolerance, or wholly beyond it."""
    if goal.tolerance is None:
        return False
    edge = math.log1p(goal.tolerance)
    return any(
        _side(log_ratios[:look], edge, 1 - ERROR / len(LOOKS)) is not None
        for look in LOOKS
        if goal.fewest <= look <= len(log_ratios)
    )


def _side(log_ratios: Sequence[float], edge: float, confidence: float) -> str | None:
    found = centre(log_ratios, confidence)
    if found.low is None or found.high is None:
        return None
    if found.high < -edge or found.low > edge:
        return "beyond"
    return "within" if -edge <= found.low and found.high <= edge else None


def enough(comparisons: Mapping[str, Sequence[float]], *, blocks: int, spent: float, goal: Goal) -> bool:
    """Whether the run may stop after that many whole blocks and seconds.

    Never before `goal.fewest` blocks; always at `goal.most`, or where the time is up; else when
    every comparison is done.  A run without a comparison has nothing to wait for.
    """
    if blocks < goal.fewest:
        return False
    if blocks >= goal.most or (goal.seconds is not None and spent >= goal.seconds):
        return True
    return all(pace(log_ratios, goal).done for log_ratios in comparisons.values())


def log_ratios(pairs: Iterable[tuple[float, float]]) -> list[float]:
    """log(value / baseline) of the pairs in which both are positive."""
    return [math.log(value / baseline) for value, baseline in pairs if value > 0 and baseline > 0]

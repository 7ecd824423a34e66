"""A run stops when it knows enough, never because a difference showed; its level holds all the same."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from bench.statistics.signed_rank import centre
from bench.statistics.stopping import Goal, enough, log_ratios, pace

Noise = Callable[[random.Random], float]
ONE_PERCENT = Goal(precision=0.01)


def blocks_until_enough(values: list[float], goal: Goal) -> int:
    return next(
        n for n in range(1, goal.most + 1) if enough({"case": values[:n]}, blocks=n, spent=0.0, goal=goal)
    )


def normal(spread: float) -> Noise:
    return lambda chosen: chosen.gauss(0, spread)


def heavy_tailed(spread: float) -> Noise:
    """Student's t with two degrees of freedom: no variance at all."""
    return lambda chosen: spread * chosen.gauss(0, 1) / math.sqrt(chosen.expovariate(1.0))


def bursts(spread: float) -> Noise:
    """One trial in ten is slowed by a tenth, now of the case, now of its baseline."""

    def draw(chosen: random.Random) -> float:
        slowed = [chosen.expovariate(10) if chosen.random() < 0.1 else 0.0 for _ in range(2)]
        return chosen.gauss(0, spread) + slowed[0] - slowed[1]

    return draw


def drifting(spread: float) -> Noise:
    """The machine gets quieter and louder as it pleases."""
    level = [1.0]

    def draw(chosen: random.Random) -> float:
        level[0] = min(4.0, max(0.25, level[0] * math.exp(chosen.gauss(0, 0.15))))
        return chosen.gauss(0, spread) * level[0]

    return draw


@pytest.mark.parametrize("kind", [normal, heavy_tailed, bursts, drifting])
@pytest.mark.parametrize("spread", [0.005, 0.02])
def test_the_interval_printed_after_stopping_still_covers(
    kind: Callable[[float], Noise], spread: float
) -> None:
    runs, covered = 300, 0
    for seed in range(runs):
        chosen, noise = random.Random(seed), kind(spread)
        values = [noise(chosen) for _ in range(ONE_PERCENT.most)]
        found = centre(values[: blocks_until_enough(values, ONE_PERCENT)], 0.95)
        covered += found.low is not None and found.high is not None and found.low <= 0 <= found.high
    assert covered / runs >= 0.92  # 0.95 less two and a half standard errors of 300 runs


@pytest.mark.parametrize("kind", [normal, heavy_tailed, bursts])
def test_a_change_exactly_at_the_threshold_is_rarely_called_either_way(
    kind: Callable[[float], Noise],
) -> None:
    """The worst case for a decision that is looked for after many blocks."""
    goal = Goal(precision=0.001, tolerance=0.05)
    runs, called = 200, 0
    for seed in range(runs):
        chosen, noise = random.Random(seed), kind(0.02)
        values = [math.log(1.05) + noise(chosen) for _ in range(goal.most)]
        called += blocks_until_enough(values, goal) < goal.most
    assert called / runs <= 0.06


def test_a_change_far_beyond_the_threshold_is_decided_early() -> None:
    chosen, goal = random.Random(1), Goal(precision=0.001, tolerance=0.03)
    values = [math.log(1.20) + chosen.gauss(0, 0.01) for _ in range(40)]
    assert blocks_until_enough(values, goal) <= 10


def test_a_quiet_machine_needs_a_third_fewer_blocks_than_ten() -> None:
    needed = []
    for seed in range(100):
        chosen = random.Random(seed)
        needed.append(blocks_until_enough([chosen.gauss(0, 0.006) for _ in range(40)], ONE_PERCENT))
    assert sorted(needed)[50] <= 7


def test_a_loud_machine_goes_on_to_the_most_blocks() -> None:
    chosen = random.Random(2)
    assert blocks_until_enough([chosen.gauss(0, 0.2) for _ in range(40)], ONE_PERCENT) == 40


def test_it_never_stops_before_the_fewest_blocks() -> None:
    assert not enough({"case": [0.0] * 5}, blocks=5, spent=1e9, goal=Goal(precision=0.01, seconds=1.0))


def test_time_that_is_up_ends_a_run_that_knows_too_little() -> None:
    wide = {"case": [0.3, -0.3, 0.2, -0.2, 0.1, -0.1, 0.3]}
    goal = Goal(precision=0.01, seconds=90.0)
    assert not enough(wide, blocks=7, spent=89.9, goal=goal)
    assert enough(wide, blocks=7, spent=90.0, goal=goal)


def test_every_comparison_has_to_know_enough() -> None:
    narrow, wide = [0.0] * 8, [0.3, -0.3] * 4
    assert enough({"a": narrow}, blocks=8, spent=0.0, goal=ONE_PERCENT)
    assert not enough({"a": narrow, "b": wide}, blocks=8, spent=0.0, goal=ONE_PERCENT)


def test_the_pace_says_how_many_blocks_it_may_take() -> None:
    chosen = random.Random(5)
    found = pace([chosen.gauss(0, 0.02) for _ in range(10)], ONE_PERCENT)
    assert found.half_width is not None
    assert found.needed is not None
    assert not found.done
    assert found.needed == min(40, math.ceil(10 * (found.half_width / 0.01) ** 2))


def test_ratios_are_of_pairs_that_have_one() -> None:
    assert log_ratios([(2.0, 1.0), (0.0, 1.0), (1.0, 4.0)]) == pytest.approx([math.log(2), -math.log(4)])

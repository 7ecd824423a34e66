"""The model of a fleet against what is known without it: closed forms, and its own limits."""

from __future__ import annotations

import math
import statistics

import pytest

from bench.fleet.simulation import Costs, Fleet, PassWork, forecast, most_workers

FREE_HEAD = Costs(real_time_factor=0.5, share=0.0, head_share=0.0, head_record=0.0)
WORK = PassWork(hours=10, utterance_seconds=6.0, listeners=4, share_seconds=300)


def test_equal_workers_and_a_free_head_share_the_work_evenly() -> None:
    assert WORK.shares == 120
    found = forecast(WORK, Fleet(workers=8), FREE_HEAD)
    assert found.wall_seconds == pytest.approx(10 * 3600 * 0.5 / 8)
    assert found.efficiency == pytest.approx(1.0)
    odd = forecast(WORK, Fleet(workers=7), FREE_HEAD)  # 18 rounds, the last of one share
    assert odd.wall_seconds == pytest.approx(math.ceil(120 / 7) * 150)


def test_loading_models_costs_what_it_costs_once_a_share() -> None:
    costs = Costs(real_time_factor=0.5, share=15.0, head_share=0.0, head_record=0.0)
    found = forecast(WORK, Fleet(workers=8), costs)
    assert found.efficiency == pytest.approx(150 / 165)


def test_a_head_that_is_the_limit_gives_its_own_rate_whatever_the_workers() -> None:
    costs = Costs(real_time_factor=0.5, share=0.0, head_share=0.2, head_record=0.004)
    of_head = 0.2 + 0.004 * 50 * 4
    assert most_workers(WORK, costs) == pytest.approx((150 + of_head) / of_head)
    work = PassWork(hours=1000, utterance_seconds=6.0, listeners=4, share_seconds=300)
    few, many = (forecast(work, Fleet(workers=count), costs) for count in (100, 1000))
    assert not few.head_is_the_limit
    assert many.head_is_the_limit
    assert many.wall_seconds == pytest.approx(work.shares * of_head + 150, rel=0.02)


def test_losses_are_as_many_as_their_rate_says_and_cost_what_was_begun() -> None:
    work = PassWork(hours=2000, utterance_seconds=6.0, listeners=4, share_seconds=300)
    fleet = Fleet(workers=50, losses_an_hour=2.0, away_seconds=0.0)
    found = forecast(work, fleet, FREE_HEAD)
    chance = 1 - math.exp(-150 * 2 / 3600)  # of a share
    expected = work.shares * chance / (1 - chance)
    assert found.lost == pytest.approx(expected, abs=4 * math.sqrt(expected))
    # a lost share costs the mean of an exponential that is cut off at the share's time
    cost = 3600 / 2 - 150 * (1 - chance) / chance
    wall = (work.shares * 150 + expected * cost) / 50
    assert found.wall_seconds == pytest.approx(wall, rel=0.02)


def test_stragglers_cost_a_tail_of_one_share_at_most() -> None:
    work = PassWork(hours=100, utterance_seconds=6.0, listeners=4, share_seconds=300)
    fleet = Fleet(workers=20, stragglers=0.1, slowness=5.0)
    walls = [forecast(work, fleet, FREE_HEAD, seed=seed).wall_seconds for seed in range(40)]
    for seed, wall in enumerate(walls):
        assert wall <= 100 * 3600 * 0.5 / (20 * 0.2) + 750, seed
    assert statistics.mean(walls) > 100 * 3600 * 0.5 / 20


def test_a_thousand_workers_and_ten_thousand_hours_are_forecast() -> None:
    work = PassWork(hours=10_000, utterance_seconds=6.0, listeners=4, share_seconds=300)
    costs = Costs(real_time_factor=0.4, share=6.0, head_share=0.01, head_record=0.0002)
    fleet = Fleet(workers=1000, scatter=0.15, stragglers=0.02, slowness=3.0, losses_an_hour=0.05)
    found = forecast(work, fleet, costs)
    ideal = 10_000 * 3600 * 0.4 / 1000
    assert work.shares == 120_000
    assert ideal < found.wall_seconds < 1.3 * ideal
    assert 0.75 < found.efficiency < 1.0
    assert found.head_busy < 0.5

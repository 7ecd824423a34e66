"""The signed-rank interval holds its confidence at every n; the estimate is the median of pairwise means."""

from __future__ import annotations

import itertools
import random

import pytest

from bench.statistics.signed_rank import centre, centres, interval_rank


def level(n: int, rank: int) -> float:
    """The confidence of the interval between the rank-th pairwise means, by enumerating all signs."""
    statistics = [
        sum(r for r, sign in enumerate(signs, start=1) if sign)
        for signs in itertools.product((False, True), repeat=n)
    ]
    outside = sum(statistic < rank for statistic in statistics)
    return float(1 - 2 * outside / 2**n)


def scattered(count: int, *, seed: int) -> list[float]:
    chosen = random.Random(seed)
    return [chosen.gauss(0, 1) for _ in range(count)]


@pytest.mark.parametrize("n", range(4, 13))
@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.96, 0.995])
def test_the_interval_is_the_narrowest_that_holds_its_confidence(n: int, confidence: float) -> None:
    rank = interval_rank(n, confidence)
    if rank:
        assert level(n, rank) >= confidence
    assert level(n, rank + 1) < confidence


def test_no_interval_is_claimed_from_values_too_few_for_it() -> None:
    assert centre([0.1, -0.2, 0.3, 0.05, 0.0], 0.95).low is None
    assert centre([0.1, -0.2, 0.3, 0.05, 0.0, 0.02], 0.95).low is not None
    assert centre([0.01 * n for n in range(8)], 0.995).low is None


def test_it_is_the_median_of_all_pairwise_means() -> None:
    found = centre([1.0, 2.0, 7.0], 0.5)
    assert found.value == pytest.approx(3.0)  # 1, 1.5, 2, 4, 4.5, 7: between 2 and 4


def test_one_wild_value_moves_it_little() -> None:
    calm = [0.001 * n for n in range(-5, 5)]
    assert abs(centre([*calm[:-1], 5.0], 0.95).value - centre(calm, 0.95).value) < 0.002


def test_values_in_another_order_say_the_same() -> None:
    values = scattered(11, seed=3)
    assert centre(values, 0.95) == centre(values[::-1], 0.95)


def test_a_surer_interval_is_wider() -> None:
    narrow, wide = centres(scattered(15, seed=4), (0.9, 0.99))
    assert narrow.low is not None
    assert wide.low is not None
    assert narrow.high is not None
    assert wide.high is not None
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_no_values_have_no_centre() -> None:
    with pytest.raises(ValueError, match="no values"):
        centre([], 0.95)

"""Seeded draws: the orders of today, for ever, and every order as likely as any other."""

import random
from collections import Counter
from itertools import permutations

import pytest

from bench.seeded import Draws


@pytest.mark.parametrize("seed", [0, 1, 42, 2**31, 2**40 + 17, "", "1/3", "семя/12"])
def test_the_order_of_a_seed_is_that_of_older_versions(seed: int | str) -> None:
    old, new = random.Random(seed), Draws(seed)
    for count in (0, 1, 2, 7, 100, 1000):
        things = list(range(count))
        old.shuffle(things)
        assert new.ordered(range(count)) == things
        assert new.share() == old.random()


def test_an_order_leaves_what_was_given_as_it_was() -> None:
    things = ["a", "b", "c"]
    Draws(1).ordered(things)
    assert things == ["a", "b", "c"]


def test_every_order_is_as_likely_as_any_other() -> None:
    draws, count = Draws("uniform"), 24_000
    found = Counter(tuple(draws.ordered("abcd")) for _ in range(count))
    assert set(found) == set(permutations("abcd"))
    expected = count / 24
    statistic = sum((seen - expected) ** 2 / expected for seen in found.values())
    assert statistic < 49.7  # chi squared with 23 degrees of freedom: one in a thousand is beyond it


def test_shares_fill_the_unit_interval_evenly() -> None:
    draws = Draws(7)
    found = Counter(int(draws.share() * 10) for _ in range(10_000))
    assert set(found) == set(range(10))
    assert sum((seen - 1000) ** 2 / 1000 for seen in found.values()) < 27.9  # as above, 9 degrees

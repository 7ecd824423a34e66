"""Any beginning of the order of a pass is a fair sample: stratified by speaker and length, drawn by a seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from bench.quality.sampling import prefix, stratified_order


@dataclass(frozen=True)
class Item:
    number: int
    speaker: str
    seconds: float


def corpus(count: int = 600, seed: int = 5) -> list[Item]:
    random = Random(seed)
    return [Item(n, "a" if n % 3 else "b", random.lognormvariate(2.0, 0.6)) for n in range(count)]


def ordered(items: list[Item], seed: int = 1) -> list[Item]:
    return stratified_order(items, speaker=lambda i: i.speaker, seconds=lambda i: i.seconds, seed=seed)


def test_the_order_holds_everything_once_and_depends_on_the_seed_alone() -> None:
    items = corpus()
    assert sorted(ordered(items), key=lambda i: i.number) == items
    assert ordered(items, 3) == ordered(items, 3)
    assert ordered(items, 3) != ordered(items, 4)


def test_every_prefix_holds_the_speakers_in_proportion() -> None:
    found = ordered(corpus())
    for size in (6, 30, 97, 250):
        counts = Counter(item.speaker for item in found[:size])
        assert abs(counts["a"] / size - 2 / 3) <= 6 / size


def test_a_prefix_estimates_the_mean_length_better_than_chance() -> None:
    items = corpus()
    truth = sum(i.seconds for i in items) / len(items)

    def error(sample: list[Item]) -> float:
        return (sum(i.seconds for i in sample) / len(sample) - truth) ** 2

    stratified = sum(error(ordered(items, seed)[:40]) for seed in range(200))
    plain = sum(error(Random(seed).sample(items, 40)) for seed in range(200))
    assert stratified < 0.6 * plain


def test_no_item_is_favoured_over_seeds() -> None:
    items = corpus(90)
    picked = Counter(item.number for seed in range(2000) for item in ordered(items, seed)[:30])
    # each is among the first third in a third of the orders: 667, with a deviation of 21
    assert min(picked.values()) > 560
    assert max(picked.values()) < 770


def test_hours_and_utterances_are_limits_and_one_is_always_heard() -> None:
    items = [Item(n, "a", 400.0) for n in range(10)]
    limits = {"seconds": lambda i: i.seconds}
    assert len(prefix(items, hours=0.5, utterances=None, **limits)) == 4
    assert len(prefix(items, hours=None, utterances=7, **limits)) == 7
    assert len(prefix(items, hours=0.5, utterances=3, **limits)) == 3
    assert len(prefix(items, hours=0.01, utterances=None, **limits)) == 1

"""Which utterances are heard, and in which order: stratified, seeded, and fair at every prefix.

The order spreads every stratum (speaker x length) evenly, so that any beginning of it is a
stratified random sample: a subset is a prefix, and a pass that was stopped early is one too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from bench.seeded import Draws

LENGTHS: Final = 3  # short, middling, long: terciles of each speaker's utterances

T = TypeVar("T")


def stratified_order(
    items: Sequence[T], *, speaker: Callable[[T], str | None], seconds: Callable[[T], float], seed: int
) -> list[T]:
    """All items in a random order in which every prefix holds each stratum in proportion.

    Each stratum is shuffled, and its k-th item of n stands at (k + u) / n for one random u of the
    stratum: systematic sampling with a random start.
    """
    draws = Draws(seed)
    strata: dict[tuple[str, int], list[T]] = defaultdict(list)
    by_speaker: dict[str, list[T]] = defaultdict(list)
    for item in items:
        by_speaker[speaker(item) or ""].append(item)
    for name, own in sorted(by_speaker.items()):
        ranked = sorted(own, key=seconds)
        for rank, item in enumerate(ranked):
            strata[name, rank * LENGTHS // len(ranked)].append(item)
    placed: list[tuple[float, float, T]] = []
    for _, stratum in sorted(strata.items(), key=lambda pair: pair[0]):
        order = draws.ordered(stratum)
        start = draws.share()
        placed += [((rank + start) / len(order), draws.share(), item) for rank, item in enumerate(order)]
    return [item for _, _, item in sorted(placed, key=lambda each: each[:2])]


def prefix(
    ordered: Sequence[T], *, hours: float | None, utterances: int | None, seconds: Callable[[T], float]
) -> list[T]:
    """As many from the beginning as the limits allow; always at least one."""
    kept: list[T] = []
    left = float("inf") if hours is None else hours * 3600
    for item in ordered[:utterances]:
        if kept and seconds(item) > left:
            break
        kept.append(item)
        left -= seconds(item)
    return kept

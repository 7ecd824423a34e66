"""A model of a quality pass on many workers: wall time, efficiency, and where the head becomes the limit.

Every number in it is a cost that can be measured on one machine: what an utterance costs a worker, what a
share costs beside its utterances (a child, its models), what the head does for a share and for a record, how
workers scatter and how often they are lost.  Held against real passes in `tests/bench/test_fleet_model.py`.

The model is of discrete events: workers take shares one after another; the head does its work for one share at
a time, so that shares queue for it; a lost worker's share is heard again by another.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from numpy.random import Generator

HEAD_BOUND: Final = 0.9  # of the wall time that the head is busy: it is the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Measured costs in seconds; `real_time_factor` is of all listeners of a share together, on one worker.

    `share` is what a worker spends on a share beside hearing: the child, loading its models, the answer's way.
    `head_share` and `head_record` are what the head spends on handing out a share, and on a record taken in;
    `head_second` on sending a second of speech to a worker, 0 where a disk is shared.
    """

    real_time_factor: float
    share: float
    head_share: float
    head_record: float
    head_second: float = 0.0
    start: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """So many workers: `scatter` is the standard deviation of the logarithm of their speeds and of shares of one worker.

    A share of `stragglers` workers is `slowness` times as slow.  Workers are lost at `losses_an_hour` each, and
    back after `away_seconds`.
    """

    workers: int
    scatter: float = 0.0
    stragglers: float = 0.0
    slowness: float = 1.0
    losses_an_hour: float = 0.0
    away_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PassWork:
    """Hours of speech in utterances of `utterance_seconds`, heard by `listeners`, in shares of `share_seconds`."""

    hours: float
    utterance_seconds: float
    listeners: int
    share_seconds: float

    @property
    def shares(self) -> int:
        """How many shares there are."""
        return max(1, math.ceil(self.hours * 3600 / self.share_seconds))

    @property
    def records(self) -> float:
        """How many records come of all of it."""
        return self.hours * 3600 / self.utterance_seconds * self.listeners


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a pass comes to: seconds, and shares of them.

    `efficiency` is the work of hearing alone over what the workers' time could hold; `head_busy` the head's
    share of the wall time; `lost` how many shares had to be heard again.
    """

    wall_seconds: float
    efficiency: float
    head_busy: float
    lost: int

    @property
    def head_is_the_limit(self) -> bool:
        """Whether more workers would not help."""
        return self.head_busy > HEAD_BOUND


def forecast(work: PassWork, fleet: Fleet, costs: Costs, *, seed: int = 1) -> Forecast:
    """One pass, simulated.  Time and memory grow with the number of shares."""
    import numpy as np

    chance = np.random.default_rng(seed)
    speech = work.hours * 3600 / work.shares
    of_head = costs.head_share + costs.head_second * speech + costs.head_record * work.records / work.shares
    hearing = costs.real_time_factor * speech
    speeds = [_speed(chance, fleet) for _ in range(fleet.workers)]
    left = deque([0] * work.shares)
    head_free = head_work = 0.0
    ends: list[float] = []
    lost = 0
    free = [(costs.start, number) for number in range(fleet.workers)]
    heapq.heapify(free)
    out: list[tuple[float, int, bool]] = []
    while left or out:
        # a worker asks when it is free and something is left; else the next answer comes in
        if left and free and (not out or free[0][0] <= out[0][0]):
            now, worker = heapq.heappop(free)
            left.popleft()
            begun = max(now, head_free)
            head_free = begun + of_head
            head_work += of_head
            own = (hearing + costs.share) / speeds[worker] * _scattered(chance, fleet.scatter)
            dies = _time_to_loss(chance, fleet)
            heapq.heappush(out, (head_free + min(own, dies), worker, dies < own))
            continue
        now, worker, died = heapq.heappop(out)
        if died:
            lost += 1
            left.append(0)
            heapq.heappush(free, (now + fleet.away_seconds, worker))
        else:
            ends.append(now)
            heapq.heappush(free, (now, worker))
    wall = max(ends)
    return Forecast(
        wall_seconds=wall,
        efficiency=hearing * work.shares / (wall * fleet.workers),
        head_busy=head_work / wall,
        lost=lost,
    )


def most_workers(work: PassWork, costs: Costs) -> float:
    """From how many workers on the head is the limit: a share's time on a worker over its time on the head."""
    speech = work.hours * 3600 / work.shares
    of_head = costs.head_share + costs.head_second * speech + costs.head_record * work.records / work.shares
    return (costs.real_time_factor * speech + costs.share + of_head) / of_head


def _speed(chance: Generator, fleet: Fleet) -> float:
    slow = chance.random() < fleet.stragglers
    return _scattered(chance, fleet.scatter) / (fleet.slowness if slow else 1.0)


def _scattered(chance: Generator, scatter: float) -> float:
    """A factor whose mean is 1."""
    return chance.lognormal(-scatter * scatter / 2, scatter) if scatter else 1.0


def _time_to_loss(chance: Generator, fleet: Fleet) -> float:
    return chance.exponential(3600 / fleet.losses_an_hour) if fleet.losses_an_hour else math.inf

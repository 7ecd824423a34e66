"""Seeded draws: the same seed gives the same order in every version, on every machine.

Orders of trials and of utterances are drawn with it; runs and passes of years ago are resumed in their order.
The numbers are those of the Mersenne Twister, seeded and used as Python's `random.Random` does it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, TypeVar

_WORD: Final = 32

T = TypeVar("T")


class Draws:
    """A sequence of draws; whole numbers and texts are seeds."""

    def __init__(self, seed: int | str) -> None:
        import numpy as np

        if isinstance(seed, str):
            own = seed.encode()
            seed = int.from_bytes(own + hashlib.sha512(own).digest())
        size = abs(seed)
        words = [size >> shift & 0xFFFFFFFF for shift in range(0, max(size.bit_length(), 1), _WORD)]
        self._state = np.random.RandomState(words)  # numpy keeps its numbers as they are for ever

    def share(self) -> float:
        """A number from 0 to below 1, all of its 53 bits drawn."""
        return float(self._state.random_sample())

    def ordered(self, things: Sequence[T]) -> list[T]:
        """The things in a random order, each order as likely as any other."""
        order = list(things)
        for last in range(len(order) - 1, 0, -1):
            other = self._below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def _below(self, limit: int) -> int:
        """A whole number from 0 to below the limit, which is at most 2^32."""
        unused = _WORD - limit.bit_length()
        drawn = limit
        while drawn >= limit:
            drawn = self._word() >> unused
        return drawn

    def _word(self) -> int:
        return int.from_bytes(self._state.bytes(_WORD // 8), "little")

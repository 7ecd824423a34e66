"""What every statement rests on: how sure, and from how many values on."""

from __future__ import annotations

from typing import Final

CONFIDENCE: Final = 0.95
CLAIM_CONFIDENCE: Final = (
    0.995  # of a sentence that claims a difference: a report makes dozens of comparisons
)
FEWEST_TO_RANK: Final = (
    9  # from so many on a rank test can reach it: all of n signs are one by chance with 2 ** (1 - n)
)
FEWEST_TO_CLAIM: Final = (
    6  # the range of n values holds the median with 1 - 2 ** (1 - n): 0.97 at 6, 0.94 at 5
)
POWER: Final = 0.8  # how often a promised number of blocks or utterances shows what is there

"""Where a series of nights changed its level: annotations for a reader, never the gate.

Penalised segmentation of the log values by least squares (the package `ruptures`, an extra).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from statistics import median
from typing import Final

SHORTEST: Final = 3  # nights a level must last
SMALLEST: Final = 0.01  # changes below 1 % are not worth a mark
PENALTY: Final = 5.0
MISSING: Final = "change points need the package ruptures: install asr-quant-bench[history]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From the night at `index` on the level is `ratio` times what it was before."""

    index: int
    ratio: float


def available() -> bool:
    """Whether the extra is installed; without it there are no annotations."""
    return find_spec("ruptures") is not None


def find_changes(values: Sequence[float | None]) -> tuple[Change, ...]:
    """The changes of level of a series of positive values; None is a night without one.

    Empty for fewer than `2 * SHORTEST` values.  The penalty is `PENALTY` times the variance of the
    noise times the logarithm of the length, where BIC's is 2: a page has hundreds of lines, and
    neighbouring nights are alike.
    """
    kept = [(index, math.log(value)) for index, value in enumerate(values) if value is not None and value > 0]
    logs = [log for _, log in kept]
    steps = [abs(after - before) for before, after in pairwise(logs)]
    if len(logs) < 2 * SHORTEST or not any(steps):
        return ()
    noise = 1.4826 * median(steps) / math.sqrt(2) or min(step for step in steps if step) / math.sqrt(2)
    breaks = _breaks(logs, PENALTY * noise**2 * math.log(len(logs)))
    edges = [0, *breaks, len(logs)]
    levels = [median(logs[start:end]) for start, end in pairwise(edges)]
    changes = [
        Change(index=kept[start][0], ratio=math.exp(after - before))
        for start, (before, after) in zip(breaks, pairwise(levels), strict=True)
    ]
    return tuple(change for change in changes if abs(math.log(change.ratio)) >= math.log1p(SMALLEST))


def _breaks(logs: Sequence[float], penalty: float) -> list[int]:
    """Indexes at which a new level starts."""
    import numpy as np
    import ruptures

    signal = np.asarray(logs, float)[:, None]
    # centred and scaled: the kernel's arithmetic loses small variances around a large mean
    scale = float(np.abs(signal - signal.mean()).max()) or 1.0
    search = ruptures.KernelCPD(kernel="linear", min_size=SHORTEST).fit((signal - signal.mean()) / scale)
    found: list[int] = search.predict(pen=penalty / scale**2)
    return [int(index) for index in found[:-1]]

"""Random weights whose bytes depend on the seed and the tensor's name alone.

From the bit generator's raw integers, which numpy keeps stable between versions (its normal
distribution is not); uniform, since 16 bits and one product are the same on every machine.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def uniform(seed: int, name: str, count: int, deviation: float) -> NDArray[np.float32]:
    """`count` f32 values, zero mean, the given standard deviation, uniformly distributed."""
    import numpy as np

    key = int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "little")
    raw = np.random.SFC64(key).random_raw((count + 3) // 4).astype("<u8", copy=False)
    halves = raw.view("<u2")[:count]
    span = deviation * 3**0.5
    return (halves.astype(np.float32) - np.float32(32767.5)) * np.float32(span / 32767.5)

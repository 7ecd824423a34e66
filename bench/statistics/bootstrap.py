"""The bootstrap: resamples are drawn once per sample size, so that the same values give the same interval.

The bootstrap distribution of a median depends on the sample only through its order: which order
statistics stand in the middle of each resample is drawn once and kept, which makes an interval
cost microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def median_intervals(
    ordered: Sequence[float], confidences: Sequence[float], resamples: int, seed: int
) -> list[tuple[float, float]]:
    """Percentile intervals of the median of sorted values, from the shared table of resamples."""
    table = _middles(len(ordered), resamples, seed)
    weighted = sorted([((ordered[i] + ordered[j]) / 2, weight) for i, j, weight in table])
    backwards = weighted[::-1]
    tails = [(1 - confidence) / 2 * resamples for confidence in confidences]
    return [(_walk(weighted, tail), _walk(backwards, tail)) for tail in tails]


def _walk(weighted: Sequence[tuple[float, int]], tail: float) -> float:
    seen = 0
    for value, weight in weighted:
        seen += weight
        if seen > tail:
            return value
    return weighted[-1][0]


@lru_cache(maxsize=256)
def _middles(n: int, resamples: int, seed: int) -> tuple[tuple[int, int, int], ...]:
    """The middle order statistics (i, j) of resamples of n sorted values, and how often each came."""
    import numpy as np

    pairs, weights = np.unique(_middle_orders(n, resamples, seed), axis=0, return_counts=True)
    return tuple((int(i), int(j), int(weight)) for (i, j), weight in zip(pairs, weights, strict=True))


@lru_cache(maxsize=64)
def _middle_orders(n: int, resamples: int, seed: int) -> NDArray[np.int32]:
    """Shape (resamples, 2): which sorted values stand in the middle of each resample."""
    import numpy as np

    random = np.random.default_rng((seed, n))
    lower, upper = (n - 1) // 2, n // 2
    rows = max(1, 1_000_000 // n)
    chunks = []
    for start in range(0, resamples, rows):
        drawn = random.integers(0, n, (min(rows, resamples - start), n), dtype=np.int32)
        drawn.partition((lower, upper), axis=1)
        chunks.append(drawn[:, (lower, upper)])
    return np.concatenate(chunks)


def resampled_medians(ordered: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Shape (resamples,): the median of each resample of sorted values."""
    orders = _middle_orders(len(ordered), resamples, seed)
    medians: NDArray[np.float64] = ordered[orders].mean(axis=1)
    return medians


def percentile_intervals(
    estimates: NDArray[np.float64], confidences: Sequence[float]
) -> list[tuple[float, float]]:
    """The interval of each confidence from the estimates of all resamples."""
    import numpy as np

    tails = [side for confidence in confidences for side in ((1 - confidence) / 2, (1 + confidence) / 2)]
    found: list[float] = np.quantile(estimates, tails, method="inverted_cdf").tolist()
    return list(zip(found[::2], found[1::2], strict=True))


@lru_cache(maxsize=16)
def draw_counts(n: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """Shape (resamples, n): how often each unit was drawn in each resample."""
    import numpy as np

    random = np.random.default_rng((seed, n))
    drawn = random.multinomial(n, np.full(n, 1 / n), size=resamples)
    return drawn.astype(np.float64)

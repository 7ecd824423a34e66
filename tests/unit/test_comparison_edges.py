"""Comparisons at the borders of what they say: one value, an interval that ends at 1, a tolerance just met."""

from __future__ import annotations

import pytest

from bench.statistics import (
    FEWEST_TO_CLAIM,
    Comparison,
    Verdict,
    blocks_needed,
    compare_paired,
    compare_unpaired,
    judge,
    summarize,
)
from bench.statistics.summary import OUTLIER_MADS
from bench.units import Better


def comparison(low: float | None, ratio: float | None, high: float | None, n: int = 10) -> Comparison:
    return Comparison(n=n, ratio=ratio, low=low, high=high, paired=True)


def test_a_single_value_against_several_has_a_ratio_and_no_interval() -> None:
    found = compare_unpaired([3.0], [1.0, 2.0, 1.5])
    assert (found.n, found.paired, found.low, found.high) == (1, False, None, None)
    assert found.ratio == pytest.approx(2.0)


def test_two_values_against_two_have_the_whole_range_for_an_interval() -> None:
    found = compare_unpaired([6.0, 8.0], [2.0, 4.0])
    assert found.n == 2
    assert [found.low, found.high] == pytest.approx([1.5, 4.0])


def test_of_many_values_the_interval_is_narrower_than_their_range() -> None:
    mine = [2.0 + at / 10 for at in range(10)]
    theirs = [1.0 + at / 20 for at in range(10)]
    found = compare_unpaired(mine, theirs)
    assert found.low is not None
    assert found.high is not None
    assert min(mine) / max(theirs) < found.low < found.high < max(mine) / min(theirs)
    paired = compare_paired(zip(mine, reversed(theirs), strict=True))
    assert paired.high is not None
    assert paired.high < max(mine) / min(theirs)


def test_a_claim_about_two_samples_asks_for_enough_in_each() -> None:
    high, low = [2.0 + at / 100 for at in range(9)], [1.0 + at / 100 for at in range(9)]
    assert compare_unpaired(high, low).clear
    assert compare_unpaired(high[:FEWEST_TO_CLAIM], low[:FEWEST_TO_CLAIM]).clear
    assert not compare_unpaired(high[: FEWEST_TO_CLAIM - 1], low).clear
    assert not compare_unpaired(high, high).clear


@pytest.mark.parametrize("sign", [1, -1])
def test_an_interval_that_ends_at_one_excludes_nothing(sign: int) -> None:
    """Most differences are none at all: the bound is 1 to the last digit."""
    changed = [2.0**sign] * 8 + [1.0] * 8
    paired = compare_paired([(value, 1.0) for value in changed])
    assert 1.0 in (paired.low, paired.high)
    assert paired.low != paired.high
    assert not paired.clear
    unpaired = compare_unpaired(changed, [1.0] * 16)
    assert 1.0 in (unpaired.low, unpaired.high)
    assert not unpaired.clear


@pytest.mark.parametrize(
    ("low", "ratio", "high", "verdict"),
    [
        (0.5, 1.0, 2.0, Verdict.SAME),  # ends on the tolerance
        (1.5, 2.0, 3.0, Verdict.INCONCLUSIVE),  # shown, and no larger than what is tolerated
        (0.3, 0.5, 0.9, Verdict.INCONCLUSIVE),
        (1.5, 2.1, 3.0, Verdict.WORSE),
        (0.3, 0.4, 0.9, Verdict.BETTER),
    ],
)
def test_what_just_meets_the_tolerance_is_within_it(
    low: float, ratio: float, high: float, verdict: Verdict
) -> None:
    assert judge(comparison(low, ratio, high), Better.LOWER, 1.0) is verdict


@pytest.mark.parametrize(
    ("low", "ratio", "high"), [(0.99, None, 1.01), (None, 1.0, 1.01), (0.99, 1.0, None), (1.2, 1.3, None)]
)
def test_without_a_ratio_or_an_end_of_its_interval_nothing_is_judged(
    low: float | None, ratio: float | None, high: float | None
) -> None:
    assert judge(comparison(low, ratio, high), Better.LOWER, 0.05) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("low", "high", "tolerance"), [(None, 1.1, 0.05), (0.9, None, 0.05), (0.9, 1.1, 0.0), (0.9, 1.1, -0.1)]
)
def test_blocks_cannot_be_guessed_from_half_an_interval_or_for_no_tolerance(
    low: float | None, high: float | None, tolerance: float
) -> None:
    assert blocks_needed(comparison(low, 1.0, high), tolerance) is None


def test_an_outlier_lies_beyond_the_bound_and_not_on_it() -> None:
    on_it = [-1.0, -1.0, 0.0, 1.0, 1.0, OUTLIER_MADS]
    found = summarize([*on_it, -OUTLIER_MADS])
    assert found is not None
    assert (found.median, found.mad, found.outliers) == (0.0, 1.0, ())
    beyond = summarize([*on_it, -OUTLIER_MADS - 0.1])
    assert beyond is not None
    assert beyond.outliers == (6,)

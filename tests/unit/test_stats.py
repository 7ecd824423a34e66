"""Samples become medians with intervals, ratios and verdicts, and never a claim from noise."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from corpora import changes, corpus, truth

from bench.statistics import (
    FEWEST_TO_CLAIM,
    Comparison,
    Verdict,
    blocks_needed,
    blocks_to_show,
    compare_paired,
    compare_unpaired,
    difference_interval,
    judge,
    rate_interval,
    summarize,
    units_needed,
)
from bench.statistics.rank_sum import _ways, interval_rank
from bench.statistics.student import plainly_off
from bench.units import Better

TEN = [10.0, 10.4, 9.9, 10.1, 10.2, 9.8, 10.0, 10.3, 9.7, 10.1]


def comparison(low: float | None, ratio: float | None, high: float | None, n: int = 10) -> Comparison:
    return Comparison(n=n, ratio=ratio, low=low, high=high, paired=True)


def test_the_blocks_that_a_difference_needs_are_those_at_which_the_machine_resolves_it() -> None:
    """Four times the blocks halve what the machine resolves."""
    two = dataclasses.replace(comparison(0.9, 1.02, 1.1), resolvable=1.02**2 - 1)
    assert two.blocks_to_resolve == 40
    assert comparison(0.9, 1.02, 1.1).blocks_to_resolve is None
    assert dataclasses.replace(two, ratio=1.0).blocks_to_resolve is None


def test_no_values_have_no_summary() -> None:
    assert summarize([]) is None


def test_a_single_value_has_no_interval() -> None:
    summary = summarize([3.0])
    assert summary is not None
    assert (summary.median, summary.low, summary.high, summary.n, summary.few) == (3.0, None, None, 1, True)


def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two() -> None:
    summary = summarize([1.0, 2.0, 4.0, 100.0])
    assert summary is not None
    assert summary.median == 3.0


def test_the_interval_of_a_median_is_two_of_its_values() -> None:
    """Of ten values the second and the ninth: the median lies outside with 2 (1 + 10) / 1024 = 2.1 %."""
    summary = summarize(TEN)
    assert summary is not None
    assert (summary.low, summary.high) == (sorted(TEN)[1], sorted(TEN)[8])
    seven = summarize(TEN[:7])
    assert seven is not None
    assert (seven.low, seven.high) == (min(TEN[:7]), max(TEN[:7]))


def test_the_same_values_give_the_same_interval_in_any_order() -> None:
    assert summarize(TEN) == summarize(TEN[:])
    one, other = summarize(TEN), summarize(TEN[::-1])
    assert one is not None
    assert other is not None
    assert (one.low, one.high) == (other.low, other.high)


@pytest.mark.parametrize(("n", "exact"), [(6, 0.969), (7, 0.984), (10, 0.979), (20, 0.959)])
def test_intervals_cover_the_true_median_as_often_as_the_docs_say(n: int, exact: float) -> None:
    random = np.random.default_rng(7)
    hits = 0
    for _ in range(2000):
        summary = summarize(random.normal(0, 1, n))
        assert summary is not None
        assert summary.low is not None
        assert summary.high is not None
        hits += summary.low <= 0 <= summary.high
    assert hits / 2000 == pytest.approx(exact, abs=0.012)


def test_an_outlier_is_flagged_by_its_place_and_not_dropped() -> None:
    values = [*TEN, 60.0]
    summary = summarize(values)
    assert summary is not None
    assert summary.outliers == (10,)
    assert (summary.n, summary.maximum) == (11, 60.0)


def test_equal_values_have_no_outliers_and_an_interval_of_no_width() -> None:
    summary = summarize([5.0] * 9 + [6.0])
    assert summary is not None
    assert summary.outliers == ()
    assert (summary.low, summary.high, summary.mad) == (5.0, 5.0, 0.0)


def test_what_slows_a_whole_block_cancels_in_pairs() -> None:
    """The machine is three times slower in some blocks; the ratio is 1.1 in each."""
    slowness = [1.0, 3.0, 1.2, 2.5, 1.0, 1.1, 2.9, 1.0, 1.4, 2.0]
    paired = compare_paired((1.1 * each, each) for each in slowness)
    apart = compare_unpaired([1.1 * each for each in slowness], slowness)
    assert paired.ratio == pytest.approx(1.1)
    assert paired.excludes_one
    assert not apart.excludes_one


def test_the_ratio_is_value_over_baseline() -> None:
    assert compare_paired([(2.0, 1.0)]).ratio == pytest.approx(2.0)
    assert compare_unpaired([2.0], [1.0]).ratio == pytest.approx(2.0)


@pytest.mark.parametrize("n", [6, 7, 10])
def test_unpaired_comparisons_claim_no_more_than_they_say(n: int) -> None:
    """Equal samples with heavy tails: excluded in 5 % at most, clear in half a per cent at most."""
    random = np.random.default_rng(20 + n)
    usual = clear = 0
    for _ in range(3000):
        one, other = np.exp(random.standard_t(3, (2, n)) / 20)
        found = compare_unpaired(one, other)
        usual += found.excludes_one
        clear += found.clear
    assert usual / 3000 <= 0.06
    assert clear / 3000 <= 0.008


_ANY_NOISE = {
    "normal": lambda random, size: random.normal(0, 0.15, size),
    "heavy tails": lambda random, size: random.standard_t(2, size) * 0.08,
    "wide and flat": lambda random, size: random.uniform(-0.3, 0.3, size),
    "at its edges": lambda random, size: 0.3 * np.cos(np.pi * random.random(size)),
    "bursts": lambda random, size: (
        random.normal(0, 0.01, size)
        + 0.3 * ((random.random(size) < 0.1).astype(float) - (random.random(size) < 0.1))
    ),
}


@pytest.mark.parametrize("noise", _ANY_NOISE)
@pytest.mark.parametrize("n", [6, 7, 8])
def test_a_handful_of_blocks_hardly_ever_claims_a_difference_of_equal_cases(n: int, noise: str) -> None:
    """No rank test can claim anything of so few; what is claimed is large and in every block.

    The worst is noise that is never small: at its edges one in a hundred.
    """
    random = np.random.default_rng(n)
    logs = _ANY_NOISE[noise](random, (20_000, n))
    signed = logs[(logs > 0).all(axis=1) | (logs < 0).all(axis=1)]
    assert sum(plainly_off(each) for each in signed.tolist()) / len(logs) <= (
        0.01 if noise == "at its edges" else 0.004
    )


@pytest.mark.parametrize(("true", "least"), [(0.8, 0.97), (1.5, 0.99), (0.95, 0.0)])
def test_six_quiet_blocks_claim_what_is_plainly_different_and_leave_the_rest_to_more(
    true: float, least: float
) -> None:
    random = np.random.default_rng(3)
    found = [
        compare_paired((true * noise, 1.0) for noise in np.exp(random.normal(0, 0.02, 6))) for _ in range(400)
    ]
    share = sum(each.clear for each in found) / 400
    assert share >= least
    assert least or share == 0.0


def test_the_rank_sum_counts_every_order_once() -> None:
    assert _ways(2, 2) == [1, 1, 2, 1, 1]
    assert sum(_ways(7, 9)) == math.comb(16, 7)
    assert interval_rank(5, 5, 0.995) == 0
    assert interval_rank(10, 10, 0.95) == 24  # Hollander and Wolfe, table A.6: P(U <= 23) = 0.0217


def test_swapping_sides_inverts_ratio_and_interval() -> None:
    pairs = list(zip(TEN, [11.0, 11.1, 10.8, 11.3, 11.0, 10.9, 11.2, 11.4, 10.7, 11.0], strict=True))
    there, back = compare_paired(pairs), compare_paired((b, a) for a, b in pairs)
    assert there.ratio is not None
    assert there.low is not None
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert back.high == pytest.approx(1 / there.low, rel=0.02)


@pytest.mark.parametrize("pairs", [[(0.0, 1.0)], [(1.0, 0.0)], [(-1.0, 1.0)], [(1.0, math.nan)], []])
def test_a_ratio_that_cannot_be_made_is_absent_with_a_reason(pairs: list[tuple[float, float]]) -> None:
    found = compare_paired(pairs)
    assert found.ratio is None
    assert found.reason
    assert judge(found, Better.LOWER, 0.05) is Verdict.INCONCLUSIVE
    unpaired = compare_unpaired([a for a, _ in pairs], [b for _, b in pairs])
    assert unpaired.ratio is None
    assert unpaired.reason


@pytest.mark.parametrize(
    ("low", "ratio", "high", "better", "verdict"),
    [
        (0.98, 1.00, 1.02, Better.LOWER, Verdict.SAME),
        (1.01, 1.02, 1.03, Better.LOWER, Verdict.SAME),  # a difference too small to matter
        (1.02, 1.10, 1.20, Better.LOWER, Verdict.WORSE),
        (1.02, 1.10, 1.20, Better.HIGHER, Verdict.BETTER),
        (0.70, 0.80, 0.90, Better.LOWER, Verdict.BETTER),
        (0.70, 0.80, 0.90, Better.HIGHER, Verdict.WORSE),
        (0.70, 0.80, 0.90, Better.NEITHER, Verdict.DIFFERENT),
        (0.90, 1.10, 1.30, Better.LOWER, Verdict.INCONCLUSIVE),  # the interval includes none
        (1.01, 1.04, 1.09, Better.LOWER, Verdict.INCONCLUSIVE),  # there, but maybe too small to matter
        (None, 1.50, None, Better.LOWER, Verdict.INCONCLUSIVE),
    ],
)
def test_verdicts(
    low: float | None, ratio: float, high: float | None, better: Better, verdict: Verdict
) -> None:
    assert judge(comparison(low, ratio, high), better, 0.05) is verdict


def test_too_few_blocks_show_nothing_however_clear_they_look() -> None:
    clear = comparison(1.5, 1.6, 1.7, n=FEWEST_TO_CLAIM - 1)
    assert judge(clear, Better.LOWER, 0.05) is Verdict.INCONCLUSIVE
    assert not clear.excludes_one


def test_a_claim_asks_for_more_than_the_interval_that_is_shown() -> None:
    """Nine ratios of ten above 1: the 95 % interval may exclude 1, the claim needs all but none below."""
    mixed = compare_paired([(1.01 * (1 + at / 50), 1.0) for at in range(8)] + [(0.97, 1.0), (0.98, 1.0)])
    assert mixed.excludes_one
    assert not mixed.clear
    assert compare_paired([(1.05 + at / 100, 1.0) for at in range(10)]).clear
    assert not compare_paired([(1.05 + at / 100, 1.0) for at in range(FEWEST_TO_CLAIM - 1)]).clear


def test_equal_engines_are_rarely_told_apart() -> None:
    """A/A: of many comparisons of a case with itself hardly any is called a difference."""
    random = np.random.default_rng(3)
    verdicts = [
        judge(compare_paired(np.exp(random.normal(0, 0.1, (10, 2))).tolist()), Better.LOWER, 0.05)
        for _ in range(1000)
    ]
    assert sum(verdict in {Verdict.BETTER, Verdict.WORSE} for verdict in verdicts) < 80


def test_twice_the_precision_needs_four_times_the_blocks() -> None:
    wide = comparison(1 / 1.1, 1.0, 1.1, n=10)
    assert blocks_needed(wide, 1.1**2 - 1) == 10
    assert blocks_needed(wide, 0.1) == 40


def test_blocks_cannot_be_guessed_without_an_interval() -> None:
    assert blocks_needed(comparison(None, 1.0, None, n=1), 0.05) is None


@pytest.mark.parametrize("times_the_scatter", [3.0, 1.0, 0.5])
def test_the_promised_number_of_blocks_shows_what_there_seems_to_be(times_the_scatter: float) -> None:
    random, scatter = np.random.default_rng(11), 0.03
    shift = times_the_scatter * scatter
    ends = [math.exp(shift + side * 1.96 * scatter / math.sqrt(400)) for side in (-1, 1)]
    promised = blocks_to_show(comparison(ends[0], math.exp(shift), ends[1], n=400))
    assert promised is not None
    shown = [
        compare_paired([(math.exp(each), 1.0) for each in random.normal(shift, scatter, promised)]).clear
        for _ in range(500)
    ]
    assert sum(shown) / len(shown) >= 0.76
    if times_the_scatter <= 1:  # of a few blocks a rank test wants the fewest there are
        assert sum(shown) / len(shown) <= 0.9


def test_no_number_of_blocks_shows_a_difference_that_nothing_points_to() -> None:
    assert blocks_to_show(comparison(0.9, 1.0, 1.1)) is None
    assert blocks_to_show(comparison(None, 1.2, None, n=1)) is None


def test_a_pooled_rate_weighs_units_by_their_size() -> None:
    pooled = rate_interval([1, 0], [1, 99])
    assert pooled.value == pytest.approx(0.01)


def test_a_single_unit_has_no_interval_and_none_to_divide_by_has_no_value() -> None:
    assert rate_interval([1], [2]).low is None
    nothing = rate_interval([0, 0], [0, 0])
    assert nothing.value is None
    assert nothing.reason


# --------------------------------------------------------------- error rates, simulated


@pytest.mark.parametrize("utterances", [30, 100])
@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_the_interval_of_an_error_rate_covers_what_it_says(rate: float, utterances: int) -> None:
    random = np.random.default_rng(5)
    hits = 0
    for _ in range(600):
        errors, words, _ = corpus(random, utterances, rate)
        found = rate_interval(errors, words)
        assert found.covers
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= rate <= found.high
    assert 0.92 <= hits / 600 <= 0.98


def test_ten_speakers_are_ten_units() -> None:
    random = np.random.default_rng(6)
    hits = {True: 0, False: 0}
    true = truth(speakers=10, rate=0.15)
    for _ in range(400):
        errors, words, speakers = corpus(random, 620, 0.15, speakers=10)
        for known in hits:
            found = rate_interval(errors, words, clusters=speakers if known else None)
            assert found.low is not None
            assert found.high is not None
            hits[known] += found.low <= true <= found.high
    assert 0.92 <= hits[True] / 400 <= 0.98
    assert hits[False] / 400 < 0.75


def test_few_utterances_are_said_not_to_cover() -> None:
    assert not rate_interval([1, 0, 2, 0, 1, 0, 0], [9, 8, 7, 11, 10, 6, 12]).covers


@pytest.mark.parametrize(("utterances", "speakers"), [(30, 0), (100, 0), (100, 10)])
def test_no_difference_is_seldom_shown(utterances: int, speakers: int) -> None:
    random = np.random.default_rng(8)
    usual = clear = 0
    for _ in range(1000):
        more, words, owner = changes(random, utterances, 0.1, 0.0, speakers=speakers)
        found = difference_interval(more, words, clusters=owner)
        usual += found.excludes_zero
        clear += found.clear
    assert usual / 1000 <= 0.05
    assert clear / 1000 <= 0.005


@pytest.mark.parametrize(("pilots", "margin"), [(100, 0.005), (30, 0.05)])
def test_the_promised_number_of_utterances_shows_a_difference_of_the_margin(
    pilots: int, margin: float
) -> None:
    random = np.random.default_rng(9)
    shown = runs = 0
    for _ in range(25):
        pilot = difference_interval(*changes(random, pilots, 0.1, 0.0)[:2])
        needed = max(pilot.n, round(units_needed(pilot, margin)))
        for _ in range(20):
            found = difference_interval(*changes(random, needed, 0.1, margin)[:2])
            shown += found.clear and (found.value or 0.0) > 0
            runs += 1
    assert shown / runs >= 0.8


def test_a_loss_by_rare_loops_is_hardly_ever_called_none() -> None:
    """One utterance in two hundred becomes three times its words: a point and a half in all."""
    random = np.random.default_rng(10)
    for utterances in (100, 620):
        claimed = 0
        for _ in range(400):
            more, words, _ = changes(random, utterances, 0.02, 0.0, loops=0.005)
            high = difference_interval(more, words).possible_high
            claimed += high is not None and high <= 0.005
        assert claimed / 400 < 0.05


def test_a_comparison_says_how_it_was_made_and_of_how_many() -> None:
    paired = compare_paired([(2.0, 1.0), (2.2, 1.1)])
    assert (paired.n, paired.paired) == (2, True)
    assert paired.ratio == pytest.approx(2.0)
    single = compare_paired([(3.0, 2.0)])
    assert (single.n, single.paired, single.low, single.high) == (1, True, None, None)
    assert single.ratio == pytest.approx(1.5)
    nothing = compare_paired([(1.0, 0.0), (1.0, 1.0), (2.0, 1.0)])
    assert (nothing.n, nothing.paired, nothing.ratio) == (3, True, None)
    apart = compare_unpaired([3.0, 3.0, 3.0], [2.0, 2.0])
    assert (apart.n, apart.paired) == (2, False)
    assert apart.ratio == pytest.approx(1.5)
    unusable = compare_unpaired([2.0, -1.0, 3.0], [1.0, 1.0])
    assert (unusable.n, unusable.paired, unusable.ratio) == (2, False, None)


def test_a_summary_has_its_ends_and_an_odd_middle() -> None:
    found = summarize([5.0, 1.0, 3.0])
    assert found is not None
    assert (found.minimum, found.median, found.maximum, found.n) == (1.0, 3.0, 5.0, 3)
    pair = summarize([1.0, 4.0])
    assert pair is not None
    assert (pair.median, pair.low is None, pair.n) == (2.5, False, 2)

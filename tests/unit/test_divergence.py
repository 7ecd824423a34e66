"""Distributions are compared on the baseline's words."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.quality.divergence import divergence

TOKENS = np.array([0, 1])


def test_a_variant_does_not_diverge_from_itself() -> None:
    logits = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, -1.0]])
    found = divergence(logits, logits + 5, TOKENS)
    assert found.mean_nats == pytest.approx(0)
    assert found.same_top == 1.0
    assert found.perplexity_ratio == pytest.approx(1)


def test_divergence_is_kullback_leiblers_from_the_baseline() -> None:
    baseline, variant = np.log([[0.5, 0.5]]), np.log([[0.25, 0.75]])
    found = divergence(baseline, variant, np.array([0]))
    assert found.mean_nats == pytest.approx(0.5 * np.log(2) + 0.5 * np.log(2 / 3))
    assert found.perplexity_ratio == pytest.approx(2)


def test_a_token_the_baseline_rules_out_costs_nothing() -> None:
    found = divergence(np.array([[0.0, -np.inf]]), np.array([[0.0, -np.inf]]), np.array([0]))
    assert found.mean_nats == 0


def test_shapes_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        divergence(np.zeros((2, 3)), np.zeros((2, 4)), TOKENS)


@pytest.mark.parametrize(
    ("baseline", "variant", "tokens"),
    [
        (np.zeros((2, 3)), np.zeros((2, 3)), np.array([0])),
        (np.zeros((2, 3)), np.zeros((2, 3)), np.array([0, 1, 2])),
        (np.zeros(2), np.zeros(2), TOKENS),
        (np.zeros((0, 3)), np.zeros((0, 3)), np.array([], dtype=int)),
    ],
)
def test_rows_without_a_token_each_are_refused(
    baseline: NDArray[np.float64], variant: NDArray[np.float64], tokens: NDArray[np.int64]
) -> None:
    with pytest.raises(ValueError, match="shapes"):
        divergence(baseline, variant, tokens)


def test_the_largest_and_the_mean_are_over_tokens() -> None:
    baseline = np.log([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]])
    variant = np.log([[0.25, 0.75], [0.5, 0.5], [0.1, 0.9]])
    found = divergence(baseline, variant, np.array([0, 1, 0]))
    first, third = 0.5 * np.log(2) + 0.5 * np.log(2 / 3), 0.8 * np.log(9)
    assert found.tokens == 3
    assert found.mean_nats == pytest.approx((first + third) / 3)
    assert found.largest_nats == pytest.approx(third)
    assert found.same_top == pytest.approx(1 / 3)
    assert found.perplexity_ratio == pytest.approx((2 * 1 * 9) ** (1 / 3))


def test_each_row_is_normalized_by_itself_however_large_its_logits() -> None:
    """The exponential of 900 is no number, and of -900 none that a logarithm can be taken of."""
    rows = np.log([[0.5, 0.5], [0.9, 0.1]])
    far = rows + np.array([[900.0], [-900.0]])
    found = divergence(rows, far, TOKENS)
    assert found.mean_nats == pytest.approx(0)
    assert found.perplexity_ratio == pytest.approx(1)

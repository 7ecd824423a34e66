"""Distributions are compared on the baseline's words."""

from __future__ import annotations

import numpy as np
import pytest

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

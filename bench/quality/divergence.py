"""How far a variant's token distributions are from the baseline's on the baseline's transcript.

Teacher-forced: both are given the same words and asked for the next token.  That finds loss long
before a word changes.  For scale, llama.cpp's published figures for Llama-3-8B against f16:
f16 itself 0.00055, q8_0 0.0014, q6_K 0.0055, q5_K_M 0.011, q4_K_M 0.031, q4_0 0.072.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """Mean and largest Kullback-Leibler divergence in nats a token, over `tokens` tokens.

    `same_top` is the share of tokens whose most likely candidate is the baseline's;
    `perplexity_ratio` the variant's perplexity on the transcript over the baseline's.
    """

    tokens: int
    mean_nats: float
    largest_nats: float
    same_top: float
    perplexity_ratio: float


def divergence(
    baseline: NDArray[np.float64], variant: NDArray[np.float64], tokens: NDArray[np.int64]
) -> Divergence:
    """Compare log-probabilities of shape (tokens, vocabulary) on the tokens of the transcript.

    Logits do as well: rows are normalized first.  Raises ValueError for shapes that do not match
    and for no tokens.
    """
    import numpy as np

    if (
        baseline.shape != variant.shape
        or baseline.ndim != 2
        or len(tokens) != len(baseline)
        or not len(tokens)
    ):
        raise ValueError(f"shapes do not match: {baseline.shape}, {variant.shape}, {tokens.shape}")
    ours, theirs = _log_softmax(variant), _log_softmax(baseline)
    probable = np.exp(theirs)
    with np.errstate(invalid="ignore"):
        nats = np.where(probable > 0, probable * (theirs - ours), 0.0).sum(axis=1)
    rows = np.arange(len(tokens))
    return Divergence(
        tokens=len(tokens),
        mean_nats=float(nats.mean()),
        largest_nats=float(nats.max()),
        same_top=float((ours.argmax(axis=1) == theirs.argmax(axis=1)).mean()),
        perplexity_ratio=float(np.exp((theirs[rows, tokens] - ours[rows, tokens]).mean())),
    )


def _log_softmax(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    shifted = rows.astype(np.float64) - rows.max(axis=1, keepdims=True)
    normalized: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return normalized

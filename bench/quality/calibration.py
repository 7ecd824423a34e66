"""Whether a stated confidence means what it says: a word given 90 % should be right nine times in ten.

The definitions are those of NVIDIA NeMo's `confidence_metrics` (ROC, PR and NT areas, normalized cross
entropy, expected calibration error in 100 bins), computed here without scikit-learn.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bench.quality.align import Edit, align
from bench.quality.counts import ragged_in_order
from bench.quality.normalizer import Normalizer
from bench.quality.utterances import UtteranceRecord

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS: Final = 100
FEWEST_WORDS: Final = 100  # under it the figures tell of chance
STATED: Final = (0.85, 0.95)  # what is called "a stated 90 %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Of `words` with a confidence, `right` of them right against the reference.

    `stated_90` is the share that is right of the words whose confidence lies within `STATED`, and
    `stated_90_words` how many those are.  `auc_nt` is the area under precision and recall of *errors*.
    None where only one kind of word is there.
    """

    words: int
    right: int
    mean_confidence: float
    ece: float
    nce: float | None
    auc_roc: float | None
    auc_pr: float | None
    auc_nt: float | None
    stated_90: float | None
    stated_90_words: int


class ConfidenceColumns:
    """Words with their confidences, gathered record by record."""

    def __init__(self, way: Normalizer) -> None:
        self._way = way
        self._places, self._counts = array("q"), array("q")
        self._right, self._confidences = array("b"), array("d")

    def add(self, place: int, record: UtteranceRecord) -> None:
        """A record and its place; without a reference or confidences it says nothing."""
        if record.reference is None or not record.text or not record.words:
            return
        judged = judged_words(record, self._way)
        self._places.append(place)
        self._counts.append(len(judged))
        self._right.extend(known for known, _ in judged)
        self._confidences.extend(confidence for _, confidence in judged)

    def calibration(self) -> Calibration | None:
        """Over all words; None under `FEWEST_WORDS` of them."""
        import numpy as np

        if len(self._right) < FEWEST_WORDS:
            return None
        order = np.argsort(np.array(self._places), kind="stable")
        counts = np.array(self._counts)
        return _calibration(
            ragged_in_order(np.frombuffer(self._right, np.bool_), counts, order),
            ragged_in_order(np.frombuffer(self._confidences, float), counts, order),
        )


def _calibration(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> Calibration:
    both = 0 < truth.sum() < len(truth)
    near = (score >= STATED[0]) & (score <= STATED[1])
    return Calibration(
        words=len(truth),
        right=int(truth.sum()),
        mean_confidence=float(score.mean()),
        ece=expected_calibration_error(truth, score),
        nce=normalized_cross_entropy(truth, score) if both else None,
        auc_roc=area_under_roc(truth, score) if both else None,
        auc_pr=average_precision(truth, score) if both else None,
        auc_nt=average_precision(~truth, 1 - score) if both else None,
        stated_90=float(truth[near].mean()) if near.any() else None,
        stated_90_words=int(near.sum()),
    )


def judged_words(record: UtteranceRecord, way: Normalizer) -> list[tuple[bool, float]]:
    """Each written word of a transcript: whether all it normalizes to is right, and its confidence.

    Nothing where the words with confidences are not the words of the text.
    """
    text = record.text or ""
    if [word for word, _, _ in record.words] != text.split():
        return []
    tokens = way.tokens(text)
    wrong: set[int] = set()
    for step in align(way.words(record.reference or ""), tuple(token.text for token in tokens)):
        if step.edit is not Edit.EQUAL:
            for token in tokens[step.hypothesis_start : step.hypothesis_end]:
                wrong |= set(range(token.first, token.last + 1))
    counted = {at for token in tokens for at in range(token.first, token.last + 1)}
    return [(at not in wrong, record.words[at][2]) for at in sorted(counted)]


def normalized_cross_entropy(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """1 is perfect, 0 no better than always saying the share that is right, negative worse than that."""
    import numpy as np

    share = float(truth.mean())
    own = -(share * math.log(share) + (1 - share) * math.log(1 - share))
    clipped = np.clip(score, np.finfo(float).eps, 1 - np.finfo(float).eps)
    loss = -float(np.mean(np.where(truth, np.log(clipped), np.log(1 - clipped))))
    return (own - loss) / own


def expected_calibration_error(
    truth: NDArray[np.bool_], score: NDArray[np.float64], bins: int = BINS
) -> float:
    """NeMo's: in each bin every word is called right or wrong by the bin's own middle, and what is called so counts.

    A word whose confidence lies in the lower half of its bin is called wrong there, so that it counts only
    where the confidence of that, one less its own, falls into the bin as well.
    """
    import numpy as np

    gap = counted = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        called = score >= (low + high) / 2
        value = np.where(called, score, 1 - score)
        inside = (value > low) & (value <= high)
        if inside.any():
            counted += inside.sum()
            gap += abs(float((called[inside] == truth[inside]).mean() - value[inside].mean())) * inside.sum()
    return float(gap / counted) if counted else 0.0


def area_under_roc(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """How often a right word has more confidence than a wrong one, ties by half."""
    from scipy.stats import rankdata

    right = int(truth.sum())
    wrong = len(truth) - right
    return float((rankdata(score)[truth].sum() - right * (right + 1) / 2) / (right * wrong))


def average_precision(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Precision at every threshold, weighed by the recall gained there."""
    import numpy as np

    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # thresholds: the last of each tie
    precision = hits[ends] / (ends + 1)
    recall = hits[ends] / truth.sum()
    return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * precision))


def reliability(
    truth: Sequence[bool], score: Sequence[float], edges: Sequence[float]
) -> list[tuple[float, float, int, float]]:
    """Per bin between edges: mean confidence, share that is right, words, and the standard error of the share."""
    import numpy as np

    right, stated = np.asarray(truth, bool), np.asarray(score, float)
    rows = []
    for low, high in pairwise(edges):
        inside = (stated > low) & (stated <= high)
        if inside.any():
            share, count = float(right[inside].mean()), int(inside.sum())
            rows.append((float(stated[inside].mean()), share, count, math.sqrt(share * (1 - share) / count)))
    return rows

"""Quality of a transcript: normalizers, error rates, telling errors, loops, divergence.

What each figure means and where it misleads: docs/quality.md.
"""

from __future__ import annotations

from bench.quality.align import Edit, Passage, alignment
from bench.quality.classes import ClassifiedError, ErrorClass, classify
from bench.quality.errors import ErrorPair, telling_errors
from bench.quality.faults import UtteranceFault, utterance_faults
from bench.quality.loops import LoopReport, LoopSign, detect
from bench.quality.normalizer import NORMALIZERS, Normalizer, normalizer
from bench.quality.profiles import ErrorProfile, by_group, length_band, profile
from bench.quality.score import (
    Identity,
    Score,
    identical,
    no_regression_share,
    paired_wer_difference,
    pool,
    score,
    stars,
    utterance_scores,
    wer_difference,
    wer_interval,
)

__all__ = [
    "NORMALIZERS",
    "ClassifiedError",
    "Edit",
    "ErrorClass",
    "ErrorPair",
    "ErrorProfile",
    "Identity",
    "LoopReport",
    "LoopSign",
    "Normalizer",
    "Passage",
    "Score",
    "UtteranceFault",
    "alignment",
    "by_group",
    "classify",
    "detect",
    "identical",
    "length_band",
    "no_regression_share",
    "normalizer",
    "paired_wer_difference",
    "pool",
    "profile",
    "score",
    "stars",
    "telling_errors",
    "utterance_faults",
    "utterance_scores",
    "wer_difference",
    "wer_interval",
]

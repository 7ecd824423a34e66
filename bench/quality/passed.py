"""What a quality pass says of one variant: the loss on one corpus under one condition, taken apart.

Identity is the utterance's (corpus, condition, name), never its text's; what a variant did not hear is
left out on both sides and counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.domain import Reason
from bench.quality.calibration import Calibration
from bench.quality.counts import ErrorCounts, PairedCounts, TokenSums
from bench.quality.forced import ForcedDivergence
from bench.statistics import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Words of the references that one side got right and the other wrong: an equal error rate hides both."""

    words: int
    mended: int
    broken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The baseline against itself in another setting: what is under it is no loss."""

    setting: str
    divergence: ForcedDivergence


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One variant on one corpus under one condition.

    `heard` are the utterances with a transcript, `failed` those without; `scored` are the heard ones
    with a reference, `paired` those beside the baseline's.  `compared` are the utterances that both heard,
    `tokens` the divergence of each.  `wer` and `difference` (positive is worse) are ratios over utterances.  `divergence` is None with `reason`.
    `same_texts` are the utterances whose text is the baseline's to the letter.  `measurable` tells whether the divergence is above every floor; None where there is no floor.
    `weights_bytes` is the size of its files; None where the records are older than that.
    """

    model: str
    variant: str
    quantization: str
    engine: str
    baseline: str | None
    corpus: str
    condition: str
    language: str
    heard: int
    failed: int
    seconds: float
    speakers: int
    normalizer: str
    scored: ErrorCounts
    paired: PairedCounts
    tokens: TokenSums
    compared: int
    wer: Interval | None
    difference: Interval | None
    kept: float | None
    flips: Flips | None
    divergence: ForcedDivergence | None
    reason: Reason | None
    measurable: bool | None
    calibration: Calibration | None
    same_texts: int
    empty: int
    truncated: int
    cpu_seconds: float
    weights_bytes: int | None = None

    @property
    def is_baseline(self) -> bool:
        """Whether the others are held against this one."""
        return self.baseline == self.variant

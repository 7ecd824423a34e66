"""Word errors of many utterances in arrays: what intervals are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bench.statistics.rates import Interval, difference_interval, rate_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Entry = TypeVar("Entry", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorCounts:
    """Errors against so many words of the reference, an entry an utterance.

    `units` number whose each is: its speaker where there are several, else itself.
    """

    words: Whole
    errors: Whole
    units: Whole

    def __len__(self) -> int:
        return len(self.words)

    def interval(self) -> Interval:
        """The pooled error rate over the units."""
        return pooled_rate([self])


def pooled_rate(given: Sequence[ErrorCounts]) -> Interval:
    """The error rate over the utterances of several corpora."""
    return rate_interval(
        _joined([each.errors for each in given]).astype(float),
        _joined([each.words for each in given]).astype(float),
        clusters=_joined([each.units for each in given]).tolist(),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairedCounts:
    """Errors of a variant beside its baseline's, an entry an utterance whose reference has words.

    `utterances` are numbers that hold under any condition, `speakers` numbers or -1 where none is named;
    `places` are those of the baseline's records, which are an order common to all variants.
    """

    words: Whole
    mine: Whole
    theirs: Whole
    units: Whole
    utterances: Whole
    speakers: Whole
    places: Whole

    def __len__(self) -> int:
        return len(self.words)

    @property
    def more(self) -> Whole:
        """Errors beyond the baseline's."""
        return self.mine - self.theirs

    @property
    def kept(self) -> float | None:
        """Share of utterances with no more errors than the baseline's; None of no utterances."""
        return int((self.mine <= self.theirs).sum()) / len(self) if len(self) else None

    def difference(self) -> Interval:
        """WER minus the baseline's over the units: see `wer_difference`."""
        return pooled_difference([self])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TokenSums:
    """Divergence summed over the tokens of each utterance, in nats; numbers and places as in `PairedCounts`."""

    utterances: Whole
    places: Whole
    nats: NDArray[np.float64]
    tokens: Whole


def pooled_difference(given: Sequence[PairedCounts]) -> Interval:
    """The difference over the utterances of several corpora."""
    return difference_interval(
        _joined([each.more for each in given]).astype(float),
        _joined([each.words for each in given]).astype(float),
        clusters=_joined([each.units for each in given]).tolist(),
    )


def _joined(given: Sequence[Whole]) -> Whole:
    import numpy as np

    return np.concatenate(given)


def condition_loss(clean: PairedCounts, degraded: PairedCounts) -> Interval | None:
    """How much more a variant loses under a condition than as recorded, over the utterances heard under both.

    A difference of differences of error rates, positive where the condition makes the loss larger; None
    where no utterance was heard under both.  Over speakers where every utterance names one.
    """
    import numpy as np

    _, before, after = np.intersect1d(clean.utterances, degraded.utterances, return_indices=True)
    if not len(after):
        return None
    order = np.argsort(degraded.places[after], kind="stable")
    before, after = before[order], after[order]
    more = degraded.more[after] - clean.more[before]
    speakers = degraded.speakers[after]
    return difference_interval(
        more.astype(float), degraded.words[after].astype(float), clusters=several(speakers)
    )


def several(speakers: Whole) -> list[int] | None:
    """Whose each utterance is; None where that is not known of all, or all are one's."""
    if not len(speakers) or speakers.min() < 0 or speakers.min() == speakers.max():
        return None
    found: list[int] = speakers.tolist()
    return found


def ragged_in_order(values: NDArray[Entry], counts: Whole, order: Whole) -> NDArray[Entry]:
    """Values of rows of so many each, one row after another, with the rows put in order."""
    import numpy as np

    if (order[:-1] < order[1:]).all():
        return values
    ends = np.cumsum(counts)
    rows = zip(ends[order].tolist(), counts[order].tolist(), strict=True)
    return np.concatenate([values[end - count : end] for end, count in rows])

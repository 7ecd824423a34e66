"""Statistics of teacher-forced divergence, from the scalars a token that a quality pass keeps.

What llama-perplexity prints of a text, of speech: divergence of the distributions, first choices, and
the probability of the token that stands in the baseline's transcript.  Intervals are by bootstrap over
utterances, because the tokens of one utterance are not independent of one another.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from bench.quality.counts import ragged_in_order
from bench.quality.utterances import UtteranceRecord
from bench.reasons import reason
from bench.statistics import CLAIM_CONFIDENCE, CONFIDENCE, FEWEST_TO_CLAIM, Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = Sequence[float] | NDArray[np.float64] | NDArray[np.int64]
    Ratio = tuple[Numbers, Numbers]

PERCENTILES: Final = (50.0, 90.0, 95.0, 99.0, 99.9)
RESAMPLES: Final = 2000
DRAWN_AT_ONCE: Final = 4_000_000  # utterances, of all resamples that are in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedDivergence:
    """A variant against its baseline over the tokens of the baseline's transcripts.

    `mean` is the Kullback-Leibler divergence of the variant from the baseline in nats a token, `percentiles`
    those of `PERCENTILES`; `same_top` the share of tokens with the same first choice.  The others are of the
    transcript's own token: mean and root mean square of the change of its probability (a ratio, negative is
    lost), the mean of its log-probability lost (the logarithm of the ratio of perplexities), and the
    correlation of the two log-probabilities.  `spoken` is the mean over the frames of a CTC model that say
    something by the baseline: in the others there is little to lose.
    """

    utterances: int
    tokens: int
    mean: Estimate
    percentiles: tuple[float, ...]
    largest: float
    same_top: Estimate
    probability_change: float
    probability_rms: float
    log_perplexity_ratio: Estimate
    correlation: float | None
    spoken: Estimate | None = None

    @property
    def median(self) -> float:
        """Nats a token."""
        return self.percentiles[0]


class TokenColumns:
    """The tokens of a variant's utterances beside the baseline's, gathered pair by pair."""

    def __init__(self) -> None:
        self._places, self._counts, self._changed = array("q"), array("q"), array("q")
        self._sums, self._lost = array("d"), array("d")
        self._kl, self._before, self._after = array("d"), array("d"), array("d")
        self._spoken, self._spoken_counts = array("d"), array("q")

    def __len__(self) -> int:
        return len(self._places)

    def add(self, place: int, base: UtteranceRecord, mine: UtteranceRecord) -> None:
        """Both records of an utterance, at the place of the variant's; without tokens they say nothing.

        Raises ValueError for records that are not of one transcript.
        """
        if not mine.kl:
            return
        if not len(base.logp) == len(mine.logp) == len(mine.kl):
            raise ValueError(f"{mine.utterance}: {len(mine.kl)} tokens against {len(base.logp)}")
        self._places.append(place)
        self._counts.append(len(mine.kl))
        self._changed.append(len(mine.changed))
        self._sums.append(sum(mine.kl))
        self._lost.append(sum(base.logp) - sum(mine.logp))
        self._kl.extend(mine.kl)
        self._before.extend(base.logp)
        self._after.extend(mine.logp)
        said = (
            [nats for nats, token in zip(mine.kl, base.tokens, strict=True) if token != base.blank]
            if base.blank is not None
            else []
        )
        self._spoken.append(sum(said))
        self._spoken_counts.append(len(said))

    def measured(self) -> _TokenFigures:
        """Everything but the intervals, utterances in the order of their places."""
        import numpy as np

        order = np.argsort(np.array(self._places), kind="stable")
        unordered = np.array(self._counts)
        counts = unordered[order]
        kl, before, after = (
            ragged_in_order(np.frombuffer(each, float), unordered, order)
            for each in (self._kl, self._before, self._after)
        )
        change = np.exp(after) - np.exp(before)
        ratios: list[Ratio] = [
            (np.array(self._sums)[order], counts),
            (counts - np.array(self._changed)[order], counts),
            (np.array(self._lost)[order], counts),
        ]
        spoken, said = np.array(self._spoken)[order], np.array(self._spoken_counts)[order]
        if said.any():
            ratios.append((spoken[said > 0], said[said > 0]))
        return _TokenFigures(
            utterances=len(counts),
            tokens=len(kl),
            percentiles=tuple(float(each) for each in np.percentile(kl, PERCENTILES)),
            largest=float(kl.max()),
            probability_change=float(change.mean()),
            probability_rms=float(np.sqrt((change**2).mean())),
            correlation=_correlation(before, after),
            ratios=tuple(ratios),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _TokenFigures:
    """`ForcedDivergence` before its intervals: `ratios` of the mean, the first choices, what is lost, and where there is one, what is spoken."""

    utterances: int
    tokens: int
    percentiles: tuple[float, ...]
    largest: float
    probability_change: float
    probability_rms: float
    correlation: float | None
    ratios: tuple[Ratio, ...]

    def with_intervals(
        self, mean: Estimate, same_top: Estimate, lost: Estimate, *spoken: Estimate
    ) -> ForcedDivergence:
        """The whole."""
        return ForcedDivergence(
            utterances=self.utterances,
            tokens=self.tokens,
            mean=mean,
            percentiles=self.percentiles,
            largest=self.largest,
            same_top=same_top,
            probability_change=self.probability_change,
            probability_rms=self.probability_rms,
            log_perplexity_ratio=lost,
            correlation=self.correlation,
            spoken=spoken[0] if spoken else None,
        )


def forced_divergences(given: Sequence[TokenColumns]) -> tuple[ForcedDivergence | None, ...]:
    """What each of the columns says; None of those without tokens.

    Variants that heard equally many utterances share the resamples.
    """
    measured = [each.measured() if len(each) else None for each in given]
    estimates = iter(bootstraps([ratio for each in measured if each for ratio in each.ratios]))
    return tuple(
        each.with_intervals(*islice(estimates, len(each.ratios))) if each else None for each in measured
    )


def bootstraps(ratios: Sequence[Ratio], *, seed: int = 0) -> list[Estimate]:
    """Of each ratio sum of sums / sum of tokens with its percentile interval over resampled utterances."""
    import numpy as np

    above = [np.empty(RESAMPLES if len(sums) > 1 else 0) for sums, _ in ratios]
    sizes = dict.fromkeys(len(sums) for sums, _ in ratios)
    for n in (size for size in sizes if size > 1):
        alike = [
            (each, np.array(ratio, float).T)
            for each, ratio in zip(above, ratios, strict=True)
            if len(ratio[0]) == n
        ]
        random = np.random.default_rng((seed, n))
        step = max(1, DRAWN_AT_ONCE // n)
        for start in range(0, RESAMPLES, step):
            drawn = random.multinomial(n, np.full(n, 1 / n), size=min(step, RESAMPLES - start)).astype(float)
            for found, both in alike:
                upper, lower = (drawn @ both).T
                found[start : start + len(drawn)] = upper / lower
    return [_estimate(ratio, found) for ratio, found in zip(ratios, above, strict=True)]


def _estimate(ratio: Ratio, above: NDArray[np.float64]) -> Estimate:
    import numpy as np

    sums, tokens = (np.asarray(each).tolist() for each in ratio)
    n, value = len(sums), float(sum(sums)) / float(sum(tokens))
    if n < 2:
        return Estimate(value=value, low=None, high=None, n=n, units=n, reason=reason("interval.single"))
    tails = [(1 - level) / 2 for level in (CONFIDENCE, CLAIM_CONFIDENCE)]
    low, high, lowest, highest = np.quantile(above, [tails[0], 1 - tails[0], tails[1], 1 - tails[1]]).tolist()
    clear = n >= FEWEST_TO_CLAIM and not lowest <= 0 <= highest
    return Estimate(value=value, low=low, high=high, n=n, units=n, clear=clear)


def _correlation(before: NDArray[np.float64], after: NDArray[np.float64]) -> float | None:
    import numpy as np

    if len(before) < 3 or not before.std() or not after.std():
        return None
    return float(np.corrcoef(before, after)[0, 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedToken:
    """A token where the variant would have gone on otherwise: which word of the baseline's it is in."""

    base: UtteranceRecord
    mine: UtteranceRecord
    token: int
    nats: float
    word: int


class MostChanged:
    """The tokens of largest divergence, one a word of an utterance: at most `limit`, gathered pair by pair."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: list[tuple[tuple[float, int, int], ChangedToken]] = []

    def add(self, place: int, base: UtteranceRecord, mine: UtteranceRecord) -> None:
        """Both records of an utterance, at the place of the baseline's."""
        if not mine.kl or (len(self._kept) == self._limit and -max(mine.kl) > self._kept[-1][0][0]):
            return
        best: dict[int, int] = {}
        for at, nats in enumerate(mine.kl):
            word = word_of(base, at)
            if word is not None and (word not in best or mine.kl[best[word]] < nats):
                best[word] = at
        self._kept += [
            (
                (-mine.kl[at], place, number),
                ChangedToken(base=base, mine=mine, token=at, nats=mine.kl[at], word=word),
            )
            for number, (word, at) in enumerate(best.items())
        ]
        self._kept = sorted(self._kept, key=lambda each: each[0])[: self._limit]

    def found(self) -> tuple[ChangedToken, ...]:
        """The largest first."""
        return tuple(each for _, each in self._kept)


def word_of(base: UtteranceRecord, token: int) -> int | None:
    """Which word of the baseline's transcript a token belongs to; None for an end of text.

    A window that was not cut short ends with a token of no word.  Where several windows were heard and
    not every one of them has its end, what belongs to which word cannot be told.
    """
    words = _owners(base.tokens, base.words, base.windows)
    return words[token] if token < len(words) else None


@lru_cache(maxsize=64)
def _owners(
    tokens: tuple[int, ...], words: tuple[tuple[str, int, float], ...], windows: int
) -> tuple[int | None, ...]:
    """The word of each token; the tokens of a transcript alone where windows cannot be told apart."""
    owners: list[int | None] = [at for at, (_, count, _) in enumerate(words) for _ in range(count)]
    if windows == 1:
        return tuple(owners)
    end = tokens[-1] if tokens else None
    if tokens.count(end) != windows or len(tokens) != len(owners) + windows:
        return ()
    rising = iter(owners)
    return tuple(None if token == end else next(rising) for token in tokens)

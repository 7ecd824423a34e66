"""Statistics of teacher-forced divergence, from the scalars a token that a quality pass keeps.

What llama-perplexity prints of a text, of speech: divergence of the distributions, first choices, and
the probability of the token that stands in the baseline's transcript.  Intervals are by bootstrap over
utterances, because the tokens of one utterance are not independent of one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from bench.quality.utterances import UtteranceRecord
from bench.reasons import reason
from bench.statistics import CLAIM_CONFIDENCE, CONFIDENCE, FEWEST_TO_CLAIM, Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PERCENTILES: Final = (50.0, 90.0, 95.0, 99.0, 99.9)
RESAMPLES: Final = 2000


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


def forced_divergence(
    pairs: Sequence[tuple[UtteranceRecord, UtteranceRecord]], *, seed: int = 0
) -> ForcedDivergence | None:
    """Of pairs (baseline's record, variant's record) of the same utterance; None where no pair has tokens.

    Raises ValueError for records that are not of one transcript.
    """
    import numpy as np

    usable = [(base, mine) for base, mine in pairs if mine.kl]
    if not usable:
        return None
    for base, mine in usable:
        if not len(base.logp) == len(mine.logp) == len(mine.kl):
            raise ValueError(f"{mine.utterance}: {len(mine.kl)} tokens against {len(base.logp)}")
    counts = [len(mine.kl) for _, mine in usable]
    kl = np.concatenate([mine.kl for _, mine in usable])
    before = np.concatenate([base.logp for base, _ in usable])
    after = np.concatenate([mine.logp for _, mine in usable])
    change = np.exp(after) - np.exp(before)
    lost = [sum(base.logp) - sum(mine.logp) for base, mine in usable]
    return ForcedDivergence(
        utterances=len(usable),
        tokens=len(kl),
        mean=bootstrap_by_utterance([sum(mine.kl) for _, mine in usable], counts, seed=seed),
        percentiles=tuple(float(each) for each in np.percentile(kl, PERCENTILES)),
        largest=float(kl.max()),
        same_top=bootstrap_by_utterance(
            [len(mine.kl) - len(mine.changed) for _, mine in usable], counts, seed=seed
        ),
        probability_change=float(change.mean()),
        probability_rms=float(np.sqrt((change**2).mean())),
        log_perplexity_ratio=bootstrap_by_utterance(lost, counts, seed=seed),
        correlation=_correlation(before, after),
        spoken=_spoken(usable, seed),
    )


def _spoken(pairs: Sequence[tuple[UtteranceRecord, UtteranceRecord]], seed: int) -> Estimate | None:
    """Over the frames that are not blank to the baseline; None of a model that has no blank."""
    kept = [
        [nats for nats, token in zip(mine.kl, base.tokens, strict=True) if token != base.blank]
        for base, mine in pairs
        if base.blank is not None
    ]
    said = [each for each in kept if each]
    return (
        bootstrap_by_utterance([sum(each) for each in said], [len(each) for each in said], seed=seed)
        if said
        else None
    )


def bootstrap_by_utterance(sums: Sequence[float], tokens: Sequence[float], *, seed: int = 0) -> Estimate:
    """Sum of sums / sum of tokens with its percentile interval over resampled utterances."""
    import numpy as np

    n = len(sums)
    whole = float(sum(tokens))
    value = float(sum(sums)) / whole
    if n < 2:
        return Estimate(value=value, low=None, high=None, n=n, units=n, reason=reason("interval.single"))
    above = np.empty(RESAMPLES)
    both = np.array([sums, tokens], float).T
    random = np.random.default_rng((seed, n))
    step = max(1, 4_000_000 // n)
    for start in range(0, RESAMPLES, step):
        drawn = random.multinomial(n, np.full(n, 1 / n), size=min(step, RESAMPLES - start))
        upper, lower = (drawn @ both).T
        above[start : start + len(drawn)] = upper / lower
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

    record: UtteranceRecord
    token: int
    nats: float
    word: int


def most_changed(pairs: Sequence[tuple[UtteranceRecord, UtteranceRecord]], limit: int) -> list[ChangedToken]:
    """The tokens of largest divergence, one a word of an utterance, the largest first."""
    found: dict[tuple[Any, int], ChangedToken] = {}
    for base, mine in pairs:
        for at, nats in enumerate(mine.kl):
            word = word_of(base, at)
            if word is None:
                continue
            key = (mine.identity, word)
            if key not in found or found[key].nats < nats:
                found[key] = ChangedToken(record=mine, token=at, nats=nats, word=word)
    return sorted(found.values(), key=lambda each: -each.nats)[:limit]


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

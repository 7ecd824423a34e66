"""Corpora of utterances with a known error rate, for simulations of what intervals and claims are worth."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Owners = list[int] | None


def _words(random: np.random.Generator, utterances: int) -> Floats:
    """Words an utterance: 2 to 40, ten on average."""
    return np.clip(np.round(random.lognormal(np.log(9), 0.5, utterances)), 2, 40)


def corpus(
    random: np.random.Generator,
    utterances: int,
    rate: float,
    *,
    loops: float = 0.0,
    loop_size: float = 1.5,
    speakers: int = 0,
) -> tuple[Floats, Floats, Owners]:
    """(errors, words, whose) by utterance; utterances differ in how hard they are, speakers in how they are heard.

    A share of `loops` adds 1 to 2 `loop_size` - 1 times the utterance's words.
    """
    words = _words(random, utterances)
    hard = random.beta(4 * rate, 4 * (1 - rate), utterances)
    owner = None
    if speakers:
        whose = np.arange(utterances) % speakers
        owner = whose.tolist()
        hard = np.clip(hard * np.exp(random.normal(0, 0.4, speakers) - 0.08)[whose], 0, 1)
    errors = random.binomial(words.astype(int), hard).astype(float)
    looped = random.random(utterances) < loops
    errors[looped] += np.round(words[looped] * random.uniform(1, 2 * loop_size - 1, int(looped.sum())))
    return errors, words, owner


@cache
def truth(*, rate: float, loops: float = 0.0, loop_size: float = 1.5, speakers: int = 0) -> float:
    """The error rate that such corpora have on the whole."""
    random = np.random.default_rng(1)
    errors = words = 0.0
    for _ in range(1000):
        found = corpus(random, 2000, rate, loops=loops, loop_size=loop_size, speakers=speakers)
        errors += float(found[0].sum())
        words += float(found[1].sum())
    return errors / words


def changes(
    random: np.random.Generator,
    utterances: int,
    changed: float,
    loss: float,
    *,
    loops: float = 0.0,
    speakers: int = 0,
) -> tuple[Floats, Floats, Owners]:
    """(errors more than the baseline's, words, whose) by utterance.

    A share of utterances is `changed`, for better or worse alike, by a word or more; a true `loss` adds
    errors to others; a share of `loops` adds three times the utterance's words.
    """
    words = _words(random, utterances)
    more = np.zeros(utterances)
    other = random.random(utterances) < changed
    sizes = np.minimum(words[other], random.geometric(0.6, int(other.sum())))
    more[other] = random.choice([-1, 1], int(other.sum())) * sizes
    lost = random.random(utterances) < loss * words * 0.6
    more[lost] += random.geometric(0.6, int(lost.sum()))
    looped = random.random(utterances) < loops
    more[looped] += 3 * words[looped]
    return more, words, (np.arange(utterances) % speakers).tolist() if speakers else None

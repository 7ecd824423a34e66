"""How long scoring takes: 10,000 utterances x 10 variants, with every interval; and the memory it takes.

    python tests/bench/scoring_speed.py [--utterances 10000] [--variants 10] [--classes]

The texts are made of the commonest Russian words (`wordfreq`, the extra `words`), ten a sentence, one in ten
spoiled in another way by each variant; one sentence in ten has numerals.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Sequence

from bench.quality import no_regression_share, normalizer, pool, profile, score, wer_difference, wer_interval


def sentences(utterances: int) -> list[str]:
    """What was said."""
    import wordfreq

    chosen = random.Random(1)
    words = wordfreq.top_n_list("ru", 20_000)
    weights = [wordfreq.word_frequency(word, "ru") for word in words]
    made = []
    for at in range(utterances):
        said = chosen.choices(words, weights, k=chosen.randint(4, 16))
        if at % 10 == 0:
            said[1] = f"{chosen.randint(2, 3000)} руб."
        made.append(" ".join(said))
    return made


def spoiled(said: Sequence[str], seed: int) -> list[str]:
    """What a variant heard."""
    chosen = random.Random(seed)
    return [" ".join(w + "ла" if chosen.random() < 0.1 else w for w in text.split()) for text in said]


def main(arguments: Sequence[str]) -> None:
    """Print seconds by step and the peak memory."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--utterances", type=int, default=10_000)
    parser.add_argument("--variants", type=int, default=10)
    parser.add_argument("--classes", action="store_true", help="errors by class and faults as well")
    given = parser.parse_args(arguments)
    said = sentences(given.utterances)
    heard = [spoiled(said, seed) for seed in range(given.variants)]
    way = normalizer("ru-2")
    before = time.process_time()
    started = time.perf_counter()
    scores = [[score(*pair, way) for pair in zip(said, each, strict=True)] for each in heard]
    counted = time.perf_counter()
    for each in scores:
        pool(each)
        wer_interval(each)
        wer_difference(each, scores[0])
        no_regression_share(each, scores[0])
    done = time.perf_counter()
    busy = time.process_time() - before
    print(f"scores {counted - started:.1f} s, intervals {done - counted:.1f} s; of one core {busy:.1f} s")
    if given.classes:
        for texts in heard:
            profile(list(zip(said, texts, strict=True)), way)
        print(f"classes and faults {time.perf_counter() - done:.1f} s")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])

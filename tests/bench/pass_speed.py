"""What the results of a quality pass cost: 10,000 utterances x 10 variants, intervals and divergence included.

python tests/bench/pass_speed.py [--utterances 10000] [--variants 10]

Records hold a transcript and 24 tokens an utterance, as read speech of eight seconds does; a tenth of a variant's
utterances differ from the baseline's.  They are read from their file, as a report reads them.  Printed are seconds of
one core and the peak of memory.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.domain import Quality, Status
from bench.quality.hearings import HeardFile
from bench.quality.pass_results import pass_results
from bench.quality.utterances import UTTERANCES, UtteranceRecord, encode_utterance

TOKENS = 24
WORDS = [
    "туман",
    "стоял",
    "над",
    "тихой",
    "рекой",
    "рыбаки",
    "молча",
    "готовили",
    "лодки",
    "ветер",
    "разогнал",
    "облака",
    "вечером",
    "все",
    "слушали",
    "рассказы",
]


def records(utterances: int, variants: int) -> Iterator[UtteranceRecord]:
    draw = random.Random(1)
    logp = tuple(-draw.random() for _ in range(TOKENS))
    for number in range(utterances):
        said = draw.choices(WORDS, k=15)
        for variant in range(variants):
            heard = list(said)
            if draw.random() < (0.1 if variant else 0.05):
                heard[draw.randrange(15)] = "слово"
            own: dict[str, Any] = {"tokens": tuple(range(TOKENS))} if not variant else {
                "baseline": "v0",
                "kl": tuple(variant * draw.expovariate(100) for _ in range(TOKENS)),
            }  # fmt: skip
            yield UtteranceRecord(
                corpus="c", condition="clean", utterance=f"u{number}", language="ru", seconds=8.0, model="m",
                variant=f"v{variant}", quantization=f"v{variant}", engine="e", host="h", status=Status.OK,
                reference=" ".join(said), text=" ".join(heard), logp=logp, cpu_seconds=1.0,
                words=tuple((word, 1, 0.9) for word in heard), **own,
            )  # fmt: skip


def peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--utterances", type=int, default=10_000)
    parser.add_argument("--variants", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / UTTERANCES).open("wb") as file:
            file.writelines(map(encode_utterance, records(asked.utterances, asked.variants)))
        before = peak_megabytes()
        started = time.process_time()
        baselines = {("m", f"v{at}"): "v0" for at in range(asked.variants)}
        found = pass_results(HeardFile(Path(folder)), Quality(), baselines)
        assert found is not None
        scored = time.process_time() - started
        details = [found.details(row) for row in found.rows]
        seconds = time.process_time() - started
    assert all(row.divergence and row.difference and row.wer and row.flips for row in found.rows[1:])
    assert all(each.profile and each.telling(2) and each.changed for each in details[1:])
    print(
        f"{asked.utterances} utterances x {asked.variants} variants: of one core {seconds:.1f} s "
        f"({scored:.1f} s of it the rows), peak {peak_megabytes():.0f} MB, before the first record {before:.0f} MB"
    )


if __name__ == "__main__":
    main()

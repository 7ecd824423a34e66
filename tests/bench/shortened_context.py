"""What whisper.cpp's `audio_ctx` would save on short utterances, and what it changes; no result here uses it.

    python tests/bench/shortened_context.py [--utterances 60] [--write docs/quality.md]

Whisper's encoder takes 1500 frames of 20 ms, whatever was said.  Utterances of the corpus in
configs/whisper-base-quality.yaml are heard by f16 on one thread with the whole window, with as many frames as
the utterance has and 128 more, and with as many as it has; error rates are against the reference, differences
paired.  Seconds are of the processor, so that the machine need not be idle.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from paired_trials import replace_between

from bench.config import load_suite
from bench.listening.hearables import Hearable, hearables
from bench.prepare import Ready, prepare
from bench.quality import Score, normalizer, pool, score, wer_difference
from bench.statistics.rates import Interval

SUITE: Final = Path(__file__).resolve().parents[2] / "configs" / "whisper-base-quality.yaml"
START, END = "<!-- measured: tests/bench/shortened_context.py -->", "<!-- end of shortened context -->"
WHOLE: Final = 1500
FRAMES_A_SECOND: Final = 50
CONTEXTS: Final = ("whole window", "utterance and 128 frames", "utterance alone")


def frames(context: str, seconds: float) -> int:
    """How many frames the encoder is given."""
    if context == CONTEXTS[0]:
        return WHOLE
    more = 128 if context == CONTEXTS[1] else 0
    return min(WHOLE, math.ceil(seconds * FRAMES_A_SECOND) + more)


def heard(utterances: Sequence[Hearable], weights: str) -> dict[str, tuple[list[str], list[float]]]:
    """By context: what was heard in each utterance, and the processor time it took."""
    from pywhispercpp.model import Model

    model: Any = Model(
        weights,
        redirect_whispercpp_logs_to=os.devnull,
        context_params={"use_gpu": False, "flash_attn": False},
        language="ru",
        n_threads=1,
        temperature_inc=0.0,
        no_context=True,
        print_progress=False,
        print_realtime=False,
    )
    found: dict[str, tuple[list[str], list[float]]] = {context: ([], []) for context in CONTEXTS}
    for number, each in enumerate(utterances, 1):
        for context in CONTEXTS:
            before = time.process_time()
            segments = model.transcribe(str(each.audio), audio_ctx=frames(context, each.spoken.seconds))
            found[context][1].append(time.process_time() - before)
            found[context][0].append(" ".join(segment.text for segment in segments))
        print(f"\r{number}/{len(utterances)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def table(utterances: Sequence[Hearable], found: dict[str, tuple[list[str], list[float]]]) -> str:
    """Markdown: a row for each context."""
    way = normalizer("ru-2")
    scores: dict[str, list[Score]] = {
        context: [
            score(each.spoken.text or "", text, way) for each, text in zip(utterances, texts, strict=True)
        ]
        for context, (texts, _) in found.items()
    }
    whole_texts, whole_seconds = found[CONTEXTS[0]]
    rows = [
        "| encoder's frames | s of one core an utterance | of the whole window's | transcripts that differ | WER | difference |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for context, (texts, seconds) in found.items():
        changed = sum(way(one) != way(other) for one, other in zip(texts, whole_texts, strict=True))
        first = context == CONTEXTS[0]
        rows.append(
            f"| {context} | {sum(seconds) / len(seconds):.2f} | {sum(seconds) / sum(whole_seconds):.0%}"
            f" | {'' if first else f'{changed} of {len(texts)}'} | {_percent(pool(scores[context]))}"
            f" | {'' if first else _points(wer_difference(scores[context], scores[CONTEXTS[0]]))} |"
        )
    return "\n".join(rows)


def _percent(pooled: Score | None) -> str:
    assert pooled is not None
    assert pooled.wer is not None
    return f"{pooled.wer:.1%}"


def _points(difference: Interval) -> str:
    value, low, high = (
        100 * each for each in (difference.value, difference.low, difference.high) if each is not None
    )
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f}) points"


def main() -> None:
    """Hear, and print or write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--utterances", type=int, default=60)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the table of docs/quality.md")
    options = parser.parse_args()
    suite = load_suite(SUITE)
    prepared = prepare(suite)
    case = next(each for each in prepared.suite.cases if each.variant.quantization == "f16")
    ready = prepared.cases[case.id]
    assert isinstance(ready, Ready), ready
    clean = [
        each for each in hearables(suite) if isinstance(each, Hearable) and each.condition.kind == "clean"
    ]
    chosen = clean[: options.utterances]
    text = table(chosen, heard(chosen, ready.weights[0].path))
    if options.write:
        replace_between(options.write, START, END, text)
    else:
        print(text)


if __name__ == "__main__":
    main()

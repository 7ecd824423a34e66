"""What intervals of error rates are worth, simulated with known truth; prints the tables of docs/statistics.md.

python tests/bench/coverage.py [--runs 2000]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "fakes"))

from corpora import changes, corpus, truth

from bench.statistics import difference_interval, rate_interval, units_needed

SIZES = (7, 30, 100, 620)
CORPORA: tuple[tuple[str, dict[str, Any]], ...] = (
    ("utterances", {}),
    ("1 % loops, 1.5 times the words", {"loops": 0.01}),
    ("1 % loops, 3 times the words", {"loops": 0.01, "loop_size": 3.0}),
    ("ten speakers", {"speakers": 10}),
    ("ten speakers, 1 % loops", {"speakers": 10, "loops": 0.01}),
)


def coverage(runs: int) -> None:
    """A row a corpus and error rate: in how many per cent of runs the interval holds the true rate."""
    random = np.random.default_rng(1)
    for name, settings in CORPORA:
        for rate in (0.05, 0.15, 0.30):
            true = truth(rate=rate, **settings)
            cells = []
            for size in SIZES:
                hits = 0
                for _ in range(runs):
                    errors, words, owner = corpus(random, size, rate, **settings)
                    found = rate_interval(errors, words, clusters=owner)
                    hits += (found.low or 0.0) <= true <= (found.high or 0.0)
                cells.append(f"{100 * hits / runs:.1f}")
            print(f"| {name} | {100 * rate:.0f} % | {100 * true:.1f} % | {' | '.join(cells)} |", flush=True)


def false_claims(runs: int) -> None:
    """Of comparisons without a difference: excluded by the 95 % interval, and called shown (99.5 %)."""
    random = np.random.default_rng(2)
    for speakers in (0, 10):
        for changed in (0.03, 0.1, 0.3):
            cells = []
            for size in SIZES:
                usual = clear = 0
                for _ in range(runs):
                    more, words, owner = changes(random, size, changed, 0.0, speakers=speakers)
                    found = difference_interval(more, words, clusters=owner)
                    usual += found.excludes_zero
                    clear += found.clear
                cells.append(f"{100 * usual / runs:.1f} / {100 * clear / runs:.2f}")
            print(f"| {speakers or 'none'} | {100 * changed:.0f} % | {' | '.join(cells)} |", flush=True)


def power(pilots: int) -> None:
    """How often a true half point is shown at the number of utterances that a pilot's comparison promises."""
    random = np.random.default_rng(3)
    for changed in (0.05, 0.1, 0.3):
        for loss in (0.0, 0.005):
            for size in (30, 100, 300):
                numbers, shown, runs = [], 0, 0
                for _ in range(pilots):
                    pilot = difference_interval(*changes(random, size, changed, loss)[:2])
                    needed = max(size, round(units_needed(pilot, 0.005)))
                    numbers.append(needed)
                    for _ in range(20):
                        found = difference_interval(*changes(random, needed, changed, 0.005)[:2])
                        shown += found.clear and (found.value or 0.0) > 0
                        runs += 1
                low, middle, high = np.quantile(numbers, [0.1, 0.5, 0.9])
                print(
                    f"| {100 * changed:.0f} % | {100 * loss:.1f} | {size} | {middle:.0f} ({low:.0f}-{high:.0f}) "
                    f"| {100 * shown / runs:.0f} % |",
                    flush=True,
                )


def rare_losses(runs: int) -> None:
    """How often a loss of a point and a half by rare loops is called no loss of half a point."""
    random = np.random.default_rng(4)
    for size in (100, 300, 620, 1500):
        claimed = 0
        for _ in range(runs):
            more, words, _ = changes(random, size, 0.02, 0.0, loops=0.005)
            claimed += (difference_interval(more, words).possible_high or 1.0) <= 0.005
        print(f"| {size} | {100 * claimed / runs:.1f} % |", flush=True)


def main(arguments: Sequence[str]) -> None:
    """All four tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args(arguments).runs
    coverage(runs)
    false_claims(runs)
    power(max(20, runs // 20))
    rare_losses(runs)


if __name__ == "__main__":
    main(sys.argv[1:])

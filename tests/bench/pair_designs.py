"""Which design finds a small difference in equal time: plain blocks, mirrored ones (ABBA), or two children at once.

    python tests/bench/pair_designs.py --minutes 25 [--states as-is busy busy-core-0] [--raw FILE] [--label TEXT]
    python tests/bench/pair_designs.py --table --raw FILE [--write PAGE]     # the table of what is there by now

The real worker transcribes ten seconds with Whisper base f16 on one thread, as itself twice (A, A') and 2 and
5 % slower. In every round each design has its turn, in an order drawn anew, in every state: as the machine is, beside
one busy core (a process of our own that may move), and beside one that is kept to core 0. What could be had from
the trials of the plain design alone (processor time, the half that was disturbed less) has rows of its own.
`--synthetic` hashes in Whisper's place: for the shape. Raw results are appended to a file of JSON lines, and
the table is what pair_figures.py makes of them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pair_figures
from paired_trials import Arm, Trial, Trials, append, burner, read, replace_between

START, END = "<!-- measured: tests/bench/pair_designs.py -->", "<!-- end of pair designs -->"
ARMS: Final = (Arm("A", 0.0), Arm("A'", 0.0), Arm("+2 %", 0.02), Arm("+5 %", 0.05))
STATES: Final[dict[str, Callable[[], contextlib.AbstractContextManager[None]]]] = {
    "as-is": contextlib.nullcontext,
    "busy": burner,
    "busy-core-0": lambda: burner(0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one block of a design measured, and how long it took."""

    state: str
    design: str
    round: int
    wall: float
    trials: list[Trial]


def plain(trials: Trials, chosen: random.Random) -> list[Trial]:
    """Every arm once, in random order."""
    return [trials.one(arm) for arm in chosen.sample(ARMS, len(ARMS))]


def mirrored(trials: Trials, chosen: random.Random) -> list[Trial]:
    """Every arm once in random order, then once more backwards: ABBA."""
    order = chosen.sample(ARMS, len(ARMS))
    return [trials.one(arm) for arm in (*order, *reversed(order))]


def duet(trials: Trials, chosen: random.Random) -> list[Trial]:
    """Every arm beside the baseline on two cores at once, and once more with the cores swapped."""
    cores = tuple(sorted(os.sched_getaffinity(0)))[:2]
    turns = [(arm, swapped) for arm in ARMS[1:] for swapped in (False, True)]
    found: list[Trial] = []
    for arm, swapped in chosen.sample(turns, len(turns)):
        mine, theirs = (cores[1], cores[0]) if swapped else (cores[0], cores[1])
        found += trials.duet(arm, ARMS[0], cores=(mine, theirs))
    return found


DESIGNS: Final[dict[str, Callable[[Trials, random.Random], list[Trial]]]] = {
    pair_figures.PLAIN: plain,
    "mirrored": mirrored,
    "duet": duet,
}


def run(trials: Trials, raw: Path, states: list[str], minutes: float, label: str) -> None:
    """Rounds until the time is up; what a round has measured is on disk block by block."""
    until = time.monotonic() + 60 * minutes
    chosen = random.Random(20260211)
    number = 0
    while True:
        number += 1
        for state in chosen.sample(states, len(states)):
            # Plain blocks are short: two for each of the others.
            turns = [*DESIGNS, pair_figures.PLAIN]
            with STATES[state]():
                for design in chosen.sample(turns, len(turns)):
                    if time.monotonic() > until:
                        return
                    begun = time.monotonic()
                    measured = DESIGNS[design](trials, chosen)
                    wall = time.monotonic() - begun
                    name = f"{state}, {label}" if label else state
                    block = Block(state=name, design=design, round=number, wall=wall, trials=measured)
                    append(raw, "block", block)
            print(f"round {number}, {state}: {(until - time.monotonic()) / 60:.1f} min left", file=sys.stderr)


def main() -> None:
    """Measure for the time given, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--states", nargs="+", choices=list(STATES), default=["as-is", "busy"])
    parser.add_argument("--raw", type=Path, default=Path("pair-designs.jsonl"))
    parser.add_argument("--label", default="", help="put behind the state's name: what else the machine does")
    parser.add_argument("--audio-ctx", type=int, default=512, help="0: the whole 30 s window")
    parser.add_argument("--synthetic", action="store_true")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the table of ADR 12")
    parser.add_argument("--table", action="store_true", help="measure nothing")
    options = parser.parse_args()
    if not options.table:
        with tempfile.TemporaryDirectory(prefix="pair-designs-") as folder:
            work = Path(folder)
            trials = (
                Trials.synthetic(work)
                if options.synthetic
                else Trials.of_whisper(work, audio_ctx=options.audio_ctx)
            )
            run(trials, options.raw, options.states, options.minutes, options.label)
    text = pair_figures.table(read(options.raw, "block"))
    if not options.write:
        print(text)
        return
    replace_between(options.write, START, END, text)


if __name__ == "__main__":
    main()

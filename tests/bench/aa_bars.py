"""How far this machine errs where nothing differs, and whether it shows what does: two bars, each in many short runs.

    python tests/bench/aa_bars.py busy [--minutes 15] [--repeats 10] [--raw FILE]
    python tests/bench/aa_bars.py idle [--minutes 22] [--repeats 20] [--raw FILE]
    python tests/bench/aa_bars.py table --raw FILE [--write docs/statistics.md]   # of what is there by now

`busy`: beside one busy core (a process of our own) one case stands in fifteen blocks as three (A, A', A''), ten times
over: errors of the paired ratios, and how many of their 95 % intervals hold the truth, which is 1.
`idle`: a case, itself once more and 3 % slower (its own processor time burnt within what is timed), in the default
suite's blocks: until ratios are known to 1 %, six to fifteen of them, twenty times over. First the machine is
audited as `asr-quant-bench audit` does, and "shown" is what a report shows: an interval without 1, of a
difference that the audit resolves. Whisper base f16 on ten seconds, one thread, its encoder's window cut to them:
a child takes a second, so that twenty runs fit into twenty minutes; the default suite's minute of speech has less
noise, not more. Every repeat is appended to a file of JSON lines as it ends.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import math
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from paired_trials import Arm, Trials, append, burner, read, replace_between

from bench.audit import resolutions
from bench.domain import Record, Status, measured
from bench.resolution import Audit
from bench.statistics import Comparison, compare_paired
from bench.statistics.stopping import Goal, enough, log_ratios

START, END = "<!-- measured: tests/bench/aa_bars.py -->", "<!-- end of A/A bars -->"
COPIES: Final = (Arm("A", 0.0), Arm("A'", 0.0), Arm("A''", 0.0), Arm("A'''", 0.0))
SLOWED: Final = (Arm("A", 0.0), Arm("A'", 0.0), Arm("+3 %", 0.03))
GOAL: Final = Goal(precision=0.01, fewest=6, most=15)  # the default suite's
AUDIT_BLOCKS: Final = 10
BUSY_BLOCKS: Final = 15
QUANTITIES: Final = {"transcribe_seconds": "seconds", "load_seconds": "load", "processor time": "cpu"}
ERROR_BARS: Final = {"transcribe_seconds": 0.015, "load_seconds": 0.03}
Block = Mapping[str, Mapping[str, float]]  # arm -> quantity -> seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One short run: its blocks, each with every arm once, the slowdown that was achieved, and the seconds of all."""

    kind: str
    number: int
    seconds: float
    achieved: float
    blocks: Sequence[Block]


def block(trials: Trials, arms: Sequence[Arm], chosen: random.Random) -> tuple[Block, float]:
    """Every arm once in random order; and the greatest slowdown achieved."""
    found = [trials.one(arm) for arm in chosen.sample(arms, len(arms))]
    took = {each.arm: {"seconds": each.seconds, "load": each.load, "cpu": each.cpu} for each in found}
    return took, max(each.achieved for each in found)


def repeat(kind: str, number: int, trials: Trials) -> Repeat:
    """One run of a kind: `audit` and `busy` have a fixed number of blocks, `idle` as many as it wants."""
    arms = {"audit": COPIES, "busy": COPIES[:3], "idle": SLOWED}[kind]
    chosen = random.Random(f"{kind}/{number}")
    blocks: list[Block] = []
    begun, achieved = time.monotonic(), 0.0
    while not _done(kind, blocks):
        took, slower = block(trials, arms, chosen)
        blocks.append(took)
        achieved = max(achieved, slower)
    seconds = time.monotonic() - begun
    return Repeat(kind=kind, number=number, seconds=seconds, achieved=achieved, blocks=blocks)


def _done(kind: str, blocks: Sequence[Block]) -> bool:
    if kind != "idle":
        return len(blocks) >= (AUDIT_BLOCKS if kind == "audit" else BUSY_BLOCKS)
    ratios = {arm.name: log_ratios(_pairs(blocks, arm.name, "A", "seconds")) for arm in SLOWED[1:]}
    return enough(ratios, blocks=len(blocks), spent=0.0, goal=GOAL)


def _pairs(blocks: Iterable[Block], mine: str, theirs: str, quantity: str) -> list[tuple[float, float]]:
    return [(each[mine][quantity], each[theirs][quantity]) for each in blocks]


def measure(kind: str, repeats: int, minutes: float, raw: Path) -> None:
    """Repeats of the kind, as many as begin within the time; an audit before those of `idle`."""
    until = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory(prefix="aa-bars-") as folder:
        trials = Trials.of_whisper(Path(folder), audio_ctx=512)
        if kind == "idle":
            append(raw, "repeat", repeat("audit", 1, trials))
        with burner() if kind == "busy" else contextlib.nullcontext():
            for number in range(1, repeats + 1):
                if time.monotonic() > until:
                    return
                made = repeat(kind, number, trials)
                append(raw, "repeat", made)
                print(f"{kind} {number}: {len(made.blocks)} blocks, {made.seconds:.0f} s", file=sys.stderr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Of one quantity beside a busy core: errors of the paired ratios, rising; intervals that hold 1, of how many."""

    quantity: str
    errors: Sequence[float]
    covered: int

    @property
    def ninetieth(self) -> float:
        """The 90th percentile."""
        return self.errors[math.ceil(0.9 * len(self.errors)) - 1]

    @property
    def coverage(self) -> float:
        """Share of the intervals that hold the truth."""
        return self.covered / len(self.errors)


def busy_errors(repeats: Iterable[Mapping[str, Any]]) -> Iterator[Errors]:
    """The errors of every quantity over all repeats and pairs of copies."""
    own = [each["blocks"] for each in repeats if each["kind"] == "busy"]
    for quantity, key in QUANTITIES.items():
        found = [
            compare_paired(_pairs(blocks, mine, theirs, key))
            for blocks in own
            for theirs, mine in itertools.combinations(blocks[0], 2)
        ]
        errors = sorted(abs((each.ratio or 1.0) - 1) for each in found)
        if errors:
            covered = sum(not each.excludes_one for each in found)
            yield Errors(quantity=quantity, errors=errors, covered=covered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the repeats of `idle` showed of one arm: `shown` as a report does, `excluded` by the 95 % interval alone."""

    arm: str
    repeats: int
    ratio: float
    errors: Sequence[float]
    excluded: int
    shown: int


def idle_shown(repeats: Iterable[Mapping[str, Any]]) -> Iterator[Shown]:
    """Each arm against A, held against the audit that was made first."""
    given = list(repeats)
    audit = _audit([each["blocks"] for each in given if each["kind"] == "audit"])
    own = [each["blocks"] for each in given if each["kind"] == "idle"]
    for arm in SLOWED[1:]:
        found = [_judged(_pairs(blocks, arm.name, "A", "seconds"), audit) for blocks in own]
        if found:
            ratios = [each.ratio or 1.0 for each in found]
            yield Shown(
                arm=arm.name,
                repeats=len(found),
                ratio=median(ratios),
                errors=sorted(abs(ratio / (1 + arm.slower) - 1) for ratio in ratios),
                excluded=sum(each.excludes_one for each in found),
                shown=sum(each.shown for each in found),
            )


def _judged(pairs: list[tuple[float, float]], audit: Audit | None) -> Comparison:
    found = compare_paired(pairs)
    resolvable = audit.resolvable("transcribe_seconds", found.n) if audit else None
    return replace(found, resolvable=resolvable)


def _audit(runs: Sequence[Sequence[Block]]) -> Audit | None:
    """What `asr-quant-bench audit` makes of such blocks; None before there are any."""
    if not runs:
        return None
    records = [
        _record(arm, number, took["seconds"])
        for number, each in enumerate(runs[-1], 1)
        for arm, took in each.items()
    ]
    known = resolutions(records)
    return Audit(date="", host="", suite="", case="A", blocks=AUDIT_BLOCKS, resolutions=known)


def _record(arm: str, number: int, seconds: float) -> Record:
    return Record(
        run="bars",
        suite="bars",
        case=arm,
        model="whisper-base",
        quantization="f16",
        variant=arm,
        clip="read-10s",
        engine="pywhispercpp",
        engine_version=None,
        host="",
        block=number,
        position=0,
        attempt=1,
        status=Status.OK,
        reason=None,
        started_at="",
        measurements={"transcribe_seconds": measured("transcribe_seconds", seconds, "worker events")},
    )


def table(repeats: Iterable[Mapping[str, Any]]) -> str:
    """Markdown of both bars, as far as they were measured."""
    given = list(repeats)
    lines = []
    if errors := list(busy_errors(given)):
        spent = median(each["seconds"] for each in given if each["kind"] == "busy")
        lines += [
            f"Beside one busy core, {BUSY_BLOCKS} blocks of three ({spent:.0f} s) a repeat:",
            "",
            "| paired ratio of | pairs | error, median | 90 % | worst | bar | 95 % interval holds 1 |",
            "|---|--:|--:|--:|--:|--:|--:|",
        ]
        for each in errors:
            bar = f"{ERROR_BARS[each.quantity]:.1%}" if each.quantity in ERROR_BARS else "-"
            lines.append(
                f"| {each.quantity} | {len(each.errors)} | {median(each.errors):.2%} | {each.ninetieth:.2%}"
                f" | {each.errors[-1]:.2%} | {bar} | {each.coverage:.1%} |"
            )
    if shown := list(idle_shown(given)):
        lines += ["", *_idle_lines(given, shown)]
    return "\n".join(lines)


def _idle_lines(given: Sequence[Mapping[str, Any]], shown: Sequence[Shown]) -> Iterator[str]:
    own = [each for each in given if each["kind"] == "idle"]
    audit = _audit([each["blocks"] for each in given if each["kind"] == "audit"])
    blocks = sorted(len(each["blocks"]) for each in own)
    resolvable = audit.resolvable("transcribe_seconds", GOAL.most) if audit else None
    yield (
        f"Known differences, {blocks[0]} to {blocks[-1]} blocks of three ({median(blocks):.0f} in the median,"
        f" {median(each['seconds'] for each in own):.0f} s) a repeat; slowdown achieved at most"
        f" {max(each['achieved'] for each in own):.2%}; the audit resolves {resolvable or 0:.2%} in {GOAL.most} blocks:"
    )
    yield ""
    yield "| against A | repeats | ratio, median | error, worst | 95 % interval excludes 1 | shown in a report |"
    yield "|---|--:|--:|--:|--:|--:|"
    for each in shown:
        yield (
            f"| {each.arm} | {each.repeats} | {each.ratio:.4f} | {each.errors[-1]:.2%} | {each.excluded}"
            f" | {each.shown} |"
        )


def main() -> None:
    """Measure one kind, or nothing, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=["busy", "idle", "table"])
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the tables of docs/statistics.md")
    parser.add_argument("--raw", type=Path, default=Path("aa-bars.jsonl"))
    options = parser.parse_args()
    if options.kind != "table":
        repeats = options.repeats or (10 if options.kind == "busy" else 20)
        measure(options.kind, repeats, options.minutes, options.raw)
    text = table(read(options.raw, "repeat"))
    if options.write:
        replace_between(options.write, START, END, text)
    else:
        print(text)


if __name__ == "__main__":
    main()

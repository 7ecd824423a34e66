"""The table of pair_designs.py, from its raw results.

What a design is worth is what it gives in equal time: as many of its blocks as fit into fifteen plain ones. Errors
are those of Hodges and Lehmann's estimate over so many blocks, drawn with replacement from all blocks of the state;
whether a block's two arms are named one way or the other is drawn too, which is what a random order and a swap of cores
make equally likely, so that the truth is known to be the middle. Coverage and A/A alarms are counted in stretches
of consecutive blocks as they were measured, drift and all.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any, Final

from bench.statistics.signed_rank import Centre, centre

BASE: Final = "A"
PLAIN: Final = "plain"
PLAIN_BLOCKS: Final = 15
DRAWS: Final = 1500
WINDOW: Final = 8  # blocks of a stretch
HEADINGS: Final = (
    "state",
    "design",
    "blocks measured",
    "s a block",
    "blocks in equal time",
    "A/A error, median / 90 %",
    "bias at +2 %",
    "bias at +5 %",
    "+2 / +3 / +5 % shown",
    "A/A shown",
    "95 % interval covers",
)
Side = Mapping[str, Any]  # a trial as it was written


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An arm against the baseline in one block: log-ratios less their truth, and what disturbed its trials.

    There is one `residual` a block, the mean of its log-ratios, or one a half where halves count as blocks.
    """

    arm: str
    slower: float
    residuals: tuple[float, ...]
    disturbance: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A design in a state: its blocks in order, each with its pairs, and the seconds of one."""

    state: str
    design: str
    seconds: float
    blocks: Sequence[Sequence[Pair]]
    keep: Callable[[Sequence[Pair]], Sequence[Pair]] = list


def rows(blocks: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Every design of every state, and what can be made of the plain one's trials without another."""
    given = list(blocks)
    for state in dict.fromkeys(block["state"] for block in given):
        for design in dict.fromkeys(block["design"] for block in given):
            own = [block for block in given if (block["state"], block["design"]) == (state, design)]
            if not own:
                continue
            wall = median(block["wall"] for block in own)
            pairs = [_pairs(block, "seconds") for block in own]
            yield Row(state=state, design=design, seconds=wall, blocks=pairs)
            cpu = [_pairs(block, "cpu") for block in own]
            yield Row(state=state, design=f"{design}, processor time", seconds=wall, blocks=cpu)
            if design != PLAIN:
                halves = [_pairs(block, "seconds", halves=True) for block in own]
                yield Row(state=state, design=f"{design}, by halves", seconds=wall, blocks=halves)
            else:
                for name in ("switches", "steal", "running", "waited"):
                    title = f"{design}, calmer half by {name}"
                    yield Row(state=state, design=title, seconds=wall, blocks=pairs, keep=_calmer(name))


def _pairs(block: Mapping[str, Any], quantity: str, *, halves: bool = False) -> list[Pair]:
    """Each arm against the baseline: of duets the baseline that stood beside it, else that of the same half."""
    trials: list[Side] = block["trials"]
    found = []
    for arm in dict.fromkeys(trial["arm"] for trial in trials if trial["arm"] != BASE):
        mine = [trial for trial in trials if trial["arm"] == arm]
        theirs = [trial for trial in trials if trial["arm"] == BASE]
        if block["design"] == "duet":
            theirs = [trials[number ^ 1] for number, trial in enumerate(trials) if trial["arm"] == arm]
        truth = math.log1p(mine[0]["slower"])
        each = [math.log(a[quantity] / b[quantity]) - truth for a, b in zip(mine, theirs, strict=True)]
        disturbance = {
            "switches": sum(each["switches"] for each in (*mine, *theirs)),
            "steal": sum(each["steal"] for each in (*mine, *theirs)),
            "running": sum(each["running"] for each in (*mine, *theirs)),
            "waited": sum(each["seconds"] - each["cpu"] for each in (*mine, *theirs)),
        }
        residuals = tuple(each) if halves else (fmean(each),)
        found.append(Pair(arm=arm, slower=mine[0]["slower"], residuals=residuals, disturbance=disturbance))
    return found


def _calmer(name: str) -> Callable[[Sequence[Pair]], Sequence[Pair]]:
    def keep(pairs: Sequence[Pair]) -> Sequence[Pair]:
        """The half that was disturbed less, never fewer than six."""
        calm = sorted(pairs, key=lambda pair: pair.disturbance[name])
        return calm[: max(6, math.ceil(len(calm) / 2))]

    return keep


def table(blocks: Iterable[Mapping[str, Any]]) -> str:
    """Markdown; empty designs are left out."""
    found = list(rows(blocks))
    plain = {row.state: row.seconds for row in found if row.design == PLAIN}
    lines = [
        _line(row, max(1, round(PLAIN_BLOCKS * plain[row.state] / row.seconds)))
        for row in found
        if row.state in plain
    ]
    return "\n".join([f"| {' | '.join(HEADINGS)} |", f"|---|---|{'--:|' * (len(HEADINGS) - 2)}", *lines])


def _line(row: Row, n: int) -> str:
    chosen = random.Random(f"{row.state}/{row.design}")
    pool = [pair for block in row.blocks for pair in block]
    estimates = [_drawn(row, pool, n, chosen) for _ in range(DRAWS)]
    errors = sorted(abs(math.expm1(each.value)) for each in estimates)
    shown = " / ".join(f"{_shown(estimates, truth):.0%}" for truth in (0.02, 0.03, 0.05))
    alarms, covered, windows = _stretches(row)
    cells = [
        row.state,
        row.design,
        str(len(row.blocks)),
        f"{row.seconds:.1f}",
        str(n),
        f"{median(errors):.2%} / {errors[math.ceil(0.9 * len(errors)) - 1]:.2%}",
        _bias(row, 0.02),
        _bias(row, 0.05),
        shown,
        alarms,
        f"{covered} of {windows}" if windows else "-",
    ]
    return f"| {' | '.join(cells)} |"


def _drawn(row: Row, pool: Sequence[Pair], n: int, chosen: random.Random) -> Centre:
    """The estimate of no difference from `n` blocks of one comparison."""
    kept = row.keep([chosen.choice(pool) for _ in range(n)])
    named = [(pair, chosen.choice((-1, 1))) for pair in kept]
    return centre([sign * residual for pair, sign in named for residual in pair.residuals], 0.95)


def _centre(pairs: Sequence[Pair]) -> Centre:
    return centre([residual for pair in pairs for residual in pair.residuals], 0.95)


def _shown(estimates: Sequence[Centre], truth: float) -> float:
    shift = math.log1p(truth)
    return fmean(each.low is not None and each.low + shift > 0 for each in estimates)


def _bias(row: Row, slower: float) -> str:
    own = [pair for block in row.blocks for pair in block if math.isclose(pair.slower, slower)]
    if len(own) < 2:
        return "-"
    found = _centre(row.keep(own))
    if found.low is None or found.high is None:
        return f"{math.expm1(found.value):+.2%}"
    return f"{math.expm1(found.value):+.2%} ({math.expm1(found.low):+.2%} to {math.expm1(found.high):+.2%})"


def _stretches(row: Row) -> tuple[str, int, int]:
    """A/A pairs shown to differ, and intervals that hold the truth, of all stretches of consecutive blocks."""
    alarms = covered = windows = pairs = 0
    for arm in dict.fromkeys(pair.arm for block in row.blocks for pair in block):
        own = [pair for block in row.blocks for pair in block if pair.arm == arm]
        for first in range(len(own) - WINDOW + 1):
            found = _centre(row.keep(own[first : first + WINDOW]))
            holds = found.low is not None and found.high is not None and found.low <= 0 <= found.high
            windows += 1
            covered += holds
            if not own[0].slower:
                pairs += 1
                alarms += not holds
    return (f"{alarms} of {pairs}" if pairs else "-"), covered, windows

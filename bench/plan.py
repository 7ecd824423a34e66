"""`Suite` -> blocks of cases in seeded random order.  Pure.

A randomised complete block design: each block runs every case once, the baselines included, each
in a fresh process.  Interleaving the cases makes slow drift of the machine hit all of them alike,
and makes per-block ratios to the baseline honest.  Where the suite asks for it, every second block is the
one before it backwards (A B B A): what grows steadily over both then cancels from their mean.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from bench.domain import Case, Suite
from bench.seeded import Draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One planned trial: a case at a position of a block.  `block` counts from 1."""

    block: int
    position: int
    case: Case

    @property
    def key(self) -> tuple[str, int]:
        """What identifies the slot within a run."""
        return self.case.id, self.block


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One pass over all cases in random order."""

    number: int
    slots: tuple[Slot, ...]


def plan(suite: Suite) -> tuple[Block, ...]:
    """All blocks a run may have.  The order depends on the seed, the block and the case ids alone."""
    return tuple(block(suite, number) for number in range(1, suite.protocol.most_blocks + 1))


def block(suite: Suite, number: int) -> Block:
    """One block; the same for the same suite, whatever was run before."""
    cases = sorted(suite.cases, key=lambda case: case.id)
    order = Draws(f"{suite.protocol.seed}/{number}").ordered(cases)
    slots = tuple(Slot(block=number, position=position, case=case) for position, case in enumerate(order))
    return Block(number=number, slots=slots)


def remaining(block: Block, done: Container[tuple[str, int]]) -> tuple[Slot, ...]:
    """The slots of a block that no finished trial fills, in the block's order."""
    return tuple(slot for slot in block.slots if slot.key not in done)

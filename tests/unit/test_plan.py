"""Blocks are complete, interleaved and repeatable."""

from __future__ import annotations

from bench import plan
from bench.domain import Case, Protocol, Suite, Variant


def suite_of(count: int, *, blocks: int = 10, seed: int = 1) -> Suite:
    cases = tuple(
        Case(id=f"m.v{n}.c", model="m", variant=Variant(name=f"v{n}", quantization="q", engine="e"), clip="c")
        for n in range(count)
    )
    return Suite(
        name="s", title={}, models={}, clips={}, cases=cases, protocol=Protocol(blocks=blocks, seed=seed)
    )


def order(block: plan.Block) -> list[str]:
    return [slot.case.id for slot in block.slots]


def test_every_block_runs_every_case_once() -> None:
    suite = suite_of(6)
    for block in plan.plan(suite):
        assert sorted(order(block)) == [case.id for case in suite.cases]


def test_blocks_count_from_one_and_positions_from_zero() -> None:
    blocks = plan.plan(suite_of(3, blocks=2))
    assert [block.number for block in blocks] == [1, 2]
    assert [slot.position for slot in blocks[0].slots] == [0, 1, 2]


def test_the_order_differs_between_blocks() -> None:
    assert len({tuple(order(block)) for block in plan.plan(suite_of(6))}) > 1


def test_the_same_seed_gives_the_same_order() -> None:
    assert plan.plan(suite_of(6)) == plan.plan(suite_of(6))
    assert plan.plan(suite_of(6)) != plan.plan(suite_of(6, seed=2))


def test_more_blocks_leave_the_first_ones_as_they_were() -> None:
    assert plan.plan(suite_of(6, blocks=12))[:10] == plan.plan(suite_of(6, blocks=10))


def test_the_order_of_the_cases_in_the_file_does_not_matter() -> None:
    straight = suite_of(5)
    turned = Suite(
        name="s", title={}, models={}, clips={}, cases=straight.cases[::-1], protocol=straight.protocol
    )
    assert order(plan.block(turned, 3)) == order(plan.block(straight, 3))


def test_every_case_comes_first_about_as_often() -> None:
    """No case always runs on a machine that the same case has just warmed up."""
    firsts = [order(block)[0] for block in plan.plan(suite_of(4, blocks=400))]
    counts = [firsts.count(name) for name in set(firsts)]
    assert len(counts) == 4
    assert min(counts) > 60

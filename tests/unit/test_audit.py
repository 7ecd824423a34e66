"""An audit finds the machine's own error, and no difference where there is none."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest
import records

from bench import audit
from bench.domain import Record, measured
from bench.errors import SuiteError
from bench.resolution import IN_RUN, Audit, Resolution, read_newest


def copies(count: int, *, blocks: int, spread: float, seed: int = 1) -> list[Record]:
    """Cases that are the same, in blocks of different speed, each trial off by its own error."""
    chosen, found = random.Random(seed), []
    for block in range(1, blocks + 1):
        speed = chosen.uniform(3.0, 9.0)
        for copy in range(1, count + 1):
            values = {
                "transcribe_seconds": measured(
                    "transcribe_seconds", speed * (1 + chosen.gauss(0, spread)), "t"
                ),
                "weights_bytes": measured("weights_bytes", 77_691_713, "file size"),
            }
            found.append(records.record(f"m.f16-{copy}.c", block=block, measurements=values))
    return found


def of(metric: str, known: list[Record]) -> Resolution:
    return next(each for each in audit.resolutions(known) if each.metric == metric)


def test_all_copies_are_one_case_compared_with_the_first() -> None:
    made = audit.audited_suite(records.suite("f16", "q4_0"), copies=3)
    assert [case.id for case in made.cases] == ["m.f16-1.c", "m.f16-2.c", "m.f16-3.c"]
    assert {case.baseline for case in made.cases} == {"m.f16-1.c"}
    assert {case.variant.quantization for case in made.cases} == {"f16"}


def test_a_suite_without_cases_cannot_be_audited() -> None:
    with pytest.raises(SuiteError, match="no case to audit"):
        audit.audited_suite(dataclasses.replace(records.suite(), cases=()), copies=3)


def test_a_louder_machine_resolves_less() -> None:
    quiet = of("transcribe_seconds", copies(4, blocks=10, spread=0.002))
    loud = of("transcribe_seconds", copies(4, blocks=10, spread=0.05))
    assert quiet.resolvable < 0.006
    assert 0.04 < loud.resolvable < 0.2
    assert loud.worst >= loud.error > quiet.error


def test_more_blocks_resolve_more() -> None:
    few = of("transcribe_seconds", copies(4, blocks=8, spread=0.02))
    many = of("transcribe_seconds", copies(4, blocks=40, spread=0.02))
    assert many.resolvable < 0.6 * few.resolvable
    assert (few.blocks, many.blocks, many.pairs) == (8, 40, 6)


def test_a_difference_of_the_stated_size_is_shown_in_most_runs_and_none_in_few() -> None:
    """The promise, against a known truth: 80 % of runs show it, at most 5 % show what is not there."""
    stated = of("transcribe_seconds", copies(8, blocks=10, spread=0.02, seed=99)).resolvable
    shown = alarms = 0
    for seed in range(120):
        known = copies(2, blocks=10, spread=0.02, seed=seed)
        alarms += of("transcribe_seconds", known).false_alarms > 0
        slowed = [
            dataclasses.replace(
                record,
                measurements={
                    "transcribe_seconds": measured(
                        "transcribe_seconds", (record.value("transcribe_seconds") or 0.0) * (1 + stated), "t"
                    )
                },
            )
            if record.case == "m.f16-2.c"
            else record
            for record in known
        ]
        shown += of("transcribe_seconds", slowed).false_alarms > 0
    assert 0.7 <= shown / 120 <= 0.95
    assert alarms / 120 <= 0.08


def test_what_does_not_vary_resolves_everything() -> None:
    assert of("weights_bytes", copies(3, blocks=6, spread=0.01)).resolvable == 0.0


def test_too_few_blocks_say_nothing() -> None:
    assert audit.resolutions(copies(3, blocks=5, spread=0.01)) == ()


def test_a_run_carries_the_newest_audit_of_its_machine(tmp_path: Path) -> None:
    made = [
        Audit(
            date=f"2026-11-2{day}T09:00:00+00:00",
            host="h1",
            suite="demo-audit",
            case="m.f16-1.c",
            blocks=10,
            resolutions=audit.resolutions(copies(3, blocks=10, spread=0.01, seed=day)),
        )
        for day in (3, 4)
    ]
    for each in made:
        audit.keep(each, tmp_path)
    run = tmp_path / "demo" / "r1"
    run.mkdir(parents=True)
    audit.carry(tmp_path, "h1", run)
    assert read_newest(run / IN_RUN) == made[1]
    assert made[1].of("transcribe_seconds") is not None


def test_a_machine_without_an_audit_carries_none(tmp_path: Path) -> None:
    audit.carry(tmp_path, "h1", tmp_path)
    assert read_newest(tmp_path / IN_RUN) is None

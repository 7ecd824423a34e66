"""A remedy is said to help where it does, and seldom where it does not."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from bench import remedies
from bench.cli import app
from bench.remedies import AS_IS, Remedy, judged, known_remedies, scatter, try_remedies

PINNED = Remedy(name="kept on two cores", prefix=("taskset", "-c", "0,1"), advice="taskset -c 0,1")
RESTED = Remedy(name="a rest before each", rest=0.5, advice="protocol: {cooldown: 0.5 s} in the suite")
GIVEN = (AS_IS, PINNED, RESTED)


def seconds(spread: float, chosen: random.Random, rounds: int = remedies.ROUNDS) -> list[float]:
    """Times about 0.37 s, now and then a disturbed one."""
    tail = [1.3 if chosen.random() < 0.05 else 1.0 for _ in range(rounds)]
    return [0.37 * (1 + chosen.gauss(0, spread)) * each for each in tail]


def test_scatter_is_the_relative_standard_deviation_and_heeds_no_outlier() -> None:
    chosen = random.Random(3)
    assert scatter(seconds(0.02, chosen, rounds=4000)) == pytest.approx(0.021, rel=0.08)


def test_a_remedy_that_quiets_the_machine_four_times_is_mostly_found() -> None:
    chosen, found = random.Random(4), 0
    for _ in range(200):
        times = {AS_IS.name: seconds(0.04, chosen), PINNED.name: seconds(0.01, chosen)}
        [_, pinned] = judged((AS_IS, PINNED), times)
        found += pinned.gains is True
    assert found > 150


def test_where_nothing_helps_one_table_in_twenty_at_most_says_that_something_does() -> None:
    chosen, wrong = random.Random(5), 0
    for _ in range(400):
        times = {each.name: seconds(0.02, chosen) for each in GIVEN}
        wrong += any(each.gains for each in judged(GIVEN, times))
    assert wrong / 400 <= 0.05


def test_every_round_tries_all_of_them_in_an_order_of_its_own() -> None:
    order: list[str] = []

    def run(remedy: Remedy) -> float:
        order.append(remedy.name)
        return 0.1 * len(order)

    *_, last = try_remedies(GIVEN, rounds=6, run=run)
    rounds = [tuple(order[at : at + 3]) for at in range(0, 18, 3)]
    assert all(set(each) == {one.name for one in GIVEN} for each in rounds)
    assert len(set(rounds)) > 1
    assert {len(each) for each in last.values()} == {6}


def test_one_core_cannot_be_chosen_from() -> None:
    assert not any(each.prefix[:1] == ("taskset",) for each in known_remedies([0]))


def test_doctor_says_what_to_write_where_a_remedy_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = random.Random(6)

    def run(remedy: Remedy) -> float:
        return 0.37 * (1 + chosen.gauss(0, 0.002 if remedy is PINNED else 0.06))

    def known(cores: Sequence[int]) -> tuple[Remedy, ...]:
        return GIVEN

    monkeypatch.setattr(remedies, "seconds_of", run)
    monkeypatch.setattr(remedies, "known_remedies", known)
    shown = CliRunner().invoke(app, ["doctor", "--remedies"])
    assert shown.exit_code == 0, shown.output
    assert "helps: taskset -c 0,1" in shown.output


def test_the_work_runs() -> None:
    assert remedies.seconds_of(AS_IS) > 0

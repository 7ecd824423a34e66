"""Any beginning of the order of a pass is a fair sample: stratified by speaker and length, drawn by a seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.domain import Status
from bench.quality.sampling import prefix, stratified_order
from bench.quality.utterances import (
    UTTERANCES,
    UtteranceRecord,
    encode_utterance,
    heard_keys,
    read_utterances,
)


@dataclass(frozen=True)
class Item:
    number: int
    speaker: str
    seconds: float


def corpus(count: int = 600, seed: int = 5) -> list[Item]:
    random = Random(seed)
    return [Item(n, "a" if n % 3 else "b", random.lognormvariate(2.0, 0.6)) for n in range(count)]


def ordered(items: list[Item], seed: int = 1) -> list[Item]:
    return stratified_order(items, speaker=lambda i: i.speaker, seconds=lambda i: i.seconds, seed=seed)


def test_the_order_holds_everything_once_and_depends_on_the_seed_alone() -> None:
    items = corpus()
    assert sorted(ordered(items), key=lambda i: i.number) == items
    assert ordered(items, 3) == ordered(items, 3)
    assert ordered(items, 3) != ordered(items, 4)


def test_every_prefix_holds_the_speakers_in_proportion() -> None:
    found = ordered(corpus())
    for size in (6, 30, 97, 250):
        counts = Counter(item.speaker for item in found[:size])
        assert abs(counts["a"] / size - 2 / 3) <= 6 / size


def test_a_prefix_estimates_the_mean_length_better_than_chance() -> None:
    items = corpus()
    truth = sum(i.seconds for i in items) / len(items)

    def error(sample: list[Item]) -> float:
        return (sum(i.seconds for i in sample) / len(sample) - truth) ** 2

    stratified = sum(error(ordered(items, seed)[:40]) for seed in range(200))
    plain = sum(error(Random(seed).sample(items, 40)) for seed in range(200))
    assert stratified < 0.6 * plain


def test_no_item_is_favoured_over_seeds() -> None:
    items = corpus(90)
    picked = Counter(item.number for seed in range(2000) for item in ordered(items, seed)[:30])
    # each is among the first third in a third of the orders: 667, with a deviation of 21
    assert min(picked.values()) > 560
    assert max(picked.values()) < 770


def test_hours_and_utterances_are_limits_and_one_is_always_heard() -> None:
    items = [Item(n, "a", 400.0) for n in range(10)]
    limits = {"seconds": lambda i: i.seconds}
    assert len(prefix(items, hours=0.5, utterances=None, **limits)) == 4
    assert len(prefix(items, hours=None, utterances=7, **limits)) == 7
    assert len(prefix(items, hours=0.5, utterances=3, **limits)) == 3
    assert len(prefix(items, hours=0.01, utterances=None, **limits)) == 1


def test_what_was_heard_is_known_by_the_last_record_of_each_key(tmp_path: Path) -> None:
    def line(utterance: str, status: Status, weights: str = "abc") -> bytes:
        return encode_utterance(
            UtteranceRecord(
                corpus="c",
                condition="clean",
                utterance=utterance,
                language="ru",
                seconds=1.5,
                model="m",
                variant="q8_0",
                quantization="q8_0",
                engine="e",
                host="h",
                status=status,
                weights=weights,
            )
        )

    lines = [line("a", Status.OK), line("b", Status.OK), line("b", Status.CRASHED), line("d", Status.CRASHED)]
    lines += [
        line("d", Status.OK, weights="other"),
        b"no record\n",
        b'{"schema":1,"corpus":"c"}\n',
        b'{"torn',
    ]
    (tmp_path / UTTERANCES).write_bytes(b"".join(lines))
    keys, weights = heard_keys(tmp_path, but={Status.CRASHED})
    assert keys == {("c", "clean", name, "m", "q8_0", None) for name in ("a", "d")}
    assert weights == {("m", "q8_0", "abc"), ("m", "q8_0", "other")}
    assert keys <= {record.key for record in read_utterances(tmp_path)[0]}
    assert heard_keys(tmp_path / "nowhere", but=()) == (set(), set())

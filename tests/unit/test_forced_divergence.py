"""Divergence statistics, calibration and flips come out as computed by hand or by an independent way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.domain import Quality, Status
from bench.quality.calibration import (
    ConfidenceColumns,
    area_under_roc,
    average_precision,
    expected_calibration_error,
    judged_words,
    normalized_cross_entropy,
)
from bench.quality.divergence import divergence
from bench.quality.forced import ForcedDivergence, MostChanged, TokenColumns, bootstraps, forced_divergences
from bench.quality.hearings import HeardRecords
from bench.quality.normalizer import normalizer
from bench.quality.pass_results import pass_results
from bench.quality.utterances import UTTERANCES, UtteranceRecord, encode_utterance, read_utterances

RU = normalizer("auto", "ru")


def record(utterance: str, variant: str = "q8_0", **more: Any) -> UtteranceRecord:
    facts: dict[str, Any] = {
        "corpus": "c", "condition": "clean", "language": "ru", "seconds": 3.7, "model": "m",
        "quantization": variant, "engine": "e", "host": "h", "status": Status.OK,
    }  # fmt: skip
    return UtteranceRecord(**{**facts, **more}, utterance=utterance, variant=variant)


def forced_pairs(
    count: int, seed: int = 3, noise: float = 0.3
) -> tuple[list[tuple[UtteranceRecord, UtteranceRecord]], list[Any]]:
    """Records of random distributions over seven tokens, and the distributions themselves."""
    random = np.random.default_rng(seed)
    made, arrays = [], []
    for number in range(count):
        tokens = random.integers(0, 7, size=random.integers(4, 19))
        base = random.standard_normal((len(tokens), 7)) * 2
        mine = base + noise * random.standard_normal(base.shape)
        lb = base - np.log(np.exp(base).sum(axis=1, keepdims=True))
        lm = mine - np.log(np.exp(mine).sum(axis=1, keepdims=True))
        rows = np.arange(len(tokens))
        kl = (np.exp(lb) * (lb - lm)).sum(axis=1)
        changed = np.flatnonzero(lb.argmax(axis=1) != lm.argmax(axis=1))
        made.append(
            (
                record(f"u{number}", "f16", tokens=tuple(tokens.tolist()), logp=tuple(lb[rows, tokens])),
                record(
                    f"u{number}",
                    baseline="f16",
                    kl=tuple(kl),
                    logp=tuple(lm[rows, tokens]),
                    changed=tuple(changed.tolist()),
                ),
            )
        )
        arrays.append((base, mine, tokens))
    return made, arrays


def forced_divergence(pairs: list[tuple[UtteranceRecord, UtteranceRecord]]) -> ForcedDivergence | None:
    tokens = TokenColumns()
    for place, (base, mine) in enumerate(pairs):
        tokens.add(place, base, mine)
    [found] = forced_divergences([tokens])
    return found


def test_statistics_are_those_of_the_distributions() -> None:
    pairs, arrays = forced_pairs(40)
    found = forced_divergence(pairs)
    assert found is not None
    base, mine, tokens = (np.concatenate([each[at] for each in arrays]) for at in range(3))
    whole = divergence(base, mine, tokens)
    assert found.tokens == whole.tokens
    assert found.mean.value == pytest.approx(whole.mean_nats)
    assert found.largest == pytest.approx(whole.largest_nats)
    assert found.same_top.value == pytest.approx(whole.same_top)
    assert np.exp(found.log_perplexity_ratio.value or 0) == pytest.approx(whole.perplexity_ratio)
    before = np.concatenate([each.logp for each, _ in pairs])
    after = np.concatenate([each.logp for _, each in pairs])
    assert found.probability_change == pytest.approx(np.mean(np.exp(after) - np.exp(before)))
    assert found.probability_rms == pytest.approx(np.sqrt(np.mean((np.exp(after) - np.exp(before)) ** 2)))
    assert found.correlation == pytest.approx(np.corrcoef(before, after)[0, 1])
    kl = np.concatenate([each.kl for _, each in pairs])
    assert found.percentiles == pytest.approx([np.percentile(kl, p) for p in (50, 90, 95, 99, 99.9)])


def test_the_interval_is_over_utterances_and_covers_the_truth() -> None:
    """Tokens of one utterance share its difficulty: an interval over tokens would be far too narrow."""
    random = np.random.default_rng(5)
    covered = runs = 0
    for run in range(300):
        hard = random.gamma(2.0, 0.05, size=60)
        counts = random.integers(20, 60, size=60)
        sums = [
            float(random.gamma(3.0, each / 3.0, size=n).sum()) for each, n in zip(hard, counts, strict=True)
        ]
        [found] = bootstraps([(sums, counts)], seed=run)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.1 <= found.high
        runs += 1
    assert 0.90 <= covered / runs <= 0.98


def test_records_of_other_transcripts_are_refused() -> None:
    with pytest.raises(ValueError, match="u1: 2 tokens against 3"):
        forced_divergence(
            [(record("u1", "f16", logp=(0.0, 0.0, 0.0)), record("u1", kl=(0.1, 0.2), logp=(0.0, 0.0)))]
        )


def test_the_word_of_largest_divergence_is_named() -> None:
    base = record("u1", "f16", words=(("раз", 2, 0.9), ("два,", 3, 0.8)), logp=(0.0,) * 6)
    mine = record("u1", kl=(0.1, 0.2, 0.05, 0.7, 0.3, 0.9), logp=(0.0,) * 6)
    changed = MostChanged(5)
    changed.add(0, base, mine)
    assert [(each.word, each.nats, each.token) for each in changed.found()] == [(1, 0.7, 3), (0, 0.2, 1)]


def test_of_the_words_of_largest_divergence_as_many_are_kept_as_asked_for() -> None:
    changed = MostChanged(2)
    words = (("раз", 1, 0.9), ("два", 1, 0.8))
    for place, kl in ((3, (0.2, 0.5)), (1, (0.5, 0.1)), (2, (0.4, 0.5)), (4, (0.1, 0.1))):
        base = record(f"u{place}", "f16", words=words, logp=(0.0,) * 2)
        changed.add(place, base, record(f"u{place}", kl=kl, logp=(0.0,) * 2))
    assert [(each.mine.utterance, each.word) for each in changed.found()] == [("u1", 0), ("u2", 1)]


# ----------------------------------------------------------------------- calibration


def test_calibration_is_known_for_a_teller_of_truth_and_for_a_boaster() -> None:
    random = np.random.default_rng(11)
    stated = random.uniform(0.05, 0.999, size=60_000)
    honest = random.random(60_000) < stated
    boaster = random.random(60_000) < stated**3
    assert expected_calibration_error(honest, stated) < 0.02
    assert expected_calibration_error(boaster, stated) > 0.1
    assert normalized_cross_entropy(honest, stated) > 0.25
    assert normalized_cross_entropy(boaster, stated) < normalized_cross_entropy(honest, stated) - 0.1
    assert normalized_cross_entropy(honest, np.full(60_000, honest.mean())) == pytest.approx(0, abs=1e-12)


def test_calibration_error_by_hand() -> None:
    # 0.95: bin 95 of 100 holds it in its lower edge's bin (0.94, 0.95], whose middle is 0.945: called right.
    truth, score = np.array([True, True, False, True]), np.array([0.95, 0.95, 0.95, 0.95])
    assert expected_calibration_error(truth, score) == pytest.approx(0.2)


def test_areas_by_hand() -> None:
    truth, score = np.array([True, False, True, True, False]), np.array([0.9, 0.8, 0.7, 0.7, 0.2])
    assert area_under_roc(truth, score) == pytest.approx((2 + 1 + 1) / 6)
    # thresholds 0.9: precision 1, recall 1/3; 0.8: 1/2, 1/3; 0.7: 3/4, 1; 0.2: 3/5, 1
    assert average_precision(truth, score) == pytest.approx(1 / 3 + 2 / 3 * 3 / 4)
    assert average_precision(~truth, 1 - score) == pytest.approx(1 / 2 + 1 / 2 * 2 / 4)


def test_a_written_word_is_right_when_all_it_is_read_as_is_right() -> None:
    heard = record(
        "u1",
        reference="у меня двадцать пять яблок",
        text="У меня 25 яблука, да.",
        words=(("У", 1, 0.9), ("меня", 1, 0.8), ("25", 1, 0.7), ("яблука,", 2, 0.3), ("да.", 2, 0.4)),
    )
    assert judged_words(heard, RU) == [(True, 0.9), (True, 0.8), (True, 0.7), (False, 0.3), (False, 0.4)]
    assert judged_words(record("u1", reference="а", text="а б", words=(("а", 1, 0.5),)), RU) == []


def test_too_few_words_tell_nothing_of_calibration() -> None:
    few = ConfidenceColumns(RU)
    few.add(0, record("u1", reference="а б", text="а б", words=(("а", 1, 0.5), ("б", 1, 0.5))))
    assert few.calibration() is None


# -------------------------------------------------------------------------- the pass


def test_flips_count_words_mended_and_broken_apart() -> None:
    reference = "раз два три четыре"
    base = record("u1", "f16", reference=reference, text="раз дна три")
    mine = record("u1", reference=reference, text="раз два дри и четыре")
    found = pass_results(HeardRecords([base, mine]), Quality(), {("m", "q8_0"): "f16", ("m", "f16"): "f16"})
    assert found is not None
    (row,) = found.clean("m", "q8_0")
    assert row.flips is not None
    assert (row.flips.words, row.flips.mended, row.flips.broken) == (4, 2, 1)


def test_utterances_of_one_text_stay_apart_and_failures_are_left_out_on_both_sides() -> None:
    base = [record(f"u{n}", "f16", reference="да нет", text="да нет") for n in range(8)]
    mine = [record(f"u{n}", reference="да нет", text="да" if n < 3 else "да нет") for n in range(7)]
    mine.append(record("u7", status=Status.CRASHED, reference="да нет"))
    found = pass_results(HeardRecords([*base, *mine]), Quality(), {("m", "q8_0"): "f16", ("m", "f16"): "f16"})
    assert found is not None
    (row,) = found.clean("m", "q8_0")
    assert (row.heard, row.failed, row.compared, row.same_texts) == (7, 1, 7, 4)
    assert row.difference is not None
    assert row.difference.value == pytest.approx(3 / 14)
    assert row.kept == pytest.approx(4 / 7)


def test_what_is_not_above_the_floor_is_no_loss() -> None:
    def company(nats: float, floor: float) -> bool | None:
        records = []
        for number in range(12):
            name = f"u{number}"
            records.append(record(name, "f16", tokens=(1, 2), logp=(-0.1, -0.2), text="да"))
            records.append(
                record(name, "f16", floor="again", baseline="f16", kl=(floor, floor), logp=(-0.1, -0.2))
            )
            records.append(record(name, baseline="f16", kl=(nats, nats), logp=(-0.1, -0.2), text="да"))
        found = pass_results(HeardRecords(records), Quality(), {("m", "q8_0"): "f16", ("m", "f16"): "f16"})
        assert found is not None
        return found.clean("m", "q8_0")[0].measurable

    assert company(0.0011, 0.0004) is True
    assert company(0.0003, 0.0004) is False
    assert company(0.0, 0.0) is False


def test_records_survive_their_file_and_a_torn_line_is_told(tmp_path: Path) -> None:
    one = record("u1", text="да", words=(("да", 1, 0.5),), kl=(0.25,), changed=(0,), cpu_seconds=1.25)
    (tmp_path / UTTERANCES).write_bytes(encode_utterance(one) + encode_utterance(record("u2"))[:-9])
    found, warnings = read_utterances(tmp_path)
    assert found == (one,)
    assert "torn line" in warnings[0]
    assert json.loads(encode_utterance(one))["schema"] == 1


def test_frames_that_say_nothing_are_counted_apart() -> None:
    base = record("u", "f32", tokens=(9, 3, 9, 9, 4), logp=(-0.1,) * 5, blank=9)
    other = record("v", "f32", tokens=(9, 9), logp=(-0.1,) * 2, blank=9)
    mine = record("u", baseline="f32", kl=(0.0, 0.4, 0.1, 0.0, 0.2), logp=(-0.2,) * 5)
    quiet = record("v", baseline="f32", kl=(0.0, 0.5), logp=(-0.2,) * 2)
    found = forced_divergence([(base, mine), (other, quiet)])
    assert found is not None
    assert found.mean.value == pytest.approx(1.2 / 7)
    assert found.spoken is not None
    assert found.spoken.value == pytest.approx(0.3)
    assert found.tokens == 7


def test_a_model_without_blanks_has_no_frames_apart() -> None:
    pairs, _ = forced_pairs(3)
    found = forced_divergence(pairs)
    assert found is not None
    assert found.spoken is None

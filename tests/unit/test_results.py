"""Results: what a case's trials say, in one place for tables, charts and findings."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from trials import Trials, run_of, sentences, spoil, spoken

from bench.domain import Record, Status, absent, measured
from bench.journal import RunData
from bench.results import results_of
from bench.results.heard import SYNTHETIC
from bench.statistics import Verdict, judge
from bench.units import Better

TEXTS = sentences(12)
WHOLE = " ".join(TEXTS)


def two(**fields: object) -> RunData:
    return run_of(
        [
            Trials(variant="f16", figures={"rtf": 0.2}, heard=WHOLE, weights=200),
            Trials(variant="q8_0", figures={"rtf": 0.1}, heard=spoil(WHOLE, 0.2), weights=100),
        ],
        clips=[spoken(texts=TEXTS)],
        **fields,  # type: ignore[arg-type]
    )


def with_records(run: RunData, records: list[Record]) -> RunData:
    return dataclasses.replace(run, records=tuple(records))


def test_a_case_is_compared_with_its_baseline_block_by_block() -> None:
    """Blocks differ by up to a half; within a block the ratio is 0.5."""
    case = results_of([two()]).cases[1]
    assert case.comparisons["rtf"].ratio == pytest.approx(0.5, rel=0.02)
    assert judge(case.comparisons["rtf"], Better.LOWER, 0.05) is Verdict.BETTER


def test_the_baseline_is_compared_with_nothing() -> None:
    case = results_of([two()]).cases[0]
    assert case.is_baseline
    assert not case.comparisons
    assert case.saving is None


def test_the_saving_is_a_share_of_the_baselines_bytes() -> None:
    assert results_of([two()]).cases[1].saving == pytest.approx(0.5)


def test_of_a_block_run_again_the_last_attempt_counts_on_both_sides() -> None:
    run = two(blocks=1)
    again = [
        dataclasses.replace(record, attempt=2, measurements={"rtf": measured("rtf", value, "test")})
        for record, value in zip(run.records, (0.4, 0.1), strict=True)
    ]
    case = results_of([with_records(run, [*run.records, *again])]).cases[1]
    assert case.median("rtf") == 0.1
    assert case.comparisons["rtf"].ratio == pytest.approx(0.25)
    assert case.counted == 1
    assert case.trials[Status.OK] == 2


def test_a_block_repeated_by_half_is_compared_within_one_attempt() -> None:
    """The run was ended before the case's own repetition: its first attempt pairs with the first."""
    run = two(blocks=1)
    again = dataclasses.replace(run.records[0], attempt=2, measurements={"rtf": measured("rtf", 9.0, "test")})
    comparison = results_of([with_records(run, [*run.records, again])]).cases[1].comparisons["rtf"]
    assert comparison.ratio == pytest.approx(0.5, rel=0.03)


def test_a_block_whose_baseline_failed_is_in_the_median_and_in_no_ratio() -> None:
    run = run_of(
        [
            Trials(variant="f16", figures={"rtf": 0.2}, statuses=[Status.OK, Status.CRASHED]),
            Trials(variant="q8_0", figures={"rtf": 0.1}),
        ]
    )
    case = results_of([run]).cases[1]
    assert case.summaries["rtf"].n == 10
    assert case.comparisons["rtf"].n == 5


def test_an_absent_metric_keeps_its_reason() -> None:
    run = two(blocks=1)
    record = dataclasses.replace(
        run.records[0], measurements={"cycles": absent("cycles", "no counters here")}
    )
    case = results_of([with_records(run, [record])]).cases[0]
    assert case.absences == {"cycles": "no counters here"}
    assert case.median("cycles") is None


def test_a_case_that_never_ended_well_has_a_status_and_a_reason() -> None:
    run = run_of([Trials(variant="f16", figures={"rtf": 1}, statuses=[Status.TIMEOUT])])
    case = results_of([run]).cases[0]
    assert (case.status, case.reason) == (Status.TIMEOUT, "it went wrong")
    assert not case.summaries


def test_quality_is_against_the_reference_and_against_the_baseline() -> None:
    base, case = results_of([two()]).cases
    assert base.heard.score is not None
    assert base.heard.score.wer == 0
    assert case.heard.score is not None
    assert case.heard.to_baseline == case.heard.score
    assert case.heard.identity is not None
    assert not case.heard.identity.normalized
    assert case.heard.difference is not None
    assert case.heard.difference.excludes_zero
    assert case.heard.kept is not None
    assert 0 < case.heard.kept < 1
    assert case.heard.errors


def test_without_a_reference_only_the_baseline_is_left_to_judge_by() -> None:
    run = run_of([Trials(variant="f16", heard="раз два"), Trials(variant="q8_0", heard="раз три")])
    case = results_of([run]).cases[1]
    assert case.heard.score is None
    assert case.heard.stars is None
    assert case.heard.reason
    assert case.heard.to_baseline is not None
    assert case.heard.to_baseline.wer == 0.5


def test_a_reference_without_utterances_is_judged_by_its_sentences() -> None:
    clip = dataclasses.replace(spoken(texts=["Раз два. Три четыре! Пять?"]), utterances=())
    run = run_of([Trials(variant="f16", heard="раз два три пять")], clips=[clip])
    interval = results_of([run]).cases[0].heard.interval
    assert interval is not None
    assert interval.n == 3
    assert interval.value == pytest.approx(1 / 5)


def test_quality_of_synthetic_weights_is_withheld_with_the_reason() -> None:
    case = results_of(
        [run_of([Trials(variant="f16", heard="шум")], clips=[spoken(texts=TEXTS)], synthetic=True)]
    ).cases[0]
    assert case.heard.score is None
    assert case.heard.reason == SYNTHETIC


def test_different_texts_of_one_case_are_counted() -> None:
    run = two(blocks=2)
    other = dataclasses.replace(run.records[0], block=3, transcript=run.records[1].transcript)
    assert results_of([with_records(run, [*run.records, other])]).cases[0].heard.texts == 2


def test_two_runs_of_one_suite_stay_apart() -> None:
    run = two()
    found = results_of([run, dataclasses.replace(run, path=Path("reports/made/other"))])
    assert len({case.key for case in found.cases}) == 4
    assert found.baseline(found.cases[3]) is found.cases[2]


def test_the_same_directory_twice_has_keys_of_its_own() -> None:
    run = two()
    assert len({case.key for case in results_of([run, run]).cases}) == 4

"""Results: what a case's trials say, in one place for tables, charts and findings."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from trials import Trials, run_of, sentences, spoil, spoken

from bench.domain import Backend, Record, Status, Transcript, WeightsFile, absent, measured
from bench.journal import RunData
from bench.language import english
from bench.reasons import told
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
        **fields,  # type: ignore[arg-type]  # fields by name
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
        run.records[0], measurements={"cycles": absent("cycles", told("no counters here"))}
    )
    case = results_of([with_records(run, [record])]).cases[0]
    assert case.absences == {"cycles": told("no counters here")}
    assert case.median("cycles") is None


def test_a_case_that_never_ended_well_has_a_status_and_a_reason() -> None:
    run = run_of([Trials(variant="f16", figures={"rtf": 1}, statuses=[Status.TIMEOUT])])
    case = results_of([run]).cases[0]
    assert (case.status, english(case.reason)) == (Status.TIMEOUT, "“it went wrong”")
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


# -------------------------------------------------------------------- keys


def on(host: str, run: RunData, *, name: str = "up") -> RunData:
    """The run as another machine's."""
    return dataclasses.replace(
        run,
        path=Path("elsewhere") / host / name,
        host=dataclasses.replace(run.host, id=host),
        records=tuple(dataclasses.replace(record, host=host) for record in run.records),
    )


def test_runs_of_one_name_on_two_machines_are_two_cases() -> None:
    found = results_of([on("mac", two()), on("linux", two())])
    assert [(case.host.id, case.key.variant, case.counted) for case in found.cases] == [
        ("mac", "f16", 10),
        ("mac", "q8_0", 10),
        ("linux", "f16", 10),
        ("linux", "q8_0", 10),
    ]
    assert len({case.key for case in found.cases}) == 4
    assert found.by_key[found.cases[3].key] is found.cases[3]
    assert found.baseline(found.cases[3]) is found.cases[2]


def test_records_of_two_machines_in_one_run_are_two_cases_and_said_to_be() -> None:
    """Not one case with twenty trials."""
    mac, linux = on("mac", two()), on("linux", two(seed=1))
    found = results_of([with_records(mac, [*mac.records, *linux.records])])
    assert [(case.host.id, case.summaries["rtf"].n) for case in found.cases if case.is_baseline] == [
        ("mac", 10),
        ("linux", 10),
    ]
    assert [case.comparisons["rtf"].n for case in found.cases if not case.is_baseline] == [10, 10]
    assert found.warnings == (
        "up: 20 records are of another machine, linux, of which nothing but its id is known.",
    )


def test_an_attempt_of_another_machine_does_not_replace_ones_own() -> None:
    mac, linux = on("mac", two(blocks=1)), on("linux", two(blocks=1, seed=1))
    again = [dataclasses.replace(record, attempt=2) for record in linux.records]
    found = results_of([with_records(mac, [*mac.records, *again])])
    assert {(case.host.id, case.settled[0].attempt) for case in found.cases} == {("mac", 1), ("linux", 2)}


def test_records_of_cases_that_the_suite_does_not_have_are_left_out_and_said() -> None:
    run = two(blocks=1)
    stray = dataclasses.replace(run.records[0], case="m.q9_9.read")
    found = results_of([with_records(run, [*run.records, stray])])
    assert len(found.cases) == 2
    assert found.warnings == ("up: 1 records are of cases that its suite does not have.",)


# --------------------------------------------------- what is one, and may be several


def test_what_most_trials_ran_on_stands_first_and_the_others_are_kept() -> None:
    """Five of six blocks on another backend with other weights: the last trial alone would not tell."""
    run = run_of([Trials(variant="f16", figures={"rtf": 0.2})], blocks=6)
    other = WeightsFile(role="model", path="m.bin", bytes=7, sha256="ee" * 32)
    records = [
        dataclasses.replace(record, backend=Backend(device="metal"), weights=(other,), engine_version="2")
        if record.block < 6
        else record
        for record in run.records
    ]
    [case] = results_of([with_records(run, records)]).cases
    assert [each.device if each else None for each in case.backends] == ["metal", "cpu"]
    assert [files[0].bytes for files in case.all_weights] == [7, 100_000_000]
    assert case.engine_versions == ("2", "1")
    assert case.backend == Backend(device="metal")
    assert case.weights_bytes == 7


def test_the_text_that_most_trials_gave_is_judged() -> None:
    run = run_of([Trials(variant="f16", heard=WHOLE)], clips=[spoken(texts=TEXTS)], blocks=5)
    once = Transcript(text="шум")
    records = [dataclasses.replace(run.records[0], transcript=once), *run.records[1:]]
    [case] = results_of([with_records(run, records)]).cases
    assert case.heard.texts == 2
    assert case.heard.score is not None
    assert case.heard.score.wer == 0


def test_utterances_are_scored_once_and_carried() -> None:
    base, case = results_of([two()]).cases
    assert [each.key.text for each in case.heard.utterances] == list(TEXTS)
    assert case.heard.score is not None
    assert sum(each.score.errors for each in case.heard.utterances) == case.heard.score.errors
    assert case.heard is case.heard
    assert not sum(each.score.errors for each in base.heard.utterances)

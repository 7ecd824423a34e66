"""A question gets a variant with its evidence, or what is missing to answer it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from trials import Trials, run_of, sentences, spoil, spoken

from bench.domain import Reason
from bench.language import language
from bench.report.cells import Phrase
from bench.report.findings import Constraints, Decision, Recommendation, advice, recommend
from bench.report.findings.limits import LimitState
from bench.report.writing.writers import MarkdownWriter
from bench.results import results_of

TEXTS = sentences(80)
WHOLE = " ".join(TEXTS)
MEMORY = "peak_anonymous_bytes"
CASES = (
    Trials(variant="f16", figures={"rtf": 0.10, MEMORY: 3e8}, heard=WHOLE, weights=300),
    Trials(variant="q8_0", figures={"rtf": 0.08, MEMORY: 2e8}, heard=WHOLE, weights=200),
    Trials(variant="q4_0", figures={"rtf": 0.05, MEMORY: 1e8}, heard=spoil(WHOLE, 0.2), weights=100),
)


def ask(cases: Sequence[Trials] = CASES, *, blocks: int = 10, **limits: Any) -> Recommendation:
    run = run_of(cases, clips=[spoken(texts=TEXTS)], blocks=blocks)
    return recommend(results_of([run]), Constraints(**limits))


def lines(found: Recommendation) -> list[str]:
    """The answer as Markdown."""
    write = MarkdownWriter(language("en"))
    return [str(write.cell(line)) for line in found.phrases()]


def chosen(found: Recommendation) -> str:
    assert found.choice is not None
    return found.choice.variant


def test_the_same_text_in_a_smaller_file_is_preferred() -> None:
    found = ask(max_rtf=0.3, max_footprint_bytes=5e8)
    assert found.decision is Decision.CHOSEN
    assert chosen(found) == "q8_0"
    assert found.runner_up is not None
    assert found.runner_up.variant == "f16"


@pytest.mark.parametrize(("utterances", "kept"), [(7, False), (80, False), (700, True)])
def test_the_same_text_keeps_a_limit_on_the_loss_from_600_utterances_on(utterances: int, kept: bool) -> None:
    """A rare disaster may hide behind it: 3 / n of the utterances, by the rule of three."""
    texts = sentences(utterances)
    cases = [dataclasses.replace(case, heard=" ".join(texts)) for case in CASES[:2]]
    run = run_of(cases, clips=[spoken(texts=texts)])
    found = recommend(results_of([run]), Constraints(max_wer_loss=0.005))
    assert chosen(found) == ("q8_0" if kept else "f16")
    assert (found.smaller is None) is kept
    wanted = [each.count for each in found.missing if isinstance(each, Phrase)]
    assert wanted == ([] if kept else [600])


def test_a_smaller_variant_that_may_keep_the_limits_is_told_beside_the_choice() -> None:
    said = lines(ask(max_wer_loss=0.005))
    assert said[0].startswith("Recommended: **M F16**")
    assert any(line.startswith("Smaller, but not shown to keep the limits: **M Q8_0**") for line in said)


def test_a_limit_that_only_a_lossy_variant_keeps_chooses_it() -> None:
    assert chosen(ask(max_footprint_bytes=1.5e8)) == "q4_0"


def test_limits_that_no_variant_keeps_together_are_impossible() -> None:
    found = ask(max_footprint_bytes=1.5e8, max_wer_loss=0.005)
    assert found.decision is Decision.IMPOSSIBLE
    assert found.choice is None
    broken = {
        check.limit for answer in found.answers for check in answer.checks if check.state is LimitState.BROKEN
    }
    assert broken == {"max_footprint_bytes", "max_wer_loss"}


def test_an_interval_across_the_limit_is_open_and_says_how_many_blocks_close_it() -> None:
    cases = [Trials(variant="f16", figures={"rtf": 0.1}, noise=0.3)]
    middle = results_of([run_of(cases)]).cases[0].summaries["rtf"]
    assert middle.high is not None
    found = ask(cases, max_rtf=(middle.median + middle.high) / 2)
    assert found.decision is Decision.INCONCLUSIVE
    [missing] = found.missing
    assert isinstance(missing, Phrase)
    assert missing.count is not None
    assert missing.count > 10


def test_a_figure_on_the_limit_itself_is_not_promised_to_be_settled() -> None:
    cases = [Trials(variant="f16", figures={"rtf": 0.1}, noise=0.3)]
    middle = results_of([run_of(cases)]).cases[0].summaries["rtf"]
    assert [
        each.message for each in ask(cases, max_rtf=middle.median).missing if isinstance(each, Phrase)
    ] == ["recommend.missing.too_close"]


def test_too_little_speech_is_said_with_how_much_would_do() -> None:
    cases = [
        Trials(variant="f16", figures={"rtf": 0.1}, heard=spoil(WHOLE, 0.1, seed=1), weights=300),
        Trials(variant="q8_0", figures={"rtf": 0.1}, heard=spoil(WHOLE, 0.1, seed=2), weights=200),
    ]
    found = ask(cases, max_wer_loss=0.001, max_weights_bytes=250)
    assert found.decision is Decision.INCONCLUSIVE
    assert [each.message for each in found.missing if isinstance(each, Phrase)] == [
        "recommend.missing.utterances"
    ]


def test_a_figure_that_was_not_measured_is_missing_with_its_reason() -> None:
    found = ask(max_load_seconds=1.0)
    assert found.decision is Decision.INCONCLUSIVE
    assert isinstance(found.missing[0], Reason)


def test_few_blocks_are_never_enough() -> None:
    assert ask(blocks=5, max_rtf=10.0).decision is Decision.INCONCLUSIVE
    assert ask(blocks=6, max_rtf=10.0).decision is Decision.CHOSEN


def test_a_variant_that_does_little_but_loop_is_not_recommended() -> None:
    cases = [Trials(variant="q3_k", figures={"rtf": 0.1}, heard="ну да " * 50, baseline=None)]
    assert ask(cases, max_rtf=1.0).decision is Decision.INCONCLUSIVE


def test_one_loop_on_one_recording_strikes_a_variant_from_long_recordings_alone() -> None:
    clips = (
        spoken("minute", texts=TEXTS[:20], seconds=60.0),
        spoken("long", texts=TEXTS, seconds=265.0),
    )
    cases = [
        Trials(variant=name, clip=clip.name, figures={"rtf": rtf}, heard=clip.reference, weights=size)
        for name, rtf, size in (("f16", 0.2, 300), ("q4_0", 0.1, 90))
        for clip in clips
    ]
    cases[3] = dataclasses.replace(cases[3], heard=f"{WHOLE} {'спасибо за просмотр ' * 20}")
    write = MarkdownWriter(language("en"))
    said = {
        each.scenario.message: str(write.cell(each.parts[0]))
        for each in advice(results_of([run_of(cases, clips=clips)]))
        if isinstance(each.scenario, Phrase)
    }
    assert "Q4_0" in said["scenario.smallest"]
    assert "loops on 1 recording" in said["scenario.smallest"]
    assert "Q4_0" not in said["scenario.long"]
    assert "F16" in said["scenario.long"]


@pytest.mark.parametrize("code", ["ru", "en"])
@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"max_rtf": 0.3},
        {"max_rtf": 0.001},
        {"max_wer": 0.1},
        {"max_wer_loss": 0.0},
        {"max_load_seconds": 1.0},
        {"max_weights_bytes": 150, "max_rss_bytes": 1.0},
        {"model": "none"},
    ],
)
def test_every_answer_can_be_said(code: str, limits: dict[str, Any]) -> None:
    write = MarkdownWriter(language(code))
    lines = [str(write.cell(line)) for line in ask(**limits).phrases()]
    assert lines
    assert not [line for line in lines if "%(" in line or "None" in line]


def advised(cases: Sequence[Trials], **fields: Any) -> dict[str, str]:
    """What is said for each scenario."""
    write = MarkdownWriter(language("en"))
    clips = fields.pop("clips", [spoken(texts=TEXTS)])
    return {
        each.scenario.message.removeprefix("scenario."): " ".join(
            str(write.cell(part)) for part in each.parts
        )
        for each in advice(results_of([run_of(cases, clips=clips, **fields)]))
        if isinstance(each.scenario, Phrase)
    }


def timed(variant: str, seconds: float, *, heard: str = WHOLE, weights: int = 100, **fields: Any) -> Trials:
    figures = {"rtf": seconds, "load_seconds": seconds, MEMORY: seconds * 1e9}
    return Trials(variant=variant, figures=figures, heard=heard, weights=weights, **fields)


def test_of_variants_that_cannot_be_told_apart_the_one_with_the_least_loss_is_named() -> None:
    cases = [
        timed("f16", 0.2, weights=300),
        timed("q4_k", 0.1001, weights=102),
        timed("q4_0", 0.1, heard=WHOLE.replace(" ", "шум ", 2), weights=100),
    ]
    said = advised(cases)
    for scenario in ("start", "throughput", "memory"):
        assert said[scenario].startswith("**M Q4_K**"), said[scenario]
        assert "cannot be told from it: **M Q4_0**" in said[scenario]


def test_a_variant_shown_to_be_worse_is_named_with_that_said_first() -> None:
    cases = [
        timed("f16", 0.2, weights=300),
        timed("q5_0", 0.15, weights=200),
        timed("q4_0", 0.1, heard=spoil(WHOLE, 0.2), weights=100),
    ]
    said = advised(cases)
    for scenario in ("smallest", "start", "throughput", "memory"):
        assert said[scenario].startswith("**M Q5_0**"), said[scenario]
        before, _, after = said[scenario].partition("shown to be worse: ")
        assert "Q4_0" not in before
        assert after.startswith("**M Q4_0**, ")
        assert "WER +" in after


def test_a_long_recordings_advice_says_first_that_all_that_did_not_loop_are_worse() -> None:
    long, short = spoken("long", texts=TEXTS, seconds=265.0), spoken("short", texts=TEXTS[:10], seconds=60.0)
    loops = "спасибо за просмотр " * 8
    cases = [
        Trials(
            variant=name,
            clip=clip.name,
            figures={"rtf": 0.1},
            heard=f"{clip.reference} {loops}"
            if name == "f16" and clip is short
            else spoil(str(clip.reference), share),
            weights=size,
        )
        for name, share, size in (("f16", 0.0, 300), ("q4_0", 0.4, 100), ("q3_k", 0.55, 80))
        for clip in (long, short)
    ]
    said = advised(cases, clips=[long, short])["long"]
    assert said.startswith("shown to be worse than the baseline, and nothing else will do: "), said
    assert "Q4_0" in said
    assert "Q3_K" not in said


def test_nothing_is_recommended_on_times_that_the_findings_refuse_to_compare() -> None:
    cases = [timed("f16", 0.2, disturbed=True), timed("q8_0", 0.1, disturbed=True)]
    said = advised(cases, blocks=2)
    for scenario in ("start", "throughput"):
        assert said[scenario].startswith("INCONCLUSIVE"), said[scenario]
    assert said["memory"].startswith("**M Q8_0**")


def test_a_balance_that_saves_nothing_is_none() -> None:
    cases = [timed("f16", 0.2, weights=1000), timed("f16-windows", 0.1, weights=999)]
    said = advised(cases)
    for scenario in ("least_loss", "balance"):
        assert "none; no variant without a shown loss is smaller" in said[scenario]


def test_a_number_of_blocks_that_nobody_runs_is_not_given() -> None:
    from bench.report.findings.speed_and_memory import blocks_wanted

    for code, few, many in (
        ("en", "about 40 blocks", "more than 100 blocks"),
        ("ru", "около 40", "более 100"),
    ):
        write = MarkdownWriter(language(code))
        assert few in write.cell(blocks_wanted(40))
        assert many in write.cell(blocks_wanted(1017))


def test_a_recommendation_that_is_shown_to_be_worse_says_so() -> None:
    write = MarkdownWriter(language("en"))
    said = [str(write.cell(line)) for line in ask(max_footprint_bytes=1.5e8).phrases()]
    assert said[1].startswith("It is shown to be worse than the baseline: WER +")

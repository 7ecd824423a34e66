"""Rules find what the figures show, say how firmly, and find nothing in noise."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from trials import Trials, run_of, sentences, spoil, spoken

from bench.domain import Backend, Clip, Status, WeightsFile, WeightsProof
from bench.journal import read_run
from bench.language import language
from bench.report.cells import BaselineRatio, Text
from bench.report.findings import RULES, Finding, Kind, Strength, findings
from bench.report.findings.differences import _to_show
from bench.report.findings.pairs import speech_wanted, utterances_needed
from bench.report.findings.wer_sentences import Held, wer_findings
from bench.report.writing.writers import MarkdownWriter
from bench.resolution import Audit, Resolution
from bench.results import results_of
from bench.statistics import (
    Comparison,
    Estimate,
    blocks_needed,
    blocks_to_show,
    compare_paired,
    difference_interval,
)

TEXTS = sentences(60)
WHOLE = " ".join(TEXTS)
CLIP = spoken(texts=TEXTS)


def found(
    cases: Sequence[Trials], rule: str = "", *, clips: Sequence[Clip] = (CLIP,), **fields: Any
) -> list[Finding]:
    made = findings(results_of([run_of(cases, clips=clips, **fields)]))
    return [each for each in made if each.rule == rule] if rule else list(made)


def case(variant: str, heard: str | None = None, **fields: Any) -> Trials:
    names = {
        "rtf",
        "load_seconds",
        "peak_rss_bytes",
        "peak_anonymous_bytes",
        "wall_seconds",
        "transcribe_seconds",
    }
    names |= {"warm_transcribe_seconds", "startup_seconds", "peak_footprint_bytes"}
    names |= {"performance_core_seconds", "efficiency_core_seconds"}
    values = {name: value for name, value in fields.items() if name in names}
    rest = {name: value for name, value in fields.items() if name not in names}
    return Trials(variant=variant, heard=heard, figures=values, **rest)


def message(finding: Finding) -> str:
    return finding.phrase.message


# -------------------------------------------------------------------- quantities


def audited(resolvable: float, metric: str = "rtf") -> Audit:
    """What a machine of that resolution said of itself in ten blocks."""
    own = Resolution(
        metric=metric,
        blocks=10,
        pairs=6,
        resolvable=resolvable,
        error=resolvable / 3,
        worst=resolvable,
        false_alarms=0.0,
    )
    return Audit(date="2026-11-03", host="h", suite="a", case="c", blocks=10, resolutions=(own,))


def test_a_difference_below_what_the_machine_resolves_is_not_claimed_and_is_grey() -> None:
    run = run_of([case("f16", rtf=0.2), case("q8_0", rtf=0.17)], clips=[CLIP])
    for resolvable, said, faint in (
        (0.05, "finding.transcribe.less", False),
        (0.3, "finding.ratio.none", True),
    ):
        known = dataclasses.replace(run, audit=audited(resolvable))
        [finding] = [each for each in findings(results_of([known])) if each.rule == "speed.transcribe"]
        assert message(finding) == said
        [item] = finding.phrase.params["items"].parts
        times = item if isinstance(item, BaselineRatio) else item.params["times"]
        assert times.faint is faint
        assert times.shown is not faint


def test_the_blocks_that_are_needed_follow_from_the_machine_s_resolution() -> None:
    run = dataclasses.replace(
        run_of([case("f16", rtf=0.2), case("q8_0", rtf=0.19)], clips=[CLIP]), audit=audited(0.08)
    )
    [finding] = [each for each in findings(results_of([run])) if each.rule == "speed.transcribe"]
    assert (
        finding.phrase.params["blocks"].count == 68
    )  # 10 blocks for 8 %; 3 % are told apart in (ln 1.08 / ln 1.03)² times as many


def test_a_faster_variant_is_said_to_be_faster_with_its_interval() -> None:
    [finding] = found([case("f16", rtf=0.2), case("q8_0", rtf=0.1)], "speed.transcribe")
    assert message(finding) == "finding.transcribe.less"
    assert finding.strength is Strength.SHOWN
    [item] = finding.phrase.params["items"].parts
    times = item.params["times"]
    assert times.low < times.ratio < times.high < 1
    assert {row.case.variant for row in finding.evidence} == {"f16", "q8_0"}
    assert {row.table for row in finding.evidence} == {"performance"}


@pytest.mark.parametrize(("noise", "blocks"), [(0.05, 15), (0.02, 15), (0.05, 7)])
def test_of_equal_variants_hardly_any_is_said_to_differ(noise: float, blocks: int) -> None:
    """A claim asks for the 99.5 % interval, also where the difference is estimated within the tolerance."""
    figures = dict.fromkeys((f"equal{at}" for at in range(40)), 0.2)
    told: list[str] = []
    for seed in range(25):
        cases = [case("f16", rtf=0.2, noise=noise)]
        cases += [case(name, rtf=rtf, noise=noise) for name, rtf in figures.items()]
        made = findings(results_of([run_of(cases, clips=[CLIP], blocks=blocks, seed=seed)]))
        for each in made:
            if each.rule == "speed.transcribe" and message(each).rpartition(".")[2] not in {
                "same",
                "none",
                "hint",
            }:
                told += [message(each)] * len(each.phrase.params["items"].parts)
    assert len(told) / 1000 <= 0.01, told


def test_a_smaller_file_that_is_slower_is_called_a_paradox() -> None:
    cases = [case("f16", rtf=0.1, weights=200), case("q8_0", rtf=0.2, weights=100)]
    assert [message(each) for each in found(cases, "speed.transcribe")] == ["finding.transcribe.paradox"]


def test_variants_of_several_engines_stand_in_one_sentence_against_their_one_baseline() -> None:
    cases = [
        case("f16", rtf=0.2),
        case("q8_0", rtf=0.15),
        case("other-f16", rtf=0.1, engine="other", quantization="f16"),
    ]
    [finding] = found(cases, "speed.transcribe")
    assert finding.phrase.params["model"].text == "M"
    assert [item.params["name"].text for item in finding.phrase.params["items"].parts] == [
        "other-f16",
        "Q8_0",
    ]


def test_the_baselines_own_file_through_another_engine_saves_nothing_worth_saying() -> None:
    cases = [
        case("f16", weights=100),
        case("q8_0", weights=50),
        case("other-f16", engine="other", quantization="f16", weights=100),
    ]
    [finding] = found(cases, "size.saving")
    assert [item.params["name"].text for item in finding.phrase.params["items"].parts] == ["Q8_0"]


def test_equal_variants_are_said_to_be_equal_within_the_tolerance() -> None:
    cases = [case("f16", rtf=0.1, noise=0.002), case("q8_0", rtf=0.1, noise=0.002)]
    assert [message(each) for each in found(cases, "speed.transcribe")] == ["finding.ratio.same"]


def test_noise_shows_no_difference_and_says_how_many_blocks_would() -> None:
    cases = [case("f16", rtf=0.1, noise=0.2), case("q8_0", rtf=0.1, noise=0.2)]
    [finding] = found(cases, "speed.transcribe")
    assert message(finding) == "finding.ratio.none"
    blocks = finding.phrase.params["blocks"]
    assert blocks.message == "finding.blocks.many" or blocks.count > 10


def test_a_difference_too_small_to_matter_is_not_called_faster() -> None:
    cases = [case("f16", rtf=0.1, noise=0.02), case("q8_0", rtf=0.098, noise=0.02)]
    assert all(message(each).startswith("finding.ratio.") for each in found(cases, "speed.transcribe"))


def test_equal_variants_are_hardly_ever_told_apart() -> None:
    """Sixty A/A runs of five variants under heavy noise: claims of a difference stay rare."""
    claims = 0
    for seed in range(60):
        cases = [case(name, rtf=0.1, noise=0.15) for name in ("f16", "a", "b", "c", "d", "e")]
        for finding in found(cases, "speed.transcribe", seed=seed):
            if not message(finding).startswith("finding.ratio."):
                claims += len(finding.phrase.params["items"].parts)
    assert claims / 300 < 0.04


def test_a_few_runs_are_only_observed() -> None:
    [finding] = found([case("f16", rtf=0.2), case("q8_0", rtf=0.1)], "speed.transcribe", blocks=3)
    assert finding.strength is Strength.OBSERVED
    assert finding.runs == 3
    assert finding.sentence().parts[-1].message == "finding.observed"  # type: ignore[union-attr]  # its last part is a message
    [item] = finding.phrase.params["items"].parts
    assert item.params["times"].low is None


def test_a_small_change_in_a_single_run_is_no_change_seen() -> None:
    [finding] = found([case("f16", rtf=0.114), case("q4_0", rtf=0.120)], "speed.transcribe", blocks=1)
    assert message(finding) == "finding.ratio.unseen"


def test_a_few_runs_that_contradict_each_other_are_not_called_equal() -> None:
    [finding] = found(
        [case("f16", load_seconds=1.0, noise=0.7), case("q8_0", load_seconds=0.6, noise=0.7)],
        "speed.load",
        blocks=4,
        seed=5,
    )
    assert message(finding) == "finding.ratio.scattered"


def test_times_of_a_few_disturbed_runs_are_not_compared_at_all() -> None:
    cases = [
        case("f16", rtf=0.2, peak_rss_bytes=2e8, disturbed=True),
        case("q8_0", rtf=0.1, peak_rss_bytes=1e8, disturbed=True),
    ]
    assert not found(cases, "speed.transcribe", blocks=2)
    assert found(cases, "memory.rss", blocks=2)
    assert [message(each) for each in found(cases, "trust.disturbed", blocks=2)] == ["finding.disturbed.few"]


def test_without_a_baseline_variants_are_held_against_the_largest() -> None:
    cases = [
        case("q8_0", rtf=0.2, weights=200, baseline=None),
        case("q4_0", rtf=0.1, weights=100, baseline=None),
    ]
    [finding] = found(cases, "speed.transcribe")
    assert finding.phrase.params["anchor"].text == "Q8_0"
    assert [key.variant for key in finding.subjects] == ["q4_0"]


def test_a_baseline_that_failed_leaves_nothing_to_compare_with() -> None:
    cases = [case("f16", rtf=0.2, statuses=[Status.CRASHED]), case("q8_0", rtf=0.1)]
    assert not found(cases, "speed.transcribe")


def test_a_smaller_quantization_slower_than_a_larger_one_is_pointed_out() -> None:
    cases = [
        case("f16", rtf=0.4, weights=300),
        case("q8_0", rtf=0.1, weights=200),
        case("q6_k", rtf=0.2, weights=150),
    ]
    [finding] = found(cases, "speed.not_monotonic")
    assert [key.variant for key in finding.subjects] == ["q6_k"]


def test_variants_of_other_settings_are_not_held_against_each_other_as_quantizations() -> None:
    cases = [
        case("f16", rtf=0.4, weights=300),
        case("q8_0-vad", rtf=0.1, weights=200, quantization="q8_0"),
        case("q6_k", rtf=0.2, weights=150),
    ]
    run = run_of(cases, clips=[CLIP])
    vad = dataclasses.replace(run.suite.cases[1].variant, settings={"segmentation": "vad"})
    other = dataclasses.replace(run.suite.cases[1], variant=vad)
    suite = dataclasses.replace(run.suite, cases=(run.suite.cases[0], other, run.suite.cases[2]))
    assert any(each.rule == "speed.not_monotonic" for each in findings(results_of([run])))
    made = findings(results_of([dataclasses.replace(run, suite=suite)]))
    assert not [each for each in made if each.rule == "speed.not_monotonic"]


def test_times_that_are_not_compared_are_compared_in_no_sentence() -> None:
    """Variants without one right word: no trade of load for speed, no larger file that is quicker."""
    cases = [
        case("f16", WHOLE, rtf=0.1, load_seconds=4.0, weights=300),
        case("q8_0", WHOLE, rtf=0.1, load_seconds=4.0, weights=200),
        case("q2_k", spoil(WHOLE, 1.0), rtf=0.2, load_seconds=1.0, weights=50),
    ]
    told = found(cases)
    assert [each.rule for each in told if each.rule == "trust.useless"] == ["trust.useless"]
    assert not [
        each.rule
        for each in told
        if each.rule.startswith("speed.") and "q2_k" in {key.variant for key in each.subjects}
    ]


def test_quick_to_load_and_slow_to_transcribe_pays_up_to_a_length() -> None:
    """4.0 - 1.0 seconds won at the start, 0.2 - 0.1 lost per second of audio: 30 s."""
    cases = [
        case("f16", rtf=0.1, load_seconds=4.0, noise=0.0),
        case("q8_0", rtf=0.2, load_seconds=1.0, noise=0.0),
    ]
    [finding] = found(cases, "speed.trade", blocks=1)
    assert message(finding) == "finding.trade.quick_start"
    assert finding.phrase.params["seconds"].value == 30


def test_weights_that_are_a_small_part_of_the_peak_are_said_to_be() -> None:
    cases = [
        case("f16", peak_footprint_bytes=1e9, weights=140_000_000),
        case("q4_0", peak_footprint_bytes=0.9e9, weights=40_000_000),
    ]
    [finding] = found(cases, "memory.dominated")
    assert finding.phrase.params["share"].value == pytest.approx(0.14, abs=0.011)


def test_a_costly_first_transcription_is_found_within_the_process() -> None:
    cases = [case("f16", transcribe_seconds=9.0, warm_transcribe_seconds=5.0)]
    assert [each.strength for each in found(cases, "speed.first_run")] == [Strength.SHOWN]
    assert not found([case("f16", transcribe_seconds=5.0, warm_transcribe_seconds=5.0)], "speed.first_run")


# ----------------------------------------------------------------------- quality


def test_the_baselines_own_words_are_said_to_be_the_same() -> None:
    cases = [case("f16", WHOLE), case("q8_0", WHOLE), case("q6_k", WHOLE.upper())]
    assert [message(each) for each in found(cases, "quality.identical")] == [
        "finding.identical",
        "finding.identical_words",
    ]


def test_a_loss_that_utterances_show_is_named_with_its_words() -> None:
    cases = [case("f16", WHOLE), case("q4_0", spoil(WHOLE, 0.15))]
    [finding] = found(cases, "quality.wer")
    assert message(finding) == "finding.wer.worse.words"
    assert finding.strength is Strength.SHOWN
    assert finding.phrase.params["utterances"].count == 60
    assert finding.phrase.params["words"].errors


def test_a_change_that_utterances_do_not_show_is_no_difference_shown() -> None:
    """Each makes errors in other places: as many on both sides."""
    cases = [case("f16", spoil(WHOLE, 0.1, seed=1)), case("q8_0", spoil(WHOLE, 0.1, seed=2))]
    [finding] = found(cases, "quality.wer")
    assert message(finding) == "finding.wer.none"
    assert finding.phrase.params["needed"].count > 60


def test_errors_that_the_baseline_makes_too_are_not_held_against_a_variant() -> None:
    base = spoil(WHOLE, 0.2, seed=1)
    [finding] = found([case("f16", base), case("q4_0", spoil(base, 0.3, seed=2))], "quality.wer")
    old = {word for word in base.split() if word.endswith("шум")}
    assert not {heard for _, heard, _ in finding.phrase.params["words"].errors} & old


def test_a_few_utterances_are_too_few_for_a_claim() -> None:
    few = TEXTS[:3]
    cases = [case("f16", " ".join(few)), case("q4_0", spoil(" ".join(few), 0.5))]
    [finding] = found(cases, "quality.wer", clips=[spoken(texts=few)])
    assert message(finding).startswith("finding.wer.seen_worse")
    assert finding.strength is Strength.OBSERVED


def test_without_a_reference_only_a_change_can_be_told() -> None:
    cases = [case("f16", "раз два три"), case("q4_0", "раз дна три")]
    assert [message(each) for each in found(cases, "quality.wer", clips=[spoken()])] == []
    assert [message(each) for each in found(cases, "quality.unlike", clips=[spoken()])] == ["finding.unlike"]


def test_utterances_of_all_clips_count_and_one_in_two_clips_counts_once() -> None:
    clips = [
        spoken("one", texts=TEXTS[:20], seconds=46.0, corpus="novel"),
        spoken("two", texts=TEXTS[10:40], seconds=69.0, corpus="novel"),
    ]
    cases = [
        Trials(variant=name, clip=clip.name, heard=spoil(clip.reference or "", share), figures={"rtf": 0.1})
        for name, share in (("f16", 0.0), ("q4_0", 0.3))
        for clip in clips
    ]
    [finding] = found(cases, "quality.wer", clips=clips)
    assert finding.phrase.params["utterances"].count == 40


def test_utterances_of_the_same_words_are_utterances_of_their_own() -> None:
    """A prompt that was recorded thirty times: its text does not make it one utterance."""
    texts = ("нажмите один чтобы продолжить",) * 30
    cases = [case("f16", " ".join(texts)), case("q4_0", " ".join(texts).replace("один", "дин"))]
    [finding] = found(cases, "quality.wer", clips=[spoken(texts=texts)])
    assert finding.phrase.params["utterances"].count == 30
    assert finding.phrase.params["change"].value == pytest.approx(0.25)


def test_clips_of_no_corpus_share_no_utterance() -> None:
    """Two people read the same list: what the one said is not what the other said."""
    clips = [spoken("one", texts=TEXTS[:20]), spoken("two", texts=TEXTS[:20])]
    cases = [
        Trials(variant=name, clip=clip.name, heard=spoil(clip.reference or "", share), figures={"rtf": 0.1})
        for name, share in (("f16", 0.0), ("q4_0", 0.3))
        for clip in clips
    ]
    [finding] = found(cases, "quality.wer", clips=clips)
    assert finding.phrase.params["utterances"].count == 40


def test_a_smaller_quantization_with_fewer_errors_is_pointed_out() -> None:
    cases = [
        case("f16", WHOLE, weights=300),
        case("q5_0", spoil(WHOLE, 0.3), weights=200),
        case("q4_k", spoil(WHOLE, 0.02), weights=100),
    ]
    [finding] = found(cases, "quality.not_monotonic")
    assert [key.variant for key in finding.subjects] == ["q4_k"]


def test_a_better_model_is_one_that_is_better_at_every_quantization() -> None:
    def both(share: float) -> list[Trials]:
        return [
            case(name, spoil(WHOLE, lost, seed=seed), model=model)
            for seed, (model, lost) in enumerate((("small", 0.3), ("large", share)))
            for name in ("f16", "q8_0")
        ]

    [finding] = found(both(0.05), "quality.models")
    assert finding.phrase.params["model"].text == "LARGE"
    assert not found(both(0.3), "quality.models")


def test_synthetic_weights_yield_no_finding_on_quality() -> None:
    cases = [case("f16", WHOLE, rtf=0.2), case("q4_0", spoil(WHOLE, 0.5), rtf=0.1)]
    kinds = {each.kind for each in found(cases, synthetic=True)}
    assert Kind.QUALITY not in kinds
    assert Kind.SPEED in kinds


# ------------------------------------------------------------------ long recordings

LOOP = "ну да " * 20


def test_a_variant_that_loops_is_named_beside_those_that_do_not() -> None:
    cases = [case("f16", WHOLE), case("q3_k", f"{WHOLE} {LOOP}")]
    [finding] = found(cases, "long.loops")
    assert message(finding) == "finding.loops.some"
    assert [item.params["name"].text for item in finding.phrase.params["items"].parts] == ["Q3_K"]


def test_no_loop_on_a_long_recording_is_worth_saying_and_on_a_short_one_is_not() -> None:
    long = spoken(texts=TEXTS, seconds=265.0)
    assert [message(each) for each in found([case("f16", WHOLE)], "long.loops", clips=[long])] == [
        "finding.loops.none"
    ]
    assert not found([case("f16", WHOLE)], "long.loops")


def test_a_loop_that_only_the_long_recording_shows_is_said_so() -> None:
    clips = [spoken("short", texts=TEXTS[:9], seconds=60.0), spoken("long", texts=TEXTS, seconds=265.0)]
    cases = [
        Trials(variant="q4_0", clip="short", heard=" ".join(TEXTS[:9]), baseline=None),
        Trials(variant="q4_0", clip="long", heard=f"{WHOLE} {LOOP}", baseline=None),
    ]
    assert found(cases, "long.length", clips=clips)


def test_segmentation_that_ends_a_loop_is_said_to() -> None:
    cases = [
        case("q3_k", f"{WHOLE} {LOOP}", baseline=None),
        case("q3_k-vad", WHOLE, quantization="q3_k", baseline=None),
    ]
    [finding] = found(cases, "long.remedy")
    assert [cell.text for cell in finding.phrase.params["others"].parts] == ["q3_k-vad"]


# --------------------------------------------------------------------------- trust


def test_wall_time_that_does_not_add_up_is_pointed_out() -> None:
    cases = [
        case("a", load_seconds=2.60, transcribe_seconds=6.84, wall_seconds=12.84, noise=0.0),
        case("b", load_seconds=2.33, transcribe_seconds=6.83, wall_seconds=9.35, noise=0.0),
    ]
    [finding] = found(cases, "trust.wall", blocks=1)
    assert [key.variant for key in finding.subjects] == ["a"]


def test_later_passes_are_no_hole_in_the_wall_time() -> None:
    cases = [
        case("a", load_seconds=1.0, transcribe_seconds=5.0, warm_transcribe_seconds=5.0, wall_seconds=16.0)
    ]
    assert not found(cases, "trust.wall")


def test_another_device_than_asked_is_said() -> None:
    cases = [case("f16", rtf=0.1), case("q8_0", statuses=[Status.WRONG_BACKEND])]
    assert [message(each) for each in found(cases, "trust.backend")] == ["finding.backend"]


def test_a_comparison_across_devices_is_said_to_be_one() -> None:
    cases = [case("f16", rtf=0.1), case("q8_0", rtf=0.1, fields={"backend": Backend(device="metal")})]
    assert [message(each) for each in found(cases, "trust.backend")] == ["finding.backend.mixed"]


def test_trials_of_one_case_on_several_devices_files_and_versions_are_said_to_be() -> None:
    """The last block is as ever: it alone would not tell."""
    run = run_of([case("f16", rtf=0.1)], clips=(CLIP,), blocks=6)
    other = WeightsFile(role="model", path="f16.bin", bytes=9, sha256="cd" * 32)
    odd = {"backend": Backend(device="metal"), "weights": (other,), "engine_version": "2"}
    records = tuple(
        dataclasses.replace(record, **odd) if record.block < 6 else record  # type: ignore[arg-type]  # fields by name
        for record in run.records
    )
    made = findings(results_of([dataclasses.replace(run, records=records)]))
    said = {message(each): each.phrase.params["values"] for each in made if each.rule == "trust.trials"}
    assert list(said) == ["finding.trials.backends", "finding.trials.weights", "finding.trials.versions"]
    assert [part.text for part in said["finding.trials.backends"].parts] == ["metal", "cpu"]
    assert [part.text for part in said["finding.trials.versions"].parts] == ["2", "1"]
    assert not found([case("f16", rtf=0.1)], "trust.trials")


def test_a_failure_in_the_exit_is_marked_and_its_figures_count() -> None:
    cases = [case("f16", rtf=0.1), case("q8_0", rtf=0.07, statuses=[Status.OK, Status.EXIT_FAILED])]
    [finding] = found(cases, "trust.exit_failed")
    assert [key.variant for key in finding.subjects] == ["q8_0"]
    assert finding.phrase.params["failed"].value == 5
    assert not found(cases, "trust.unstable")
    [_, failing] = results_of([run_of(cases, clips=(CLIP,))]).cases
    assert failing.counted == 10
    assert failing.summaries["rtf"].n == 10


def test_work_on_slow_cores_is_said_with_every_share_and_little_of_it_is_not() -> None:
    mac: dict[str, Any] = {"performance_core_seconds": 7.2, "efficiency_core_seconds": 0.3}
    spilled: dict[str, Any] = {"performance_core_seconds": 5.1, "efficiency_core_seconds": 1.9}
    assert not found([case("f16", rtf=0.1, **mac), case("q8_0", rtf=0.07, **mac)], "trust.cores")
    [finding] = found([case("f16", rtf=0.1, **mac), case("q8_0", rtf=0.07, **spilled)], "trust.cores")
    said = [part.parts for part in finding.phrase.params["items"].parts]
    assert [(name.text, round(share.value, 2)) for name, share in said] == [("F16", 0.04), ("Q8_0", 0.27)]
    assert not found([case("f16", rtf=0.1), case("q8_0", rtf=0.07)], "trust.cores")


ALIKE = {"rtf": 0.114, "peak_rss_bytes": 1.93e9, "peak_footprint_bytes": 7.694e9, "noise": 0.0}


def test_two_files_with_one_text_one_speed_and_one_memory_are_doubted() -> None:
    cases = [
        case("f16", WHOLE, weights=1_200_000_000, **ALIKE),
        case("q8_0", WHOLE, weights=743_000_000, **ALIKE),
    ]
    [finding] = found(cases, "trust.same_weights")
    assert [subject.variant for subject in finding.subjects] == ["q8_0", "f16"]
    assert finding.phrase.params["memory"].value == 7.694e9


@pytest.mark.parametrize(
    "change",
    [
        {"peak_footprint_bytes": 7.68e9},
        {"peak_rss_bytes": 1.8e9},
        {"rtf": 0.12},
        {"heard": "совсем другой текст"},
        {"weights": 1_150_000_000},
    ],
)
def test_one_figure_that_tells_them_apart_is_enough(change: dict[str, Any]) -> None:
    other: dict[str, Any] = {"heard": WHOLE, "weights": 743_000_000, **ALIKE, **change}
    cases = [case("f16", WHOLE, weights=1_200_000_000, **ALIKE), case("q8_0", **other)]
    assert not found(cases, "trust.same_weights")


def test_a_proof_of_the_files_ends_the_doubt() -> None:
    proven = {"fields": {"proof": WeightsProof(proven=True)}, **ALIKE}
    cases = [
        case("f16", WHOLE, weights=1_200_000_000, **proven),
        case("q8_0", WHOLE, weights=743_000_000, **proven),
    ]
    assert not found(cases, "trust.same_weights")


def of_report(folder: str) -> list[Finding]:
    run = read_run(Path(__file__).parents[2] / "reports" / folder)
    return [each for each in findings(results_of([run])) if each.rule == "trust.same_weights"]


def test_the_published_baseline_is_doubted_with_its_evidence() -> None:
    [finding] = of_report("published/rustasr-2026-02")
    assert [(subject.model, subject.variant) for subject in finding.subjects] == [
        ("qwen3-asr-0.6b", "q8_0"),
        ("qwen3-asr-0.6b", "safetensors"),
    ]
    assert finding.phrase.params["other_memory"].value == 7.694e9
    assert (finding.phrase.params["rtf"].value, finding.phrase.params["other_rtf"].value) == (0.114, 0.114)


def test_whisper_bases_identical_texts_are_not_doubted() -> None:
    [folder] = (Path(__file__).parents[2] / "reports/examples/whisper-base").glob("2*")
    assert not of_report(f"examples/whisper-base/{folder.name}")


def test_trials_that_ended_differently_are_counted() -> None:
    [finding] = found([case("f16", rtf=0.1, statuses=[Status.OK, Status.CRASHED])], "trust.unstable")
    assert finding.phrase.params["failed"].value == 5


def test_enough_quiet_trials_of_a_repeatable_case_leave_nothing_to_warn_of() -> None:
    assert not [each for each in found([case("f16", WHOLE, rtf=0.1)]) if each.kind is Kind.TRUST]


# ------------------------------------------------------------------------ sentences


def test_what_seems_to_be_asks_for_as_much_speech_as_its_own_size_takes() -> None:
    """Thirty utterances of ten words, some of them with errors that the baseline does not make: +5 points."""
    change = difference_interval([0] * 21 + [-1, 1, 1, 1, 2, 2, 3, 3, 3], [10] * 30)
    assert isinstance(change, Estimate)
    assert change.excludes_zero
    assert not change.clear
    name = Text(text="M")
    held = Held(model=name, name=name, anchor=name, change=change, group=0, words=list)
    [finding] = wer_findings([held])
    assert message(finding) == "finding.wer.hint"
    wanted = finding.phrase.params["needed"].count
    assert utterances_needed(change) > 3000  # to tell half a point apart
    assert 60 <= wanted <= 300


def test_what_seems_to_be_asks_for_as_many_blocks_as_its_own_size_takes() -> None:
    pairs = [(0.1 * math.exp(shift), 0.1) for shift in (-0.36, -0.33, -0.3, -0.2, -0.17, -0.03)]
    found_ = compare_paired(pairs)
    assert found_.excludes_one
    assert not found_.clear
    assert (blocks_needed(found_, 0.03) or 0) > 500  # to tell 3 % apart
    assert 13 <= (blocks_to_show(found_) or 0) <= 40
    assert _to_show(found_) == blocks_to_show(found_)


def test_blocks_that_did_not_show_it_are_never_called_enough() -> None:
    quiet = Comparison(n=30, ratio=0.8, low=0.79, high=0.81, paired=True)
    assert (blocks_to_show(quiet) or 0) < 30
    assert _to_show(quiet) == 31
    assert _to_show(dataclasses.replace(quiet, resolvable=0.6)) > 100  # what an audit of the machine asks for


def test_rules_have_ids_of_their_own() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_findings_come_in_the_order_of_their_kinds() -> None:
    cases = [
        case("f16", WHOLE, rtf=0.2, peak_rss_bytes=2e8),
        case("q4_0", spoil(WHOLE, 0.2), rtf=0.1, weights=9),
    ]
    kinds = [each.kind for each in found(cases, blocks=2)]
    assert kinds == sorted(kinds, key=list(Kind).index)


@pytest.mark.parametrize("code", ["ru", "en"])
def test_every_sentence_can_be_said_in_every_language(code: str) -> None:
    """Random runs of all kinds; a message without words, or with other parameters, raises."""
    write = MarkdownWriter(language(code))
    said = set()
    for seed in range(40):
        for finding in found(
            *_anything(random.Random(seed))[:1],
            clips=_anything(random.Random(seed))[1],
            blocks=1 + 9 * (seed % 2),
        ):
            text = " ".join(str(write.cell(part)) for part in finding.sentence().parts)
            assert "%(" not in text
            assert "None" not in text
            said.add(message(finding))
    assert len(said) > 25


def _anything(chosen: random.Random) -> tuple[list[Trials], list[Clip]]:
    clips = [
        spoken("short", texts=TEXTS[:9] if chosen.random() < 0.8 else ()),
        spoken("long", texts=TEXTS, seconds=265.0),
    ]
    cases = []
    for clip in clips:
        for at, name in enumerate(("f16", "q8_0", "q4_0", "q4_0-vad")):
            heard = spoil(clip.reference or WHOLE, chosen.choice((0.0, 0.1, 0.4)), seed=chosen.randrange(3))
            if chosen.random() < 0.2:
                heard += " " + LOOP
            cases.append(
                case(
                    name,
                    heard.upper() if chosen.random() < 0.1 else heard,
                    clip=clip.name,
                    quantization=name.removesuffix("-vad"),
                    weights=400_000_000 - at * 90_000_000,
                    baseline=None if clip.name == "short" and chosen.random() < 0.1 else "f16",
                    noise=chosen.choice((0.001, 0.02, 0.2)),
                    statuses=chosen.choice(
                        ((), (), (Status.OK, Status.WRONG_BACKEND), (Status.CRASHED, Status.OK))
                    ),
                    fields={"backend": Backend(device=chosen.choice(("cpu", "cpu", "metal")))},
                    disturbed=chosen.random() < 0.3,
                    rtf=chosen.choice((0.1, 0.1, 0.2)),
                    load_seconds=chosen.choice((1.0, 2.0)),
                    peak_rss_bytes=chosen.choice((1e9, 1.01e9, 2e9)),
                    peak_anonymous_bytes=chosen.choice((1e9, 2e9)),
                    transcribe_seconds=6.0,
                    wall_seconds=chosen.choice((7.5, 20.0)),
                    **({"warm_transcribe_seconds": 5.0} if chosen.random() < 0.3 else {}),
                )
            )
    return cases, clips


@pytest.mark.parametrize(
    ("utterances", "heard", "said", "russian"),
    [
        (1, 1, "about 1 utterance", "около 1 фразы"),
        (2200, 30, "about 2 200 utterances", "около 2 200 фраз"),
        (1_300_000, 620, "more than 10 000 utterances", "больше 10 000 фраз"),
        (34_000, 12_000, "about 34 000 utterances", "около 34 000 фраз"),  # who has 12 000 can have more
    ],
)
def test_nobody_is_asked_for_more_speech_than_is_ever_recorded_who_has_not_as_much(
    utterances: int, heard: int, said: str, russian: str
) -> None:
    phrase = speech_wanted(utterances, heard)
    written = [str(MarkdownWriter(language(code)).phrase(phrase)) for code in ("en", "ru")]
    assert written == [said, russian]

"""The gate: PASS, FAIL or INCONCLUSIVE, with the case, the metric and the evidence named."""

from __future__ import annotations

import dataclasses
import math
import random
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import nights
import pytest

from bench.domain import Record, Status, Transcript, measured
from bench.errors import JournalError
from bench.exports.junit import export_junit
from bench.journal import RunData, read_run
from bench.language import english
from bench.reasons import told
from bench.regression.baselines import Reference, accept
from bench.regression.exact import Breach
from bench.regression.gate import GateOutcome, gate_run
from bench.regression.night import Night, night_of
from bench.regression.texts import gate_json, gate_markdown
from bench.statistics import Verdict

LEVELS = {"f16": 5.0, "q8_0": 4.0, "q4_0": 3.0}


def run(day: int, *, slower: float = 1.0, noise: float = 0.01) -> RunData:
    """One night: 10 blocks of three cases; `slower` is q8_0's factor."""
    factors = {"f16": 1.0, "q8_0": slower, "q4_0": 1.0}
    return nights.run_of(
        {
            name: nights.noisy(level * factors[name], noise=noise, blocks=10, seed=f"{day}{name}")
            for name, level in LEVELS.items()
        },
        name=f"night{day}",
        day=day,
    )


@pytest.fixture
def reference(tmp_path: Path) -> Reference:
    return accept(
        [run(day) for day in range(-6, -1)], "five nights", tmp_path, now=nights.START - timedelta(days=1)
    )


def earlier(count: int) -> list[Night]:
    return [night_of(run(day)) for day in range(count)]


def test_a_quiet_night_passes(reference: Reference) -> None:
    report = gate_run(run(8), reference, earlier(8))
    assert report.outcome is GateOutcome.PASS
    assert report.outcome.exit_code == 0
    assert len(report.series) == 3


def test_a_slower_case_fails_and_is_named_with_its_metric(reference: Reference) -> None:
    report = gate_run(run(8, slower=1.15), reference, earlier(8))
    assert report.outcome is GateOutcome.FAIL
    assert report.outcome.exit_code == 1
    (worse,) = report.worse
    assert (worse.case, worse.metric) == ("m.q8_0.c", "transcribe_seconds")
    assert worse.ratio == pytest.approx(1.15, rel=0.02)
    text = gate_markdown(report)
    assert text.startswith("## FAIL: demo, night8")
    assert "`m.q8_0.c` | transcribe_seconds" in text


def counted(
    day: int,
    *,
    more: float = 1.0,
    spread: float = 0.0003,
    tolerances: Mapping[str, float] | None = None,
    folder: Path | None = None,
) -> RunData:
    """A night whose processor also counted; `more` is q8_0's factor, `spread` that of the counts."""
    told = run(day)
    levels = {"f16": 9e10, "q8_0": 7e10, "q4_0": 6e10}
    chosen = random.Random(f"counts {day}")

    def with_count(record: Record) -> Record:
        level = levels[record.quantization] * (more if record.quantization == "q8_0" else 1.0)
        count = measured(
            "instructions", level * math.exp(chosen.gauss(0, spread)), "perf_event_open, user mode"
        )
        return dataclasses.replace(record, measurements={**record.measurements, count.name: count})

    suite = told.suite if tolerances is None else dataclasses.replace(told.suite, tolerances=tolerances)
    made = dataclasses.replace(told, suite=suite, records=tuple(map(with_count, told.records)))
    return read_run(nights.written(made, folder).path) if folder else made


@pytest.fixture
def counted_reference(tmp_path: Path) -> Reference:
    recorded = [counted(day, folder=tmp_path / "reports") for day in range(-6, -1)]
    return accept(recorded, "five nights", tmp_path, now=nights.START - timedelta(days=1))


def test_one_percent_more_instructions_fail_a_recorded_night_whose_times_show_nothing(
    counted_reference: Reference, tmp_path: Path
) -> None:
    before = [night_of(counted(day, folder=tmp_path / "reports")) for day in range(4)]
    quiet = gate_run(counted(4, folder=tmp_path / "reports"), counted_reference, before)
    assert quiet.outcome is GateOutcome.PASS
    assert sorted({one.metric for one in quiet.series}) == ["instructions", "transcribe_seconds"]
    assert {one.tolerance for one in quiet.series if one.metric == "instructions"} == {0.005}
    worse = gate_run(counted(5, more=1.01, folder=tmp_path / "reports"), counted_reference, before)
    assert worse.outcome is GateOutcome.FAIL
    assert [(one.case, one.metric) for one in worse.worse] == [("m.q8_0.c", "instructions")]


def test_within_half_a_percent_of_instructions_a_night_passes(counted_reference: Reference) -> None:
    before = [night_of(counted(day)) for day in range(4)]
    assert gate_run(counted(4, more=1.003), counted_reference, before).outcome is GateOutcome.PASS


def test_a_suite_sets_its_own_limit_of_instructions(tmp_path: Path) -> None:
    own = {"transcribe_seconds": 0.05, "instructions": 0.02}
    accepted = accept(
        [counted(day, tolerances=own) for day in range(-6, -1)], "five nights", tmp_path,
        now=nights.START - timedelta(days=1),
    )  # fmt: skip
    before = [night_of(counted(day, tolerances=own)) for day in range(4)]
    assert gate_run(counted(4, more=1.01, tolerances=own), accepted, before).outcome is GateOutcome.PASS


def test_instructions_that_scatter_leave_the_verdict_to_the_times(tmp_path: Path) -> None:
    noisy = [counted(day, spread=0.08) for day in range(-6, -1)]
    accepted = accept(noisy, "five nights", tmp_path, now=nights.START - timedelta(days=1))
    report = gate_run(
        counted(4, spread=0.08), accepted, [night_of(counted(day, spread=0.08)) for day in range(4)]
    )
    said = {one.metric: one.verdict for one in report.series}
    assert said["instructions"] is Verdict.INCONCLUSIVE
    assert report.outcome is GateOutcome.PASS


def test_where_nothing_counts_instructions_nothing_is_gated_in_their_place(reference: Reference) -> None:
    report = gate_run(run(8), reference, earlier(8))
    assert {one.metric for one in report.series} == {"transcribe_seconds"}


def test_another_text_fails_whatever_the_clock_says(reference: Reference) -> None:
    now = nights.changed(run(8), "m.q4_0.c", transcript=Transcript(text="раз пять три"))
    report = gate_run(now, reference, earlier(8))
    assert report.outcome is GateOutcome.FAIL
    assert [fact.breach for fact in report.facts] == [Breach.TRANSCRIPT]
    assert "[-два-] {+пять+}" in gate_markdown(report)


def test_exact_gates_alone_judge_no_time(reference: Reference) -> None:
    report = gate_run(run(8, slower=3.0), reference, earlier(8), exact_only=True)
    assert report.outcome is GateOutcome.PASS
    assert "exact gates only: timing was not judged" in [english(note) for note in report.notes]


def test_without_a_reference_nothing_is_decided(tmp_path: Path) -> None:
    report = gate_run(run(1), None, [])
    assert report.outcome is GateOutcome.INCONCLUSIVE
    assert report.outcome.exit_code == 2
    assert "accept RUN" in english(report.notes[0])


def test_a_noisy_machine_is_inconclusive_and_says_what_it_could_catch(tmp_path: Path) -> None:
    frozen = accept([run(day, noise=0.3) for day in range(-6, -1)], "noisy", tmp_path, now=nights.START)
    report = gate_run(run(8, noise=0.3), frozen, [night_of(run(day, noise=0.3)) for day in range(1, 8)])
    assert report.outcome is GateOutcome.INCONCLUSIVE
    assert "the smallest lasting change they catch is" in gate_markdown(report)


def test_a_failed_case_fails_the_gate_and_is_judged_once(reference: Reference) -> None:
    broken = nights.changed(
        run(8), "m.q8_0.c", status=Status.CRASHED, reason=told("SIGSEGV"), transcript=None
    )
    report = gate_run(broken, reference, earlier(8))
    assert [fact.breach for fact in report.facts] == [Breach.FAILED]
    assert {one.case for one in report.series} == {"m.f16.c", "m.q4_0.c"}


def test_a_reference_of_another_machine_is_refused(reference: Reference) -> None:
    with pytest.raises(JournalError, match="differ in their machine: h1, h2"):
        gate_run(run(8), dataclasses.replace(reference, machine="h2"), [])


def test_a_reference_under_another_protocol_is_refused(reference: Reference) -> None:
    nights_ = tuple(dataclasses.replace(night, protocol="other") for night in reference.nights)
    with pytest.raises(JournalError, match="differ in their protocol"):
        gate_run(run(8), dataclasses.replace(reference, nights=nights_), [])


def test_nights_under_another_protocol_do_not_count(reference: Reference) -> None:
    before = [dataclasses.replace(night, protocol="other") for night in earlier(8)]
    assert {one.window for one in gate_run(run(8), reference, before).series} == {1}


def test_another_engine_version_is_said_and_does_not_fail(reference: Reference) -> None:
    newer = nights.changed(run(8), "m.f16.c", engine_version="1.1")
    report = gate_run(newer, reference, earlier(8))
    assert report.outcome is GateOutcome.PASS
    assert "engine changed: fake 1.0 -> 1.1" in [english(note) for note in report.notes]


def test_a_new_case_is_said_not_to_be_judged(reference: Reference) -> None:
    one_less = tuple(
        dataclasses.replace(night, cases={k: v for k, v in night.cases.items() if k != "m.q4_0.c"})
        for night in reference.nights
    )
    report = gate_run(run(8), dataclasses.replace(reference, nights=one_less), earlier(8))
    assert "not in the reference, so not judged: m.q4_0.c" in [english(note) for note in report.notes]


def test_an_unfinished_run_is_said_to_be_unfinished(reference: Reference) -> None:
    cut = run(8)
    report = gate_run(dataclasses.replace(cut, records=cut.records[:-2]), reference, earlier(8))
    assert "the run is not finished: 2 trials are missing" in [english(note) for note in report.notes]


def test_the_night_keeps_verdict_and_reference(reference: Reference) -> None:
    night = gate_run(run(8), reference, earlier(8)).night
    assert (night.verdict, night.reference) == ("PASS", "ref-1")


def test_json_names_the_reference_without_repeating_it(reference: Reference) -> None:
    data = gate_json(gate_run(run(8, slower=1.15), reference, earlier(8)))
    assert data["outcome"] == "FAIL"
    assert data["reference"]["nights"] == [f"night{day}" for day in range(-6, -1)]
    assert "cases" not in data["night"]


def test_junit_has_a_test_a_verdict(reference: Reference) -> None:
    now = nights.changed(
        run(8, slower=1.15), "m.q4_0.c", transcript=Transcript(text="раз \x00\x1b[1m <пять> три")
    )
    root = ET.fromstring(export_junit(gate_run(now, reference, earlier(8))))
    (suite,) = root
    failed = {(test.get("classname"), test.get("name")) for test in suite.findall("testcase[failure]")}
    assert failed == {("m.q8_0.c", "transcribe_seconds"), ("m.q4_0.c", "exact")}
    assert (suite.get("tests"), suite.get("failures")) == ("6", "2")


def test_junit_skips_what_is_inconclusive() -> None:
    root = ET.fromstring(export_junit(gate_run(run(1), None, [])))
    assert root.find("testsuite/testcase[skipped]") is not None


def unmeasured(day: int, *cases: str) -> RunData:
    """A night in which those cases were missing."""
    found = run(day)
    for case in cases:
        found = nights.changed(
            found,
            case,
            status=Status.MISSING,
            reason=told("no apt-get here"),
            transcript=None,
            measurements={},
        )
    return found


NONE_LEFT = ("m.f16.c", "m.q8_0.c", "m.q4_0.c")


@pytest.mark.parametrize("exact_only", [False, True])
def test_a_night_that_measured_nothing_fails_whatever_it_is_held_to(
    reference: Reference, *, exact_only: bool
) -> None:
    for held in (None, reference):
        report = gate_run(unmeasured(8, *NONE_LEFT), held, [], exact_only=exact_only)
        assert report.outcome is GateOutcome.FAIL
        assert report.facts[0].breach is Breach.NOTHING
        text = gate_markdown(report)
        assert text.startswith("## FAIL")
        assert "none of its 3 cases was measured" in text
        assert "no apt-get here" in text
        assert "accept RUN" not in text
        failures = ET.fromstring(export_junit(report)).findall("testsuite/testcase[failure]")
        assert len(failures) == 4


def test_a_night_without_any_trial_fails() -> None:
    report = gate_run(dataclasses.replace(run(1), records=()), None, [])
    assert report.outcome is GateOutcome.FAIL
    assert "it has no trials at all" in gate_markdown(report)


def test_a_failed_case_without_a_reference_fails_and_an_unsupported_one_does_not() -> None:
    assert gate_run(unmeasured(8, "m.q4_0.c"), None, []).outcome is GateOutcome.FAIL
    refused = nights.changed(
        run(8), "m.q4_0.c", status=Status.UNSUPPORTED, reason=told("no"), transcript=None
    )
    assert gate_run(refused, None, []).outcome is GateOutcome.INCONCLUSIVE


def test_a_night_held_to_nothing_says_so_first() -> None:
    text = gate_markdown(gate_run(run(1), None, []))
    assert "Compared with nothing" in text.splitlines()[2]


def test_a_run_that_measured_nothing_is_never_a_reference(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="none of its 3 cases was measured"):
        accept([run(1), unmeasured(2, *NONE_LEFT)], "first", tmp_path)
    assert not list(tmp_path.rglob("*.jsonl"))
    assert accept([unmeasured(3, "m.q4_0.c")], "q4_0 is known to fail", tmp_path)


@pytest.mark.parametrize(("code", "words"), [("en", "Compared with"), ("ru", "Сравнение с эталоном")])
def test_the_gates_report_is_written_in_every_language(reference: Reference, code: str, words: str) -> None:
    crashed = nights.changed(
        run(8), "m.q8_0.c", status=Status.CRASHED, reason=told("SIGSEGV"), transcript=None
    )
    text = gate_markdown(gate_run(crashed, reference, []), code)
    assert words in text
    assert "SIGSEGV" in text


def test_the_russian_report_has_no_english_sentence(reference: Reference) -> None:
    text = gate_markdown(gate_run(run(8), dataclasses.replace(reference, why="новый движок"), []), "ru")
    assert not re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text), text

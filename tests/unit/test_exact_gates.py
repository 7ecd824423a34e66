"""What must not change at all is found, named, and shown with its evidence."""

from __future__ import annotations

import dataclasses

import nights
import pytest

from bench.domain import Backend, Status, Transcript
from bench.journal import RunData
from bench.language import english
from bench.reasons import told
from bench.regression.exact import Breach, Fact, State, check_cases
from bench.regression.night import Night, from_json, night_of, night_texts, to_json
from bench.text.differences import word_differences


def facts(before: RunData, after: RunData) -> tuple[Fact, ...]:
    was, now = ({case: found.state for case, found in night_of(run).cases.items()} for run in (before, after))
    return check_cases(was, now, {**night_texts(before), **night_texts(after)})


@pytest.fixture
def run() -> RunData:
    return nights.run_of({"f16": [4.0, 4.1], "q8_0": [3.0, 3.1]})


def test_the_same_run_breaks_nothing(run: RunData) -> None:
    assert facts(run, run) == ()


def test_another_text_is_shown_as_its_difference(run: RunData) -> None:
    now = nights.changed(run, "m.q8_0.c", transcript=Transcript(text="раз пять три"))
    (fact,) = facts(run, now)
    assert (fact.breach, fact.case) == (Breach.TRANSCRIPT, "m.q8_0.c")
    assert fact.detail == "... раз [-два-] {+пять+} три ..."


def test_white_space_around_a_text_is_no_change(run: RunData) -> None:
    assert facts(run, nights.changed(run, "m.q8_0.c", transcript=Transcript(text=" раз два три\n"))) == ()


def test_another_weights_file_is_shown_with_both_hashes(run: RunData) -> None:
    other = dataclasses.replace(nights.WEIGHTS, sha256="cd" * 32)
    (fact,) = facts(run, nights.changed(run, "m.f16.c", weights=(other,)))
    assert fact.breach is Breach.WEIGHTS
    assert "ab" * 32 in fact.detail
    assert "cd" * 32 in fact.detail


def test_another_backend_is_a_breach(run: RunData) -> None:
    (fact,) = facts(run, nights.changed(run, "m.f16.c", backend=Backend(device="metal")))
    assert fact.breach is Breach.BACKEND
    assert "metal" in english(fact.message)


def half_changed(run: RunData, **fields: object) -> RunData:
    """The run with the first of the two trials of f16 altered, so that the last one is as ever."""
    first, *rest = run.records
    return dataclasses.replace(run, records=(dataclasses.replace(first, **fields), *rest))  # type: ignore[arg-type]  # fields by name


def test_another_backend_of_any_trial_is_a_breach_not_only_of_the_last(run: RunData) -> None:
    (fact,) = facts(run, half_changed(run, backend=Backend(device="metal")))
    assert (fact.breach, fact.case) == (Breach.BACKEND, "m.f16.c")
    assert "metal" in english(fact.message)


def test_a_trial_that_no_longer_tells_its_backend_is_a_breach(run: RunData) -> None:
    (fact,) = facts(run, half_changed(run, backend=None))
    assert fact.breach is Breach.BACKEND


def test_other_weights_of_any_trial_are_a_breach_not_only_of_the_last(run: RunData) -> None:
    other = dataclasses.replace(nights.WEIGHTS, sha256="cd" * 32)
    (fact,) = facts(run, half_changed(run, weights=(other,)))
    assert fact.breach is Breach.WEIGHTS
    assert english(fact.message) == "2 different model files in one night"
    assert "cd" * 32 in fact.detail


def test_five_of_six_blocks_on_another_backend_with_other_weights_do_not_pass() -> None:
    before = nights.run_of({"f16": [4.0] * 6})
    other = dataclasses.replace(nights.WEIGHTS, sha256="cd" * 32)
    records = tuple(
        dataclasses.replace(record, backend=Backend(device="metal"), weights=(other,))
        if record.block < 6
        else record
        for record in before.records
    )
    found = facts(before, dataclasses.replace(before, records=records))
    assert {fact.breach for fact in found} == {Breach.BACKEND, Breach.WEIGHTS}


def test_a_reference_that_had_both_backends_allows_both(run: RunData) -> None:
    both = half_changed(run, backend=Backend(device="metal"))
    assert facts(both, run) == ()
    assert facts(both, both) == ()


def test_the_state_of_mixed_trials_survives_the_history_and_an_old_line_is_read(run: RunData) -> None:
    night = night_of(half_changed(run, backend=Backend(device="metal"), weights=()))
    assert from_json(Night, to_json(night)) == night
    assert night.cases["m.f16.c"].state.backends == ("metal", "cpu")
    old = {"status": "ok", "engine": "e", "backend": "cpu", "weights": {"model": "ab"}, "transcripts": ["t"]}
    assert from_json(State, old).backends == ("cpu",)


def test_silence_and_the_token_limit_are_breaches(run: RunData) -> None:
    empty = nights.changed(run, "m.f16.c", transcript=Transcript(text="  "))
    assert {fact.breach for fact in facts(run, empty)} == {Breach.EMPTY, Breach.TRANSCRIPT}
    cut = nights.changed(run, "m.f16.c", transcript=Transcript(text="раз два три", truncated=True))
    assert [fact.breach for fact in facts(run, cut)] == [Breach.CUT_SHORT]


def test_a_case_that_was_not_run_has_vanished(run: RunData) -> None:
    now = dataclasses.replace(run, records=tuple(nights.only(run.records, "m.f16.c")))
    assert [(fact.breach, fact.case) for fact in facts(run, now)] == [(Breach.VANISHED, "m.q8_0.c")]


def test_one_failed_trial_fails_its_case(run: RunData) -> None:
    first, *rest = run.records
    crashed = dataclasses.replace(first, status=Status.CRASHED, reason=told("SIGSEGV"), transcript=None)
    (fact,) = facts(run, dataclasses.replace(run, records=(crashed, *rest)))
    assert (fact.breach, english(fact.message)) == (Breach.FAILED, "crashed: “SIGSEGV”")


def test_what_the_reference_already_did_is_no_breach(run: RunData) -> None:
    failing = nights.changed(run, "m.f16.c", status=Status.UNSUPPORTED, reason=told("no"), transcript=None)
    silent = nights.changed(run, "m.f16.c", transcript=Transcript(text="", truncated=True))
    assert facts(failing, failing) == facts(silent, silent) == ()
    assert facts(failing, run) == ()


def test_several_texts_in_one_night_are_called_unstable(run: RunData) -> None:
    first, *rest = run.records
    odd = dataclasses.replace(first, transcript=Transcript(text="раз два"))
    (fact,) = facts(run, dataclasses.replace(run, records=(odd, *rest)))
    assert fact.breach is Breach.UNSTABLE


def test_a_case_the_reference_does_not_know_is_no_breach(run: RunData) -> None:
    before = dataclasses.replace(run, records=tuple(nights.only(run.records, "m.f16.c")))
    assert facts(before, run) == ()


def test_long_differences_are_cut_and_counted() -> None:
    old = " ".join(f"a{i} same same same same same same same" for i in range(20))
    lines = word_differences(old, old.replace("a", "b").replace("sbme", "same"))
    assert len(lines) == 9
    assert lines[-1] == "and 12 more"


def test_trials_of_another_machine_in_the_journal_are_no_part_of_the_night(run: RunData) -> None:
    other = tuple(
        dataclasses.replace(record, host="elsewhere", backend=Backend(device="metal"))
        for record in run.records
    )
    mixed = dataclasses.replace(run, records=(*run.records, *other))
    assert night_of(mixed) == night_of(run)

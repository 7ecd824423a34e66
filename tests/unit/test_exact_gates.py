"""What must not change at all is found, named, and shown with its evidence."""

from __future__ import annotations

import dataclasses

import nights
import pytest

from bench.domain import Backend, Status, Transcript
from bench.journal import RunData
from bench.regression.exact import Breach, Fact, check_cases
from bench.regression.night import night_of, night_texts
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
    assert "metal" in fact.message


def test_silence_and_the_token_limit_are_breaches(run: RunData) -> None:
    empty = nights.changed(run, "m.f16.c", transcript=Transcript(text="  "))
    assert {fact.breach for fact in facts(run, empty)} == {Breach.EMPTY, Breach.TRANSCRIPT}
    cut = nights.changed(run, "m.f16.c", transcript=Transcript(text="раз два три", truncated=True))
    assert [fact.breach for fact in facts(run, cut)] == [Breach.TOKEN_LIMIT]


def test_a_case_that_was_not_run_has_vanished(run: RunData) -> None:
    now = dataclasses.replace(run, records=tuple(nights.only(run.records, "m.f16.c")))
    assert [(fact.breach, fact.case) for fact in facts(run, now)] == [(Breach.VANISHED, "m.q8_0.c")]


def test_one_failed_trial_fails_its_case(run: RunData) -> None:
    first, *rest = run.records
    crashed = dataclasses.replace(first, status=Status.CRASHED, reason="SIGSEGV", transcript=None)
    (fact,) = facts(run, dataclasses.replace(run, records=(crashed, *rest)))
    assert (fact.breach, fact.message) == (Breach.FAILED, "crashed: SIGSEGV")


def test_what_the_reference_already_did_is_no_breach(run: RunData) -> None:
    failing = nights.changed(run, "m.f16.c", status=Status.UNSUPPORTED, reason="no", transcript=None)
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

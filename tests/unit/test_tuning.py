"""Tuning keeps what is shown to be faster, changes nothing for noise, and writes it where a suite says it."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from typing import Any

import pytest
import records
from ruamel.yaml import YAML

from bench import tuning
from bench.domain import Record, Suite, measured
from bench.engines.llamacpp import Qwen3Settings
from bench.engines.pywhispercpp import WhisperSettings
from bench.errors import SuiteError
from bench.tuning import Knob

THREADS = Knob(name="threads", values=(1, 2, 4))
WAIT = Knob(name="OMP_WAIT_POLICY", values=(None, "PASSIVE"), environ=True)

FILE = """\
# my suite
name: mine
models: [m]
variants:
  - {quantization: f16, baseline: true}
  - q4_0  # the small one
defaults:
  settings: {threads: 2}
"""


def suite(**settings: Any) -> Suite:
    made = records.suite("f16", "q4_0")
    cases = tuple(
        dataclasses.replace(case, variant=dataclasses.replace(case.variant, settings=settings))
        for case in made.cases
    )
    return dataclasses.replace(made, cases=cases)


def trials(trial: Suite, speed: Mapping[str, float], *, spread: float = 0.01) -> list[Record]:
    """Ten blocks of a knob's suite; `speed` is the factor of a case's time, 1 where it is not given."""
    chosen = random.Random(7)
    return [
        records.record(
            case.id,
            block=block,
            measurements={
                "transcribe_seconds": measured(
                    "transcribe_seconds", 5.7 * speed.get(case.id, 1.0) * (1 + chosen.gauss(0, spread)), "t"
                )
            },
        )
        for block in range(1, 11)
        for case in trial.cases
    ]


def test_the_knobs_are_those_the_engine_has() -> None:
    whisper = tuning.knobs(WhisperSettings, cores=6, openmp=True)
    assert {knob.name: knob.values for knob in whisper} == {
        "threads": (1, 2, 4, 6),
        "flash_attention": (False, True),
        "OMP_WAIT_POLICY": (None, "PASSIVE"),
    }
    qwen = {knob.name: knob.values for knob in tuning.knobs(Qwen3Settings, cores=2, openmp=False)}
    assert qwen == {"threads": (1, 2), "flash_attention": ("on", "off"), "micro_batch": (256, 512, 1024)}


def test_every_case_stands_beside_itself_at_every_other_value() -> None:
    trial = tuning.knob_suite(suite(threads=2), THREADS)
    assert [case.id for case in trial.cases] == [
        "m.f16.c",
        "m.f16-threads-1.c",
        "m.f16-threads-4.c",
        "m.q4_0.c",
        "m.q4_0-threads-1.c",
        "m.q4_0-threads-4.c",
    ]
    assert {case.baseline for case in trial.cases[3:]} == {"m.q4_0.c"}
    assert trial.cases[2].variant.settings_by_name["threads"] == 4


def test_a_knob_with_one_value_is_refused() -> None:
    with pytest.raises(SuiteError, match="the only value"):
        tuning.knob_suite(suite(threads=1), Knob(name="threads", values=(1,)))


def test_the_fastest_value_is_kept_case_by_case() -> None:
    asked = suite(threads=2)
    trial = tuning.knob_suite(asked, THREADS)
    slow_and_fast = {"m.f16-threads-4.c": 0.7, "m.f16-threads-1.c": 0.9, "m.q4_0-threads-4.c": 1.3}
    f16, q4 = tuning.choose(asked, THREADS, trials(trial, slow_and_fast))
    assert (f16.value, q4.value, q4.gain) == (4, 2, 0.0)
    assert f16.gain == pytest.approx(0.3, abs=0.02)
    after = tuning.tuned(asked, (f16, q4))
    assert [case.id for case in after.cases] == [case.id for case in asked.cases]
    assert [case.variant.settings_by_name["threads"] for case in after.cases] == [4, 2]


def test_noise_changes_nothing() -> None:
    asked = suite(threads=2)
    trial = tuning.knob_suite(asked, THREADS)
    assert not any(choice.gain for choice in tuning.choose(asked, THREADS, trials(trial, {}, spread=0.05)))


def test_a_variable_can_be_set_and_unset() -> None:
    [case, *_] = suite().cases
    passive = tuning.turned(case, WAIT, "PASSIVE")
    assert passive.variant.environ == {"OMP_WAIT_POLICY": "PASSIVE"}
    assert tuning.turned(passive, WAIT, None).variant.environ == {}
    assert tuning.value_of(passive, WAIT) == "PASSIVE"


def test_what_all_cases_agree_on_is_a_default() -> None:
    choices = [
        tuning.Choice(case=case, knob=THREADS, value=4, gain=gain)
        for case, gain in zip(suite(threads=2).cases, (0.3, 0.1), strict=True)
    ]
    written = YAML(typ="safe").load(tuning.tuned_text(FILE, "mine-tuned", choices))
    assert written["defaults"]["settings"] == {"threads": 4}
    assert written["variants"] == [{"quantization": "f16", "baseline": True}, "q4_0"]
    assert written["name"] == "mine-tuned"


def test_what_they_do_not_agree_on_is_each_variant_s_own() -> None:
    f16, q4 = suite(threads=2).cases
    choices = [
        tuning.Choice(case=f16, knob=THREADS, value=2, gain=0.0),
        tuning.Choice(case=q4, knob=THREADS, value=1, gain=0.2),
    ]
    text = tuning.tuned_text(FILE, "mine-tuned", choices)
    written = YAML(typ="safe").load(text)
    assert written["defaults"]["settings"] == {"threads": 2}
    assert written["variants"][1] == {"quantization": "q4_0", "settings": {"threads": 1}}
    assert "# my suite" in text


def test_a_file_without_gains_is_the_same_but_for_its_name() -> None:
    choices = [tuning.Choice(case=case, knob=THREADS, value=2, gain=0.0) for case in suite(threads=2).cases]
    before, after = (YAML(typ="safe").load(t) for t in (FILE, tuning.tuned_text(FILE, "mine-tuned", choices)))
    assert after == {**before, "name": "mine-tuned"}

"""A program's words are filled in and its output is read by patterns, in Russian as in English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from bench.contract import WRITTEN_FILE, Job, Outcome, Reading
from bench.domain import Case, FetchedClip, Model, Status, Variant, WeightsFile
from bench.engines.command import ENGINE, CommandSettings, fill
from bench.engines.command_output import seconds_of
from bench.errors import UnusableWeights
from bench.language import english
from bench.reasons import told

CONFIGS = Path(__file__).parents[2] / "configs"
PUBLISHED = YAML(typ="safe").load((CONFIGS / "rustasr-qwen3.yaml").read_text(encoding="utf-8"))
PATTERNS: dict[str, Any] = PUBLISHED["defaults"]["settings"]["patterns"]

ENGLISH = """   Model loaded in 5.66s
⏱️  Transcription time: 11.19s (RTF: 0.187)
⏱️  Total time: 16.98s
"""
RUSSIAN = """⏱️  Время транскрибации: 1.02s (RTF: 0.017)
"""
REFUSAL = "Error: GigaAM: квантизированные модели пока не поддерживаются\n"


def job(asked: Case, model: Model, clip: FetchedClip, weights: Sequence[WeightsFile]) -> Job:
    return ENGINE.job(asked, CommandSettings.model_validate(asked.variant.settings), model, clip, weights)


def read(asked: Case, outcome: Outcome) -> Reading:
    return ENGINE.read(asked, CommandSettings.model_validate(asked.variant.settings), outcome)


def case(device: str = "auto", **settings: Any) -> Case:
    variant = Variant(
        name="v",
        quantization="q8_0",
        engine="command",
        device=device,
        settings={"argv": ["p", "{audio}"], **settings},
    )
    return Case(id="m.v.c", model="m", variant=variant, clip="c")


def outcome(
    stdout: str = "", stderr: str = "", status: Status = Status.OK, written: str | None = None
) -> Outcome:
    reason = None if status is Status.OK else told("exit status 1")
    return Outcome(
        status=status,
        reason=reason,
        events=(),
        stdout=stdout,
        stderr=stderr,
        measurements=(),
        written=written,
    )


def value(reading: Reading, name: str) -> float | None:
    return next(found.value for found in reading.measurements if found.name == name)


def why_absent(reading: Reading, name: str) -> str | None:
    return next(english(found.reason) for found in reading.measurements if found.name == name)


def test_the_published_english_output_gives_both_times() -> None:
    reading = read(case(patterns=PATTERNS), outcome(ENGLISH))
    assert value(reading, "load_seconds") == 5.66
    assert value(reading, "transcribe_seconds") == 11.19


def test_the_published_russian_output_gives_its_time() -> None:
    reading = read(case(patterns=PATTERNS), outcome(RUSSIAN))
    assert value(reading, "transcribe_seconds") == 1.02
    assert why_absent(reading, "load_seconds") == "The program did not print it."


def test_times_may_be_on_stderr_and_in_colour() -> None:
    reading = read(
        case(patterns=PATTERNS), outcome(stderr="\x1b[32mModel loaded\x1b[0m in \x1b[1m2.33s\x1b[0m\n")
    )
    assert value(reading, "load_seconds") == 2.33


def test_a_refusal_is_a_result_in_the_programs_own_words() -> None:
    reading = read(case(patterns=PATTERNS), outcome(stderr=REFUSAL, status=Status.FAILED))
    assert reading.status is Status.UNSUPPORTED
    assert english(reading.reason) == "“Error: GigaAM: квантизированные модели пока не поддерживаются”"


def test_a_time_without_a_pattern_is_absent_with_a_reason() -> None:
    assert why_absent(read(case(), outcome("x")), "decode_seconds") == "The suite has no pattern for it."


@pytest.mark.parametrize(
    ("pattern", "said", "seconds"),
    [
        (r"in ([\d.,]+)s", "in 5.66s", 5.66),
        (r"in ([\d.,]+) с", "in 5,66 с", 5.66),
        (r"(?P<milliseconds>\d+) ms", "1250 ms", 1.25),
        (r"(?P<minutes>\d+)m(?P<seconds>[\d.]+)s", "2m3.5s", 123.5),
    ],
)
def test_times_are_read_in_their_units(pattern: str, said: str, seconds: float) -> None:
    found = re.search(pattern, said)
    assert found
    assert seconds_of(found) == pytest.approx(seconds)


def test_what_is_no_number_is_no_time() -> None:
    reading = read(case(patterns={"load_seconds": "in (.*)s"}), outcome("in nos"))
    assert why_absent(reading, "load_seconds") == "No time in “in nos”."


def test_text_is_stdout_unless_said_otherwise() -> None:
    transcript = read(case(), outcome(" одно слово \n")).transcript
    assert transcript is not None
    assert transcript.text == "одно слово"


def test_text_may_be_what_every_match_of_a_pattern_holds() -> None:
    settings: dict[str, Any] = {"text_from": "pattern", "patterns": {"text": r"^\[.*?\]\s+(.*)$"}}
    transcript = read(case(**settings), outcome("[0 --> 1]  раз\nnoise\n[1 --> 2]  два\n")).transcript
    assert transcript is not None
    assert transcript.text == "раз два"


def test_no_text_where_one_was_expected_is_a_failure() -> None:
    settings: dict[str, Any] = {"text_from": "pattern", "patterns": {"text": "text: (.*)"}}
    reading = read(case(**settings), outcome("nothing"))
    assert reading.status is Status.FAILED
    assert reading.reason is not None
    assert "no transcript" in english(reading.reason)


def test_the_text_is_what_the_program_wrote_to_its_file() -> None:
    settings: dict[str, Any] = {"argv": ["p", "--out-text={text_out}"], "text_from": "file"}
    assert job(case(**settings), model(), clip(), ()).argv[1] == f"--out-text={WRITTEN_FILE}"
    transcript = read(case(**settings), outcome("not this", written="сказано\n")).transcript
    assert transcript is not None
    assert transcript.text == "сказано"
    assert read(case(**settings), outcome("not this")).status is Status.FAILED


def test_the_backend_is_what_the_program_prints() -> None:
    patterns = {"backend": {"metal": "(?i)using metal", "cpu": "(?i)using cpu"}}
    reading = read(case("metal", patterns=patterns), outcome("x\nfell back: using CPU\n"))
    assert reading.backend is not None
    assert reading.backend.device == "cpu"
    assert reading.backend.detail == "fell back: using CPU"
    assert reading.status is Status.WRONG_BACKEND


def model() -> Model:
    return Model(name="m", title="M", family="whisper", baseline="f16", licence="")


def clip() -> FetchedClip:
    return FetchedClip(
        name="c", title="C", language="ru", duration_seconds=1.0, path="/clip 1.wav", sha256="0"
    )


def test_every_word_is_one_argument_whatever_is_in_it() -> None:
    settings: dict[str, Any] = {
        "argv": [
            "p",
            "-m",
            "{model}",
            "--lang={language}",
            "-t",
            "{threads}",
            "{{literal}}",
            "; rm -rf $HOME",
            "{audio}",
        ],
        "language_names": {"ru": "Russian"},
        "threads": 3,
    }
    weights = WeightsFile(role="model", path="/a b/model.bin", bytes=1, sha256="0" * 64)
    argv = job(case(**settings), model(), clip(), [weights]).argv
    assert argv[1:] == (
        *("-m", "/a b/model.bin", "--lang=Russian", "-t", "3", "{literal}", "; rm -rf $HOME", "/clip 1.wav"),
    )


def test_a_role_without_a_file_is_said() -> None:
    with pytest.raises(UnusableWeights, match=r"argv has \{decoder\}"):
        fill("{decoder}", {"model": "x"})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"argv": []}, "at least 1 item"),
        ({"argv": ["p", "{modle}"]}, "unknown placeholder {modle}"),
        ({"argv": ["p"], "text_from": "file"}, "go together"),
        ({"argv": ["p", "{text_out}"]}, "go together"),
        ({"argv": ["p"], "text_from": "pattern"}, "needs patterns.text"),
        ({"argv": ["p"], "patterns": {"load_seconds": "("}}, "no regular expression"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_words(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        CommandSettings.model_validate(settings)


def test_the_weights_format_is_the_settings() -> None:
    assert ENGINE.format_of(CommandSettings(argv=("p",), weights_format="ggml")) == "ggml"

"""Code that a stranger's suite names is run after a yes, and not without one."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
import records
from typer.testing import CliRunner

from bench.cli import app
from bench.commands import trust
from bench.domain import Build
from bench.errors import SuiteError

SUITE = """
name: demo
title: Demo
models: [m]
variants: [f16]
clips: [{path: clip.wav, name: clip}]
defaults: {engine: command, settings: {argv: [touch, canary], weights_format: program}}
"""
MODEL = """
name: m
title: Model
family: whisper
baseline: f16
licence: MIT
weights: [{format: program, quantizations: [f16], source: {kind: path, files: {model: weights.bin}}}]
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite beside the working folder."""
    theirs = tmp_path / "theirs"
    (theirs / "models").mkdir(parents=True)
    (theirs / "demo.yaml").write_text(SUITE)
    (theirs / "models" / "m.yaml").write_text(MODEL)
    (theirs / "models" / "weights.bin").write_bytes(b"x")
    with wave.open(str(theirs / "clip.wav"), "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(16_000)
        clip.writeframes(bytes(2 * 24_000))
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(trust, "_given", [])
    return theirs / "demo.yaml"


@pytest.mark.parametrize("command", ["run", "fetch", "gate", "nightly"])
def test_a_stranger_s_program_is_not_run_where_nobody_can_be_asked(elsewhere: Path, command: str) -> None:
    result = CliRunner().invoke(app, [command, str(elsewhere)])
    assert isinstance(result.exception, SuiteError)
    assert "program: touch canary" in result.exception.message
    assert "--trust" in result.exception.hint
    assert not Path("canary").exists()


def test_validate_and_plan_run_nothing_and_ask_nothing(elsewhere: Path) -> None:
    for command in ("validate", "plan"):
        assert CliRunner().invoke(app, [command, str(elsewhere)]).exit_code == 0


def test_trust_is_for_ci_and_a_yes_is_remembered_by_content(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.config import load_suite

    suite = load_suite(elsewhere)
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    def yes(text: str, **_: object) -> bool:
        asked.append(text)
        return True

    monkeypatch.setattr("typer.confirm", yes)
    trust.require_trust(suite, elsewhere)
    trust.require_trust(suite, elsewhere)
    assert len(asked) == 1
    elsewhere.write_text(SUITE + "# another\n")
    trust.require_trust(suite, elsewhere)
    assert len(asked) == 2
    assert CliRunner().invoke(app, ["fetch", str(elsewhere), "--trust"]).exit_code == 0
    trust.require_trust(suite, elsewhere.with_name("gone.yaml"))  # once given, it is not even read


@pytest.mark.parametrize("name", ["LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PYTHONPATH", "GGML_BACKEND_PATH"])
def test_libraries_that_a_suite_loads_are_code(name: str) -> None:
    import dataclasses

    made = records.suite("f16")
    (case,) = made.cases
    variant = dataclasses.replace(case.variant, environ={name: "/tmp/evil.so", "OMP_NUM_THREADS": "2"})
    suite = dataclasses.replace(made, cases=(dataclasses.replace(case, variant=variant),))
    assert list(trust.code_named_by(suite)) == [f"library or code loaded: {name}=/tmp/evil.so"]


def test_what_a_build_is_told_is_code() -> None:
    import dataclasses

    made = records.suite("f16")
    (case,) = made.cases
    case = dataclasses.replace(case, variant=dataclasses.replace(case.variant, environment="mine"))
    suite = dataclasses.replace(
        made,
        cases=(case,),
        environments={"mine": ("engine==1.0",), "unused": ("other==1.0",)},
        builds={"mine": Build(environ={"CC": "/tmp/evil"}), "unused": Build(environ={"CC": "/tmp/other"})},
    )
    assert list(trust.code_named_by(suite)) == [
        "package installed: engine==1.0",
        "variable of a build: CC=/tmp/evil",
    ]


def test_a_suite_of_one_s_own_folder_asks_nothing(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(elsewhere.parent)
    from bench.config import load_suite

    trust.require_trust(load_suite(elsewhere), elsewhere)

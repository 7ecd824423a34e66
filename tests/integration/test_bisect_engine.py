"""bisect-engine finds a release that is really slower, by really installing and running releases."""

from __future__ import annotations

from pathlib import Path

import fake_engine
import pytest
from gated_suite import lay_out
from typer.testing import CliRunner
from wheels import tiny_engine

from bench.cli import app
from bench.errors import SuiteError

RELEASES = {"1.0": 0.2, "1.1": 0.2, "1.2": 0.2, "1.3": 0.3, "1.4": 0.3}
SUITE = """
name: demo
title: Demo
models: [m]
variants: [f16]
clips: [{path: clip.wav, text: clip.txt, name: clip}]
defaults: {engine: fake, settings: {half: tiny}}
protocol: {blocks: 6, rerun_disturbed: false, timeout: 20 s}
tolerances: {transcribe_seconds: 0.15}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite on tiny-engine, and its releases as wheels; 1.2 cannot be installed."""
    lay_out(tmp_path)
    (tmp_path / "demo.yaml").write_text(SUITE)
    for version, seconds in RELEASES.items():
        tiny_engine(tmp_path, version, seconds=seconds)
    (tmp_path / "tiny_engine-1.2-py3-none-any.whl").write_bytes(b"no wheel")
    fake_engine.install()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return tmp_path


def bisect(good: str, bad: str) -> tuple[str, BaseException | None]:
    arguments = ["bisect-engine", "demo.yaml", "--package", "tiny-engine", "--engine", "fake"]
    arguments += ["--good", good, "--bad", bad, "--releases", ",".join(RELEASES)]
    found = CliRunner().invoke(app, arguments)
    return found.output, found.exception


def test_the_first_slow_release_is_named_with_those_that_could_not_be_tried(folder: Path) -> None:
    output, error = bisect("1.0", "1.4")
    assert error is None, output
    assert "1.2: skipped, it cannot be installed here" in output
    assert "One of tiny-engine 1.2, 1.3; 1.1 is good, the rest was skipped." in output


def test_between_two_equal_releases_there_is_nothing_to_find(folder: Path) -> None:
    output, error = bisect("1.3", "1.4")
    assert isinstance(error, SuiteError), output
    assert "1.4 is not shown to be bad against 1.3: good" in str(error)

"""An engine's settings are validated when a suite is loaded, and by nobody after."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import records

from bench import host, launch
from bench.config import load_suite
from bench.contract import Outcome
from bench.domain import Conditions, FetchedClip, Status, Suite, WeightsFile, measured
from bench.engines import Settings, changed, plain, registry
from bench.engines.pywhispercpp import ENGINE, WhisperSettings
from bench.folders import RunFolders, refuse_other_cases, start
from bench.journal import read_run, read_suite
from bench.prepare import Given, Ready, prepare, wanted_weights
from bench.runner import Runner

DEFAULT = Path(__file__).parents[2] / "configs" / "whisper-base.yaml"


class Counting:
    """The validator of a settings model; how often it was asked."""

    def __init__(self, own: Any) -> None:
        self.own, self.times = own, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.own, name)
        if not name.startswith("validate"):
            return found

        def counted(*args: Any, **more: Any) -> Any:
            self.times += 1
            return found(*args, **more)

        return counted


@pytest.fixture
def validations(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting(WhisperSettings.__pydantic_validator__)
    monkeypatch.setattr(WhisperSettings, "__pydantic_validator__", counting)
    return counting


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children and the machine are stubs."""

    @contextlib.contextmanager
    def turn(waiting: object) -> Iterator[None]:
        yield

    outcome = Outcome(
        status=Status.OK,
        reason=None,
        events=(),
        stdout="",
        stderr="",
        measurements=(measured("transcribe_seconds", 3.0, "worker events"),),
        argv=("stub",),
    )
    monkeypatch.setattr(type(ENGINE), "check", lambda self, weights: None)
    monkeypatch.setattr(host, "evict", lambda path: None)
    monkeypatch.setattr(host, "warm", lambda path: None)
    probe = SimpleNamespace(finish=lambda: Conditions(disturbances=()))
    monkeypatch.setattr(host, "conditions_start", lambda files, *, cold: probe)
    monkeypatch.setattr("bench.host.turn.machine_turn", turn)
    monkeypatch.setattr(launch, "run", lambda job, **asked: outcome)
    monkeypatch.setattr("bench.runner.time.sleep", lambda seconds: None)


def given(suite: Suite, folder: Path) -> Given:
    """Inputs of a few bytes."""

    def written(name: str) -> tuple[str, str]:
        path = folder / name
        path.write_bytes(name.encode())
        return str(path), hashlib.sha256(name.encode()).hexdigest()

    weights, clips = {}, {}
    for key in wanted_weights(suite):
        path, sha256 = written("-".join(key))
        weights[key] = (WeightsFile(role="model", path=path, bytes=7, sha256=sha256),)
    for name, clip in suite.clips.items():
        path, sha256 = written(f"{name}.wav")
        clips[name] = FetchedClip(
            name=name, title=name, language=clip.language, duration_seconds=8.0, path=path, sha256=sha256
        )
    return Given(weights=weights, clips=clips)


def test_a_run_of_the_default_suite_validates_each_case_s_settings_once(
    tmp_path: Path, validations: Counting, machine: None
) -> None:
    suite = load_suite(DEFAULT)
    assert 0 < validations.times <= len(suite.cases)
    when_loaded = validations.times
    prepared = prepare(suite, given=given(suite, tmp_path))
    folders = RunFolders(run=tmp_path / "reports" / suite.name / "r1", logs=tmp_path / "logs" / "r1")
    start(folders, prepared.suite, records.HOST)
    Runner(prepared=prepared, folders=folders, host=records.HOST).run()
    assert len(read_run(folders.run).records) >= len(suite.cases) * suite.protocol.min_blocks
    assert validations.times == when_loaded


def test_the_engine_is_given_what_the_suite_was_parsed_to(tmp_path: Path, machine: None) -> None:
    suite = load_suite(DEFAULT)
    prepared = prepare(suite, given=given(suite, tmp_path))
    for case in suite.cases:
        found = prepared.cases[case.id]
        assert isinstance(found, Ready)
        assert found.settings is case.variant.settings


def test_a_run_keeps_them_as_plain_data_and_is_resumed_with_the_same_ones(tmp_path: Path) -> None:
    suite = load_suite(DEFAULT)
    folders = RunFolders(run=tmp_path / "reports" / suite.name / "r1", logs=tmp_path / "logs" / "r1")
    start(folders, suite, records.HOST)
    for before, after in zip(suite.cases, read_suite(folders.run).cases, strict=True):
        assert after.variant.settings == plain(before.variant)
        assert registry.settings_of(after.variant) == before.variant.settings
    refuse_other_cases(folders, suite)  # raises nothing


def test_a_setting_is_changed_in_the_model_itself() -> None:
    variant = load_suite(DEFAULT).cases[0].variant
    other = changed(variant, {"threads": 7})
    assert isinstance(other.settings, Settings)
    assert (other.settings_by_name["threads"], variant.settings_by_name["threads"]) != (7, 7)
    assert other.settings_by_name["threads"] == 7

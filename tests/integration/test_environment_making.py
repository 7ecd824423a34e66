"""Environments are really made, once, and two releases of an engine run interleaved in one run."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import wave
from pathlib import Path

import pytest
from wheels import tiny_engine, tiny_source

from bench import host
from bench.config import load_suite
from bench.domain import Build, Status
from bench.environments import READY, Environment, ensure_environment
from bench.errors import EngineMissing
from bench.folders import new_folders, start
from bench.journal import RunData, read_run
from bench.prepare import prepare
from bench.reasons import reason
from bench.regression.interleaved import compare_environments
from bench.runner import Runner


@pytest.fixture
def wheel(tmp_path: Path) -> str:
    """A requirement that needs no network."""
    return f"tiny-engine @ {tiny_engine(tmp_path, '1.0', seconds=1.0).as_uri()}"


def test_its_interpreter_has_the_package_and_ours_has_not(wheel: str, tmp_path: Path) -> None:
    made = ensure_environment("tiny", [wheel], tmp_path / "cache")
    code = "import tiny_engine, sys; print(tiny_engine.SECONDS, sys.prefix)"
    done = subprocess.run([made.interpreter, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1.0", str(made.path)]
    assert made.version_of("Tiny_Engine") == "1.0"
    assert (
        subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=False).returncode != 0
    )


def test_it_is_made_once_however_many_ask_at_a_time(wheel: str, tmp_path: Path) -> None:
    stamps: list[int] = []

    def ask() -> None:
        made = ensure_environment("tiny", [wheel], tmp_path / "cache")
        stamps.append((made.path / READY).stat().st_mtime_ns)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stamps) == 3
    assert len(set(stamps)) == 1


def test_one_that_cannot_be_installed_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    missing = f"nothing @ {(tmp_path / 'nothing-1.0-py3-none-any.whl').as_uri()}"
    with pytest.raises(EngineMissing, match="environment odd: its packages cannot be installed"):
        ensure_environment("odd", [missing], tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


class Told:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.titles: list[str] = []

    def advance(self, title: str, done: int, total: int | None) -> None:
        self.titles.append(title)


def flags_of(made: Environment) -> str:
    code = "import tiny_engine; print(tiny_engine.FLAGS)"
    done = subprocess.run([made.interpreter, "-I", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_one_with_a_build_is_compiled_from_its_sources_though_there_is_a_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_engine(tmp_path, "1.0")
    tiny_source(tmp_path, "1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    pins, cache = ["tiny-engine==1.0"], tmp_path / "cache"
    vulkan = Build(environ={"CMAKE_ARGS": "-DGGML_VULKAN=ON"})
    told = Told()
    made = ensure_environment("vulkan", pins, cache, build=vulkan, progress=told)
    assert told.titles == ["Compiling tiny-engine==1.0"]
    assert flags_of(made) == "-DGGML_VULKAN=ON"
    version = made.version_of("tiny-engine")
    assert version is not None
    assert version.startswith("1.0+built.")
    other = ensure_environment("blas", pins, cache, build=Build(environ={"CMAKE_ARGS": "-DGGML_BLAS=ON"}))
    assert flags_of(other) == "-DGGML_BLAS=ON"  # and no wheel that pip kept of the first
    assert other.version_of("tiny-engine") != version
    assert ensure_environment("wheel", pins, cache).version_of("tiny-engine") == "1.0"
    again = ensure_environment("vulkan", pins, cache, build=vulkan, progress=told)
    assert len(told.titles) == 1
    assert (again.path, again.version_of("tiny-engine")) == (made.path, version)


def test_a_native_build_names_itself_and_is_told_where_its_libraries_will_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_source(tmp_path, "1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    made = ensure_environment("native", ["tiny-engine==1.0"], tmp_path / "cache", build=Build(native=True))
    assert "-DGGML_NATIVE=ON" in flags_of(made)
    assert "-DCMAKE_INSTALL_RPATH=" in flags_of(made)
    assert made.version_of("tiny-engine") == "1.0+native"


def test_one_whose_making_was_killed_is_made_again(wheel: str, tmp_path: Path) -> None:
    made = ensure_environment("tiny", [wheel], tmp_path / "cache")
    (made.path / READY).unlink()
    again = ensure_environment("tiny", [wheel], tmp_path / "cache")
    assert json.loads((again.path / READY).read_text())["packages"]["tiny-engine"] == "1.0"


NIGHT = """
name: releases
title: Two releases of one engine
models: [CONFIGS/models/whisper-tiny-synthetic.yaml]
variants: [f16]
clips: [{path: clip.wav, name: clip, language: en}]
defaults:
  engine: pywhispercpp
  settings: {language: en, threads: 2, flash_attention: true} # 1.4.1 cannot be told otherwise
  environments: [old, new]
environments: {old: [pywhispercpp==1.4.1], new: [pywhispercpp==1.5.1]}
protocol: {blocks: 3, timeout: 2 min, rerun_disturbed: false}
"""


def run_suite(folder: Path, suite: str) -> RunData:
    """Measure a suite on a second of noise."""
    with wave.open(str(folder / "clip.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(random.Random(1).randbytes(2 * 16000))
    suite_file = folder / "releases.yaml"
    suite_file.write_text(suite.replace("CONFIGS", str(Path(__file__).parents[2] / "configs")))
    prepared = prepare(load_suite(suite_file))
    folders = new_folders("releases", reports=folder / "reports", logs=folder / "logs")
    start(folders, prepared.suite, host.describe())
    Runner(prepared=prepared, folders=folders, host=host.describe()).run()
    return read_run(folders.run)


def test_two_releases_of_an_engine_are_measured_interleaved_in_one_run(tmp_path: Path) -> None:
    """pywhispercpp 1.4.1 and 1.5.1, each from an environment of its own, on tiny random weights."""
    data = run_suite(tmp_path, NIGHT)

    assert {(record.status, record.reason) for record in data.records} == {(Status.OK, None)}
    assert {(r.variant, r.engine_version) for r in data.records} == {
        ("f16+old", "1.4.1"),
        ("f16+new", "1.5.1"),
    }
    assert [sorted(r.variant for r in data.records if r.block == block) for block in (1, 2, 3)] == [
        ["f16+new", "f16+old"]
    ] * 3
    (row,) = compare_environments(data, "old", {"transcribe_seconds": 0.05})
    assert (row.comparison.paired, row.comparison.n) == (True, 3)
    assert row.comparison.ratio is not None


def test_a_release_that_cannot_be_told_a_setting_is_unsupported_with_it(tmp_path: Path) -> None:
    """1.4.1 runs with flash attention whatever was asked for: never measured as if it did not."""
    data = run_suite(
        tmp_path,
        NIGHT.replace("flash_attention: true", "flash_attention: false").replace("blocks: 3", "blocks: 1"),
    )
    found = {record.variant: record for record in data.records}
    assert found["f16+old"].status is Status.UNSUPPORTED
    assert found["f16+old"].reason == reason("engine.fixed_attention", requested="false", used="true")
    assert found["f16+new"].status is Status.OK

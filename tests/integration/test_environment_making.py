"""Environments are really made, once, and two releases of an engine run interleaved in one run."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bench.environments import READY, engine_version, ensure_environment, environments_root
from bench.errors import EngineMissing


@pytest.fixture
def wheel(tmp_path: Path) -> str:
    """A package of our own as a wheel file, so that pip needs no network: `tiny-engine 1.0`."""
    import zipfile

    file = tmp_path / "tiny_engine-1.0-py3-none-any.whl"
    info = "tiny_engine-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tiny_engine.py", "SPEED = 1\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-engine\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(
            f"{info}/RECORD", f"tiny_engine.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
    return f"tiny-engine @ {file.as_uri()}"


def test_its_interpreter_has_the_package_and_ours_has_not(wheel: str, tmp_path: Path) -> None:
    made = ensure_environment("tiny", [wheel], tmp_path / "cache")
    code = "import tiny_engine, sys; print(tiny_engine.SPEED, sys.prefix)"
    done = subprocess.run([made.interpreter, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", str(made.path)]
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
    with pytest.raises(EngineMissing, match="environment odd: cannot be installed"):
        ensure_environment("odd", [missing], tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_one_whose_making_was_killed_is_made_again(wheel: str, tmp_path: Path) -> None:
    made = ensure_environment("tiny", [wheel], tmp_path / "cache")
    (made.path / READY).unlink()
    again = ensure_environment("tiny", [wheel], tmp_path / "cache")
    assert json.loads((again.path / READY).read_text())["packages"]["tiny-engine"] == "1.0"


def test_the_engines_version_is_that_within_the_environment(
    wheel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fake_engine import ENGINE

    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    assert engine_version(ENGINE, [wheel]) is None
    ensure_environment("tiny", [wheel], environments_root())
    assert engine_version(ENGINE, [wheel]) == "1.0"

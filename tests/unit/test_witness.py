"""A record's hashes are those of the bytes that ran."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.assets.hashes import read_sha256, reading_everything, sha256_of
from bench.assets.store import BuildResult, Key, obtain
from bench.domain import Clip, WeightsFile
from bench.language import english
from bench.witness import Witness


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"weights " * 1000)
    return path


CLIP = Clip(name="c", title="C", language="ru", duration_seconds=7.0)


def file_of(path: Path) -> WeightsFile:
    return WeightsFile(role="model", path=str(path), bytes=8000, sha256=sha256_of(path))


def overwrite(path: Path, *, keep_mtime: bool = False) -> None:
    before = path.stat()
    path.write_bytes(b"others! " * 1000)
    if keep_mtime:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("keep_mtime", [False, True])
def test_weights_overwritten_in_mid_run_are_seen_before_the_next_trial(
    weights: Path, keep_mtime: bool
) -> None:
    file = file_of(weights)
    witness = Witness([(CLIP, [file])])
    assert witness.changes(CLIP, [file]) is None
    overwrite(weights, keep_mtime=keep_mtime)
    found = witness.changes(CLIP, [file])
    assert found is not None
    assert file.sha256 in english(found)
    assert read_sha256(weights) in english(found)


def test_a_file_that_was_only_touched_or_put_back_is_the_same(weights: Path) -> None:
    file = file_of(weights)
    witness = Witness([(CLIP, [file])])
    weights.touch()
    assert witness.changes(CLIP, [file]) is None
    copy = weights.read_bytes()
    weights.unlink()
    assert "has disappeared" in english(witness.changes(CLIP, [file]))
    weights.write_bytes(copy)
    assert witness.changes(CLIP, [file]) is None


def test_a_folder_of_weights_is_watched_file_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "ct2"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"one")
    (folder / "vocabulary.json").write_bytes(b"[]")
    file = file_of(folder)
    witness = Witness([(CLIP, [file])])
    (folder / "vocabulary.json").write_bytes(b"{}")
    assert "was overwritten" in english(witness.changes(CLIP, [file]))


def test_the_last_look_reads_the_bytes_whatever_the_times_say(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As bit rot does: nothing of the file's state tells it."""
    file = file_of(weights)
    witness = Witness([(CLIP, [file])])
    monkeypatch.setattr("bench.witness._facts", lambda stat: (stat.st_ino,))
    witness.change(str(weights))
    overwrite(weights, keep_mtime=True)
    assert witness.changes(CLIP, [file]) is None
    assert len(witness.read_again()) == 1


def test_fetch_verify_reads_what_its_times_call_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    key = Key(room="weights", name="thing", title="The thing", recipe={"a": 1})
    told: list[str] = []

    class Watcher:
        def advance(self, title: str, done: int, total: int | None) -> None:
            told.append(title)

    def build(folder: Path) -> BuildResult:
        (folder / "model.bin").write_bytes(b"weights")
        return BuildResult(roles={"model": "model.bin"})

    path = obtain(key, build).path("model")
    state = lambda path: [path.stat().st_size, path.stat().st_mtime_ns]  # noqa: E731  # a disk without ctime
    monkeypatch.setattr("bench.assets.hashes._state", state)
    sha256_of(path)
    before = path.stat()
    path.write_bytes(b"WEIGHTS")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    obtain(key, build, progress=Watcher())
    assert path.read_bytes() == b"WEIGHTS"
    with reading_everything():
        obtain(key, build, progress=Watcher())
    assert path.read_bytes() == b"weights"
    assert told == ["The thing: was damaged in the cache, made again"]

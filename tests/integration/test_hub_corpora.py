"""Corpora of the hub: parquet rows and archives with a table become utterances with speakers; against a hub on localhost."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hub_server import serve

from bench.assets.speech import wav
from bench.assets.speech.parquet_rows import unpack_parquet
from bench.assets.speech.utterances import corpus_part, fetch_spoken
from bench.config import load_suite
from bench.errors import AssetError, SuiteError

pyarrow = pytest.importorskip("pyarrow")
pytest.importorskip("huggingface_hub")

CORPORA = Path(__file__).resolve().parents[2] / "configs" / "corpora"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "cache"


def recording(tmp_path: Path, seconds: float) -> bytes:
    samples = (np.random.default_rng(int(seconds * 10)).standard_normal(int(seconds * 16_000)) * 900).astype(
        "<i2"
    )
    wav.write(tmp_path / "one.wav", samples.tobytes())
    return (tmp_path / "one.wav").read_bytes()


def parquet(rows: list[dict[str, Any]]) -> bytes:
    from pyarrow import Table, parquet

    target = io.BytesIO()
    parquet.write_table(Table.from_pylist(rows), target)
    return target.getvalue()


def answered(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    import huggingface_hub.constants as constants

    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    )
    import huggingface_hub.hf_api as hf_api

    monkeypatch.setattr(hf_api.HfApi, "__init__", _at(endpoint, hf_api.HfApi.__init__))


def _at(endpoint: str, made: Any) -> Any:
    def own(self: Any, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **{**kwargs, "endpoint": endpoint})

    return own


@pytest.mark.parametrize(
    ("name", "columns", "speakers"),
    [
        ("librispeech-en", {"id": "{}-x", "text": "HELLO {}", "speaker_id": 61}, {"61"}),
        ("golos-ru", {"transcription": "привет {}"}, {None}),
        (
            "common-voice-ru",
            {"client_id": "c{}", "sentence": "Привет {}.", "path": "clip{}.mp3"},
            {"c0", "c1"},
        ),
    ],
)
def test_a_parquet_corpus_of_the_hub_is_heard_row_by_row(
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    columns: dict[str, Any],
    speakers: set[Any],
) -> None:
    part = corpus_part(CORPORA / f"{name}.yaml")
    recipe: Any = part.recipe
    source = recipe.source
    per_file = 2 // len(source.files) or 1
    files: dict[str, bytes] = {}
    number = 0
    for file in source.files[:2] if len(source.files) > 1 else source.files:
        rows = []
        for _ in range(per_file):
            own = {
                key: value.format(number) if isinstance(value, str) else value
                for key, value in columns.items()
            }
            rows.append(
                {**own, "audio": {"bytes": recording(tmp_path, 1.0 + number), "path": f"{number}.wav"}}
            )
            number += 1
        files[file.file] = parquet(rows)
    for file in source.files:
        files.setdefault(
            file.file,
            parquet(
                [
                    {
                        **{
                            key: value.format(9) if isinstance(value, str) else value
                            for key, value in columns.items()
                        },
                        "audio": {"bytes": recording(tmp_path, 1.0), "path": "9.wav"},
                    }
                ]
            ),
        )
    with serve(source.repo, files, kind="datasets") as hub:
        answered(monkeypatch, hub.endpoint)
        found = fetch_spoken(part)
    assert [round(each.seconds, 1) for each in found][:2] == [1.0, 2.0]
    assert {each.speaker for each in found[:2]} == speakers
    assert "0" in (found[0].text or "")
    assert len({each.name for each in found}) == len(found)
    assert all(each.path.is_file() and each.path.suffix == ".wav" and not each.problem for each in found)
    assert source.files[0].file in json.dumps(json.loads((cache / "hub.lock.json").read_text()))


def test_an_archive_with_a_table_is_heard_by_its_columns(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Mozilla lays Common Voice out: a tar of recordings and a TSV that names speakers."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for at in range(2):
            content = recording(tmp_path, 1.5 + at)
            entry = tarfile.TarInfo(f"ru_test_0/clip_{at}.wav")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    table = "client_id\tpath\tsentence\na\tclip_0.wav\tСказал «да».\nb\tclip_1.wav\tНет\n"
    (tmp_path / "cv.yaml").write_text(
        """
name: cv
title: CV
language: ru
licence: CC0
provenance: p
speech:
  kind: recorded
  source: {kind: hub, repo: people/cv, repo_type: dataset, files: [{file: ru_test_0.tar, role: a}, {file: test.tsv, role: t}]}
  audio: ru_test_0
  transcripts: {file: test.tsv, style: table}
""",
        encoding="utf-8",
    )
    with serve(
        "people/cv", {"ru_test_0.tar": packed.getvalue(), "test.tsv": table.encode()}, kind="datasets"
    ) as hub:
        answered(monkeypatch, hub.endpoint)
        found = fetch_spoken(corpus_part(tmp_path / "cv.yaml"))
    assert [(each.name, each.speaker, each.text) for each in found] == [
        ("clip_0", "a", "Сказал «да»."),
        ("clip_1", "b", "Нет"),
    ]


def test_parquet_without_recordings_says_what_its_columns_are(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(parquet([{"text": "да", "seconds": 3}]))
    with pytest.raises(AssetError, match="text, seconds"):
        unpack_parquet(tmp_path)
    (tmp_path / "t.parquet").write_bytes(parquet([{"text": "да", "audio": {"bytes": None, "path": "a.wav"}}]))
    for made in (tmp_path / "recordings", tmp_path / "rows.jsonl"):
        if made.is_dir():
            made.rmdir()
    with pytest.raises(AssetError, match=r"t\.parquet"):
        unpack_parquet(tmp_path)


def test_a_table_has_no_clips_that_are_cut(tmp_path: Path) -> None:
    text = (CORPORA / "golos-ru.yaml").read_text(
        encoding="utf-8"
    ) + "\n  clips: {one: {title: One, seconds: 9}}\n"
    (tmp_path / "golos-ru.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError, match="clips"):
        corpus_part(tmp_path / "golos-ru.yaml")


def test_a_suite_may_name_the_corpora_of_the_hub(tmp_path: Path) -> None:
    (tmp_path / "corpora").symlink_to(CORPORA)
    (tmp_path / "s.yaml").write_text(
        f"""
name: s
title: S
models: [{CORPORA.parent}/models/whisper-tiny-synthetic.yaml]
variants: [{{quantization: f16, baseline: true}}]
clips: [festvox-ru/read-10s]
defaults: {{engine: pywhispercpp}}
quality:
  corpora:
    - {{corpus: golos-ru, utterances: 20}}
    - {{corpus: common-voice-ru, hours: 0.5}}
    - {{corpus: librispeech-en, hours: 0.5}}
    - fleurs-ru
""",
        encoding="utf-8",
    )
    names = [part.corpus for part in load_suite(tmp_path / "s.yaml").quality.corpora]
    assert names == ["golos-ru", "common-voice-ru", "librispeech-en", "fleurs-ru"]

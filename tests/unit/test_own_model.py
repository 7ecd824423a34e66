"""One's own weights: recognized by their headers, and the suite that is proposed for them."""

from __future__ import annotations

import dataclasses
import json
import struct
import wave
from pathlib import Path

import pytest
from hf_whisper import CONFIG
from typer.testing import CliRunner

from bench.assets import FileRecipe, fetch_weights, recipe_of
from bench.assets.formats.ggml import TYPES, write_header, write_preamble, write_tensor
from bench.assets.formats.whisper_layout import Hparams, is_f32, mel_filters, tensors
from bench.cli import app
from bench.config import load_suite
from bench.config.cliplists import by_manifest, by_pattern
from bench.errors import SuiteError, UnusableWeights
from bench.ownmodel import Wishes, propose
from bench.ownmodel.recognize import recognize

SMALL = Hparams(51865, 4, 64, 1, 1, 4, 64, 1, 1, 80, 1)
ENGLISH = dataclasses.replace(SMALL, n_vocab=51864)


def ggml(path: Path, *, quantization: str = "f16", hparams: Hparams = SMALL) -> Path:
    """A whole ggml file of zeros, of that type."""
    kind = TYPES[quantization]
    with path.open("wb") as file:
        write_header(file, dataclasses.replace(hparams, ftype=kind.ftype))
        write_preamble(file, mel_filters(80).astype("<f4").tobytes(), 80, [b"a"] * hparams.base_vocab)
        for name, shape in tensors(hparams):
            own = TYPES["f32"] if is_f32(name, shape) else kind if len(shape) == 2 else TYPES["f16"]
            write_tensor(file, name, own, shape, [bytes(own.size(shape))])
    return path


def gguf(path: Path, architecture: str, kind: int = 1) -> Path:
    """A GGUF file with one tensor of that type."""

    def text(words: str) -> bytes:
        return struct.pack("<Q", len(words)) + words.encode()

    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1)
    head += text("general.architecture") + struct.pack("<I", 8) + text(architecture)
    head += text("blk.0.weight") + struct.pack("<IQIQ", 1, 256, kind, 0)
    path.write_bytes(head + bytes(-len(head) % 32) + bytes(1024))
    return path


def recording(path: Path, text: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\x00\x01" * 16000)
    if text:
        path.with_suffix(".txt").write_text(text, encoding="utf-8")
    return path


# ------------------------------------------------------------------ recognizing


def test_a_ggml_file_is_a_whisper_of_its_type(tmp_path: Path) -> None:
    found = recognize(ggml(tmp_path / "My model.bin", quantization="q5_0"))
    assert (found.name, found.family, found.form, found.quantization) == (
        "my-model",
        "whisper",
        "ggml",
        "q5_0",
    )
    assert not found.whole
    assert recognize(ggml(tmp_path / "en.bin", hparams=ENGLISH)).english


@pytest.mark.parametrize(
    ("architecture", "family", "form"),
    [("gigaam", "gigaam", "gguf-transcribe"), ("qwen3_asr", "qwen3-asr", "gguf-transcribe")],
)
def test_a_gguf_file_is_what_its_architecture_says(
    tmp_path: Path, architecture: str, family: str, form: str
) -> None:
    found = recognize(gguf(tmp_path / "m.gguf", architecture, kind=8))
    assert (found.family, found.form, found.quantization) == (family, form, "q8_0")


def test_a_decoder_of_llamacpp_needs_its_encoder(tmp_path: Path) -> None:
    decoder = gguf(tmp_path / "m.gguf", "qwen3vl")
    with pytest.raises(UnusableWeights, match="its encoder is no file beside it"):
        recognize(decoder)
    encoder = gguf(tmp_path / "mmproj-m.gguf", "clip")
    assert recognize(decoder).files == {"decoder": decoder, "encoder": encoder}


def test_what_no_engine_runs_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnusableWeights, match='a GGUF file of "llama"'):
        recognize(gguf(tmp_path / "m.gguf", "llama"))
    (tmp_path / "page.bin").write_text("<!doctype html>")
    with pytest.raises(UnusableWeights, match="a web page"):
        recognize(tmp_path / "page.bin")
    with pytest.raises(UnusableWeights, match="there is no such file"):
        recognize(tmp_path / "none.bin")


# -------------------------------------------------------------------- proposing


def test_the_suite_for_an_f16_file_makes_its_quantizations(tmp_path: Path) -> None:
    proposal = propose([ggml(tmp_path / "mine.bin")], Wishes())
    suite = load_suite(proposal.write(tmp_path / "out"))
    assert [case.variant.quantization for case in suite.cases] == ["f16", "q8_0", "q5_0", "q4_0"]
    assert {case.baseline for case in suite.cases} == {"mine.f16.read-60s"}
    assert suite.protocol.blocks == 6


def test_threads_are_swept_and_compared_with_their_like(tmp_path: Path) -> None:
    wishes = Wishes(quantizations=("f16", "q8_0"), threads=(1, 2, 4), blocks=3)
    suite = load_suite(propose([ggml(tmp_path / "mine.bin")], wishes).write(tmp_path / "out"))
    assert {(case.variant.name, case.variant.settings_by_name["threads"]) for case in suite.cases} == {
        (f"{name}-{count}t", count) for name in ("f16", "q8_0") for count in (1, 2, 4)
    }
    assert {case.baseline for case in suite.cases if case.variant.name == "q8_0-4t"} == {
        "mine.f16-4t.read-60s"
    }


def test_files_of_one_shape_are_quantizations_of_one_model(tmp_path: Path) -> None:
    files = [ggml(tmp_path / "tuned-q4.bin", quantization="q4_0"), ggml(tmp_path / "tuned.bin")]
    suite = load_suite(propose(files, Wishes()).write(tmp_path / "out"))
    assert [case.id for case in suite.cases] == ["tuned.f16.read-60s", "tuned.q4_0.read-60s"]
    (mine,) = fetch_weights(suite.models["tuned"], "q4_0", "ggml")
    assert Path(mine.path) == files[0].resolve()


def test_files_of_several_shapes_are_several_models(tmp_path: Path) -> None:
    other = dataclasses.replace(SMALL, n_text_ctx=8)
    files = [ggml(tmp_path / "a.bin"), ggml(tmp_path / "b.bin", hparams=other)]
    suite = load_suite(propose(files, Wishes(quantizations=("f16", "q8_0"))).write(tmp_path / "out"))
    assert {case.model for case in suite.cases} == {"a", "b"}
    assert len(suite.cases) == 4


def test_a_quantized_file_alone_is_measured_as_it_is(tmp_path: Path) -> None:
    proposal = propose([ggml(tmp_path / "q.bin", quantization="q4_0")], Wishes())
    assert [v["quantization"] for v in proposal.suite["variants"]] == ["q4_0"]
    assert "give the f16 file, too" in proposal.remarks[-1]


def test_the_speech_follows_the_language(tmp_path: Path) -> None:
    model = ggml(tmp_path / "mine.bin")
    assert propose([model], Wishes()).suite["clips"] == ["festvox-ru/read-60s"]
    assert propose([model], Wishes(language="en")).suite["clips"] == ["librivox-en/read-25s"]
    english = ggml(tmp_path / "english.bin", hparams=ENGLISH)
    assert propose([english], Wishes()).suite["clips"] == ["librivox-en/read-25s"]
    with pytest.raises(SuiteError, match="No speech in the language de"):
        propose([model], Wishes(language="de"))


def test_ones_own_audio_is_files_folders_and_manifests(tmp_path: Path) -> None:
    recording(tmp_path / "calls" / "b.wav", "раз два")
    recording(tmp_path / "calls" / "a.wav")
    single = recording(tmp_path / "one.wav", "три")
    recording(tmp_path / "far" / "c.wav")
    listed = tmp_path / "far" / "list.jsonl"
    listed.write_text(json.dumps({"audio_filepath": "c.wav", "text": "пять  шесть"}, ensure_ascii=False))
    wishes = Wishes(audio=(tmp_path / "calls", single, listed))
    suite = load_suite(propose([ggml(tmp_path / "mine.bin")], wishes).write(tmp_path / "out"))
    assert list(suite.clips) == ["a", "b", "one", "c"]
    recipes = {name: recipe_of(clip) for name, clip in suite.clips.items()}
    assert isinstance(recipes["c"], FileRecipe)
    assert isinstance(recipes["b"], FileRecipe)
    assert isinstance(recipes["a"], FileRecipe)
    assert recipes["c"].said == "пять шесть"
    assert recipes["b"].text == str(tmp_path / "calls" / "b.txt")
    assert recipes["a"].text is None


def test_init_writes_a_suite_to_edit_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ggml(tmp_path / "mine.bin")
    done = CliRunner().invoke(app, ["init", "mine.bin", "--threads", "1,2"])
    assert done.exit_code == 0, done.output
    assert len(load_suite(Path("mine")).cases) == 8
    again = CliRunner().invoke(app, ["init", "mine.bin"])
    assert isinstance(again.exception, SuiteError)
    wrong = CliRunner().invoke(app, ["init", "mine.bin", "--threads", "1,x"])
    assert wrong.exit_code == 2


def test_a_checkpoint_is_converted_and_quantized(tmp_path: Path) -> None:
    (tmp_path / "tuned").mkdir()
    (tmp_path / "tuned" / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "tuned" / "model.safetensors").write_bytes(b"")
    proposal = propose([tmp_path / "tuned"], Wishes())
    kinds = [way["source"]["kind"] for way in proposal.manifests["tuned"]["weights"]]
    assert kinds == ["path", "convert", "quantize"]
    assert next(v["quantization"] for v in proposal.suite["variants"]) == "f16"
    assert load_suite(proposal.write(tmp_path / "out")).models["tuned"].baseline == "f16"


# ----------------------------------------------------------------- lists of clips


def test_a_manifest_may_be_a_table(tmp_path: Path) -> None:
    (tmp_path / "list.tsv").write_text("path\tsentence\tlocale\nx.wav\tраз два\tru\n", encoding="utf-8")
    (row,) = by_manifest(tmp_path / "list.tsv")
    assert (row.path, row.said, row.language) == (tmp_path / "x.wav", "раз два", "ru")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.jsonl", '{"text": "раз"}', "entry 1 names no recording"),
        ("a.jsonl", "nonsense", "neither JSON lines nor JSON"),
        ("a.jsonl", "[1]", "entry 1 is not a mapping"),
        ("a.csv", "", "lists no recording"),
    ],
)
def test_a_manifest_that_lists_nothing_is_refused(tmp_path: Path, name: str, content: str, why: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        by_manifest(tmp_path / name)


def test_a_pattern_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no audio")
    with pytest.raises(ValueError, match="no audio file matches"):
        by_pattern(tmp_path, Path("*"))


def test_several_clips_of_one_entry_stand_in_a_suite(tmp_path: Path) -> None:
    for number in range(3):
        recording(tmp_path / f"call-{number}.wav", f"номер {number}")
    (tmp_path / "s.yaml").write_text(
        "name: s\ntitle: S\nmodels: [whisper-base]\nvariants: [f16]\nclips: [{path: 'call-*.wav'}]\n"
        "defaults: {engine: pywhispercpp}\n"
    )
    assert list(load_suite(tmp_path / "s.yaml").clips) == ["call-0", "call-1", "call-2"]
    (tmp_path / "s.yaml").write_text(
        (tmp_path / "s.yaml").read_text().replace("{path: 'call-*.wav'}", "{path: 'none-*.wav'}")
    )
    with pytest.raises(SuiteError, match=r"s\.yaml:5:10: clips\[0\]\.path: no audio file matches"):
        load_suite(tmp_path / "s.yaml")

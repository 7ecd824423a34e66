"""The published report is repeated with a program of the same words: a stand-in, built here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.assets import fetch_clip
from bench.config import load_suite
from bench.places import expand

CONFIGS = Path(__file__).parents[2] / "configs"

# It takes RustASR's arguments and prints what RustASR prints: English for the first model, Russian for
# the second, and a refusal where it is told to read weights that it cannot.  As RustASR does, it reads the
# encoder from model.safetensors and, told nothing, prefers the decoder of model-q8_0.gguf where that lies there.
STAND_IN = """#!{python}
import pathlib, sys
arguments = sys.argv[1:]
options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
if arguments[0] == "diarize":
    sys.exit("Error: " + options["--model-type"] + ": квантизированные модели пока не поддерживаются")
assert arguments[0] == "transcribe", arguments
assert options.get("--language", "Russian") == "Russian", options
assert open(options["--audio"], "rb").read(4) == b"RIFF"
folder = pathlib.Path(options["--model"])
encoder, preferred = folder / "model.safetensors", folder / "model-q8_0.gguf"
kind = options.get("--decoder-weights", "auto")
if kind == "gguf":
    decoder = folder / options["--decoder-gguf"] if "--decoder-gguf" in options else min(folder.glob("*.gguf"))
else:
    decoder = preferred if kind == "auto" and preferred.exists() else encoder
whole = options.get("--model-type") == "whisper"  # quantized as a whole: nothing is read beside it
for path in (decoder,) if whole else (encoder, decoder):
    if path.exists():
        path.read_bytes()
if options.get("--decoder-gguf") == "model-q6k.gguf":
    sys.exit("Error: Qwen3: квантизированные модели пока не поддерживаются")
if "0.6b" in options["--model"]:
    print("   Model loaded in 2.33s")
    print("⏱️  Transcription time: 6.83s (RTF: 0.114)")
else:
    print("⏱️  Время транскрибации: 11,19s (RTF: 0.187)")
open(options["--out-text"], "w", encoding="utf-8").write("спустя несколько страниц")
"""


def rustasr_folder(tmp_path: Path, suite: str, name: str = "rustasr-qwen3") -> None:
    """A folder as RustASR's own, with the stand-in, a suite, its models and its recording."""
    (tmp_path / "target" / "release").mkdir(parents=True)
    program = tmp_path / "target" / "release" / "rustasr"
    program.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / f"{name}.yaml").write_text(suite, encoding="utf-8")
    models = tmp_path / "models"
    models.mkdir()
    for manifest in (CONFIGS / "models").glob("rustasr-*.yaml"):
        shutil.copy(manifest, models)
    for name in (
        *(
            "qwen3-asr-0.6b/model.safetensors",
            "qwen3-asr-0.6b/model-q8_0.gguf",
            "qwen3-asr-0.6b/model-q4_0.gguf",
        ),
        *(
            "qwen3-asr-1.7b/model-q8_0.gguf",
            "qwen3-asr-1.7b/model-q6k.gguf",
            "qwen3-asr-1.7b/model-q4_0.gguf",
        ),
        *("whisper-large-v3-turbo/model.safetensors", "whisper-large-v3-turbo/config.json"),
        *("whisper-large-v3-turbo/model-q8_0.gguf", "whisper-large-v3-turbo/model-q4_0.gguf"),
        *("gigaam-v3-ctc/model.safetensors", "parakeet-tdt-v3/model.safetensors"),
    ):
        (models / name).parent.mkdir(exist_ok=True)
        (models / name).write_bytes(name.encode())
    audio = tmp_path / "tmp" / "hf_compare_31118765" / "full_16k_mono_60s.wav"
    audio.parent.mkdir(parents=True)
    clip = fetch_clip(load_suite(CONFIGS / "smoke.yaml").clips["read-10s"])
    assert clip.path is not None
    shutil.copyfile(clip.path, audio)


def run_it(
    tmp_path: Path, *words: str, name: str = "rustasr-qwen3"
) -> tuple[dict[tuple[str, str], dict[str, Any]], Path]:
    """The records by model and quantization, and the run's folder."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", "run", f"{name}.yaml", "--blocks", "1", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    latest = tmp_path / "reports" / name / "latest"
    assert (latest / "records.jsonl").exists(), done.stdout + done.stderr
    records = [
        json.loads(line) for line in (latest / "records.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return {(record["model"], record["quantization"]): record for record in records}, latest


SUITE = (CONFIGS / "rustasr-qwen3.yaml").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a short opening is not seen")
def test_a_program_that_prefers_other_weights_than_it_was_told_is_found_out(tmp_path: Path) -> None:
    """The published command for the baseline left the flag out."""
    rustasr_folder(tmp_path, SUITE.replace("--decoder-weights, safetensors, ", ""))
    found, latest = run_it(tmp_path, "--only", "*0.6b*")
    baseline = found["rustasr-qwen3-asr-0.6b", "safetensors"]
    assert baseline["status"] == "wrong-weights"
    assert baseline["reason"] == {
        "code": "proof.beside",
        "parameters": {"file": "model-q8_0.gguf", "variant": "q8_0"},
    }
    assert found["rustasr-qwen3-asr-0.6b", "q8_0"]["status"] == "ok"
    assert found["rustasr-qwen3-asr-0.6b", "q8_0"]["proof"]["proven"] is True
    report = (latest / "report.ru.md").read_text(encoding="utf-8")
    assert "не те веса" in report
    assert "model-q8_0.gguf" in report


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a short opening is not seen")
def test_a_program_that_opens_none_of_its_weights_is_found_out(tmp_path: Path) -> None:
    rustasr_folder(tmp_path, SUITE)
    program = tmp_path / "target" / "release" / "rustasr"
    program.write_text(program.read_text(encoding="utf-8").replace("path.read_bytes()", "pass"))
    found, _ = run_it(tmp_path, "--only", "*0.6b.q8_0*")
    record = found["rustasr-qwen3-asr-0.6b", "q8_0"]
    assert (record["status"], record["reason"]) == (
        "wrong-weights",
        {"code": "proof.not_opened", "parameters": {"file": "model-q8_0.gguf"}},
    )


def test_the_published_suite_runs_in_rustasrs_own_folder(tmp_path: Path) -> None:
    rustasr_folder(tmp_path, SUITE)
    found, latest = run_it(tmp_path)
    assert len(found) == 6
    if sys.platform == "linux":
        assert found["rustasr-qwen3-asr-0.6b", "safetensors"]["proof"]["proven"] is True

    small = found["rustasr-qwen3-asr-0.6b", "q8_0"]
    assert small["status"] == "ok", small["reason"]
    assert value(small, "load_seconds") == 2.33
    assert value(small, "transcribe_seconds") == 6.83
    assert small["measurements"]["transcribe_seconds"]["source"] == "the program's own output"
    assert value(small, "wall_seconds") > 0
    assert small["transcript"]["text"] == "спустя несколько страниц"
    assert small["engine"] == "command"

    large = found["rustasr-qwen3-asr-1.7b", "q4_0"]
    assert value(large, "transcribe_seconds") == 11.19
    assert large["measurements"]["load_seconds"]["value"] is None

    refused = found["rustasr-qwen3-asr-1.7b", "q6_k"]
    assert refused["status"] == "unsupported"
    assert (
        refused["reason"]["parameters"]["words"]
        == "Error: Qwen3: квантизированные модели пока не поддерживаются"
    )
    assert "квантизированные модели пока не поддерживаются" in (latest / "report.ru.md").read_text(
        encoding="utf-8"
    )


def test_whispers_quantizations_get_folders_of_their_own_and_run_their_own_weights(tmp_path: Path) -> None:
    """All files lie in one folder, where the program would take whichever GGUF it prefers."""
    rustasr_folder(
        tmp_path, (CONFIGS / "rustasr-whisper.yaml").read_text(encoding="utf-8"), "rustasr-whisper"
    )
    found, _ = run_it(tmp_path, name="rustasr-whisper")
    assert len(found) == 3
    for record in found.values():
        assert record["status"] == "ok", record["reason"]
        if sys.platform == "linux":
            assert record["proof"]["proven"] is True, record["proof"]
    argv = found["rustasr-whisper-large-v3-turbo", "q4_0"]["command"]
    made = expand(argv[argv.index("--model") + 1])
    assert {path.name for path in made.iterdir()} == {"config.json", "model.safetensors", "model-q4_0.gguf"}
    assert all(path.is_symlink() for path in made.iterdir())


def test_what_the_program_cannot_run_quantized_is_said_in_its_own_words(tmp_path: Path) -> None:
    suite = (CONFIGS / "rustasr-refusals.yaml").read_text(encoding="utf-8")
    rustasr_folder(tmp_path, suite, "rustasr-refusals")
    found, latest = run_it(tmp_path, name="rustasr-refusals")
    assert {record["status"] for record in found.values()} == {"unsupported"}
    report = (latest / "report.ru.md").read_text(encoding="utf-8")
    assert "gigaam: квантизированные модели пока не поддерживаются" in report
    assert "parakeet: квантизированные модели пока не поддерживаются" in report


def value(record: dict[str, Any], metric: str) -> float:
    found = record["measurements"][metric]["value"]
    assert found is not None, record["measurements"][metric]["reason"]
    return float(found)

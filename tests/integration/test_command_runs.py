"""The published report is repeated with a program of the same words: a stand-in, built here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.assets import fetch_clip
from bench.config import load_suite

CONFIGS = Path(__file__).parents[2] / "configs"

# It takes RustASR's arguments and prints what RustASR prints: English for the first model, Russian for
# the second, and a refusal where it is told to read weights that it cannot.
STAND_IN = """#!{python}
import sys
arguments = sys.argv[1:]
assert arguments[0] == "transcribe", arguments
options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
assert options["--language"] == "Russian", options
assert open(options["--audio"], "rb").read(4) == b"RIFF"
if options.get("--decoder-gguf") == "model-q6k.gguf":
    sys.exit("Error: Qwen3: квантизированные модели пока не поддерживаются")
if "0.6b" in options["--model"]:
    print("   Model loaded in 2.33s")
    print("⏱️  Transcription time: 6.83s (RTF: 0.114)")
else:
    print("⏱️  Время транскрибации: 11,19s (RTF: 0.187)")
open(options["--out-text"], "w", encoding="utf-8").write("спустя несколько страниц")
"""


def test_the_published_suite_runs_in_rustasrs_own_folder(tmp_path: Path) -> None:
    (tmp_path / "target" / "release").mkdir(parents=True)
    program = tmp_path / "target" / "release" / "rustasr"
    program.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    shutil.copy(CONFIGS / "rustasr-qwen3.yaml", tmp_path)
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
    ):
        (models / name).parent.mkdir(exist_ok=True)
        (models / name).write_bytes(name.encode())
    audio = tmp_path / "tmp" / "hf_compare_31118765" / "full_16k_mono_60s.wav"
    audio.parent.mkdir(parents=True)
    clip = fetch_clip(load_suite(CONFIGS / "smoke.yaml").clips["read-10s"])
    assert clip.path is not None
    shutil.copyfile(clip.path, audio)

    done = subprocess.run(
        [sys.executable, "-m", "bench", "run", "rustasr-qwen3.yaml", "--blocks", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    latest = tmp_path / "reports" / "rustasr-qwen3" / "latest"
    assert (latest / "records.jsonl").exists(), done.stdout + done.stderr
    records = [
        json.loads(line) for line in (latest / "records.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    found = {(record["model"], record["quantization"]): record for record in records}
    assert len(found) == 6

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
    assert refused["reason"] == "Error: Qwen3: квантизированные модели пока не поддерживаются"
    assert "квантизированные модели пока не поддерживаются" in (latest / "report.ru.md").read_text(
        encoding="utf-8"
    )


def value(record: dict[str, Any], metric: str) -> float:
    found = record["measurements"][metric]["value"]
    assert found is not None, record["measurements"][metric]["reason"]
    return float(found)

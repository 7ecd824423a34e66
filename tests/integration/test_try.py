"""A ggml f16 file of one's own: one command, no YAML, the verdict in the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.assets import fetch_clip, fetch_weights, read_corpus, read_model
from bench.cli import app
from bench.config.shipped import SHIPPED
from bench.errors import SourceUnreachable
from bench.journal import read_run

pytest.importorskip("pywhispercpp")


def test_whisper_base_is_tried_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        (file,) = fetch_weights(read_model(SHIPPED / "models" / "whisper-base.yaml"), "f16", "ggml")
        clip = fetch_clip(read_corpus(SHIPPED / "corpora" / "festvox-ru.yaml").clips["read-10s"])
    except SourceUnreachable as error:
        pytest.skip(str(error))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "mine.bin").symlink_to(file.path)
    shutil.copyfile(str(clip.path), tmp_path / "speech.wav")
    (tmp_path / "speech.txt").write_text(str(clip.reference), encoding="utf-8")
    done = CliRunner().invoke(
        app,
        [
            "try",
            "mine.bin",
            "--audio",
            "speech.wav",
            "--quantizations",
            "f16,q4_0",
            "--blocks",
            "1",
            "--threads",
            "1",
        ],
    )
    assert done.exit_code == 0, done.output
    assert "mine: whisper, ggml, f16" in done.output
    assert "Verdict" in done.output
    row = next(line for line in done.output.splitlines() if "Q4_0" in line and "MB" in line)
    assert "46.5" in row
    run = (tmp_path / "reports" / "mine" / "latest").resolve()
    assert {record.quantization for record in read_run(run).records} == {"f16", "q4_0"}
    assert (run / "report.en.md").is_file()

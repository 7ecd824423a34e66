"""A suite of two cases whose fake engine takes exactly the time it is told to."""

from __future__ import annotations

import wave
from pathlib import Path

import fake_engine

SUITE = """
name: demo
title: Demo
models: [m]
variants: [f16, {quantization: q8_0, settings: {first_seconds: Q8_SECONDS}}]
clips: [{path: clip.wav, text: clip.txt, name: clip}]
defaults: {engine: fake, settings: {first_seconds: 0.30}}
protocol: {blocks: 4, rerun_disturbed: false, timeout: 20 s}
tolerances: {transcribe_seconds: 0.10}
"""


def lay_out(folder: Path) -> None:
    """A suite whose engine takes the time it is told to."""
    fake_engine.lay_model(folder)
    (folder / "clip.txt").write_text("раз\n", encoding="utf-8")
    with wave.open(str(folder / "clip.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\x00\x01" * 16000)
    write_suite(folder)


def write_suite(folder: Path, *, seconds: float = 0.30) -> None:
    (folder / "demo.yaml").write_text(SUITE.replace("Q8_SECONDS", f"{seconds:.4f}"))

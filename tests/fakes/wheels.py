"""Wheels of a package of our own, so that pip needs no network."""

from __future__ import annotations

import zipfile
from pathlib import Path


def tiny_engine(folder: Path, version: str, *, seconds: float = 0.0) -> Path:
    """`tiny-engine` in that version; `tiny_engine.SECONDS` is how long it takes to transcribe."""
    file = folder / f"tiny_engine-{version}-py3-none-any.whl"
    info = f"tiny_engine-{version}.dist-info"
    texts = {
        "tiny_engine.py": f"SECONDS = {seconds}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny-engine\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*texts, f"{info}/RECORD"))
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in (*texts.items(), (f"{info}/RECORD", record)):
            archive.writestr(name, text)
    return file

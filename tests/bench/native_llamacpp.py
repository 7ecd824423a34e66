"""llama.cpp's own tools, built from the very sources inside llama-cpp-python's archive.

ASR_QUANT_BENCH_NATIVE names a folder with `llama-mtmd-cli` and `llama-quantize` of that version, and
saves the build: some four minutes on two cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from bench.assets.hashes import require_sha256
from bench.assets.makers.synthetic.qwen3_model import VOCABULARY
from bench.assets.store import BuildResult, Key, obtain

PACKAGE: dict[str, Any] = VOCABULARY["packages"][0]
TOOLS = ("llama-mtmd-cli", "llama-quantize")
# What the package itself is built with, and nothing that its archive does not hold.
OPTIONS = {
    "CMAKE_BUILD_TYPE": "Release",
    "CMAKE_BUILD_RPATH_USE_ORIGIN": "ON",  # its libraries are beside it, and the folder is renamed once it is made
    "BUILD_SHARED_LIBS": "ON",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_SERVER": "OFF",
    "LLAMA_BUILD_APP": "OFF",
    "LLAMA_BUILD_UI": "OFF",
    "LLAMA_USE_PREBUILT_UI": "OFF",
    "LLAMA_OPENSSL": "OFF",
}


def native_tools() -> Path:
    """The folder of the tools, built once into the cache."""
    if given := os.environ.get("ASR_QUANT_BENCH_NATIVE"):
        return Path(given)
    key = Key(room="native", name="llama.cpp", title="llama.cpp's own tools", recipe={**PACKAGE, **OPTIONS})
    return obtain(key, _build).folder / "build" / "bin"


def _build(folder: Path) -> BuildResult:
    tools = Path(sys.executable).parent
    environ = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--no-binary", ":all:", "--dest", str(folder), PACKAGE["requirement"]),
        ],
        check=True,
        env=environ,
    )
    archive = folder / PACKAGE["file"]
    require_sha256(archive, PACKAGE["sha256"], PACKAGE["file"])
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
    source = next(folder.glob("*/vendor/llama.cpp"))
    options = [f"-D{name}={value}" for name, value in OPTIONS.items()]
    build = folder / "build"
    subprocess.run(
        ["cmake", "-G", "Ninja", "-S", str(source), "-B", str(build), *options], check=True, env=environ
    )
    subprocess.run(["cmake", "--build", str(build), "--target", *TOOLS], check=True, env=environ)
    return BuildResult(roles={tool: f"build/bin/{tool}" for tool in TOOLS})

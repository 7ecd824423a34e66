"""Builds: an environment's packages compiled on this machine, with variables that their builds read.

A wheel is made for the oldest processor it may meet.  `build: native` compiles for the one at hand what
is built on ggml (pywhispercpp, llama-cpp-python): what somebody who ships for one machine would ship.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bench.domain import Build
from bench.errors import EngineMissing
from bench.problems import problem

_NATIVE: Final = ("-O3", "-march=native" if platform.machine() in ("x86_64", "AMD64") else "-mcpu=native")
# Kernels for matrix tiles end the process on some machines that have them (ggml-org/llama.cpp issue 20824), and
# half floats make a decoder's steps slower: docs/adr/0013-a-build-for-the-machine.md has figures.
_LEFT_OUT: Final = {
    "__AMX_TILE__": "-mno-amx-tile",
    "__AMX_INT8__": "-mno-amx-int8",
    "__AMX_BF16__": "-mno-amx-bf16",
    "__AVX512FP16__": "-mno-avx512fp16",
}
_GGML: Final = ("-DGGML_NATIVE=ON", "-DGGML_LLAMAFILE=ON", "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON")
_RELEASE: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^]]*\])?\s*==")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What a build comes to on this machine.

    `variables` go to pip's environment; `label` is appended to a version, as PEP 440's local versions are;
    `key` tells this build from others of the same pins.
    """

    variables: Mapping[str, str]
    label: str
    key: str


def compilation(build: Build) -> Compilation:
    """The build on this machine.  Raises `EngineMissing` where `native` finds no compiler."""
    variables = dict(build.environ)
    kind = ""
    if build.native:
        defined = _defined_by_compiler()
        flags = [*_NATIVE, *(flag for macro, flag in _LEFT_OUT.items() if macro in defined)]
        origin = "@loader_path" if sys.platform == "darwin" else "$ORIGIN"
        variables = {
            "CFLAGS": " ".join(flags),
            "CXXFLAGS": " ".join(flags),
            "CMAKE_ARGS": " ".join([*_GGML, f"-DCMAKE_INSTALL_RPATH={origin}"]),
        }
        kind = "\n".join(
            sorted(defined)
        )  # the instruction set is in it: a cache may move to another processor
    content = "\n".join([*(f"{name}={value}" for name, value in sorted(variables.items())), kind])
    key = hashlib.sha256(content.encode()).hexdigest()
    # two builds with other variables are two versions to gates and histories
    label = "native" if build.native else f"built.{key[:8]}"
    return Compilation(variables=variables, label=label, key=key)


def compiled_names(requirements: Iterable[str]) -> tuple[str, ...]:
    """The packages of `NAME==VERSION` pins: what pip is to take no wheel of."""
    return tuple(found[1] for requirement in requirements if (found := _RELEASE.match(requirement)))


def _defined_by_compiler() -> frozenset[str]:
    """The macros that the C compiler defines for this processor."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    argv = [*compiler, *_NATIVE, "-dM", "-E", "-x", "c", os.devnull]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)  # no shell, own argv
    except OSError as error:
        raise problem(EngineMissing, "build.no_compiler", compiler=compiler[0], words=str(error)) from error
    if done.returncode:
        words = done.stderr.strip().partition("\n")[0]
        raise problem(EngineMissing, "build.no_compiler", compiler=compiler[0], words=words)
    return frozenset(line.split()[1].partition("(")[0] for line in done.stdout.splitlines() if " " in line)

"""What a build comes to on this machine: variables, a name beside the version, a key of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.builds import Compilation, compilation, compiled_names
from bench.domain import Build
from bench.environments import Environment
from bench.errors import EngineMissing


@pytest.fixture
def processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The macros that the compiler in CC defines; to be written to."""
    macros = tmp_path / "macros"
    compiler = tmp_path / "cc"
    compiler.write_text(f'#!/bin/sh\ncat "{macros}"\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", f"{compiler} -pipe")
    macros.write_text("#define __AVX2__ 1\n")
    return macros


def native() -> Compilation:
    return compilation(Build(native=True))


def test_kernels_for_matrix_tiles_are_left_out_where_the_compiler_would_make_them(processor: Path) -> None:
    assert "amx" not in native().variables["CFLAGS"]  # which a compiler for another processor would refuse
    processor.write_text("#define __AVX2__ 1\n#define __AMX_TILE__ 1\n#define __AMX_INT8__ 1\n")
    for name in ("CFLAGS", "CXXFLAGS"):
        flags = native().variables[name].split()
        assert {"-O3", "-mno-amx-tile", "-mno-amx-int8"} <= set(flags)
        assert "-mno-amx-bf16" not in flags


def test_builds_for_two_processors_are_two(processor: Path) -> None:
    """A cache may be moved from one machine to another."""
    before = native()
    assert native() == before
    processor.write_text("#define __AVX2__ 1\n#define __AVX512F__ 1\n")
    assert native().key != before.key
    assert native().variables == before.variables


def test_one_without_a_compiler_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "/nowhere/cc")
    with pytest.raises(EngineMissing, match=r"needs a C compiler, and /nowhere/cc") as caught:
        native()
    assert "leave out `build`" in (caught.value.hint or "")


def test_a_compiler_that_knows_no_native_says_so(processor: Path) -> None:
    (processor.parent / "cc").write_text('#!/bin/sh\necho "cc: error: unknown -march=native" >&2\nexit 1\n')
    with pytest.raises(EngineMissing, match="unknown -march=native"):
        native()


def test_variables_of_ones_own_are_given_as_they_are_and_need_no_compiler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CC", "/nowhere/cc")
    made = compilation(Build(environ={"CMAKE_ARGS": "-DGGML_VULKAN=ON", "FORCE_CMAKE": "1"}))
    assert made.variables == {"CMAKE_ARGS": "-DGGML_VULKAN=ON", "FORCE_CMAKE": "1"}
    other = compilation(Build(environ={"CMAKE_ARGS": "-DGGML_VULKAN=ON"}))
    assert made.key != other.key
    assert re.fullmatch(r"built\.[0-9a-f]{8}", made.label)
    assert made.label != other.label  # what a version, a gate and a history show


def test_only_what_is_pinned_is_compiled() -> None:
    assert compiled_names(["pywhispercpp==1.5.1", "llama-cpp-python[server] == 0.3.36"]) == (
        "pywhispercpp",
        "llama-cpp-python",
    )
    assert compiled_names(["a @ file:///x/a.whl?b==c"]) == ()
    made = Environment(
        name="native",
        requirements=("Py_Whispercpp==1.5.1",),
        path=Path("nowhere"),
        packages={"py-whispercpp": "1.5.1", "numpy": "2.4.0"},
        label="native",
    )
    assert made.version_of("py-whispercpp") == "1.5.1+native"
    assert made.version_of("numpy") == "2.4.0"
    assert made.version_of("absent") is None

"""The promises that docs/architecture.md makes about imports; import-linter holds the arrows."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Collection
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "bench"
CHILD = sorted((BENCH / "child").glob("*.py"))
HEAVY = {
    "altair", "babel", "huggingface_hub", "jinja2", "jiwer", "llama_cpp", "num2words", "numpy", "pandas",
    "psutil", "pydantic", "pywhispercpp", "rich", "ruamel", "soundfile", "soxr",
}  # fmt: skip


def imported(file: Path) -> set[str]:
    """Top-level names of the packages a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("file", CHILD, ids=lambda file: file.stem)
def test_what_runs_in_a_child_imports_nothing_of_ours(file: Path) -> None:
    assert "bench" not in imported(file)


def test_the_supervisor_imports_the_standard_library_alone() -> None:
    assert imported(BENCH / "child" / "supervise.py") <= sys.stdlib_module_names


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom bench.cli import app\n"
        f"try:\n    app({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', sorted({HEAVY!r} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_only_the_commands_print_or_exit() -> None:
    """`print` and `sys.exit` belong to the command line; a child's own exit status is its own."""
    for file in BENCH.rglob("*.py"):
        if file.parent.name in {"commands", "child"} or file.name in {
            "cli.py",
            "entry.py",
            "llamacpp_child.py",
        }:
            continue
        calls = [
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        ]
        assert not {"print", "sys.exit", "exit"} & set(calls), file


def test_a_class_name_means_one_thing_in_the_whole_package() -> None:
    """Engines' child halves import nothing of ours, so each defines what the worker knows by name."""
    by_the_worker = {"Unsupported", "WrongBackend"}
    places: dict[str, list[str]] = {}
    for file in sorted(BENCH.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not (file in CHILD and node.name in by_the_worker):
                places.setdefault(node.name, []).append(f"{file.relative_to(BENCH)}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_every_top_level_module_is_on_the_page() -> None:
    page = (BENCH.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [
        f"bench/{each.name}" + ("/" if each.is_dir() else "")
        for each in BENCH.iterdir()
        if (each.is_dir() and any(each.glob("*.py")))
        or (each.suffix == ".py" and not each.name.startswith("__"))
    ]
    assert [room for room in sorted(rooms) if room not in page] == []


MOST_FOREIGN_DATA = 40


def test_foreign_data_is_given_a_shape_where_it_comes_in() -> None:
    """`Mapping[str, Any]` says that nobody knows what is in it; few places may."""
    found = [
        f"{file.relative_to(BENCH)}: {line.strip()}"
        for file in BENCH.rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if "Mapping[str, Any]" in line
    ]
    assert len(found) < MOST_FOREIGN_DATA, "\n".join(found)


def test_what_has_two_states_has_two_types() -> None:
    """`assert x is not None` says that a type promises less than its maker knows."""
    found: dict[str, int] = {}
    for file in BENCH.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert) and "is not None" in ast.unparse(node.test):
                name = file.relative_to(BENCH).as_posix()
                found[name] = found.get(name, 0) + 1
    assert found == {}


MOST_LINES = 300
MOST_OF_A_FUNCTION = 60


def test_a_module_and_a_function_are_read_at_a_sitting() -> None:
    """What runs in a child is one file, for it is read by one process."""
    long: list[str] = []
    for file in sorted(BENCH.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if file not in CHILD and (lines := len(text.splitlines())) > MOST_LINES:
            long.append(f"{file.relative_to(BENCH)}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                if lines > MOST_OF_A_FUNCTION:
                    long.append(f"{file.relative_to(BENCH)}: {node.name} has {lines} lines")
    assert long == []


def test_the_security_rules_have_no_exception_but_starting_children() -> None:
    """Ruff holds them with `make lint`; what text becomes markup is listed in one place, and exists."""
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    children = {"S404", "S603", "S606", "S607"}
    assert {code for code in ruff["ignore"] if re.fullmatch(r"S\d*", code)} == children
    kept = {
        place: codes for place, codes in ruff["per-file-ignores"].items() if not place.startswith("tests/")
    }
    assert not {code for codes in kept.values() for code in codes if re.fullmatch(r"S\d*", code)}
    for file in sorted((ROOT / "bench").rglob("*.py")):
        assert not re.search(r"#\s*(?:ruff:\s*)?noqa(?::[^#]*\bS\d|\s*$)", file.read_text(), re.MULTILINE), (
            file
        )
    for call in ruff["flake8-bandit"]["allowed-markup-calls"]:
        module, _, name = call.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name)), call


def _modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for file in sorted(BENCH.rglob("*.py")):
        parts = file.relative_to(BENCH.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def _imports_at_once(file: Path, known: Collection[str]) -> set[str]:
    """The modules of ours that a module imports while it is being imported itself."""
    body = list(ast.parse(file.read_text(encoding="utf-8")).body)
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else node.module)
    return found & set(known)


def test_no_import_goes_round_in_a_circle() -> None:
    modules = _modules()
    arrows = {name: _imports_at_once(file, modules) for name, file in modules.items()}
    TopologicalSorter(arrows).prepare()  # CycleError names the circle

"""What runs inside the measured process or right above it stands alone: it is run by path."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CHILD = Path(__file__).resolve().parents[2] / "bench" / "child"
FILES = sorted(CHILD.glob("*.py"))


def imported(path: Path, *, at_the_top: bool = False) -> set[str]:
    """Top-level names of the packages a file imports, anywhere or in its module body alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in tree.body if at_the_top else ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or "").partition(".")[0])
    return names


def test_there_are_child_files_to_look_at() -> None:
    assert {"supervise.py", "worker.py"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_child_file_imports_nothing_of_the_harness(path: Path) -> None:
    assert not {name for name in imported(path) if name == "bench" or name.startswith(".")}


def test_the_supervisor_imports_nothing_heavy_before_the_fork() -> None:
    allowed = {"__future__", "json", "os", "resource", "select", "signal", "sys", "time"}
    assert imported(CHILD / "supervise.py", at_the_top=True) == allowed


def test_the_worker_imports_nothing_heavy_by_itself() -> None:
    allowed = {"__future__", "faulthandler", "importlib", "json", "os", "sys", "time", "types"}
    assert imported(CHILD / "worker.py", at_the_top=True) == allowed

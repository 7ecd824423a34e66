"""What strangers write cannot choose where files go, nor what is run in silence."""

from __future__ import annotations

from pathlib import Path

import nights
import pytest

from bench.errors import JournalError
from bench.naming import as_name, below, is_safe_name, safe_path
from bench.regression.baselines import accept, baseline_file, reference_in_force
from bench.regression.history import find_history, history_file

ESCAPES = [
    "../x",
    "/x",
    "a/../../x",
    "",
    ".",
    "..",
    "a\0b",
    "a\\..\\x",
    "C:x",
    "a//b",
    "x" * 300,
    " ",
    "a/ /b",
    "\ud800",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_no_way_out_of_a_root_is_a_safe_path(text: str, tmp_path: Path) -> None:
    assert not is_safe_name(text)
    with pytest.raises(ValueError, match=r"path|leads|surrogates"):
        below(tmp_path, text)


def test_a_link_on_the_way_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="leads out"):
        below(tmp_path / "root", "link/file")
    assert below(tmp_path / "root", "a/b.txt") == tmp_path / "root" / "a" / "b.txt"


@pytest.mark.parametrize("text", ["Запись 1", "a/b", "../../x", "ё" * 300, "e\u0301te\u0301", "📀 disk"])
def test_a_name_made_of_any_text_is_safe(text: str) -> None:
    assert is_safe_name(as_name(text))


@pytest.mark.parametrize("text", ["a/b.bin", "model-00001-of-2.safetensors", "onnx/модель.onnx"])
def test_plain_paths_are_safe(text: str) -> None:
    assert safe_path(text) == text


@pytest.mark.parametrize("name", ["../../elsewhere", "/tmp/x", "a/b", "..", ""])
def test_a_runs_host_and_suite_do_not_steer_where_references_and_nights_go(name: str, tmp_path: Path) -> None:
    for find in (baseline_file, history_file):
        with pytest.raises(JournalError, match="is no name of a"):
            find(tmp_path, name, "demo")
        with pytest.raises(JournalError, match="is no name of a"):
            find(tmp_path, "h1", name)
    with pytest.raises(JournalError):
        find_history(tmp_path, name, "h1")


@pytest.mark.parametrize("spoil", ["cut", "byte", "schema", "moment"])
def test_a_reference_that_cannot_be_read_is_not_replaced_by_the_one_before_it(
    tmp_path: Path, spoil: str
) -> None:
    """The second reference allows less; with the first one in force a FAIL became a PASS."""
    run = nights.run_of({"f16": [4.0, 4.1, 4.2]})
    accept([run], "slow", tmp_path)
    accept([run], "fast", tmp_path)
    file = baseline_file(tmp_path, "h1", "demo")
    found = reference_in_force(file)
    assert found is not None
    assert found.why == "fast"
    raw = file.read_bytes()
    lines = raw.splitlines(keepends=True)
    file.write_bytes(
        {
            "cut": raw[:-40],
            "byte": raw[: len(lines[0])] + lines[1].replace(b'"suite"', b'"suitf"', 1),
            "schema": lines[0] + lines[1].replace(b'"schema":2', b'"schema":9', 1),
            "moment": lines[0] + lines[1].replace(b"+00:00", b"", 1),
        }[spoil]
    )
    with pytest.raises(JournalError, match=":2: "):
        reference_in_force(file)
    assert reference_in_force(tmp_path / "none.jsonl") is None

"""A file is replaced whole or not at all; a line is appended whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bench import files, jsonlines
from bench.errors import JournalError
from bench.files import replace_file, replacing


def read(file: Path, **options: Any) -> tuple[list[dict[str, Any]], list[str]]:
    return jsonlines.read_lines(file, 3, lambda data: data, **options)


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "page.md"
    replace_file(file, "before")
    replace_file(file, "ещё\n")
    assert file.read_bytes() == "ещё\n".encode()
    assert list(file.parent.iterdir()) == [file]


def test_a_failure_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    replace_file(file, "before")
    failing = replacing(file)
    failing.__enter__().write_text("half")
    failing.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_the_content_is_on_the_disk_before_the_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        seen.append("rename")
        return real(path, target)

    monkeypatch.setattr(files, "sync", lambda path: seen.append(path.name))
    monkeypatch.setattr(Path, "replace", replace)
    replace_file(tmp_path / "page.md", "text")
    assert seen == [f".page.md.{os.getpid()}", "rename", tmp_path.name]


def test_a_torn_last_line_is_said_and_cut_off_by_the_next_writer(tmp_path: Path) -> None:
    file = tmp_path / "nights.jsonl"
    jsonlines.append_line(file, jsonlines.encode(3, {"night": 1}))
    file.write_bytes(file.read_bytes() + b'{"schema":3,"night":2')
    assert read(file) == ([{"night": 1}], [f"{file}:2: torn line at the end, skipped."])
    jsonlines.append_line(file, jsonlines.encode(3, {"night": 3}))
    assert read(file) == ([{"night": 1}, {"night": 3}], [])


def test_a_last_line_that_lacks_only_its_break_counts_and_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "nights.jsonl"
    file.write_bytes(jsonlines.encode(3, {"night": 1}) + jsonlines.encode(3, {"night": 2}).rstrip())
    assert read(file) == ([{"night": 1}, {"night": 2}], [])
    jsonlines.append_line(file, jsonlines.encode(3, {"night": 3}))
    assert [line["night"] for line in read(file)[0]] == [1, 2, 3]


def test_a_torn_line_longer_than_one_step_back_is_cut_where_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "nights.jsonl"
    whole = jsonlines.encode(3, {"night": "x" * 200_000})
    file.write_bytes(whole + whole[:150_000])
    jsonlines.append_line(file, jsonlines.encode(3, {"night": 2}))
    assert file.read_bytes() == whole + jsonlines.encode(3, {"night": 2})


def test_lines_of_another_schema_are_skipped_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "nights.jsonl"
    file.write_bytes(
        jsonlines.encode(4, {"night": 1}) + b"[1]\n" + b"\xff\n" + jsonlines.encode(3, {"night": 2})
    )
    found, warnings = read(file, name="nights")
    assert found == [{"night": 2}]
    assert [warning.split(": ")[0] for warning in warnings] == ["nights:1", "nights:2", "nights:3"]
    with pytest.raises(JournalError, match="schema 4; this version reads schema 3"):
        read(file, refuse_foreign=True)


def test_a_line_that_cannot_be_written_whole_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "nights.jsonl"
    jsonlines.append_line(file, jsonlines.encode(3, {"night": 1}))
    before = file.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: real(descriptor, line[:5]))
    with pytest.raises(JournalError, match="cannot be written"):
        jsonlines.append_line(file, jsonlines.encode(3, {"night": 2}))
    assert file.read_bytes() == before


def test_half_a_surrogate_pair_is_no_text_and_a_whole_one_is(tmp_path: Path) -> None:
    """JSON can spell both; a file, a database and a page can hold the whole one alone."""
    file = tmp_path / "lines.jsonl"
    spelt = rb'{"schema": 3, "half": ["\ud800a", {"\uDFFF": 1}], "whole": "\ud83d\ude00", "raw": "'
    file.write_bytes(spelt + b'\xed\xa0\x80"}\n')
    [data], warnings = read(file)
    assert data == {"half": ["\ufffda", {"\ufffd": 1}], "whole": "\U0001f600", "raw": "\ufffd"}
    assert not warnings

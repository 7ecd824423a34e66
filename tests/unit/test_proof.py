"""Which weights ran: what was opened, held against what was to be opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bench.domain import WeightsFile
from bench.language import english
from bench.launch import proof


def weights(path: Path, role: str = "model") -> WeightsFile:
    return WeightsFile(role=role, path=str(path), bytes=7, sha256="")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / f"model-{name}.gguf" for name in ("f16", "q8_0", "q4_0")}
    for name, path in made.items():
        path.write_bytes(name.encode())
    return made


def seen(how: dict[str, str], *, complete: bool = True) -> dict[str, Any]:
    return {"complete": complete, "files": [{"path": path, "how": each} for path, each in how.items()]}


def expected(files: dict[str, Path], opens_too: tuple[str, ...] = ()) -> proof.Expected:
    siblings = {name: [weights(files[name])] for name in ("q8_0", "q4_0")}
    return proof.expected([weights(files["f16"])], siblings, opens_too)


def test_ones_own_weights_opened_and_no_others_is_a_proof(files: dict[str, Path]) -> None:
    found = proof.judge(seen({str(files["f16"]): "mapped"}), expected(files))
    assert (found.proven, found.wrong, found.reason) == (True, False, None)
    assert [(file.path, file.how) for file in found.files] == [(str(files["f16"]), "mapped")]


def test_another_variants_weights_instead_are_wrong_and_named(files: dict[str, Path]) -> None:
    found = proof.judge(seen({str(files["q8_0"]): "descriptor"}), expected(files))
    assert found.wrong
    assert english(found.reason) == "opened model-q8_0.gguf, which is q8_0's, instead of its own weights"


@pytest.mark.parametrize(("own", "other", "wrong"), [
    ("mapped", "mapped", True),
    ("mapped", "noticed", False),
    ("noticed", "noticed", True),
    ("descriptor", "mapped", True),
])  # fmt: skip
def test_a_short_look_at_anothers_file_is_a_doubt_and_holding_it_is_wrong(
    files: dict[str, Path], own: str, other: str, wrong: bool
) -> None:
    found = proof.judge(seen({str(files["f16"]): own, str(files["q4_0"]): other}), expected(files))
    assert (found.proven, found.wrong) == (False, wrong)
    assert "model-q4_0.gguf, which is q4_0's" in english(found.reason)


def test_a_file_that_all_variants_read_is_not_anothers(files: dict[str, Path]) -> None:
    wanted = proof.expected(
        [weights(files["q8_0"], "decoder")], {"safetensors": [weights(files["f16"])]}, (str(files["f16"]),)
    )
    both = seen({str(files["q8_0"]): "mapped", str(files["f16"]): "mapped"})
    assert proof.judge(both, wanted).proven


def test_the_same_file_by_another_name_is_the_same_file(files: dict[str, Path], tmp_path: Path) -> None:
    link = tmp_path / "elsewhere.gguf"
    os.link(files["f16"], link)
    wanted = proof.expected([weights(files["f16"])], {"f16-long": [weights(link)]}, ())
    assert not wanted.others


def test_what_was_never_opened_is_wrong_only_where_no_opening_can_be_missed(files: dict[str, Path]) -> None:
    missed = proof.judge(seen({}, complete=False), expected(files))
    assert (missed.proven, missed.wrong) == (False, False)
    assert "model-f16.gguf" in english(missed.reason)
    other = seen({"/somewhere/else/weights.bin": "mapped"})
    found = proof.judge(other, expected(files))
    assert found.wrong
    assert english(found.reason) == "did not open model-f16.gguf; large files that it did open: weights.bin"


def test_of_a_folder_its_largest_file_is_the_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.bin").write_bytes(b"w" * 100)
    wanted = proof.expected([weights(tmp_path, "folder")], {}, ())
    assert wanted.own == (tmp_path / "model.bin",)


def test_without_a_supervisors_word_nothing_is_claimed(files: dict[str, Path]) -> None:
    found = proof.judge(None, expected(files))
    assert (found.proven, found.wrong, found.reason) == (False, False, proof.NOT_WATCHED)

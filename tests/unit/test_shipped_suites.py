"""Suites, models and corpora are found by name: the user's own first, then those of the package."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.config import load_suite
from bench.config.shipped import SHIPPED, suite_file
from bench.errors import SuiteError


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_shipped_suite_is_loaded_by_its_name_anywhere() -> None:
    assert load_suite(Path("whisper-base")).name == "whisper-base"


def test_the_users_own_suite_of_that_name_comes_first(empty: Path) -> None:
    own = empty / "configs" / "smoke.yaml"
    own.parent.mkdir()
    own.write_text((SHIPPED / "smoke.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert suite_file(Path("smoke")).resolve() == own
    here = empty / "smoke.yaml"
    here.write_text(own.read_text(encoding="utf-8"), encoding="utf-8")
    assert suite_file(Path("smoke")).resolve() == here


def test_the_users_own_model_of_that_name_comes_first_in_a_shipped_suite(empty: Path) -> None:
    own = empty / "configs" / "models" / "whisper-base.yaml"
    own.parent.mkdir(parents=True)
    text = (SHIPPED / "models" / "whisper-base.yaml").read_text(encoding="utf-8")
    own.write_text(text.replace("title: Whisper", "title: My Whisper"), encoding="utf-8")
    assert load_suite(Path("smoke")).models["whisper-base"].title.startswith("My Whisper")


def test_a_suite_of_ones_own_names_shipped_models_and_corpora(empty: Path) -> None:
    (empty / "mine.yaml").write_text(
        "name: mine\ntitle: Mine\nmodels: [whisper-base]\nvariants: [f16, q8_0]\n"
        "clips: [festvox-ru/read-10s]\ndefaults: {engine: pywhispercpp}\n"
    )
    assert len(load_suite(Path("mine.yaml")).cases) == 2


def test_a_name_that_nothing_answers_to_is_refused_with_the_nearest() -> None:
    with pytest.raises(SuiteError, match='there is no such suite; did you mean "whisper-base"') as refused:
        load_suite(Path("whisper-bas"))
    assert "suites lists them" in refused.value.hint


def test_suites_lists_what_can_be_given_by_name() -> None:
    found = CliRunner().invoke(app, ["suites"])
    assert found.exit_code == 0
    assert "whisper-base" in found.output
    assert "smoke" in found.output

"""The site of the docs and the README's pictures: complete, current, and loading nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bench.packaging.pictures import verdict_svg

ROOT = Path(__file__).parents[2]
PAGES = YAML(typ="safe").load((ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8"))


def named(entry: object) -> list[str]:
    """The pages below an entry of the navigation."""
    if isinstance(entry, str):
        return [entry]
    values = entry.values() if isinstance(entry, dict) else entry
    return [page for value in values for page in named(value)]  # type: ignore[attr-defined]  # a list of YAML


def test_every_page_of_the_navigation_exists() -> None:
    pages = named(PAGES["nav"])
    assert len(pages) > 15
    assert [page for page in pages if not (ROOT / page).is_file()] == []


def test_the_example_reports_are_on_the_site() -> None:
    pages = named(PAGES["nav"])
    for report in (ROOT / "reports" / "examples").glob("*/2*/report.html"):
        assert report.relative_to(ROOT).as_posix() in pages


def test_no_font_is_loaded_from_elsewhere() -> None:
    assert PAGES["theme"]["font"] is False


@pytest.mark.parametrize("code", ["en", "ru"])
def test_the_pictures_are_current_and_load_nothing(code: str) -> None:
    """After a change of the verdict: make pictures, and look at them."""
    (run,) = (ROOT / "reports" / "examples" / "whisper-base").iterdir()
    drawn = (ROOT / "docs" / "pictures" / f"verdict.{code}.svg").read_text(encoding="utf-8")
    assert drawn == verdict_svg(run, code)
    assert set(re.findall(r"https?://[^\s\"')]+", drawn)) <= {
        "http://www.w3.org/2000/svg",
        "https://www.textualize.io",
    }


def test_the_site_is_built(tmp_path: Path) -> None:
    tool = ROOT / ".venv-docs" / "bin" / "mkdocs"
    if not tool.exists():
        pytest.skip("MkDocs has an environment of its own: make site")
    done = subprocess.run(["make", "--dry-run", "site"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "mkdocs build --quiet --strict" in done.stdout


def test_the_russian_reports_of_the_examples_name_their_clips_in_russian() -> None:
    reports = sorted((ROOT / "reports" / "examples").glob("*/2*/report.ru.md"))
    assert len(reports) >= 4
    for report in reports:
        text = report.read_text(encoding="utf-8")
        assert "Read prose" not in text, report
        assert "festvox-ru" in text

"""From an empty folder and an empty environment, the wheel installed: one command to a report."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

from bench.journal import read_run

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is in the extra bench")
    folder = tmp_path_factory.mktemp("wheel")
    build = "import os, sys; os.chdir(sys.argv[1]); from hatchling.build import build_wheel; build_wheel(sys.argv[2])"
    subprocess.run([sys.executable, "-c", build, ROOT, folder], check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


def test_suites_manifests_schema_and_types_are_in_the_wheel(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    shipped = {file.relative_to(ROOT).as_posix() for file in (ROOT / "configs").rglob("*.*")}
    assert {f"bench/{name}" for name in shipped} <= names
    assert {"bench/py.typed", "bench/configs/suite.schema.json", "asr_quant_bench_pytest.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "configs/", "bench/packaging/"))]


def test_the_readme_of_the_index_has_no_link_that_leads_nowhere(wheel: Path) -> None:
    (name,) = (name for name in ZipFile(wheel).namelist() if name.endswith(".dist-info/METADATA"))
    metadata = message_from_bytes(ZipFile(wheel).read(name))
    assert metadata["Description-Content-Type"] == "text/markdown"
    text = str(metadata.get_payload())
    assert "pip install" in text
    targets = [part.split(")")[0] for part in text.split("](")[1:]]
    assert not [target for target in targets if not target.startswith(("https://", "#"))]


def test_links_become_absolute_where_the_source_has_an_address() -> None:
    pytest.importorskip("hatchling")
    from bench.packaging.index_readme import for_index

    text = "[a](docs/a.md) ![p](docs/p.svg) [d](docs/adr/) [w](https://example.org) [s](#s)"
    assert for_index(text, "https://example.org/x/") == (
        "[a](https://example.org/x/blob/main/docs/a.md) ![p](https://example.org/x/raw/main/docs/p.svg) "
        "[d](https://example.org/x/tree/main/docs/adr) [w](https://example.org) [s](#s)"
    )
    assert for_index(text, None) == "a  d [w](https://example.org) [s](#s)"


def test_one_command_leads_to_a_report_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """A virtual environment with the wheel and its extra `whisper` alone; weights and speech from the cache."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("uv is in the extra dev")
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "env"], check=True)
    installed = subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", python, f"{wheel}[whisper]"],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode != 0:
        pytest.skip(f"its dependencies cannot be installed here: {installed.stderr[-300:]}")
    folder = tmp_path / "empty"
    folder.mkdir()
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python.with_name("asr-quant-bench"), "run", "smoke", "--blocks", "1"],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (folder / "reports").is_dir(), done.stdout + done.stderr
    run = folder / "reports" / "smoke" / "latest"
    found = read_run(run.resolve()).records
    if {record.status.value for record in found} == {"missing"}:
        pytest.skip(f"weights or speech cannot be had here: {found[0].reason}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [record.status.value for record in found] == ["ok", "ok"]
    assert "q4_0" in (run / "report.en.md").read_text(encoding="utf-8").casefold()
    assert list((folder / "logs" / "smoke").rglob("*.log"))
    assert sorted(path.name for path in folder.iterdir()) == ["logs", "reports"]

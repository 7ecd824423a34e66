"""Suites and manifests made from their schemas by Hypothesis, with hostile values among the good ones."""

from __future__ import annotations

import io
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutator import HOSTILE_NUMBERS, HOSTILE_OTHERS, HOSTILE_TEXT
from ruamel.yaml import YAML

from bench.assets.manifest import CorpusManifest, ModelManifest
from bench.config import json_schema, load_suite
from bench.errors import BenchError

CONFIGS = Path(__file__).parents[2] / "configs"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
WORDS = (
    "whisper-base",
    "f16",
    "q8_0",
    "festvox-ru/read-60s",
    "pywhispercpp",
    "command",
    "ru",
    "5 min",
    "4 GB",
    "auto",
    "a==1.0",
)
CALM = settings(
    max_examples=EXAMPLES,
    deadline=10_000,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
    database=None,
)
HOSTILE = st.sampled_from([*[t for t in HOSTILE_TEXT if len(t) < 1000], *HOSTILE_NUMBERS, *HOSTILE_OTHERS])


def made_from(schema: dict[str, Any], whole: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a JSON schema, now and then something else in their place."""
    return st.one_of(*[_fitting(schema, whole, depth)] * 9, HOSTILE)


def _fitting(schema: dict[str, Any], whole: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _fitting(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, depth)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return st.one_of(*[_fitting(each, whole, depth) for each in schema[key]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    match schema.get("type"):
        case "object" if "properties" in schema and depth < 6:
            needed = schema.get("required", ())
            parts = {name: made_from(part, whole, depth + 1) for name, part in schema["properties"].items()}
            return st.fixed_dictionaries(
                {name: part for name, part in parts.items() if name in needed},
                optional={name: part for name, part in parts.items() if name not in needed},
            )
        case "object":
            inner = schema.get("additionalProperties")
            values = made_from(inner, whole, depth + 1) if isinstance(inner, dict) and depth < 6 else HOSTILE
            return st.dictionaries(
                st.sampled_from([*WORDS, *HOSTILE_TEXT[:8], "transcribe_seconds", "threads"]),
                values,
                max_size=3,
            )
        case "array" if depth < 7:
            return st.lists(made_from(schema.get("items", {}), whole, depth + 1), max_size=3)
        case "array":
            return st.just([])
        case "integer":
            return st.one_of(st.integers(0, 20), st.integers())
        case "number":
            return st.one_of(st.floats(0, 10), st.floats())
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    return st.one_of(st.sampled_from(WORDS), st.text(max_size=8))


@cache
def suites() -> st.SearchStrategy[Any]:
    return made_from(json_schema(), json_schema())


def yaml_of(data: Any) -> str | None:
    text = io.StringIO()
    try:
        YAML(typ="safe", pure=True).dump(data, text)
        return text.getvalue().encode("utf-8").decode()
    except Exception:  # noqa: BLE001  # not everything can be YAML: lone surrogates cannot
        return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("suites")
    (made / "models").symlink_to(CONFIGS / "models")
    (made / "corpora").symlink_to(CONFIGS / "corpora")
    return made


@CALM
@given(data=suites())
def test_a_suite_is_loaded_or_refused_in_words(data: Any, folder: Path) -> None:
    text = yaml_of(data)
    if text is None:
        return
    (folder / "suite.yaml").write_text(text, encoding="utf-8")
    try:
        said = json.dumps([case.id for case in load_suite(folder / "suite.yaml").cases])
    except BenchError as error:
        said = error.message
    assert said.startswith("[") or str(folder / "suite.yaml") in said


@pytest.mark.parametrize("kind", [ModelManifest, CorpusManifest])
@CALM
@given(choice=st.data())
def test_a_manifest_is_loaded_or_refused_in_words(choice: st.DataObject, kind: Any, folder: Path) -> None:
    from bench.yamlfile import load

    schema = kind.model_json_schema()
    text = yaml_of(choice.draw(made_from(schema, schema)))
    if text is None:
        return
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    try:
        said = load(folder / "m.yaml", kind).name and str(folder / "m.yaml")
    except BenchError as error:
        said = error.message
    assert str(folder / "m.yaml") in said

"""One letter of a key changed, in any suite of configs/: it is refused, or nothing measured or gated changes."""

from __future__ import annotations

import dataclasses
import os
import random
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bench.config import load_suite
from bench.domain import Suite
from bench.errors import SuiteError
from bench.metrics import METRICS

CONFIGS = Path(__file__).parents[2] / "configs"
SUITES = sorted(CONFIGS.glob("*.yaml"))
TYPOS = int(os.environ.get("FUZZ_TYPOS", "150"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("configs")
    (made / "models").symlink_to(CONFIGS / "models")
    (made / "corpora").symlink_to(CONFIGS / "corpora")
    return made


def keys_of(node: Any, text: list[str]) -> Iterator[tuple[int, int, str]]:
    """Line, column and text of every key below a node."""
    if isinstance(node, dict):
        for key, value in node.items():
            line, column = node.lc.key(key)  # type: ignore[attr-defined]  # ruamel sets it
            if isinstance(key, str) and text[line][column : column + len(key)] == key:
                yield line, column, key
            yield from keys_of(value, text)
    elif isinstance(node, list):
        for value in node:
            yield from keys_of(value, text)


@cache
def places() -> list[tuple[Path, int, int, str]]:
    found = []
    for path in SUITES:
        text = path.read_text(encoding="utf-8")
        found += [(path, *key) for key in keys_of(YAML(typ="rt").load(text), text.splitlines())]
    return found


@cache
def what_counts(path: Path) -> str:
    return counted(load_suite(path), path.parent)


def counted(suite: Suite, folder: Path) -> str:
    """All of a suite but its title, and names of languages that none of its clips speaks."""
    spoken = {clip.language for clip in suite.clips.values()}
    data = dataclasses.asdict(dataclasses.replace(suite, title={}))
    for case in data["cases"]:
        settings = case["variant"]["settings"].model_dump()
        if names := settings.get("language_names"):
            settings["language_names"] = {k: v for k, v in names.items() if k in spoken}
        case["variant"]["settings"] = settings
    return repr(data).replace(str(folder), "")  # where one's own clips lie


def test_the_metrics_that_are_gated_or_read_from_a_programs_words_are_among_the_keys() -> None:
    named = {key for *_, key in places()} & set(METRICS)
    assert named >= {"transcribe_seconds", "load_seconds", "peak_rss_bytes", "weights_bytes"}
    for path in SUITES:
        gated = set(load_suite(path).tolerances)
        assert gated <= {key for file, *_, key in places() if file == path}, path.name


def test_no_typo_in_a_key_is_accepted_where_it_changes_what_is_measured_or_gated(folder: Path) -> None:
    chance = random.Random(13)
    silent = []
    every = places()  # each key once, then by chance
    for number in range(max(TYPOS, len(every))):
        path, line, column, key = every[number] if number < len(every) else chance.choice(every)
        at = chance.randrange(len(key))
        letter = chance.choice([c for c in string.ascii_lowercase + "_" if c != key[at]])
        lines = path.read_text(encoding="utf-8").splitlines()
        lines[line] = lines[line][: column + at] + letter + lines[line][column + at + 1 :]
        file = folder / f"{number % 4}.yaml"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            suite = load_suite(file)
        except SuiteError:
            continue
        if counted(suite, folder) != what_counts(path):
            silent.append(f"{path.name}:{line + 1}: {key}: {key[:at]}{letter}{key[at + 1 :]}")
    assert silent == []

"""Error rates under the normalizers of published figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.config import load_suite
from bench.errors import SuiteError
from bench.quality.normalizer import normalizer


def test_whisper_basic_does_what_openai_does_for_other_languages() -> None:
    way = normalizer("whisper-basic")
    assert way("Ёлка — [шум] «зелёная», 20 %! (смех)") == "ёлка зелёная 20"
    assert way("naïve café") == "naïve café"


def test_a_word_knows_the_pieces_it_came_from() -> None:
    tokens = normalizer("whisper-basic").tokens("Кто-то, [шум] там.")
    assert [(token.text, token.first, token.last) for token in tokens] == [
        ("кто", 0, 0),
        ("то", 0, 0),
        ("там", 2, 2),
    ]


def test_en_whisper_writes_numbers_in_digits_and_spells_american() -> None:
    pytest.importorskip("whisper_normalizer")
    way = normalizer("en-whisper")
    assert way("Mr. Brown won't pay twenty one pounds, hmm, for the colour!") == (
        "mister brown will not pay £21 for the color"
    )
    token = next(token for token in way.tokens("I pay twenty one pounds now") if token.text == "£21")
    assert (token.first, token.last) == (2, 4)


def suite(name: str) -> Path:
    file = Path("s.yaml")
    file.write_text(
        "name: s\ntitle: S\nmodels: [whisper-base]\nvariants: [f16]\nclips: [librivox-en/read-25s]\n"
        f"defaults: {{engine: pywhispercpp}}\nquality: {{normalizer: {name}}}\n"
    )
    return file


def test_a_suite_may_choose_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_suite(suite("whisper-basic")).quality.normalizer == "whisper-basic"
    with pytest.raises(SuiteError, match='did you mean "whisper-basic"'):
        load_suite(suite("whisper-basik"))


def test_without_its_package_it_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.quality import published

    def gone() -> None:
        raise SuiteError("quality.normalizer: en-whisper needs whisper-normalizer.", hint="pip install it")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(published, "_english", gone)
    with pytest.raises(SuiteError, match=r"s\.yaml:7:11: quality\.normalizer: en-whisper needs"):
        load_suite(suite("en-whisper"))

"""Thirty clips and three variants give a report a person can read, and a comment that GitHub takes."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from report_runs import clip, measured_run, suite

from bench.journal import RunData
from bench.report import render
from bench.report.writing.reporters import LONGEST_COMMENT

CLIPS = tuple(
    dataclasses.replace(clip(name=f"river-{number}"), title=f"River, part {number}")
    for number in range(1, 31)
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    asked = suite(clips=CLIPS, quantizations=("f16", "q8_0", "q4_0"), blocks=3)
    return measured_run(tmp_path_factory.mktemp("many") / "r", asked=asked)


def written(run: RunData, name: str, form: str) -> str:
    render([run], languages=["en"], out=run.path, formats=[form])
    return (run.path / name).read_text(encoding="utf-8")


def unfolded(text: str) -> list[str]:
    """The lines that a reader sees before opening anything."""
    return re.sub("<details>.*?</details>\n", "", text, flags=re.DOTALL).splitlines()


def test_the_report_reads_in_a_few_screens(run: RunData) -> None:
    text = written(run, "report.en.md", "md")
    assert len(unfolded(text)) < 160
    assert len(text.splitlines()) < 1000


def test_speed_and_quality_stand_in_one_row_for_each_variant(run: RunData) -> None:
    lines = unfolded(written(run, "report.en.md", "md"))
    for heading in (
        "| Variant | File size",
        "| Variant | Clips | Audio | RTF",
        "| Quant. | Clips | Utterances",
    ):
        at = next(number for number, line in enumerate(lines) if line.startswith(heading))
        assert [line.split(" | ")[0] for line in lines[at + 2 : at + 5]] == [
            "| F16",
            "| **Q8_0**",
            "| **Q4_0**",
        ]


def test_the_clips_share_tables_with_a_column_of_their_own(run: RunData) -> None:
    text = written(run, "report.en.md", "md")
    assert text.count("| Quant. | Clip | Cold Start") == 1
    assert text.count("| **Q8_0** | River, part 17 |") >= 4


def test_a_command_repeats_a_variant_on_all_clips(run: RunData) -> None:
    text = written(run, "report.en.md", "md")
    assert "--only 'whisper-base.f16.*' --only 'whisper-base.q4_0.*'" in text
    assert text.count("asr-quant-bench run") == 3


def test_the_comment_fits_and_has_verdict_quality_and_advice(run: RunData) -> None:
    text = written(run, "report.short.en.md", "short")
    assert len(text) <= LONGEST_COMMENT
    assert text.startswith("<!-- asr-quant-bench demo en -->\n")
    seen = "\n".join(unfolded(text))
    assert "> - How sure:" in seen
    assert "| Variant | File size" in seen
    assert "| Quant. | Clips | Utterances" in seen
    assert "| Scenario | Recommendation |" in seen
    assert not re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]", text)


def test_a_comment_that_would_be_too_long_gives_up_what_is_folded_first(
    run: RunData, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written(run, "report.short.en.md", "short")
    monkeypatch.setattr("bench.report.writing.reporters.LONGEST_COMMENT", len(whole) - 1)
    shorter = written(run, "report.short.en.md", "short")
    assert "Clip by clip" in whole
    assert "Clip by clip" not in shorter
    assert "Key findings" in shorter
    monkeypatch.setattr("bench.report.writing.reporters.LONGEST_COMMENT", len(shorter) - 1)
    shortest = written(run, "report.short.en.md", "short")
    assert "Key findings" not in shortest
    assert "> - How sure:" in shortest


def test_a_clips_title_is_in_the_readers_language(tmp_path: Path) -> None:
    titled = tuple(
        dataclasses.replace(
            clip(name=name), titles={"en": f"{name}, read aloud", "ru": f"{name}, чтение вслух"}
        )
        for name in ("river", "lake")
    )
    run = measured_run(tmp_path / "r", asked=suite(clips=titled, blocks=3))
    paths = render([run], languages=["ru", "en"], out=tmp_path, formats=["md"])
    russian, english = (path.read_text(encoding="utf-8") for path in paths)
    assert "чтение вслух" in russian
    assert "read aloud" not in russian.split("<details>")[0]
    assert "lake, read aloud" in english

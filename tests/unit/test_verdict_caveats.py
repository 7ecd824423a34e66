"""What verdict and advice say of little speech, of few runs on a disturbed machine, and of many files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from trials import Trials, run_of, sentences, spoil, spoken

from bench.journal import read_run
from bench.report import render
from bench.report.writing.terminal import plain_verdict


@pytest.mark.parametrize(
    ("code", "open_"), [("en", "loss not settled: WER"), ("ru", "потери не выяснены: WER")]
)
def test_of_very_little_speech_what_is_smallest_and_quickest_is_named_with_what_is_open(
    code: str, open_: str, tmp_path: Path
) -> None:
    text = " ".join(sentences(2))
    cases = [
        Trials(variant="f16", heard=text, figures={"rtf": 0.2}, weights=148_000_000),
        Trials(
            variant="q4_0",
            heard=f"{text} ещё",
            figures={"rtf": 0.1},
            weights=46_500_000,
        ),
    ]
    run = run_of(cases, clips=[spoken(texts=[text])])
    [path] = render([run], languages=[code], out=tmp_path, formats=["md"])
    told = path.read_text(encoding="utf-8")
    rows = [line for line in told.splitlines() if line.startswith("| ") and open_ in line]
    assert len(rows) == 2  # smallest on disk, highest throughput
    assert any("46.5\u202f" in row or "46.5\u00a0" in row for row in rows)
    assert all("Q4_0" in row for row in rows)
    assert re.search(r"\+8\.3\s.*\b1\s(utterance|фразе)", rows[0])
    box = [line for line in told.splitlines() if line.startswith("> - **Q4_0**")]
    assert len(box) == 1
    assert ("not settled" if code == "en" else "не выяснены") in box[0]


@pytest.mark.parametrize("disturbed", [False, True])
def test_a_few_runs_on_a_disturbed_machine_make_no_speed_that_is_shipped_on(disturbed: bool) -> None:
    [text] = sentences(1)
    cases = [
        Trials(variant="f16", heard=text, figures={"rtf": 0.2}, weights=148_000_000, disturbed=disturbed),
        Trials(variant="q4_0", heard=text, figures={"rtf": 0.1}, weights=46_500_000, disturbed=disturbed),
    ]
    found = plain_verdict([run_of(cases, clips=[spoken(texts=[text])], blocks=2)], "en")
    [line] = [line for line in found.lines if line.startswith("Q4_0 for")]
    assert ("as fast" in line) is not disturbed


def test_of_many_files_the_range_is_said_and_of_open_losses_which_is_settled_first(tmp_path: Path) -> None:
    said = sentences(60)
    whole = " ".join(said)
    cases = [Trials(variant="f16", heard=whole, weights=148_000_000)]
    cases += [
        Trials(variant=name, heard=spoil(whole, share), weights=size * 10**6)
        for name, share, size in (
            ("q8_0", 0.02, 82),
            ("q6_k", 0.04, 65),
            ("q5_0", 0.06, 55),
            ("q4_0", 0.08, 46),
        )
    ]
    run = run_of(cases, clips=[spoken(texts=said, seconds=600.0)])
    [path] = render([run], languages=["en"], out=tmp_path, formats=["md"])
    told = re.sub("[\u00a0\u202f]", " ", path.read_text(encoding="utf-8"))
    assert "on disk instead of 148 MB: from **Q4_0** 46.0 MB (–69%) to **Q8_0** 82.0 MB (–45%)" in told
    [row] = [line for line in told.splitlines() if line.startswith("| Minimal quality loss")]
    assert re.search(r"the loss of \*\*Q\d_\w\*\* would be settled first, by (about|more than) \d", row), row


def test_a_baseline_that_is_doubted_is_doubted_in_the_verdict() -> None:
    folder = Path(__file__).parents[2] / "reports" / "published" / "rustasr-2026-02"
    [unknown] = [
        line for line in plain_verdict([read_run(folder)], "en").lines if line.startswith("Not known")
    ]
    assert "whether Q8_0 and safetensors of Qwen3-ASR 0.6B were two files" in unknown

"""RustASR's published figures: transcribed whole, and read for what they show and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.domain import Status
from bench.errors import SuiteError
from bench.importing import import_printed
from bench.journal import read_run
from bench.language import english, language
from bench.printed import read_printed
from bench.report.findings import Constraints, Decision, Finding, Strength, advice, findings, recommend
from bench.report.writing.writers import MarkdownWriter
from bench.results import CaseResult, Results, results_of

FOLDER = Path(__file__).parents[2] / "reports" / "published" / "rustasr-2026-02"
Q06, Q17, WHISPER = "qwen3-asr-0.6b", "qwen3-asr-1.7b", "whisper-large-v3-turbo"


@pytest.fixture(scope="module")
def found() -> Results:
    return results_of([read_run(FOLDER)])


@pytest.fixture(scope="module")
def said(found: Results) -> tuple[Finding, ...]:
    return findings(found)


def case(found: Results, model: str, variant: str) -> CaseResult:
    return next(each for each in found.cases if (each.case.model, each.case.variant.name) == (model, variant))


def names(finding: Finding) -> tuple[str, ...]:
    """Model and variants that a finding speaks of: ("qwen3-asr-0.6b", "q8_0", ...)."""
    models = dict.fromkeys(key.model for key in finding.subjects)
    return (*models, *(key.variant for key in finding.subjects))


def test_the_committed_files_are_what_the_import_of_the_printed_figures_writes(tmp_path: Path) -> None:
    import_printed(FOLDER / "printed.yaml", tmp_path)
    for name in ("records.jsonl", "suite.yaml", "host.json", "published.yaml"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_every_cell_is_one_run(found: Results) -> None:
    ran = [each for each in found.cases if each.status is Status.OK]
    assert len(ran) == 9
    assert {summary.n for each in ran for summary in each.summaries.values()} == {1}
    assert all(summary.low is None for each in ran for summary in each.summaries.values())


def test_figures_are_the_printed_ones_in_base_units(found: Results) -> None:
    """Spot checks of every table; the transcription itself was read twice against the source."""
    assert case(found, Q06, "safetensors").median("wall_seconds") == 12.84
    assert case(found, Q06, "q4_0").median("peak_rss_bytes") == 2716e6
    assert case(found, Q17, "q6k").median("rtf") == 0.221
    assert case(found, Q17, "q4_0").median("peak_footprint_bytes") == 10_014e6
    assert case(found, WHISPER, "safetensors").median("major_faults") == 98_552
    assert case(found, WHISPER, "q8_0").median("instructions") == 33.0e9
    assert case(found, WHISPER, "q4_0").median("load_seconds") == 0.23


def test_the_printed_savings_come_out(found: Results) -> None:
    savings = [case(found, WHISPER, name).saving for name in ("q8_0", "q4_0")]
    assert [round(100 * saving) for saving in savings if saving is not None] == [46, 71]


def test_refusals_are_in_the_programs_own_words(found: Results) -> None:
    refused = {
        each.case.model: english(each.reason) for each in found.cases if each.status is Status.UNSUPPORTED
    }
    assert refused == {
        "gigaam-v3-ctc": "“GigaAM: квантизированные модели пока не поддерживаются”",
        "parakeet-tdt-v3": "“Parakeet: квантизированные модели пока не поддерживаются”",
    }


def test_the_rules_find_what_the_figures_support_and_nothing_else(said: tuple[Finding, ...]) -> None:
    assert [(finding.phrase.message, names(finding)) for finding in said] == [
        # Q8_0 does not slow down; 1.7B Q4_0 is the fastest of its model, Q6K slower than a larger file.
        ("finding.ratio.unseen", (Q06, "q8_0", "q4_0")),
        ("finding.transcribe.less", (Q17, "q4_0")),
        ("finding.transcribe.paradox", (Q17, "q6k")),
        ("finding.transcribe.paradox", (WHISPER, "q4_0", "q8_0")),
        # Smaller files load faster, Whisper's 3 to 17 times.
        ("finding.load.less", (Q06, "q4_0", "q8_0")),
        ("finding.load.less", (Q17, "q4_0")),
        ("finding.ratio.unseen", (Q17, "q6k")),
        ("finding.load.less", (WHISPER, "q4_0", "q8_0")),
        # Quick start against throughput: the source recommends by it, the figures tell from where on.
        ("finding.trade.quick_start", (WHISPER, "q8_0")),
        ("finding.trade.quick_start", (WHISPER, "q4_0")),
        # 0.6B: hardly any change; 1.7B Q4_0 saves 700 MB; Whisper's rises though the file shrinks.
        ("finding.ratio.unseen", (Q06, "q4_0", "q8_0")),
        ("finding.footprint.less", (Q17, "q4_0")),
        ("finding.ratio.unseen", (Q17, "q6k")),
        ("finding.footprint.paradox", (WHISPER, "q4_0", "q8_0")),
        # RSS rises though the file shrinks; the source names 1.7B, its figures show 0.6B Q4_0 as well.
        ("finding.rss.paradox", (Q06, "q4_0")),
        ("finding.ratio.unseen", (Q06, "q8_0")),
        ("finding.rss.paradox", (Q17, "q4_0", "q6k")),
        ("finding.rss.less", (WHISPER, "q8_0", "q4_0")),
        # What dominates memory is not the weights.
        ("finding.dominated", (Q06, "safetensors", "q8_0", "q4_0")),
        ("finding.dominated", (Q17, "q8_0", "q6k", "q4_0")),
        ("finding.dominated", (WHISPER, "safetensors", "q8_0", "q4_0")),
        ("finding.saving.part", (Q06, "q8_0", "q4_0")),
        ("finding.saving.part", (Q17, "q8_0", "q6k", "q4_0")),
        ("finding.saving", (WHISPER, "q8_0", "q4_0")),
        # Q8_0 is identical, Q4_0 is degraded, 1.7B is better than 0.6B: all by eye.
        ("finding.identical", (Q06, "q8_0")),
        ("finding.identical", (WHISPER, "q8_0")),
        ("finding.judged.lower.words", (Q06, "q4_0")),
        ("finding.judged.lower.words", (Q17, "q4_0")),
        ("finding.judged.lower.words", (WHISPER, "q4_0")),
        ("finding.models", (Q17, "q8_0", "q4_0")),
        # What to know before believing it.
        ("finding.few_runs.all", names(said[-3])),
        ("finding.wall", (Q06, "safetensors")),
        ("finding.same_weights", (Q06, "q8_0", "safetensors")),
    ]


def test_nothing_is_claimed_as_shown(said: tuple[Finding, ...]) -> None:
    assert Strength.SHOWN not in {finding.strength for finding in said}
    for finding in said:
        if finding.strength is Strength.OBSERVED:
            assert finding.runs == 1


def test_nothing_is_said_of_what_was_not_run(said: tuple[Finding, ...]) -> None:
    """No 1.7B baseline and no long recording: no loss of 1.7B against safetensors, no loops."""
    assert not [finding for finding in said if finding.rule.startswith("long.")]
    same = [finding for finding in said if finding.rule == "quality.identical"]
    assert not [finding for finding in same if Q17 in names(finding)]


def test_the_break_even_of_load_and_throughput_is_in_seconds_of_audio(said: tuple[Finding, ...]) -> None:
    """Q8_0: (4.03 - 1.38) / (0.269 - 0.110) = 16.7; Q4_0: (4.03 - 0.23) / (0.233 - 0.110) = 30.9."""
    trades = [finding for finding in said if finding.rule == "speed.trade"]
    assert [finding.phrase.params["seconds"].value for finding in trades] == [17, 31]


@pytest.mark.parametrize("code", ["ru", "en"])
def test_advice_follows_the_figures_and_says_where_it_cannot(found: Results, code: str) -> None:
    write = MarkdownWriter(language(code))
    rows = [
        (row.scenario.message, " ".join(str(write.cell(part)) for part in row.parts)) for row in advice(found)
    ]
    by_scenario: dict[str, list[str]] = {}
    for scenario, text in rows:
        by_scenario.setdefault(scenario.removeprefix("scenario."), []).append(text)
    qwen, larger, whisper = by_scenario["least_loss"]
    assert "Q8_0" in qwen
    assert "Q8_0" in whisper
    assert ("INCONCLUSIVE" if code == "en" else "недостаточно данных") in larger
    assert "Q6K" in by_scenario["balance"][1]
    assert "Whisper Large v3 Turbo Q4_0" in by_scenario["smallest"][0]
    assert "0.23" in by_scenario["start"][0]
    assert "safetensors" in by_scenario["throughput"][0]
    assert ("INCONCLUSIVE" if code == "en" else "Недостаточно данных") in by_scenario["long"][0]


def test_a_question_to_single_runs_is_inconclusive_and_says_what_is_missing(found: Results) -> None:
    answer = recommend(found, Constraints(max_rtf=0.3, max_footprint_bytes=8e9))
    assert answer.decision is Decision.INCONCLUSIVE
    assert [phrase.count for phrase in answer.missing if hasattr(phrase, "count")] == [10]


def test_a_file_that_is_no_printed_report_is_an_error_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "printed.yaml"
    file.write_text("name: x\nrows: []\n", encoding="utf-8")
    with pytest.raises(SuiteError, match=r"printed\.yaml"):
        read_printed(file)

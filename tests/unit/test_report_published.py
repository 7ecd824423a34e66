"""The published report comes back cell by cell: its tables as printed, in its units and its number format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from report_texts import plain_text, tables

from bench.journal import read_run
from bench.report import render

FOLDER = Path(__file__).parents[2] / "reports" / "published" / "rustasr-2026-02"
Q06, Q17, WHISPER = "Qwen3-ASR 0.6B", "Qwen3-ASR 1.7B", "Whisper Large v3 Turbo"

# As printed in the source, row by row.
PARAMETERS = {
    "Аудио": "`tmp/hf_compare_31118765/full_16k_mono_60s.wav`",
    "Длительность аудио": "60.00 с",
    "Формат аудио": "WAV, 16 kHz, mono, 16-bit PCM",
    "Устройство": "Metal (GPU)",
    "Язык": "Russian (форсированный)",
    "Энкодер": "AuT (safetensors, BF16) — одинаковый для всех",
}
SIZES = [
    (Q06, "Q8_0", "743 МБ", "1.2 ГБ"),
    (Q06, "Q4_0", "533 МБ", "1.2 ГБ"),
    (Q17, "Q8_0", "2.0 ГБ", "3.5 ГБ"),
    (Q17, "Q6K", "1.7 ГБ", "3.5 ГБ"),
    (Q17, "Q4_0", "1.3 ГБ", "3.5 ГБ"),
    (WHISPER, "Q8_0", "825 МБ", "1.5 ГБ", "–46%"),
    (WHISPER, "Q4_0", "442 МБ", "1.5 ГБ", "–71%"),
]
PERFORMANCE = [
    (Q06, "safetensors", "2.60 с", "6.84 с", "12.84 с", "0.114"),
    (Q06, "**Q8_0**", "2.33 с", "6.83 с", "9.35 с", "0.114"),
    (Q06, "**Q4_0**", "1.26 с", "7.21 с", "8.58 с", "0.120"),
    (Q17, "**Q8_0**", "5.66 с", "11.19 с", "16.98 с", "0.187"),
    (Q17, "**Q6K**", "5.26 с", "13.28 с", "18.74 с", "0.221"),
    (Q17, "**Q4_0**", "4.72 с", "9.36 с", "14.23 с", "0.156"),
    (WHISPER, "safetensors", "4.03 с", "6.60 с", "10.67 с", "0.110"),
    (WHISPER, "**Q8_0**", "1.38 с", "16.12 с", "17.51 с", "0.269"),
    (WHISPER, "**Q4_0**", "0.23 с", "13.99 с", "14.22 с", "0.233"),
]
MEMORY = [
    (Q06, "safetensors", "1 932 МБ", "7 694 МБ", "23 198"),
    (Q06, "**Q8_0**", "1 929 МБ", "7 694 МБ", "23 388"),
    (Q06, "**Q4_0**", "2 716 МБ", "7 503 МБ", "22 757"),
    (Q17, "**Q8_0**", "4 178 МБ", "10 720 МБ", "38 771"),
    (Q17, "**Q6K**", "5 834 МБ", "10 302 МБ", "38 775"),
    (Q17, "**Q4_0**", "5 264 МБ", "10 014 МБ", "39 218"),
    (WHISPER, "safetensors", "1 711 МБ", "6 984 МБ", "98 552"),
    (WHISPER, "**Q8_0**", "1 437 МБ", "9 284 МБ", "1 441"),
    (WHISPER, "**Q4_0**", "1 459 МБ", "8 900 МБ", "994"),
]
CPU = [
    (Q06, "safetensors", "1.57 с", "4.07 с", "51.5B", "21.3B"),
    (Q06, "**Q8_0**", "1.50 с", "3.80 с", "51.6B", "19.9B"),
    (Q06, "**Q4_0**", "1.69 с", "4.21 с", "60.5B", "22.3B"),
    (Q17, "**Q8_0**", "1.78 с", "5.05 с", "63.0B", "26.0B"),
    (Q17, "**Q6K**", "1.92 с", "5.41 с", "63.3B", "27.7B"),
    (Q17, "**Q4_0**", "1.80 с", "4.78 с", "60.4B", "25.0B"),
    (WHISPER, "safetensors", "0.33 с", "2.52 с", "23.3B", "10.9B"),
    (WHISPER, "**Q8_0**", "0.86 с", "2.12 с", "33.0B", "11.5B"),
    (WHISPER, "**Q4_0**", "0.84 с", "1.64 с", "32.0B", "9.6B"),
]
QUALITY = {
    Q06: [
        ("safetensors", "«Олиной», «видеото», «спортсменов»", "★★★☆☆"),
        ("**Q8_0**", "Идентично safetensors", "★★★☆☆"),
        ("**Q4_0**", "Больше искажений: «вижу, то», «сценария», «свойничудальный»", "★★☆☆☆"),
    ],
    Q17: [
        ("**Q8_0**", "«пять несчастных случаев» (вместо «пятничной»), «визита», «мтс партнера» ✅", "★★★★☆"),
        ("**Q6K**", "«пятьничных встреч», «визита», «МТС партнер» ✅", "★★★★☆"),
        ("**Q4_0**", "«пятьничных встреч», «визитов», «MTS партнеров», «инсультальный»", "★★★☆☆"),
    ],
    WHISPER: [
        ("safetensors", "Эталон: «блокирующих», «на вашей стороне», «детальный»", "★★★★★"),
        ("**Q8_0**", "Идентично safetensors! Тот же текст, confidence 95%/93%", "★★★★★"),
        ("**Q4_0**", "«облокирующих», «на вашей сцене», «институтальный»; confidence 92%/91%", "★★★★☆"),
    ],
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    [path] = render([read_run(FOLDER)], languages=["ru"], out=tmp_path_factory.mktemp("out"), formats=["md"])
    return plain_text(path.read_text(encoding="utf-8"))


def _with(text: str, *headings: str) -> list[list[str]]:
    """The rows of the table that begins with these headings, without their footnotes."""
    for rows in tables(text):
        head = [re.sub(" ?[⁰¹²³⁴⁵⁶⁷⁸⁹]+$", "", cell) for cell in rows[0]]
        if tuple(head[: len(headings)]) == headings:
            return rows[1:]
    raise AssertionError(f"no table begins with {headings}")


def test_the_test_parameters_are_the_printed_ones(report: str) -> None:
    rows = dict(row for row in _with(report, "Параметр", "Значение"))
    assert {name: rows[name] for name in PARAMETERS} == PARAMETERS
    assert rows["Квантизация"].startswith("Только декодер Qwen3 (GGUF)")


def test_the_available_quantizations_are_the_printed_ones(report: str) -> None:
    headings = ("Модель", "Квантизация", "Размер GGUF", "Размер safetensors (baseline)", "Экономия")
    rows = _with(report, *headings)
    assert [tuple(row[: len(wanted)]) for row, wanted in zip(rows, SIZES, strict=True)] == SIZES


@pytest.mark.parametrize(
    ("headings", "printed"),
    [
        (("Модель", "Квантиз.", "Cold Start", "Transcribe", "Total (wall)", "RTF"), PERFORMANCE),
        (("Модель", "Квантиз.", "Peak RSS", "Peak Footprint", "Page Faults"), MEMORY),
        (("Модель", "Квантиз.", "User time", "Sys time", "Instructions", "Cycles"), CPU),
    ],
    ids=["performance", "memory", "cpu"],
)
def test_the_metrics_are_the_printed_ones(
    report: str, headings: tuple[str, ...], printed: list[tuple[str, ...]]
) -> None:
    assert [tuple(row[: len(headings)]) for row in _with(report, *headings)] == printed


@pytest.mark.parametrize("model", QUALITY)
def test_the_quality_is_the_printed_one(report: str, model: str) -> None:
    section = report.split(f"\n### {model}\n")[1].split("\n### ", maxsplit=1)[0]
    assert [tuple(row) for row in _with(section, "Квантиз.", "Ключевые ошибки", "Качество")] == QUALITY[model]


def test_what_is_not_supported_is_said_in_the_programs_words(report: str) -> None:
    section = report.split("## Квантизация не поддерживается")[1].split("<details>", maxsplit=1)[0]
    assert "GigaAM v3 CTC" in section
    assert "«GigaAM: квантизированные модели пока не поддерживаются»" in section
    assert "Parakeet TDT v3" in section
    assert "«Parakeet: квантизированные модели пока не поддерживаются»" in section


def test_the_commands_are_there(report: str) -> None:
    assert report.count("target/release/rustasr transcribe") == 7


def test_the_contradiction_of_the_source_is_said(report: str) -> None:
    assert "9.44 с из 12.84 с" in report

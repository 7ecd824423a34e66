"""A report in Markdown says what the records say: cell by cell, with reasons, in both languages."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from report_runs import HEARD, LINUX, MAC, clip, measured_run, model, suite
from report_texts import plain_text, tables

from bench.domain import Record, Status, Transcript, absent, measured
from bench.errors import ReportError
from bench.journal import RunData
from bench.language import language
from bench.reasons import told
from bench.report import render
from bench.report.cells import WordErrors
from bench.report.names import Names
from bench.report.writing.writers import MarkdownWriter
from bench.resolution import Audit, Resolution
from bench.results import results_of

GOLDEN = Path(__file__).parent / "golden"


def written(run: RunData | list[RunData], out: Path, language: str = "ru") -> str:
    """The report as text: narrow and no-break spaces made plain, footnotes not linked, nothing folded."""
    runs = run if isinstance(run, list) else [run]
    [path] = render(runs, languages=[language], out=out, formats=["md"])
    assert path == out / f"report.{language}.md"
    return plain_text(path.read_text(encoding="utf-8"))


def table(text: str, heading: str) -> list[list[str]]:
    """The table that has a column of that heading."""
    return next(rows for rows in tables(text) if any(cell.startswith(heading) for cell in rows[0]))


def changed(run: RunData, **fields: Any) -> RunData:
    return dataclasses.replace(run, **fields)


def spoiled(run: RunData, kind: str, status: Status, reason: str) -> RunData:
    """The run with every trial of a quantization gone wrong."""

    def spoil(record: Record) -> Record:
        return dataclasses.replace(
            record,
            status=status,
            reason=told(reason),
            measurements={},
            transcript=None,
            backend=None,
            weights=(),
        )

    records = tuple(spoil(each) if each.quantization == kind else each for each in run.records)
    return changed(run, records=records)


@pytest.fixture
def run(tmp_path: Path) -> RunData:
    return measured_run(tmp_path / "demo" / "20260211T090000Z")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_report_is_the_golden_one(run: RunData, language: str) -> None:
    [path] = render([run], languages=[language], out=run.path, formats=["md"])
    golden = GOLDEN / path.name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == golden.read_text(encoding="utf-8")


def test_the_classic_columns_are_there_in_their_order(run: RunData) -> None:
    text = written(run, run.path)
    heads = [[re.sub(r"[ ⁰¹²³⁴⁵⁶⁷⁸⁹]+$", "", cell) for cell in rows[0]] for rows in tables(text)]
    assert ["Квантиз.", "Cold Start (файлы в кэше)", "Transcribe", "Total (wall)", "RTF", "RTFx"] in [
        each[:6] for each in heads
    ]
    assert ["Квантиз.", "Peak RSS", "Page Faults"] in [each[:3] for each in heads]
    assert ["Квантиз.", "User time", "Sys time"] in heads
    assert ["Квантиз.", "Ключевые ошибки", "Качество"] in heads


def test_a_single_trial_has_no_interval(run: RunData) -> None:
    run = changed(run, records=tuple(record for record in run.records if record.block == 1))
    text = written(run, run.path)
    rows = table(text, "Transcribe")
    assert all("(" not in cell for row in rows[1:] for cell in row[:6])
    assert "один запуск на ячейку: разброс неизвестен" in text


def test_the_same_reason_is_the_same_footnote(run: RunData) -> None:
    text = written(run, run.path)
    line = next(line for line in text.splitlines() if "Instructions" in line)
    marks = set(re.findall("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", line))
    assert line.startswith("Не измерено: Instructions")
    assert len(marks) == 1
    number = marks.pop().translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
    assert (
        f"\n{number}. Счётчики процессора здесь недоступны (чаще всего так в виртуальной машине).\n" in text
    )
    assert text.count("Счётчики процессора") == 1


def test_footnotes_are_numbered_as_a_reader_meets_them(run: RunData) -> None:
    marks = re.findall("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", written(run, run.path).replace("10⁶", "").replace("10⁹", ""))
    order = list(
        dict.fromkeys(int(mark.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))) for mark in marks)
    )
    assert order == list(range(1, len(order) + 1))


def test_no_cell_is_empty(run: RunData) -> None:
    run = spoiled(run, "q4_0", Status.CRASHED, "killed by SIGSEGV")
    for rows in tables(written(run, run.path)):
        for row in rows:
            assert all(row), row


def test_a_case_that_failed_in_its_exit_keeps_its_figures_and_is_listed(run: RunData) -> None:
    records = tuple(
        dataclasses.replace(each, status=Status.EXIT_FAILED, reason=told("ended by signal 6 (SIGABRT)"))
        if each.quantization == "q4_0"
        else each
        for each in run.records
    )
    text = written(changed(run, records=records), run.path)
    [row] = table(text, "Случай")[1:]
    assert row[:2] == ["**Whisper Base · Q4_0**", "сбой на выходе"]
    performance = {row[0]: row for row in table(text, "Transcribe")[1:]}
    assert "н/д" not in performance["**Q4_0**"][1]
    assert "уже выдав все результаты" in text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.FAILED, "ошибка"),
        (Status.CRASHED, "аварийное завершение"),
        (Status.TIMEOUT, "превышено время"),
        (Status.MEMORY, "не хватило памяти"),
        (Status.MISSING, "нет входных данных"),
        (Status.UNUSABLE, "непригодные веса"),
        (Status.WRONG_BACKEND, "не то устройство"),
        (Status.WRONG_WEIGHTS, "не те веса"),
    ],
)
def test_a_failed_case_is_named_with_its_reason_and_the_others_are_there(
    run: RunData, status: Status, words: str
) -> None:
    text = written(spoiled(run, "q4_0", status, "because | of `this`"), run.path)
    [row] = table(text, "Случай")[1:]
    assert row[:2] == ["**Whisper Base · Q4_0**", words]
    assert row[3] == "10"
    assert "because" in row[2]
    performance = {row[0]: row for row in table(text, "Transcribe")[1:]}
    assert performance["**Q4_0**"][1].startswith("н/д")
    assert performance["**Q8_0**"][2].endswith(")")


def test_a_failed_baseline_leaves_the_others_without_ratios_and_says_why(run: RunData) -> None:
    text = written(spoiled(run, "f16", Status.TIMEOUT, "ended after 600 s"), run.path)
    assert "×" not in "".join(table(text, "Transcribe")[2])
    assert "4.29 с" in "".join(table(text, "Transcribe")[2])


def test_an_engine_that_refuses_is_quoted(run: RunData) -> None:
    text = written(
        spoiled(run, "q8_0", Status.UNSUPPORTED, "GigaAM: quantized models are not supported"), run.path
    )
    section = text.split("## Квантизация не поддерживается")[1].split("\n\n")[1]
    assert section.strip() == (
        "- **Whisper Base (Q8_0)**: pywhispercpp: «GigaAM: quantized models are not supported»"
    )
    assert "Q8_0" not in "".join(cell for rows in tables(text) for row in rows for cell in row)


def test_synthetic_weights_are_labelled_and_their_quality_is_withheld(tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r", asked=suite(models=(model(synthetic=True),)))
    text = written(run, tmp_path, "en")
    assert "> **SYNTHETIC weights.**" in text
    assert not any("Key errors" in cell for rows in tables(text) for cell in rows[0])
    assert re.search("Not measured here: Key errors.?[⁰¹²³⁴⁵⁶⁷⁸⁹]+; Quality.?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", text)
    assert "Synthetic weights: what they write means nothing" in text
    assert "★" not in text.split("## Notes")[0]
    assert not any("Confidence" in cell for rows in tables(text) for cell in rows[0])


def test_without_a_reference_words_are_compared_with_the_baselines(tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r", asked=suite(clips=(clip(reference=None),)))
    rows = {row[0]: row for row in table(written(run, tmp_path), "Ключевые ошибки")[1:]}
    assert rows["F16"][1].startswith("н/д")
    assert rows["**Q8_0**"][1] == "Идентично F16"
    assert "эталона нет; отличия от F16" in rows["**Q4_0**"][1]
    assert len(rows["**Q4_0**"]) == 2  # no stars without a reference


def test_loops_are_told(run: RunData) -> None:
    text = written(run, run.path)
    assert "- **Whisper Base · Q2_K**: «над рекой» повторено 10 раз подряд с 0:05" in text


def test_a_runaway_word_does_not_flood_its_line() -> None:
    write = MarkdownWriter(language("en"))
    said = write.cell(WordErrors(errors=(("глядел", "н" * 500, 1),)))
    assert said == f"“глядел” → “{'н' * 59}…”"


def test_hostile_transcripts_and_names_break_no_table(run: RunData) -> None:
    bad = "мост | ик `x` <script>alert(1)</script> **b** [l](javascript:x)\n\n# h \u202eabc\u202c \x1b[31mred\x1b[0m"

    def poison(record: Record) -> Record:
        heard = Transcript(text=f"{HEARD['f16']} {bad}")
        return dataclasses.replace(record, transcript=heard, engine_version=bad)

    hostile = changed(
        run,
        records=tuple(poison(record) for record in run.records),
        host=dataclasses.replace(LINUX, cpu=bad, warnings=(told(bad),)),
        suite=dataclasses.replace(run.suite, title={"ru": bad, "en": bad}),
        warnings=(bad,),
    )
    plain, spoilt = written(run, run.path), written(hostile, run.path)
    assert [len(rows[0]) for rows in tables(plain)][:6] == [len(rows[0]) for rows in tables(spoilt)][:6]
    for rows in tables(spoilt):
        assert len({len(row) for row in rows}) == 1
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(spoilt)
    inner = [child for token in tokens for child in token.children or ()]
    assert not [token for token in (*tokens, *inner) if token.type in {"html_block", "html_inline"}]
    assert all(not token.attrGet("href") for token in inner if token.type == "link_open")
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert "h" not in headings
    assert "\x1b" not in spoilt
    assert "\u202e" not in spoilt


def test_logs_are_linked_where_they_are(run: RunData, tmp_path: Path) -> None:
    log = run.path / "logs" / "whisper-base.f16.river-60.b1.log"
    log.parent.mkdir()
    log.write_text("")
    text = written(run, tmp_path / "elsewhere")
    target = "../demo/20260211T090000Z/logs/whisper-base.f16.river-60.b1.log"
    assert f"- Whisper Base · F16: [b1]({target}) · `b2`" in text


def test_logs_stand_in_the_order_of_the_tables_whichever_trial_ran_first(run: RunData) -> None:
    mixed = changed(run, records=tuple(reversed(run.records)))
    article, page = render([mixed], languages=["en"], out=run.path, formats=["md", "html"])
    blocks = [f"b{block}" for block in range(1, 11)]
    expected = [(kind.upper(), blocks) for kind in HEARD]
    in_markdown = article.read_text(encoding="utf-8").partition("<summary>Logs")[2]
    in_html = page.read_text(encoding="utf-8").partition('<ul class="logs">')[2]
    for text in (in_markdown, in_html):
        lines = [line for line in text.splitlines() if "Whisper Base · " in line][: len(HEARD)]
        labels = [re.search(r"Whisper Base · (\w+)", line) for line in lines]
        assert [
            (label and label[1], re.findall(r"\bb\d+\b", line))
            for label, line in zip(labels, lines, strict=True)
        ] == expected


def test_commands_can_be_typed_again(run: RunData) -> None:
    hostile = tuple(
        dataclasses.replace(record, command=("tool", "--prompt", "it's `here`\n```\n$HOME"))
        for record in run.records
    )
    text = written(changed(run, records=hostile), run.path)
    fences = [token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"]
    assert len(fences) == len(HEARD)
    assert fences[1].content == (
        "asr-quant-bench run configs/demo.yaml "
        "--only whisper-base.f16.river-60 --only whisper-base.q8_0.river-60\n"
        "tool --prompt 'it'\"'\"'s `here`\n```\n$HOME'\n"
    )


def test_two_machines_stand_side_by_side(tmp_path: Path) -> None:
    runs = [measured_run(tmp_path / "a"), measured_run(tmp_path / "b", host=MAC)]
    text = written(runs, tmp_path)
    rows = next(rows for rows in tables(text) if "Apple M2" in rows[0])
    assert rows[0] == ["Квантиз.", "Example CPU 3000", "Apple M2"]
    assert [row[0] for row in rows[1:]] == ["F16", "**Q8_0**", "**Q6_K**", "**Q4_0**", "**Q2_K**"]
    assert "#### Apple M2" in text
    assert re.search(r"5[12]\.\dB", text)


def test_a_quantization_is_listed_once_though_one_machine_lacked_its_file(tmp_path: Path) -> None:
    one, other = measured_run(tmp_path / "a"), measured_run(tmp_path / "b", host=MAC)
    runs = [one, spoiled(other, "q6_k", Status.MISSING, "no such file")]
    rows = table(written(runs, tmp_path), "Экономия")[1:]
    assert [row[0] for row in rows] == ["Q8_0", "Q6_K", "Q4_0", "Q2_K"]


def test_two_runs_of_a_suite_on_a_machine_are_told_apart(tmp_path: Path) -> None:
    runs = [measured_run(tmp_path / "first"), measured_run(tmp_path / "second")]
    text = written(runs, tmp_path)
    assert [row[0] for row in table(text, "Transcribe")[1:]][:2] == ["F16 · first", "**Q8_0 · first**"]
    assert "**Q8_0 · second**" in [row[0] for row in table(text, "Transcribe")[1:]]
    assert [row[0] for row in table(text, "Экономия")[1:]] == ["Q8_0", "Q6_K", "Q4_0", "Q2_K"], (
        "the same files"
    )


def test_a_clip_gets_tables_of_its_own(tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r", asked=suite(clips=(clip("one"), clip("two"))))
    assert len([rows for rows in tables(written(run, tmp_path)) if rows[0][-1].startswith("RTF")]) == 2


def test_quality_over_all_clips_is_from_summed_counts(tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r", asked=suite(clips=(clip("one"), clip("two"))))
    rows = {row[0]: row for row in table(written(run, tmp_path), "Не хуже baseline")[1:]}
    assert rows["F16"][1:3] == ["2", "10"]
    assert rows["**Q4_0**"][5] == "4/0/2", "twice the 2/0/1 of one clip"
    assert rows["**Q8_0**"][6:] == ["0.0 п. п. (–4.1 … +4.1)", "100.0%"]
    assert rows["**Q2_K**"][6].startswith("**+83.8 п. п.**"), "ten utterances are enough to show it"


def test_too_many_charts_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    asked = suite(
        clips=tuple(clip(f"c{number}") for number in range(7)), quantizations=("f16", "q8_0"), blocks=1
    )
    files = render(
        [measured_run(tmp_path / "r", asked=asked)], languages=["ru"], out=tmp_path, formats=["md", "charts"]
    )
    assert len([path for path in files if path.name.startswith("rtf")]) == 6
    assert "Графики не построены для 1 таблицы" in files[0].read_text(encoding="utf-8").replace("\u202f", " ")


def test_cold_start_says_where_the_weights_were(run: RunData) -> None:
    cold = dataclasses.replace(run.suite, protocol=dataclasses.replace(run.suite.protocol, cold_cache=True))
    text = written(changed(run, suite=cold), run.path)
    assert any("Cold Start (кэш сброшен)" in cell for cell in table(text, "Transcribe")[0])
    assert "Cold Start (файлы в кэше)" not in text


def test_an_evicted_start_stands_in_a_column_of_its_own(run: RunData) -> None:
    def started(record: Record) -> Record:
        if record.block != 1:
            return record
        found = measured("evicted_load_seconds", 7.25, "worker events, weights evicted before")
        return dataclasses.replace(record, measurements={**record.measurements, found.name: found})

    text = written(changed(run, records=tuple(map(started, run.records))), run.path)
    head, *rows = table(text, "Transcribe")
    [at] = [number for number, cell in enumerate(head) if "Cold Start (кэш сброшен)" in cell]
    assert all(row[at].startswith("7.25") for row in rows if row[at][:1].isdigit())
    assert any(row[at][:1].isdigit() for row in rows)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Sampled every 0.10 s: a spike shorter than that may have been missed"),
        ("ru", "Читается раз в 0.10 с: более короткий всплеск мог остаться незамеченным"),
    ],
)
def test_a_sampled_peak_says_that_it_may_have_missed_a_spike(run: RunData, language: str, said: str) -> None:
    seldom = dataclasses.replace(run.suite, protocol=dataclasses.replace(run.suite.protocol, sample_hz=10.0))
    [path] = render([changed(run, suite=seldom)], languages=[language], out=run.path, formats=["md"])
    assert said in path.read_text(encoding="utf-8").replace("\u202f", " ").replace("\u00a0", " ")


def test_a_table_says_in_which_phase_the_peak_is(run: RunData) -> None:
    def phased(record: Record) -> Record:
        peaks = {"load": 240e6, "transcribe": 384e6, "warm_transcribe": 386e6}
        if record.quantization == "f16":
            peaks["load"] = 500e6
        found = {
            f"{phase}_peak_rss_bytes": measured(f"{phase}_peak_rss_bytes", peak, "VmHWM")
            for phase, peak in peaks.items()
        }
        return dataclasses.replace(record, measurements={**record.measurements, **found})

    text = written(changed(run, records=tuple(map(phased, run.records))), run.path)
    head, *rows = table(text, "Peak RSS: загрузка")
    at = head.index("Пик приходится на")
    said = {row[0].strip("*"): row[at] for row in rows}
    assert said["F16"] == "загрузку"
    assert {each for name, each in said.items() if name != "F16"} <= {"первую расшифровку", "—"}
    assert "первую расшифровку" in said.values()


def test_helpers_have_a_column_where_there_were_any(run: RunData) -> None:
    def with_tree(bytes_: float) -> str:
        def told(record: Record) -> Record:
            found = measured("peak_tree_rss_bytes", bytes_, "sampled")
            return dataclasses.replace(record, measurements={**record.measurements, found.name: found})

        return written(changed(run, records=tuple(map(told, run.records))), run.path)

    assert "помощниками" in with_tree(9e9)
    assert "помощниками" not in with_tree(1.0)


def test_a_metric_that_nothing_told_of_says_so(run: RunData) -> None:
    def forget(record: Record) -> Record:
        kept = {name: each for name, each in record.measurements.items() if name != "load_seconds"}
        return dataclasses.replace(record, measurements=kept)

    text = written(changed(run, records=tuple(map(forget, run.records))), run.path)
    assert not any("Cold Start" in cell for cell in table(text, "Transcribe")[0])
    assert re.search(r"Не измерено: Cold Start \(файлы в кэше\).?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", text)
    assert "Не измерялось." in text


def test_reasons_stay_as_the_instrument_gave_them(run: RunData) -> None:
    def refuse(record: Record) -> Record:
        gone = {"rtf": absent("rtf", told("odd | reason <b>"))}
        return dataclasses.replace(record, measurements={**record.measurements, **gone})

    text = written(changed(run, records=tuple(map(refuse, run.records))), run.path)
    assert "odd \\| reason &lt;b&gt;" in text


def test_nothing_to_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no run"):
        render([], languages=["ru"], out=tmp_path)


def test_a_run_without_a_trial_is_a_report_too(run: RunData) -> None:
    assert "# Test" in written(changed(run, records=()), run.path, "en")


def test_an_unknown_format_is_refused_by_name(run: RunData) -> None:
    with pytest.raises(ReportError, match=r"'docx'.*\n.*md"):
        render([run], languages=["ru"], out=run.path, formats=("docx",))


def test_a_folder_that_cannot_be_written_is_told(run: RunData, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="cannot be written"):
        render([run], languages=["ru"], out=tmp_path / "file" / "sub")


def test_own_templates_go_before_the_built_in_ones(run: RunData, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "report.md.j2").write_text("{{ view.name }} {{ _('section.cpu') }} {{ view.machines[0].label }}\n")
    [path] = render([run], languages=["ru"], out=tmp_path, templates=own, formats=["md"])
    assert path.read_text() == "demo CPU-нагрузка Example CPU 3000\n"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ view.nothing }}", "nothing"),
        ("\n\n{% if %}", "report.md.j2:3"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ _('section.nowhere') }}", "no translation of 'section.nowhere'"),
    ],
)
def test_a_template_that_fails_is_told_and_cannot_break_out(
    run: RunData, tmp_path: Path, template: str, message: str
) -> None:
    (tmp_path / "report.md.j2").write_text(template)
    with pytest.raises(ReportError, match=message):
        render([run], languages=["ru"], out=tmp_path, templates=tmp_path, formats=["md"])


def test_every_reference_leads_to_its_footnote_and_every_footnote_is_referred_to(run: RunData) -> None:
    [path] = render([run], languages=["en"], out=run.path, formats=["md"])
    text = path.read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(#(note-[0-9]+)\)", text))
    assert linked == set(re.findall(r'<a id="(note-[0-9]+)"></a>', text))
    assert linked


def test_what_is_folded_is_whole(run: RunData) -> None:
    """GitHub renders Markdown within `details` only behind an empty line."""
    [path] = render([run], languages=["en"], out=run.path, formats=["md"])
    text = path.read_text(encoding="utf-8")
    assert text.count("<details>") == text.count("</details>") >= 3
    assert len(re.findall(r"<details><summary>[^<]+</summary>\n\n", text)) == text.count("<details>")


def test_runs_of_one_name_on_two_machines_are_told_apart_throughout(tmp_path: Path) -> None:
    """As many trials each as were run, and no label twice."""
    runs = [measured_run(tmp_path / "a" / "r1"), measured_run(tmp_path / "b" / "r1", host=MAC)]
    text = written(runs, tmp_path)
    for host in (LINUX, MAC):
        assert f"demo / r1 / {host.cpu}" in text
    found = results_of(runs)
    assert {case.counted for case in found.cases} == {10}
    labels = [Names(found, runs).full(case) for case in found.cases]
    assert len(set(labels)) == len(labels) == 2 * len(HEARD)


@pytest.mark.parametrize(("language", "words"), [("en", "not resolvable here"), ("ru", "здесь не различимо")])
def test_a_ratio_below_the_machine_s_resolution_is_grey_and_says_so(
    tmp_path: Path, language: str, words: str
) -> None:
    run = measured_run(tmp_path / "r")
    loud = [
        Resolution(metric=name, blocks=10, pairs=6, resolvable=4.0, error=0.1, worst=0.2, false_alarms=0.0)
        for name in ("rtf", "peak_anonymous_bytes")
    ]
    audit = Audit(
        date="2026-11-03", host=run.host.id, suite="a", case="c", blocks=10, resolutions=tuple(loud)
    )
    for known, said in ((run, False), (dataclasses.replace(run, audit=audit), True)):
        files = render([known], languages=[language], out=tmp_path / str(said), formats=["md", "html"])
        article, page = (file.read_text(encoding="utf-8") for file in files)
        assert (words in article) is said
        assert ('<span class="faint">' in page) is said


@pytest.mark.parametrize(
    ("language", "needs"),
    [
        ("en", r"It needs about \d+ blocks or a quieter"),
        ("ru", r"Нужно около \d+ блоков или более спокойная"),
    ],
)
def test_what_is_not_resolvable_says_how_many_blocks_it_needs(
    tmp_path: Path, language: str, needs: str
) -> None:
    run = measured_run(tmp_path / "r")
    loud = Resolution(
        metric="rtf", blocks=10, pairs=6, resolvable=1.0, error=0.1, worst=0.2, false_alarms=0.0
    )
    audit = Audit(date="2026-11-03", host=run.host.id, suite="a", case="c", blocks=10, resolutions=(loud,))
    [path] = render(
        [dataclasses.replace(run, audit=audit)], languages=[language], out=tmp_path, formats=["md"]
    )
    assert re.search(needs, path.read_text(encoding="utf-8").replace("\u202f", " ").replace("\u00a0", " "))

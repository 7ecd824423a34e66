"""The verdict: what to ship for which need, at what cost, how sure that is, and what is not known."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from report_runs import clip, measured_run, model, suite
from trials import Trials, run_of, sentences, spoil, spoken

from bench.domain import Record, Status
from bench.journal import RunData, read_run
from bench.language import language
from bench.metrics import METRICS
from bench.reasons import told
from bench.report import render
from bench.report.findings.families import Scene
from bench.report.findings.overall import overall
from bench.report.findings.verdict import MOST_LINES, faster, verdict
from bench.report.writing.terminal import PlainVerdict, plain_verdict
from bench.results import results_of
from bench.statistics import RatioEstimate

ROOT = Path(__file__).parents[2]
COMMITTED = sorted(
    path.parent
    for folder in ("examples", "published")
    for path in (ROOT / "reports" / folder).rglob("records.jsonl")
)
WIDTH = 140  # columns of a terminal that is none


def plain(run: RunData | list[RunData], code: str = "en") -> PlainVerdict:
    runs = run if isinstance(run, list) else [run]
    return plain_verdict(runs, code)


def text(run: RunData, code: str = "en") -> str:
    return re.sub("[\u00a0\u202f]", " ", "\n".join(plain(run, code).lines))


@pytest.fixture
def run(tmp_path: Path) -> RunData:
    return measured_run(tmp_path / "demo" / "20260211T090000Z")


@pytest.mark.parametrize("code", ["ru", "en"])
@pytest.mark.parametrize("folder", COMMITTED, ids=lambda path: path.parent.name)
def test_the_box_of_every_committed_report_has_eight_lines_at_most(
    folder: Path, code: str, tmp_path: Path
) -> None:
    data = read_run(folder)
    found = plain(data, code)
    assert (3 if data.records else 0) <= len(found.lines) <= MOST_LINES
    assert sum(-(-(len(line) + 2) // WIDTH) for line in found.lines) <= MOST_LINES  # wrapped in a terminal
    [path] = render([data], languages=[code], out=tmp_path, formats=["md"])
    written = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("> ")]
    boxed = [line for line in written if not line.startswith("> **SYNTH")]
    assert len(boxed) == len(found.lines)


@pytest.fixture
def default() -> RunData:
    """The default suite as it ran: its timed trials, and thirty utterances heard after them."""
    [folder] = [each for each in COMMITTED if each.parent.name == "whisper-base"]
    return read_run(folder)


@pytest.mark.parametrize("code", ["ru", "en"])
def test_the_default_report_has_160_lines_at_most_before_its_details(
    default: RunData, code: str, tmp_path: Path
) -> None:
    path, *_ = render([default], languages=[code], out=tmp_path / "out", formats=["md", "charts"])
    before, _, _ = path.read_text(encoding="utf-8").partition(
        f"<details><summary>{language(code).word('section.further')}"
    )
    seen = re.sub("<details>.*?</details>\n", "", before, flags=re.DOTALL)
    assert 100 < len(seen.splitlines()) <= 160


def test_what_is_likely_worse_is_advised_no_more_than_it_is_shipped(default: RunData, tmp_path: Path) -> None:
    [path] = render([default], languages=["en"], out=tmp_path / "out", formats=["md"])
    lines = path.read_text(encoding="utf-8").splitlines()
    [avoided] = [line for line in lines if line.startswith("> - Avoid: **Q4_0**")]
    assert "not settled" in avoided
    [start] = [line for line in lines if line.startswith("| Fastest start")]
    assert "Q5_0" in start  # Q4_0 loads a little faster
    assert "Q4_0" not in start


def test_of_variants_that_start_alike_the_one_closest_to_the_baseline_is_named(
    default: RunData, tmp_path: Path
) -> None:
    loads = {
        (each.block, each.attempt): each.measurements["load_seconds"]
        for each in default.records
        if each.quantization == "q5_0"
    }
    alike = [
        dataclasses.replace(
            each, measurements={**each.measurements, "load_seconds": loads[each.block, each.attempt]}
        )
        if each.quantization in {"q8_0", "q4_k"} and (each.block, each.attempt) in loads
        else each
        for each in default.records
    ]
    [path] = render(
        [dataclasses.replace(default, records=tuple(alike))],
        languages=["en"],
        out=tmp_path / "out",
        formats=["md"],
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    rates = {
        name: next(line for line in lines if line.startswith(f"| **{name}** | 30 |"))
        for name in ("Q8_0", "Q5_0")
    }
    assert "–1.3\u00a0pp" in rates["Q5_0"]  # by thirty utterances it errs less than the baseline itself
    assert "–0.2\u00a0pp" in rates["Q8_0"]
    [start] = [line for line in lines if line.startswith("| Fastest start")]
    assert "| **Whisper base Q8_0**: " in start
    assert "cannot be told from it: **Whisper base Q5_0**, **Whisper base Q4_K**" in start


def test_what_is_no_variant_has_no_colour_on_the_page(default: RunData, tmp_path: Path) -> None:
    [path] = render([default], languages=["en"], out=tmp_path / "out", formats=["html"])
    heads = re.findall(
        '<th scope="row"[^>]*>(<span class="shade"[^>]*></span>)?([^<]*)</th>', path.read_text("utf-8")
    )
    coloured = {head for shade, head in heads if shade}
    assert "Q4_0" in coloured
    assert not {"Audio duration", "Threads", "CPU"} & coloured
    assert {"Audio duration", "Threads", "CPU"} <= {head for _, head in heads}


def test_what_a_pass_says_beyond_its_rates_is_folded_with_what_it_is_of(
    default: RunData, tmp_path: Path
) -> None:
    [path] = render([default], languages=["en"], out=tmp_path / "out", formats=["md"])
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition("<details><summary>Divergence, kinds of errors")
    folded = rest.partition("</details>")[0]
    assert "Utterances" in before
    assert "KL, nats a token" not in before.partition("## Quality by quantization")[2]
    assert (
        folded.index("### Whisper base · ")
        < folded.index("KL, nats a token")
        < folded.index("### Whisper base · Read prose, 60 s\n")
    )


def test_it_comes_before_everything_else(run: RunData) -> None:
    [path] = render([run], languages=["en"], out=run.path, formats=["md"])
    headings = re.findall("^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[:3] == ["Verdict", "Key findings", "Test parameters"]


def test_it_names_a_variant_for_each_need_with_its_costs(run: RunData) -> None:
    said = text(run)
    assert re.search(
        r"^Q6_K for least loss, speed: 64\.0 MB \(–57%\), 1\.\d+× as fast, memory –35%", said, re.MULTILINE
    )
    assert re.search("^How sure: 10 blocks; speed ratios known to ±", said, re.MULTILINE)
    assert "recordings over 120 seconds" in said


def test_a_variant_that_is_worse_or_unusable_is_named_to_be_avoided_and_never_shipped(run: RunData) -> None:
    lines = text(run).splitlines()
    [avoid] = [line for line in lines if line.startswith("Avoid")]
    assert "Q2_K" in avoid
    assert not any(line.startswith("Q2_K for") for line in lines)


def test_the_table_has_a_line_for_each_variant(run: RunData) -> None:
    found = plain(run)
    assert found.headings[0] == "Variant"
    assert [row[0] for row in found.rows] == ["F16", "Q8_0", "Q6_K", "Q4_0", "Q2_K"]


def test_a_failed_variant_has_its_line_and_is_said_to_be_unknown(run: RunData) -> None:
    def spoil(record: Record) -> Record:
        return dataclasses.replace(
            record, status=Status.CRASHED, reason=told("signal 11"), measurements={}, transcript=None
        )

    records = tuple(spoil(each) if each.quantization == "q8_0" else each for each in run.records)
    found = plain(dataclasses.replace(run, records=records))
    [row] = [row for row in found.rows if row[0] == "Q8_0"]
    assert row[-1] == "crashed"
    assert "Q8_0, whose trials failed" in found.lines[-1]


def test_random_weights_get_no_verdict_on_quality(tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r", asked=suite(models=(model(synthetic=True),)))
    said = text(run)
    assert "quality, for the weights are synthetic" in said
    assert " for " not in said.split("How sure")[0]
    assert "★" not in str(plain(run).rows)


def test_times_of_several_clips_are_summed_block_by_block(tmp_path: Path) -> None:
    """Two clips of 60 s and 17 s: the whole is neither clip's own ratio nor their mean."""
    clips = (clip(), dataclasses.replace(clip(name="short-17"), duration_seconds=17.0))
    run = measured_run(tmp_path / "r", asked=suite(clips=clips))
    found = results_of([run])
    row = next(each for each in overall(Scene(found)) if each.case.quantization == "q8_0")
    assert len(row.good) == 2
    base = [case.base for case in row.good if case.base]
    sums = [
        sum(dict(case.values["transcribe_seconds"])[block] for case in cases)
        for cases in (row.good, base)
        for block in (1,)
    ]
    first = sums[0] / sums[1]
    assert isinstance(row.speed, RatioEstimate)
    assert row.speed.ratio == pytest.approx(first, rel=0.05)
    audio = sum(case.audio_seconds for case in row.good)
    seconds = [sum(dict(c.values["transcribe_seconds"])[block] for c in row.good) for block in range(1, 11)]
    assert row.rtf is not None
    assert row.rtf.median == pytest.approx(sorted(seconds)[4] / audio, rel=0.02)
    assert METRICS["rtf"].unit == "ratio"


def test_nothing_is_said_of_a_run_without_a_case(tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r")
    assert verdict(Scene(results_of([dataclasses.replace(run, records=())]))) == ()


def test_what_is_likely_worse_is_not_shipped_however_open_it_is(tmp_path: Path) -> None:
    """Of a long recording q3_k-unprimed, 40 points worse by an interval that includes none."""
    [folder] = [each for each in COMMITTED if each.parent.name == "long-recording"]
    found = plain(read_run(folder))
    shipped = [line for line in found.lines if " for " in line.split(":")[0]]
    assert not any("q3_k" in line or "Q2_K" in line for line in shipped)
    assert any(line.startswith("Avoid") for line in found.lines)
    [row] = [row for row in found.rows if row[0] == "q3_k-unprimed"]
    assert row[-1] == "likely worse"


@pytest.mark.parametrize("code", ["en", "ru"])
@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_narrow_terminal_has_fewer_columns_and_a_line_a_variant(code: str, width: int) -> None:
    from io import StringIO

    from rich.console import Console

    from bench.commands.terminal import show_verdict
    from bench.journal import read_run

    (run,) = (Path(__file__).parents[2] / "reports" / "examples" / "whisper-base").iterdir()
    found = plain_verdict([read_run(run)], code)
    out = StringIO()
    show_verdict(Console(file=out, width=width, highlight=False), found)
    lines = out.getvalue().splitlines()
    rows = [line for line in lines if line.startswith((" F16 ", " Q"))]
    assert [row.split()[0] for row in rows] == ["F16", "Q8_0", "Q6_K", "Q5_0", "Q4_K", "Q4_0"]
    assert "1.05" in rows[1]
    assert ("0.90–1.29" in rows[1]) == (width == 200)  # intervals go first
    table = lines[lines.index(next(line for line in lines if set(line.strip()) == {"─"})) - 1 :]
    assert "…" not in "".join(table) or width == 200  # nothing is cut; an interval of a loss has one
    assert max(map(len, lines)) <= width


def test_one_wrong_word_of_a_short_clip_makes_no_variant_likely_worse() -> None:
    [text] = sentences(1)
    cases = [Trials(variant="f16", heard=text), Trials(variant="q4_0", heard=f"{text} и ещё слово")]
    found = plain(run_of(cases, clips=[spoken(texts=[text])]))
    assert not any(line.startswith("Avoid") for line in found.lines)
    [row] = [row for row in found.rows if row[0].upper() == "Q4_0"]
    assert row[-1] != "likely worse"


# ------------------------------------------------------ what the figures say, and nothing else

SPOKEN = sentences(60)
WHOLE = " ".join(SPOKEN)
USUAL = {
    "rtf": 0.2,
    "transcribe_seconds": 120.0,
    "load_seconds": 0.5,
    "peak_rss_bytes": 3e8,
    "peak_anonymous_bytes": 1e8,
}


def weighed(*cases: Trials, blocks: int = 8) -> list[str]:
    """The lines that name a variant to ship."""
    run = run_of(cases, clips=[spoken(texts=SPOKEN, seconds=600.0)], blocks=blocks)
    return [line for line in text(run).splitlines() if not line.startswith(("Avoid", "How", "Not"))]


def variant(name: str, heard: str = WHOLE, megabytes: int = 100, **times: float) -> Trials:
    figures = {metric: value * times.get(metric, 1.0) for metric, value in USUAL.items()}
    return Trials(variant=name, heard=heard, weights=megabytes * 10**6, figures=figures)


@pytest.mark.parametrize("blocks", [1, 6, 8, 12])
def test_of_variants_that_are_equal_in_everything_the_baseline_is_named_once(blocks: int) -> None:
    [line] = weighed(variant("f16"), variant("q8_0"), variant("q4_0"), blocks=blocks)
    assert line.startswith("F16 for speed, memory, disk, a quick start")


@pytest.mark.parametrize("blocks", [1, 6, 12])
def test_of_variants_that_differ_in_size_alone_the_smallest_is_for_everything(blocks: int) -> None:
    [line] = weighed(
        variant("f16"), variant("q8_0", megabytes=60), variant("q4_0", megabytes=40), blocks=blocks
    )
    assert line.startswith("Q4_0 for least loss, speed, memory, disk, a quick start")


@pytest.mark.parametrize("blocks", [6, 7, 8, 9, 12])
def test_a_variant_that_is_faster_is_for_speed_however_few_the_blocks(blocks: int) -> None:
    """With a loss that is not settled it stands behind the baseline in a tie, and this is none."""
    slightly_worse = spoil(WHOLE, 0.004)
    assert slightly_worse != WHOLE
    lines = weighed(
        variant("f16"), variant("q8_0", slightly_worse, 60, rtf=0.5, transcribe_seconds=0.5), blocks=blocks
    )
    [speed] = [line for line in lines if "speed" in line.partition(":")[0]]
    assert speed.startswith("Q8_0")


@pytest.mark.parametrize(("utterances", "takes"), [(5, "300"), (60, "2 100"), (700, None)])
def test_the_same_text_of_little_speech_leaves_open_what_more_would_lose(
    utterances: int, takes: str | None
) -> None:
    heard = sentences(utterances)
    run = run_of(
        [variant("f16", " ".join(heard)), variant("q8_0", " ".join(heard), 60)],
        clips=[spoken(texts=heard, seconds=600.0)],
    )
    said = text(run)
    assert "the same text as the baseline" in said
    open_ = f"Not known: the loss of Q8_0 to within half a point (takes about {takes} utterances)"
    assert (open_ in said) is (takes is not None)
    assert ("the loss of" in said) is (takes is not None)


@pytest.mark.parametrize(("blocks", "interval"), [(5, False), (6, True)])
def test_the_table_has_an_interval_from_as_many_blocks_on_as_the_sentences(
    blocks: int, interval: bool
) -> None:
    cases = [variant("f16"), variant("q8_0", WHOLE, 60, rtf=0.5, transcribe_seconds=0.5)]
    run = run_of(cases, clips=[spoken(texts=SPOKEN, seconds=600.0)], blocks=blocks)
    [row] = [each for each in overall(Scene(results_of([run]))) if each.case.case.variant.name == "q8_0"]
    assert isinstance(row.speed, RatioEstimate)
    shown = faster(row.speed)
    assert (shown.low is not None, shown.high is not None) == (interval, interval)


def test_where_the_others_lose_too_much_the_one_left_is_for_every_need() -> None:
    [line] = weighed(
        variant("f16"), variant("q8_0", spoil(WHOLE, 0.1), 60), variant("q4_0", spoil(WHOLE, 0.3), 40)
    )
    assert line.startswith("F16 for every need (the others lose too much)")


def test_where_no_other_was_measured_the_verdict_says_so() -> None:
    failed = dataclasses.replace(variant("q8_0"), statuses=(Status.FAILED,))
    [line] = weighed(variant("f16"), failed)
    assert line.startswith("F16 for every need (no other was measured)")

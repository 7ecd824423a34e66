"""`score` judges transcripts of any format, without audio, weights or a suite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.errors import UnusableTranscript
from bench.quality.judge import judge_files, language_of
from bench.quality.transcripts import read_transcript

SAID = "Ранним утром над рекой стоял густой туман. Рыбаки молча готовили лодки и проверяли сети."
HEARD = SAID.replace("густой", "пустой").replace("сети", "дети")
LOOP = "спасибо за просмотр"
WHISPER_CPP = {
    "result": {"language": "ru"},
    "transcription": [
        {"offsets": {"from": 0, "to": 4200}, "text": " Ранним утром над рекой стоял пустой туман."},
        {"offsets": {"from": 4200, "to": 9700}, "text": " Рыбаки молча готовили лодки и проверяли дети."},
    ],
}
FASTER_WHISPER = {
    "language": "ru",
    "segments": [
        {"id": 0, "start": 0.0, "end": 4.2, "text": " Ранним утром над рекой стоял пустой туман."},
        {"id": 1, "start": 4.2, "end": 9.7, "text": " Рыбаки молча готовили лодки и проверяли дети."},
    ],
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "said.txt").write_text(SAID, encoding="utf-8")
    (tmp_path / "heard.txt").write_text(HEARD, encoding="utf-8")
    return tmp_path


def scored(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["score", *arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def one(*arguments: str) -> dict[str, Any]:
    [found] = scored(*arguments)["hypotheses"]
    assert isinstance(found, dict)
    return found


def written(folder: Path, name: str) -> str:
    """The same transcript in a format."""
    path = folder / name
    words = HEARD.split()
    texts = {
        "heard.ctm": "".join(f"talk 1 {0.7 * at:.2f} 0.6 {word} 0.9\n" for at, word in enumerate(words)),
        "whisper.tsv": "start\tend\ttext\n0\t4200\tРанним утром над рекой стоял пустой туман.\n"
        "4200\t9700\tРыбаки молча готовили лодки и проверяли дети.\n",
        "named.tsv": f"talk\t{HEARD}\n",
        "cpp.json": json.dumps(WHISPER_CPP),
        "faster.json": json.dumps(FASTER_WHISPER),
        "segments.json": json.dumps(FASTER_WHISPER["segments"]),
        "lines.txt": HEARD.replace(". ", ".\n"),
        "printed.txt": "[00:00:00.000 --> 00:00:04.200]   Ранним утром над рекой стоял пустой туман.\n"
        "[00:00:04.200 --> 00:00:09.700]   Рыбаки молча готовили лодки и проверяли дети.\n",
        "rows.jsonl": json.dumps({"audio_filepath": "talk.wav", "text": HEARD}),
    }
    path.write_text(texts[name], encoding="utf-8")
    return name


@pytest.mark.parametrize(
    "name",
    [
        "heard.ctm",
        "whisper.tsv",
        "named.tsv",
        "cpp.json",
        "faster.json",
        "segments.json",
        "lines.txt",
        "printed.txt",
        "rows.jsonl",
    ],
)
def test_every_format_is_read(files: Path, name: str) -> None:
    found = one("said.txt", written(files, name), "--language", "ru")
    assert found["hypothesis"] == name
    assert found["wer"] == pytest.approx(2 / 14)
    assert found["cer"] == pytest.approx(2 / len(SAID.replace(".", "")))
    assert found["stars"] == 4
    assert set(found["key_errors"]) == {"густой → пустой", "сети → дети"}
    assert found["loops"] == []
    assert read_transcript(files / written(files, name)).transcript.text.split() == HEARD.split()


def test_times_of_whisper_are_milliseconds_and_of_faster_whisper_seconds(files: Path) -> None:
    for name in ("cpp.json", "faster.json", "whisper.tsv"):
        [first, second] = read_transcript(files / written(files, name)).transcript.segments
        assert (first.end_seconds, second.end_seconds) == (4.2, 9.7)


def test_a_loop_is_named_the_longest_first(files: Path) -> None:
    (files / "looped.txt").write_text(
        f"{HEARD} {'и вот так ' * 5} конец {(LOOP + ' ') * 30}", encoding="utf-8"
    )
    assert one("said.txt", "looped.txt")["loops"] == [LOOP, "и вот так"]


def test_without_a_reference_only_loops_length_and_language_are_told(files: Path) -> None:
    (files / "looped.txt").write_text(f"{HEARD} {(LOOP + ' ') * 30}", encoding="utf-8")
    found = one("-", "looped.txt", "--seconds", "60")
    assert found["wer"] is found["cer"] is found["stars"] is None
    assert found["key_errors"] == []
    assert found["loops"] == [LOOP]
    assert found["language"] == "ru"
    assert found["characters_per_second"] == pytest.approx((len(HEARD) + 1 + 20 * 30) / 60, rel=0.02)


def test_the_length_of_the_recording_tells_a_runaway(files: Path) -> None:
    assert one("-", "heard.txt", "--seconds", "60")["loops"] == []
    assert one("-", "heard.txt", "--seconds", "2")["loops"] == ["too-much-text"]


def test_utterances_correspond_by_name(files: Path) -> None:
    (files / "said.tsv").write_text("a/one.wav\tраз два три\na/two.wav\tчетыре пять\n", encoding="utf-8")
    (files / "heard.tsv").write_text("two\tчетыре пять\none\tраз да три\n", encoding="utf-8")
    found = one("said.tsv", "heard.tsv", "--language", "ru")
    assert (found["wer"], found["utterances"], found["key_errors"]) == (1 / 5, 2, ["два → да"])
    (files / "short.tsv").write_text("two\tчетыре пять\n", encoding="utf-8")
    short = one("said.tsv", "short.tsv")
    assert (short["wer"], short["missing_utterances"]) == (3 / 5, ["one"])
    (files / "other.tsv").write_text("three\tчетыре пять\n", encoding="utf-8")
    with pytest.raises(UnusableTranscript, match="none of its utterances"):
        judge_files(read_transcript(files / "said.tsv"), [read_transcript(files / "other.tsv")])


def test_a_baseline_is_compared_utterance_by_utterance(files: Path) -> None:
    lines = [f"слово{at} другое{at} третье{at} конец{at}" for at in "абвгдежзик"]
    (files / "many.txt").write_text("\n".join(lines), encoding="utf-8")
    (files / "base.txt").write_text("\n".join(lines).replace("другоеа", "друге"), encoding="utf-8")
    (files / "worse.txt").write_text("\n".join(lines).replace("третье", "третья"), encoding="utf-8")
    worse, same = scored("many.txt", "worse.txt", "base.txt", "--baseline", "base.txt")["hypotheses"]
    assert worse["wer_difference"]["value"] == pytest.approx((10 - 1) / 40)
    assert worse["wer_difference"]["n"] == 10
    assert worse["kept"] == pytest.approx(1 / 10)
    assert same["wer_difference"]["value"] == 0
    assert same["wer_to_baseline"] == 0


def test_error_rates_are_told_by_length_and_errors_by_class(files: Path) -> None:
    (files / "many.txt").write_text("раз два три\nмы видели Катаева на той стороне реки\n", encoding="utf-8")
    (files / "off.txt").write_text("раз два\nмы видели китаева на той стороне реки\n", encoding="utf-8")
    found = one("many.txt", "off.txt", "--baseline", "many.txt", "--language", "ru")
    assert found["wer_by_words"] == {"1-5": 1 / 3, "6-10": 1 / 7}
    assert found["error_classes"] == {"name": 1, "number": 1}
    assert found["baseline_error_classes"] == {}
    shown = CliRunner().invoke(app, ["score", "many.txt", "off.txt"], catch_exceptions=False).stdout
    assert "2 values are too few for an interval" in shown


def test_the_tables_hold_what_was_judged_and_nothing_else(files: Path) -> None:
    result = CliRunner().invoke(app, ["score", "said.txt", "heard.txt"], catch_exceptions=False)
    assert "14.3%" in result.stdout
    assert "густой → пустой" in result.stdout
    assert "RTF" not in result.stdout
    without = CliRunner().invoke(app, ["score", "-", "heard.txt"], catch_exceptions=False).stdout
    assert "WER" not in without
    assert "CER" not in without


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("cut.json", '{"segments": [{"text": "да"', "not JSON"),
        ("other.json", '{"weather": "fine"}', "no transcript"),
        ("broken.ctm", "talk 1 zero 0.5 да\n", "broken.ctm:1"),
        ("twice.tsv", "a\tда\na\tнет\n", "two rows"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(files: Path, name: str, text: str, said: str) -> None:
    (files / name).write_text(text, encoding="utf-8")
    with pytest.raises(UnusableTranscript, match=said):
        read_transcript(files / name)


def test_a_missing_or_foreign_file_is_a_users_error(files: Path) -> None:
    (files / "koi8.txt").write_bytes(SAID.encode("koi8-r"))
    for name in ("koi8.txt", "absent.txt"):
        with pytest.raises(UnusableTranscript):
            read_transcript(files / name)


def test_an_empty_hypothesis_is_all_wrong_and_an_empty_reference_has_no_rate(files: Path) -> None:
    (files / "empty.txt").write_text("", encoding="utf-8")
    assert one("said.txt", "empty.txt")["wer"] == 1
    assert one("empty.txt", "heard.txt")["wer"] is None


def test_a_language_is_told_by_its_small_words() -> None:
    assert language_of(SAID + " и в на не что") == "ru"
    assert language_of("the cat and the dog were in the house") == "en"
    assert language_of("ein Haus am See") is None

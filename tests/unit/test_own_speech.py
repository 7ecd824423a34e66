"""A user's own recordings are read from the lists they have: tables, NeMo's manifest, Kaldi's folder."""

from __future__ import annotations

import json
import struct
import wave
from pathlib import Path

import pytest

from bench.assets.manifest import OwnSpeech
from bench.assets.speech.own_speech import read_own
from bench.assets.speech.utterances import fetch_spoken, own_part, ready_audio
from bench.domain import AudioCondition
from bench.errors import AssetError
from bench.language import english


def own(path: Path, audio: str | None = None) -> OwnSpeech:
    return OwnSpeech(kind="own", manifest=str(path), audio=audio)


def recording(path: Path, seconds: float, value: int = 500) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(
            b"".join(struct.pack("<h", (value + at) % 3000) for at in range(int(16000 * seconds)))
        )
    return path


def test_a_table_of_common_voice(tmp_path: Path) -> None:
    table = tmp_path / "test.tsv"
    table.write_text(
        'client_id\tpath\tsentence\tup_votes\nabc\tone.mp3\tОн сказал "да\t2\nxyz\ttwo.mp3\tДва\t0\n',
        encoding="utf-8",
    )
    found = read_own(own(table, audio=str(tmp_path / "clips")))
    assert [(each.name, each.text, each.speaker) for each in found] == [
        ("one", 'Он сказал "да', "abc"),
        ("two", "Два", "xyz"),
    ]
    assert found[0].path == tmp_path / "clips" / "one.mp3"


def test_a_table_with_commas_or_semicolons_and_a_byte_order_mark(tmp_path: Path) -> None:
    for name, mark in (("a.csv", ","), ("b.csv", ";")):
        file = tmp_path / name
        text = (
            mark.join(["file", "text", "speaker"])
            + "\r\n"
            + mark.join(["x/1.wav", '"раз, два; три"', "s"])
            + "\r\n"
        )
        file.write_text(text, encoding="utf-8-sig")
        assert read_own(own(file))[0].text == "раз, два; три"


def test_a_manifest_of_nemo_with_parts_of_recordings(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    rows = [
        {"audio_filepath": "long.wav", "duration": 1.2, "offset": 0.0, "text": "первая"},
        {"audio_filepath": "long.wav", "duration": 1.7, "offset": 1.2, "text": "вторая"},
        {"audio_filepath": "/abs/short.wav", "duration": 2.2, "text": "третья"},
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")
    found = read_own(own(file))
    assert [(each.name, each.start, each.seconds) for each in found] == [
        ("long", 0.0, 1.2),
        ("long@1.2", 1.2, 1.7),
        ("short", 0.0, None),
    ]
    assert found[2].path == Path("/abs/short.wav")


def test_a_folder_of_kaldi(tmp_path: Path) -> None:
    (tmp_path / "wav.scp").write_text("rec1 audio/a.wav\nrec2 /abs/b.wav\n")
    (tmp_path / "text").write_text("utt1 раз два\nutt2 три\n", encoding="utf-8")
    (tmp_path / "segments").write_text("utt1 rec1 0.3 1.9\nutt2 rec2 0.0 2.5\n")
    (tmp_path / "utt2spk").write_text("utt1 anna\nutt2 boris\n")
    found = read_own(own(tmp_path))
    assert [(each.name, each.text, each.speaker, each.start) for each in found] == [
        ("utt1", "раз два", "anna", 0.3),
        ("utt2", "три", "boris", 0.0),
    ]
    assert found[0].seconds == pytest.approx(1.6)
    assert found[0].path == tmp_path / "audio" / "a.wav"


def test_a_command_in_place_of_a_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wav.scp").write_text("utt1 sox a.flac -t wav - |\n")
    with pytest.raises(AssetError, match="utt1 is a command"):
        read_own(own(tmp_path))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.tsv", "sentence\tx\nда\t1\n", "no recording; its columns are sentence, x"),
        ("a.jsonl", '{"audio": "1.wav"}\n{oops\n', "a.jsonl:2: not JSON"),
        ("a.tsv", "path\tsentence\n1.wav\tа\n1.wav\tб\n", "two utterances are called 1"),
        ("a.jsonl", '{"audio": "1.wav", "offset": "x"}\n', "'x' is not a number of seconds"),
        ("a.tsv", "path\tsentence\n", "lists no recording"),
    ],
)
def test_a_mistake_names_file_and_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(AssetError, match=message):
        read_own(own(tmp_path / name))


def test_a_part_of_a_recording_is_cut_out_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    recording(tmp_path / "long.wav", 3.7)
    row = {"audio_filepath": "long.wav", "duration": 1.3, "offset": 0.6, "text": "слово"}
    (tmp_path / "m.jsonl").write_text(json.dumps(row), encoding="utf-8")
    part = own_part(
        manifest=tmp_path / "m.jsonl", audio=None, name="own", language="ru", licence="", speaker=None
    )
    (spoken,) = fetch_spoken(part)
    assert spoken.seconds == pytest.approx(1.3)
    whole = (tmp_path / "long.wav").read_bytes()[44:]
    made = ready_audio(spoken, AudioCondition()).read_bytes()[44:]
    assert made == whole[2 * 9600 : 2 * (9600 + 20800)]


def test_a_recording_that_is_missing_or_corrupt_is_listed_with_its_problem(tmp_path: Path) -> None:
    recording(tmp_path / "good.wav", 1.1)
    (tmp_path / "bad.wav").write_bytes((tmp_path / "good.wav").read_bytes()[:-99])
    (tmp_path / "list.tsv").write_text("path\ttext\ngood.wav\tа\nbad.wav\tб\nnone.wav\tв\n", encoding="utf-8")
    part = own_part(
        manifest=tmp_path / "list.tsv", audio=None, name="own", language="ru", licence="", speaker=None
    )
    found = {each.name: each for each in fetch_spoken(part)}
    assert found["good"].problem is None
    assert "wrong header" in english(found["bad"].problem)
    missing = english(found["none"].problem)
    assert "cannot be read" in missing or "No such file" in missing

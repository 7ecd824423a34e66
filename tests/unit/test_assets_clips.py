"""Clips cut from packages and spoken by `say`: exact lengths, exact texts, the same bytes every time."""

from __future__ import annotations

import sys
import wave
from pathlib import Path
from typing import Any

import pytest
from packages import make_deb, sha256, tone_wav

from bench.assets import Corpus, clip_needs, fetch_clip, read_corpus
from bench.assets.hashes import read_sha256
from bench.assets.manifest import CorpusManifest, Transcripts
from bench.assets.progress import NeedKind
from bench.assets.sources.archives import unpack
from bench.assets.speech.corpora import corpus_of, read_transcripts
from bench.config import load_suite
from bench.errors import AssetError, SourceUnreachable

CONFIGS = Path(__file__).parents[2] / "configs"
TEXTS = """\
( u1 "Пер+вое предл+ожение." )
( u2 "Вто рое." )
( u3 "Третье." )
( u4 "Без записи." )
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "cache"
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(root))
    return root


@pytest.fixture
def given(cache: Path) -> Path:
    """A speech package brought by hand, as on a machine without the network."""
    (cache / "given").mkdir(parents=True)
    members = {f"usr/speech/u{n}.wav": tone_wav(n / 2) for n in (1, 2, 3)}
    return make_deb(
        cache / "given" / "speech_1.0_all.deb",
        {**members, "usr/speech/texts": TEXTS.encode(), "usr/other": b"x"},
    )


def corpus(given: Path, **clip: Any) -> Corpus:
    package = {"package": "speech", "version": "1.0", "sha256": sha256(given), "bytes": 1000}
    speech = {
        "kind": "recorded",
        "source": {"kind": "debian", "packages": [package], "take": ["usr/speech/*"]},
        "audio": "usr/speech/{}.wav",
        "speaker": "tone",
        "transcripts": {
            "file": "usr/speech/texts",
            "style": "festvox",
            "drop": "+",
            "corrections": {"u2": {"Вто рое": "Второе"}},
        },
        "clips": {"cut": {"title": "Cut", "seconds": 3.0, **clip}},
    }
    about = {
        "name": "tones",
        "title": "Tones",
        "language": "ru",
        "licence": "none",
        "provenance": "made here",
    }
    return corpus_of(CorpusManifest.model_validate({**about, "speech": speech}))


def test_a_cut_has_the_exact_length_texts_and_times(given: Path) -> None:
    clip = fetch_clip(corpus(given, utterances=["u2", "u1"], gap_seconds=0.25).clips["cut"])
    assert clip.path is not None
    with wave.open(clip.path) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.getnframes() == 48_000
        samples = file.readframes(48_000)
    assert samples[:32_000] == tone_wav(1.0)[44:], "utterances are copied bit for bit"
    assert samples[32_000:40_000] == bytes(8_000), "gaps are zero"
    assert samples[56_000:] == bytes(40_000), "and so is the rest"
    assert clip.duration_seconds == 3.0
    assert clip.reference == "Второе. Первое предложение."
    assert [(u.start_seconds, u.end_seconds, u.text, u.speaker) for u in clip.utterances] == [
        (0.0, 1.0, "Второе.", "tone"),
        (1.25, 1.75, "Первое предложение.", "tone"),
    ]


def test_a_second_cut_has_the_same_bytes(
    given: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wanted = corpus(given, utterances=["u1", "u3"]).clips["cut"]
    first = fetch_clip(wanted)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "given").symlink_to(given.parent)
    second = fetch_clip(wanted)
    assert first.path != second.path
    assert first.sha256 == second.sha256 == read_sha256(Path(str(second.path)))


def test_a_spoiled_clip_is_cut_again(given: Path) -> None:
    wanted = corpus(given, utterances=["u1"]).clips["cut"]
    first = fetch_clip(wanted)
    Path(str(first.path)).write_bytes(b"RIFF")
    assert fetch_clip(wanted) == first


def test_without_a_list_as_many_utterances_are_taken_as_fit(given: Path) -> None:
    clip = fetch_clip(corpus(given, seconds=2.0).clips["cut"])
    assert [utterance.text for utterance in clip.utterances] == ["Первое предложение.", "Второе."]


def test_nothing_is_ever_cut_off(given: Path) -> None:
    with pytest.raises(AssetError, match=r"last 2\.500 s, more than 2\.0 s"):
        fetch_clip(corpus(given, utterances=["u2", "u3"], seconds=2.0).clips["cut"])


@pytest.mark.parametrize(
    ("name", "words"), [("u9", "no utterance u9"), ("u4", "no recording usr/speech/u4.wav")]
)
def test_an_utterance_that_is_not_there_is_named(given: Path, name: str, words: str) -> None:
    with pytest.raises(AssetError, match=words):
        fetch_clip(corpus(given, utterances=[name]).clips["cut"])


def test_a_cut_with_another_hash_than_the_pinned_one_is_refused(given: Path) -> None:
    with pytest.raises(AssetError, match=f"expected {'0' * 64}"):
        fetch_clip(corpus(given, utterances=["u1"], sha256="0" * 64).clips["cut"])


def test_a_package_with_another_hash_is_refused(given: Path) -> None:
    wanted = corpus(given, utterances=["u1"]).clips["cut"]
    make_deb(given, {"usr/speech/u1.wav": tone_wav(1.0)})
    with pytest.raises(AssetError, match=r"speech_1\.0_all\.deb: sha256 is"):
        fetch_clip(wanted)


def test_the_plan_tells_download_and_cut_and_what_is_there(given: Path) -> None:
    wanted = corpus(given, utterances=["u1"]).clips["cut"]
    steps = clip_needs(wanted)
    assert [(s.kind, s.cached) for s in steps] == [(NeedKind.DOWNLOAD, False), (NeedKind.CUT, False)]
    assert steps[0].bytes == 1000
    assert steps[1].bytes == 96_000
    fetch_clip(wanted)
    assert [(s.kind, s.cached) for s in clip_needs(wanted)] == [(NeedKind.CUT, True)]


def test_without_apt_the_message_says_where_to_put_the_package(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = corpus(given, utterances=["u1"]).clips["cut"]
    given.unlink()
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SourceUnreachable, match="needs apt-get") as refused:
        fetch_clip(wanted)
    assert f"put speech_1.0_all.deb into {given.parent}" in refused.value.hint


def test_when_apt_fails_its_own_words_are_told_without_addresses(
    given: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wanted = corpus(given, utterances=["u1"]).clips["cut"]
    given.unlink()
    program = tmp_path / "bin" / "apt-get"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\necho 'E: Failed to fetch http://me:secret@mirror.example/x.deb' >&2\nexit 100\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    with pytest.raises(SourceUnreachable, match="Failed to fetch <address>") as refused:
        fetch_clip(wanted)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("compression", ["gz", "xz", "bz2"])
def test_a_debian_package_is_unpacked_without_tools(tmp_path: Path, compression: str) -> None:
    deb = make_deb(tmp_path / "a.deb", {"usr/a.wav": b"a", "usr/b.txt": b"b"}, compression)
    unpack(deb, tmp_path / "out", ["*.wav"])
    assert [p.name for p in (tmp_path / "out").rglob("*") if p.is_file()] == ["a.wav"]


def test_a_member_that_would_leave_the_folder_is_passed_over(tmp_path: Path) -> None:
    deb = make_deb(tmp_path / "a.deb", {"../../evil.wav": b"e", "a.wav": b"a"})
    unpack(deb, tmp_path / "deep" / "out", ["*.wav"])
    assert not (tmp_path / "evil.wav").exists()


@pytest.mark.parametrize("size", [5, 100, 300])
def test_a_broken_debian_package_is_told(tmp_path: Path, size: int) -> None:
    deb = make_deb(tmp_path / "a.deb", {"usr/a.wav": tone_wav(0.5)})
    deb.write_bytes(deb.read_bytes()[:size])
    with pytest.raises(AssetError, match="not a complete"):
        unpack(deb, tmp_path / "out", ["*"])


@pytest.mark.parametrize(
    ("style", "text", "expected"),
    [
        ("festvox", '( a_1 "Раз, два." )\nnoise\n', {"a_1": "Раз, два."}),
        ("prompts", "; comment\n\nvm/full: Ящик: полон.\n", {"vm/full": "Ящик: полон."}),
        ("sphinx", "<s> he was young </s> (x_64kb-0880)\n", {"x_64kb-0880": "he was young"}),
        ("fleurs", "12\t34.wav\tКак Есть.\tкак есть\t\t9\tMALE\n", {"34": "Как Есть."}),
    ],
)
def test_transcripts_are_read_in_every_style(
    tmp_path: Path, style: str, text: str, expected: dict[str, str]
) -> None:
    (tmp_path / "texts").write_text(text, encoding="utf-8")
    manifest = Transcripts.model_validate({"file": "texts", "style": style})
    assert read_transcripts(tmp_path, manifest) == expected


def test_a_correction_that_no_longer_applies_is_told(tmp_path: Path) -> None:
    (tmp_path / "texts").write_text('( a "Раз." )\n', encoding="utf-8")
    manifest = Transcripts.model_validate(
        {"file": "texts", "style": "festvox", "corrections": {"a": {"Два": "Три"}}}
    )
    with pytest.raises(AssetError, match="a does not say “Два”"):
        read_transcripts(tmp_path, manifest)


SAY = """#!{python}
import sys
sys.path.insert(0, {fakes!r})
from packages import tone_wav
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if arguments["-v"] != "Milena":
    sys.exit("Voice `" + arguments["-v"] + "' not found.")
assert "--file-format=WAVE" in sys.argv and "--data-format=LEI16@16000" in sys.argv
with open(arguments["-o"], "wb") as file:
    file.write(tone_wav(len(sys.stdin.read()) / 100))
"""


def spoken(voice: str) -> Corpus:
    clips = {"said": {"title": "Said", "seconds": 1.0, "sentences": ["Десять зна", "Двадцать знаков тут."]}}
    about = {"name": "say", "title": "Say", "language": "ru", "licence": "ours", "provenance": "say"}
    return corpus_of(
        CorpusManifest.model_validate({**about, "speech": {"kind": "say", "voice": voice, "clips": clips}})
    )


@pytest.fixture
def fake_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "say"
    program.parent.mkdir()
    program.write_text(SAY.format(python=sys.executable, fakes=str(Path(__file__).parents[1] / "fakes")))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin:/usr/local/bin")


@pytest.mark.usefixtures("cache", "fake_say")
def test_say_speaks_sentence_by_sentence_so_that_times_are_known() -> None:
    clip = fetch_clip(spoken("Milena").clips["said"])
    assert clip.duration_seconds == 1.0
    assert [(u.start_seconds, u.end_seconds) for u in clip.utterances] == [(0.0, 0.1), (0.4, 0.6)]
    assert clip.reference == "Десять зна Двадцать знаков тут."


@pytest.mark.usefixtures("cache", "fake_say")
@pytest.mark.parametrize("pace", [11.0, 14.0, 17.0])
def test_the_spoken_minute_is_full_of_speech_at_any_pace(
    pace: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Apple's voices speak 12 to 16 letters a second, by the system's release and the user's setting."""
    program = tmp_path / "bin" / "say"
    program.write_text(program.read_text().replace("/ 100", f"/ {pace}"))
    clip = fetch_clip(read_corpus(CONFIGS / "corpora" / "say-ru.yaml").clips["spoken-60s"])
    assert clip.duration_seconds == 60.0
    spoken = sum(each.end_seconds - each.start_seconds for each in clip.utterances)
    assert spoken > 54.0
    assert 60.0 - clip.utterances[-1].end_seconds < 1.5
    assert clip.reference == " ".join(each.text for each in clip.utterances)


def test_a_suite_uses_the_spoken_minute() -> None:
    suite = load_suite(CONFIGS / "whisper-base-say.yaml")
    assert list(suite.clips) == ["spoken-60s"]


@pytest.mark.usefixtures("cache", "fake_say")
def test_a_voice_that_is_not_installed_is_told_with_the_way_to_install_it() -> None:
    with pytest.raises(AssetError, match="Voice `Boris' not found") as refused:
        fetch_clip(spoken("Boris").clips["said"])
    assert "System Settings" in refused.value.hint


@pytest.mark.usefixtures("cache")
def test_without_say_another_corpus_is_advised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SourceUnreachable, match="needs `say` of macOS"):
        fetch_clip(spoken("Milena").clips["said"])

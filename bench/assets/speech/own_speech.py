"""Lists of a user's own recordings, read as they are: TSV, CSV, JSON lines, NeMo's manifest, Kaldi's folder."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.assets.manifest import OwnSpeech
from bench.errors import AssetError
from bench.problems import problem

# What a column may be called; the first that is there counts.  NeMo's and Common Voice's names are among them.
AUDIO: Final = ("audio", "path", "audio_filepath", "file", "filename", "wav")
TEXT: Final = ("text", "sentence", "transcript", "transcription", "reference")
SPEAKER: Final = ("speaker", "client_id", "speaker_id", "spk_id")
NAME: Final = ("name", "id", "utterance", "utt_id")
START: Final = ("offset", "start")
SECONDS: Final = ("duration", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnUtterance:
    """One entry of a list; `start` and `seconds` are its place in the recording, None is to its end."""

    name: str
    path: Path
    text: str | None
    speaker: str | None = None
    start: float = 0.0
    seconds: float | None = None


def read_own(speech: OwnSpeech) -> list[OwnUtterance]:
    """The entries of a list, in its order; `AssetError` for what is none, or names one twice."""
    manifest = Path(speech.manifest)
    try:
        if manifest.is_dir():
            found = list(_kaldi(manifest, speech))
        elif manifest.suffix.lower() in (".jsonl", ".json", ".ndjson"):
            found = [_entry(row, manifest, speech, number) for number, row in _json_lines(manifest)]
        else:
            found = [_entry(row, manifest, speech, number) for number, row in _table(manifest)]
    except OSError as error:
        raise problem(
            AssetError, "list.unreadable", path=str(manifest), error=str(error.strerror or error)
        ) from None
    except UnicodeDecodeError as error:
        raise problem(AssetError, "list.not_utf8", path=str(manifest), error=str(error)) from None
    if not found:
        raise problem(AssetError, "list.empty", path=str(manifest))
    seen: set[str] = set()
    for each in found:
        if each.name in seen:
            raise problem(AssetError, "list.twice", path=str(manifest), name=each.name)
        seen.add(each.name)
    return found


def _json_lines(manifest: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(manifest.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise problem(
                AssetError, "list.no_json", path=str(manifest), line=str(number), error=str(error)
            ) from None
        if not isinstance(row, dict):
            raise problem(AssetError, "list.no_object", path=str(manifest), line=str(number))
        yield number, row


def _table(manifest: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Rows of a table with a heading; Common Voice's and other TSV files have no quoting."""
    text = manifest.read_text(encoding="utf-8-sig")
    head = text.split("\n", 1)[0]
    if "\t" in head or manifest.suffix.lower() == ".tsv":
        reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        reader = csv.DictReader(
            text.splitlines(), delimiter=";" if head.count(";") > head.count(",") else ","
        )
    for row in reader:
        yield reader.line_num, row


def _entry(row: Mapping[str, object], manifest: Path, speech: OwnSpeech, number: int) -> OwnUtterance:
    audio = _first(row, AUDIO)
    if audio is None:
        raise problem(
            AssetError,
            "list.no_recording",
            path=str(manifest),
            line=str(number),
            columns=", ".join(map(str, row)),
            names=", ".join(AUDIO),
        )
    path = _placed(audio, manifest.parent, speech)
    start, seconds = _number(row, START, manifest, number), _number(row, SECONDS, manifest, number)
    name = _first(row, NAME) or (f"{path.stem}@{start:g}" if start else path.stem)
    return OwnUtterance(
        name=name,
        path=path,
        text=_first(row, TEXT),
        speaker=_first(row, SPEAKER) or speech.speaker,
        start=start or 0.0,
        seconds=seconds
        if start is not None
        else None,  # without an offset a duration only describes the file
    )


def _kaldi(folder: Path, speech: OwnSpeech) -> Iterator[OwnUtterance]:
    """`wav.scp` and `text`, with `segments` and `utt2spk` where they are."""
    recordings = _pairs(folder / "wav.scp")
    texts = _pairs(folder / "text")
    speakers = _pairs(folder / "utt2spk")
    for name, recording in recordings.items():
        if recording.rstrip().endswith("|"):
            raise problem(AssetError, "list.command", path=str(folder / "wav.scp"), name=name)
    segments = _pairs(folder / "segments")
    places: dict[str, tuple[str, float, float | None]] = {name: (name, 0.0, None) for name in recordings}
    if segments:
        places = {}
        for name, line in segments.items():
            recording, begins, ends = line.split()[:3]
            places[name] = (recording, float(begins), float(ends) - float(begins))
    for name, (recording, start, seconds) in places.items():
        if recording in recordings:
            yield OwnUtterance(
                name=name,
                path=_placed(recordings[recording], folder, speech),
                text=texts.get(name),
                speaker=speakers.get(name) or speech.speaker,
                start=start,
                seconds=seconds,
            )


def _pairs(file: Path) -> dict[str, str]:
    """Kaldi's tables: a key, white space, the rest; none where the optional file is not there."""
    if not file.is_file() and file.name != "wav.scp":
        return {}
    found = {}
    for line in file.read_text(encoding="utf-8-sig").splitlines():
        key, _, rest = line.strip().partition(" ")
        if key:
            found[key] = rest.strip()
    return found


def _placed(audio: str, beside: Path, speech: OwnSpeech) -> Path:
    path = Path(audio)
    return path if path.is_absolute() else (Path(speech.audio) if speech.audio else beside) / path


def _first(row: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = row.get(name)
        if value is not None and str(value).strip():
            return str(value).strip()
    return None


def _number(row: Mapping[str, object], names: tuple[str, ...], manifest: Path, number: int) -> float | None:
    text = _first(row, names)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise problem(
            AssetError, "list.no_seconds", path=str(manifest), line=str(number), text=f"{text!r}"
        ) from None

"""Transcripts that exist already, as files: plain text, CTM, TSV, JSON of whisper.cpp and of faster-whisper.

The format is told by what the file holds, not by its name alone.  A file is one transcript, or several by
utterance: those of a CTM or a table by their names, lines of a text by their numbers.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.domain import Segment, Transcript, Word
from bench.errors import UnusableTranscript

TEXT_COLUMNS: Final = (
    "text",
    "sentence",
    "transcript",
    "transcription",
    "pred_text",
    "hypothesis",
    "reference",
)
NAME_COLUMNS: Final = (
    "id",
    "utt_id",
    "utterance",
    "utterance_id",
    "name",
    "file",
    "path",
    "audio",
    "audio_filepath",
)
_TIMES: Final = re.compile(r"^\s*\[[\d:.,]+ --> [\d:.,]+\]\s*")  # as whisper.cpp prints its segments


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptFile:
    """What a file holds: the whole `transcript`, and its `utterances` by name where it has any.

    `numbered` says that the names are line numbers of a text.
    """

    path: str
    transcript: Transcript
    utterances: Mapping[str, str] = field(default_factory=dict)
    numbered: bool = False


def read_transcript(path: Path) -> TranscriptFile:
    """Read a file of any of the formats; raises UnusableTranscript, with what is wrong."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UnusableTranscript(
            f"{path}: cannot be read: {error.strerror or error}.", hint="Check the path."
        ) from None
    except UnicodeDecodeError as error:
        raise UnusableTranscript(
            f"{path}: the text is not UTF-8: {error}.", hint="Save it as UTF-8."
        ) from None
    name, suffix = str(path), path.suffix.lower()
    if suffix in {".json", ".jsonl"} or text.lstrip()[:1] in {"{", "["}:
        found = _json(name, text, must=suffix in {".json", ".jsonl"})
        if found is not None:
            return found
    if suffix == ".ctm":
        return _ctm(name, text)
    if suffix in {".tsv", ".csv"}:
        return _table(name, text, "," if suffix == ".csv" else "\t")
    return _text(name, text)


def _text(name: str, text: str) -> TranscriptFile:
    lines = [_TIMES.sub("", line) for line in text.splitlines()]
    while lines and not lines[-1].strip():
        lines.pop()
    utterances = {str(at): line.strip() for at, line in enumerate(lines, 1)} if len(lines) > 1 else {}
    whole = " ".join(line.strip() for line in lines)
    return TranscriptFile(path=name, transcript=Transcript(text=whole), utterances=utterances, numbered=True)


# ---------------------------------------------------------------------------- CTM


def _ctm(name: str, text: str) -> TranscriptFile:
    """NIST's time-marked words: recording, channel, start, duration, word, and maybe a confidence."""
    words: dict[str, list[Word]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split()
        if not parts or line.startswith(";;"):
            continue
        try:
            recording, _, start, duration, word = parts[:5]
            begins, lasts = float(start), float(duration)
            confidence = float(parts[5]) if len(parts) > 5 and parts[5] != "NA" else None
        except ValueError:
            raise UnusableTranscript(
                f"{name}:{number}: no line of a CTM: {line[:60]!r}.",
                hint="It is: recording, channel, start, duration, word, and maybe a confidence.",
            ) from None
        words.setdefault(recording, []).append(
            Word(text=word, start_seconds=begins, end_seconds=begins + lasts, confidence=confidence)
        )
    for each in words.values():
        each.sort(key=lambda word: word.start_seconds)
    segments = tuple(
        Segment(
            text=" " + " ".join(word.text for word in part),
            start_seconds=part[0].start_seconds,
            end_seconds=part[-1].end_seconds,
            words=tuple(part),
        )
        for each in words.values()
        for part in _pauses(each)
    )
    whole = Transcript(
        text=" ".join(word.text for each in words.values() for word in each),
        segments=segments if len(words) == 1 else (),
    )
    spoken = {recording: " ".join(word.text for word in each) for recording, each in words.items()}
    return TranscriptFile(path=name, transcript=whole, utterances=spoken if len(spoken) > 1 else {})


def _pauses(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The words cut where the speaker pauses for a second."""
    part: list[Word] = []
    for word in words:
        if part and word.start_seconds - part[-1].end_seconds > 1.0:
            yield part
            part = []
        part.append(word)
    if part:
        yield part


# -------------------------------------------------------------------------- tables


def _table(name: str, text: str, delimiter: str) -> TranscriptFile:
    """Rows of name and text, with or without a header; or start, end (milliseconds) and text, as Whisper writes."""
    lines = io.StringIO(text)
    read = (
        csv.reader(lines) if delimiter == "," else csv.reader(lines, delimiter="	", quoting=csv.QUOTE_NONE)
    )
    rows = [row for row in read if any(row)]
    if not rows:
        return TranscriptFile(path=name, transcript=Transcript(text=""))
    header = [cell.strip().lower() for cell in rows[0]]
    said = next((header.index(column) for column in TEXT_COLUMNS if column in header), None)
    if said is not None:
        rows = rows[1:]
        named = next((header.index(column) for column in NAME_COLUMNS if column in header), None)
        timed = (header.index("start"), header.index("end")) if {"start", "end"} <= set(header) else None
    else:
        said = max(map(len, rows)) - 1
        timed = (0, 1) if said == 2 and all(_number(cell) for row in rows for cell in row[:2]) else None
        named = 0 if said and timed is None else None
    if min(map(len, rows), default=said + 1) <= said:
        short = next(row for row in rows if len(row) <= said)
        raise UnusableTranscript(
            f"{name}: a row has no text: {delimiter.join(short)[:60]!r}.",
            hint="Rows are a name and a text, or start, end and text; a header may name the columns.",
        )
    texts = [row[said].strip() for row in rows]
    segments: tuple[Segment, ...] = ()
    if timed is not None and named is None:
        segments = tuple(
            Segment(
                text=" " + row[said].strip(),
                start_seconds=float(row[timed[0]]) / 1000,
                end_seconds=float(row[timed[1]]) / 1000,
            )
            for row in rows
        )
    utterances: dict[str, str] = {}
    if named is not None:
        for row in rows:
            if row[named] in utterances:
                raise UnusableTranscript(
                    f"{name}: {row[named]!r} stands in two rows.",
                    hint="Give each utterance a name of its own.",
                )
            utterances[row[named]] = row[said].strip()
    whole = Transcript(text=" ".join(texts), segments=segments)
    return TranscriptFile(path=name, transcript=whole, utterances=utterances)


def _number(cell: str) -> bool:
    return re.fullmatch(r"\s*\d+(\.\d+)?\s*", cell) is not None


# ---------------------------------------------------------------------------- JSON


def _json(name: str, text: str, *, must: bool) -> TranscriptFile | None:
    try:
        data = json.loads(text)
    except ValueError as error:
        rows = _json_lines(text)
        if rows is not None:
            data = rows
        elif must:
            raise UnusableTranscript(
                f"{name}: not JSON: {error}.", hint="Write it again; a cut file ends in the middle."
            ) from None
        else:
            return None
    found = _from_json(name, data)
    if found is None and must:
        raise UnusableTranscript(
            f"{name}: no transcript in this JSON.",
            hint="Known: `transcription` of whisper.cpp, `segments` or `text` of faster-whisper and Whisper, rows with a `text`.",
        )
    return found


def _json_lines(text: str) -> list[Any] | None:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return None


def _from_json(name: str, data: Any) -> TranscriptFile | None:
    if isinstance(data, list):
        if all(isinstance(each, dict) and {"start", "end"} <= each.keys() for each in data) and data:
            return _of_segments(name, data, None)
        return _of_rows(name, data)
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("transcription"), list):  # whisper.cpp
        result = data.get("result")
        language = result.get("language") if isinstance(result, dict) else None
        return _of_segments(name, data["transcription"], language)
    if isinstance(data.get("segments"), list):
        return _of_segments(name, data["segments"], data.get("language"), data.get("text"))
    if isinstance(data.get("text"), str):
        whole = Transcript(text=data["text"].strip(), language=data.get("language"))
        return TranscriptFile(path=name, transcript=whole)
    return None


def _of_rows(name: str, rows: Sequence[Any]) -> TranscriptFile | None:
    """Rows that are objects with a text and maybe a name, as manifests have."""
    utterances: dict[str, str] = {}
    for at, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            return None
        said = next((row[column] for column in TEXT_COLUMNS if isinstance(row.get(column), str)), None)
        if said is None:
            return None
        named = next((str(row[column]) for column in NAME_COLUMNS if row.get(column)), str(at))
        utterances[named] = said.strip()
    if not utterances:
        return None
    return TranscriptFile(
        path=name, transcript=Transcript(text=" ".join(utterances.values())), utterances=utterances
    )


def _of_segments(
    name: str, segments: Sequence[Any], language: Any, text: Any = None
) -> TranscriptFile | None:
    if not all(isinstance(each, dict) and isinstance(each.get("text"), str) for each in segments):
        return None
    found = tuple(_segment(each) for each in segments)
    whole = text if isinstance(text, str) else "".join(_spaced(each.text) for each in found)
    return TranscriptFile(
        path=name,
        transcript=Transcript(
            text=" ".join(whole.split()),
            language=language if isinstance(language, str) else None,
            segments=found,
        ),
    )


def _segment(data: Mapping[str, Any]) -> Segment:
    offsets = data.get("offsets")
    if isinstance(offsets, dict):  # whisper.cpp counts milliseconds
        start, end = (_seconds(offsets.get(key), 1000) for key in ("from", "to"))
    else:
        start, end = (_seconds(data.get(key), 1) for key in ("start", "end"))
    return Segment(text=_spaced(data["text"]), start_seconds=start, end_seconds=end)


def _seconds(value: Any, unit: int) -> float | None:
    return value / unit if isinstance(value, int | float) else None


def _spaced(text: str) -> str:
    return text if text[:1].isspace() else f" {text}"

"""Many clips of one's own at once: files by a pattern, or a manifest with a recording and its text a line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

AUDIO: Final = frozenset(
    {
        ".wav",
        ".flac",
        ".mp3",
        ".ogg",
        ".oga",
        ".opus",
        ".aif",
        ".aiff",
        ".au",
        ".caf",
        ".rf64",
        ".w64",
        ".g722",
    }
)
#: What the field's manifests call a recording, its text, its language and its name.
PATHS: Final = ("path", "audio", "audio_filepath", "audio_path", "file", "file_name")
TEXTS: Final = ("text", "sentence", "transcript", "transcription", "normalized_text")
LANGUAGES: Final = ("language", "lang", "locale")
MOST_CLIPS: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A recording, with its text as a file or in words, where known."""

    path: Path
    text: Path | None = None
    said: str | None = None
    language: str | None = None


def is_pattern(path: Path) -> bool:
    """Whether it stands for several files."""
    return any(mark in str(path) for mark in "*?[")


def by_pattern(folder: Path, pattern: Path) -> list[Listed]:
    """The audio files that match, in the order of their names, each with the `.txt` of its name beside it.

    ValueError where none does, or too many do.
    """
    root = Path(pattern.anchor) if pattern.is_absolute() else folder
    parts = pattern.relative_to(pattern.anchor) if pattern.is_absolute() else pattern
    found = sorted(path for path in root.glob(str(parts)) if path.is_file() and path.suffix.lower() in AUDIO)
    if not found:
        raise ValueError(f"no audio file matches {pattern}")
    return _bounded([Listed(path=path, text=text_beside(path)) for path in found])


def text_beside(path: Path) -> Path | None:
    """The text file of a recording's name."""
    text = path.with_suffix(".txt")
    return text if text.is_file() else None


def by_manifest(file: Path) -> list[Listed]:
    """The recordings of a manifest: JSON lines (as NeMo writes them), JSON, CSV or TSV with a head.

    Paths start at its folder.  ValueError names the line of a mistake.
    """
    found = [_listed(file, number, row) for number, row in enumerate(_rows(file), start=1)]
    if not found:
        raise ValueError(f"{file} lists no recording")
    return _bounded(found)


def _bounded(found: list[Listed]) -> list[Listed]:
    if len(found) > MOST_CLIPS:
        raise ValueError(f"{len(found)} recordings; a suite takes {MOST_CLIPS} at most")
    return found


def _rows(file: Path) -> Iterator[Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: cannot be read: {error}") from None
    if file.suffix.lower() in (".csv", ".tsv"):
        yield from csv.DictReader(text.splitlines(), delimiter="\t" if file.suffix.lower() == ".tsv" else ",")
        return
    try:
        rows = (
            json.loads(text)
            if text.lstrip().startswith("[")
            else [json.loads(line) for line in text.splitlines() if line.strip()]
        )
    except ValueError as error:
        raise ValueError(f"{file}: neither JSON lines nor JSON: {error}") from None
    yield from rows


def _listed(file: Path, number: int, row: Any) -> Listed:
    if not isinstance(row, dict):
        raise ValueError(f"{file}: entry {number} is not a mapping")  # noqa: TRY004  # a mistake in a file
    path = _first(row, PATHS)
    if path is None:
        raise ValueError(f"{file}: entry {number} names no recording; its key is one of {', '.join(PATHS)}")
    return Listed(
        path=file.parent / path,
        said=" ".join((_first(row, TEXTS) or "").split()) or None,
        language=_first(row, LANGUAGES),
    )


def _first(row: dict[str, Any], names: tuple[str, ...]) -> str | None:
    found = (row[name] for name in names if row.get(name))
    value = next(found, None)
    return None if value is None else str(value)

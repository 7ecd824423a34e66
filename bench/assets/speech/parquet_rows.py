"""Recordings out of a data set's parquet files: a file for each row, and a list beside them.

A hub data set keeps an utterance a row, the encoded recording among its columns.  They are written out once, when
the data set lands, so that everything behind reads files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bench.assets.speech.own_speech import NAME, SPEAKER, TEXT
from bench.errors import AssetError
from bench.problems import problem

ROWS: Final = "rows.jsonl"
RECORDINGS: Final = "recordings"
AUDIO: Final = "audio"
ROWS_AT_ONCE: Final = 32
_SUFFIXES: Final = (
    (b"RIFF", ".wav"),
    (b"fLaC", ".flac"),
    (b"OggS", ".ogg"),
    (b"ID3", ".mp3"),
    (b"\xff", ".mp3"),
)


def unpack_parquet(folder: Path) -> None:
    """Write `recordings/` and `rows.jsonl` of the parquet files that lie in the folder; nothing without any.

    A row's name is its id where there is one, else its file and number.  Raises `AssetError` for files without
    recordings, and where pyarrow is not installed.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        return
    (folder / RECORDINGS).mkdir()
    with (folder / ROWS).open("w", encoding="utf-8") as rows:
        for number, (name, row) in enumerate(_rows(files)):
            told = row[AUDIO]
            content = told.get("bytes") if isinstance(told, dict) else None
            if not content:
                raise problem(AssetError, "parquet.no_recording", file=name, row=str(number))
            # the names in a data set are a stranger's: files are numbered
            path = f"{number:06d}{_suffix(content)}"
            (folder / RECORDINGS / path).write_bytes(content)
            entry = {
                "id": _first(row, NAME) or f"{Path(name).stem}-{number:06d}",
                "audio": path,
                "text": _first(row, TEXT),
                "speaker": _first(row, SPEAKER),
            }
            rows.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _rows(files: list[Path]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise problem(AssetError, "parquet.not_installed", file=files[0].name) from None
    for file in files:
        with parquet.ParquetFile(file) as opened:
            known = opened.schema_arrow.names
            if AUDIO not in known:
                raise problem(AssetError, "parquet.no_audio", file=file.name, columns=", ".join(known))
            wanted = [name for name in known if name == AUDIO or name in (*NAME, *TEXT, *SPEAKER)]
            for batch in opened.iter_batches(ROWS_AT_ONCE, columns=wanted):
                for row in batch.to_pylist():
                    yield file.name, row


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((str(row[name]) for name in names if row.get(name) not in (None, "")), None)


def _suffix(content: bytes) -> str:
    return next((suffix for start, suffix in _SUFFIXES if content.startswith(start)), ".audio")

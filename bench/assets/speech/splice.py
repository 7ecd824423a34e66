"""A clip's two files: its WAV, and what is said in it and when."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.assets.speech import wav
from bench.domain import Clip, FetchedClip, Utterance
from bench.errors import AssetError
from bench.problems import problem

WAV_NAME: Final = "clip.wav"
TEXT_NAME: Final = "reference.json"


def fitting(
    spoken: Sequence[tuple[str, bytes]], seconds: float, gap_seconds: float
) -> list[tuple[str, bytes]]:
    """Those that fit into so many seconds, in their order; one that is too long is passed over.

    For speech whose pace is not known before: a voice is slower in one system than in the next.
    """
    taken: list[tuple[str, bytes]] = []
    left = seconds
    for text, piece in spoken:
        needed = wav.seconds_of(piece) + (gap_seconds if taken else 0.0)
        if needed <= left:
            taken.append((text, piece))
            left -= needed
    return taken


def splice(
    folder: Path,
    title: str,
    spoken: Sequence[tuple[str, bytes]],
    *,
    seconds: float | None,
    gap_seconds: float,
    speaker: str | None,
) -> None:
    """Write texts' samples one after another with gaps between, zero-padded to `seconds`.

    Raises `AssetError` where they last longer than that: nothing is ever cut off.
    """
    if not spoken:
        raise problem(AssetError, "splice.nothing", title=title)
    samples = bytearray()
    utterances = []
    for text, piece in spoken:
        if samples:
            samples += wav.silence(gap_seconds)
        start = wav.seconds_of(samples)
        samples += piece
        end = wav.seconds_of(samples)
        utterances.append(Utterance(start_seconds=start, end_seconds=end, text=text, speaker=speaker))
    if seconds is not None:
        missing = len(wav.silence(seconds)) - len(samples)
        if missing < 0:
            raise problem(
                AssetError,
                "splice.too_long",
                title=title,
                length=f"{wav.seconds_of(samples):.3f}",
                most=str(seconds),
            )
        samples += bytes(missing)
    write(folder, bytes(samples), " ".join(text for text, _ in spoken), utterances)


def write(folder: Path, samples: bytes, reference: str | None, utterances: Sequence[Utterance] = ()) -> None:
    """Both files."""
    wav.write(folder / WAV_NAME, samples)
    text = {
        "seconds": wav.seconds_of(samples),
        "reference": reference,
        "utterances": [dataclasses.asdict(utterance) for utterance in utterances],
    }
    (folder / TEXT_NAME).write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def filled(clip: Clip, folder: Path, path: Path, sha256: str) -> FetchedClip:
    """The clip with what its files say."""
    text = json.loads((folder / TEXT_NAME).read_text(encoding="utf-8"))
    return FetchedClip(
        name=clip.name,
        title=clip.title,
        titles=clip.titles,
        language=clip.language,
        licence=clip.licence,
        corpus=clip.corpus,
        recipe=clip.recipe,
        path=str(path),
        sha256=sha256,
        duration_seconds=text["seconds"],
        reference=text["reference"],
        utterances=tuple(Utterance(**utterance) for utterance in text["utterances"]),
    )

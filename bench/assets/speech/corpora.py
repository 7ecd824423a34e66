"""Corpora: clips by name, and the transcripts of their sources in the styles they are written."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.assets.manifest import (
    CorpusManifest,
    CutClip,
    CutRecipe,
    OwnSpeech,
    RecordedSpeech,
    SayClip,
    SayRecipe,
    SpokenSpeech,
)
from bench.assets.manifest import Transcripts as TranscriptsManifest
from bench.domain import Clip
from bench.errors import AssetError
from bench.problems import problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A named list of clips with licence and provenance."""

    name: str
    title: str
    language: str
    licence: str
    provenance: str
    clips: Mapping[str, Clip]


def one_title(titles: Mapping[str, str]) -> str:
    """The title where no language is asked for: English, or the first there is."""
    return titles.get("en") or next(iter(titles.values()), "")


def corpus_of(manifest: CorpusManifest) -> Corpus:
    """The corpus of a manifest; its clips are not fetched yet."""
    clips = {
        name: Clip(
            name=name,
            title=entry.title if isinstance(entry.title, str) else one_title(entry.title),
            titles={} if isinstance(entry.title, str) else entry.title,
            language=manifest.language,
            duration_seconds=entry.seconds,
            licence=manifest.licence,
            corpus=manifest.name,
            recipe=recipe,
        )
        for name, entry, recipe in _recipes(manifest.speech)
    }
    return Corpus(
        name=manifest.name,
        title=manifest.title,
        language=manifest.language,
        licence=manifest.licence,
        provenance=manifest.provenance,
        clips=clips,
    )


def _recipes(
    speech: RecordedSpeech | SpokenSpeech | OwnSpeech,
) -> Iterator[tuple[str, CutClip | SayClip, CutRecipe | SayRecipe]]:
    """The clips by name, and how each is made; lists of one's own have none."""
    if isinstance(speech, SpokenSpeech):
        for name, said in speech.clips.items():
            yield name, said, _said(speech, said)
    elif isinstance(speech, RecordedSpeech):
        for name, cut in speech.clips.items():
            yield name, cut, _cut(speech, cut)


def _said(speech: SpokenSpeech, entry: SayClip) -> SayRecipe:
    return SayRecipe(
        voice=speech.voice,
        sentences=entry.sentences,
        seconds=entry.seconds,
        gap_seconds=entry.gap_seconds,
    )


def _cut(speech: RecordedSpeech, entry: CutClip) -> CutRecipe:
    return CutRecipe(
        source=speech.source,
        audio=speech.audio,
        transcripts=speech.transcripts,
        utterances=entry.utterances,
        seconds=entry.seconds,
        gap_seconds=entry.gap_seconds,
        speaker=speech.speaker,
        sha256=entry.sha256,
    )


def read_transcripts(folder: Path, manifest: TranscriptsManifest) -> dict[str, str]:
    """Texts by utterance, in the file's order, with the manifest's characters dropped and slips mended.

    `festvox`: `( name "text" )`; `prompts`: `name: text`, `;` begins a comment; `sphinx`:
    `<s> text </s> (name)`; `fleurs`: tab-separated, file name second and raw text third.
    """
    files = sorted(folder.glob(manifest.file))
    if not files:
        raise problem(AssetError, "transcripts.none", glob=manifest.file, folder=str(folder))
    raw = files[0].read_bytes()
    text = (gzip.decompress(raw) if files[0].suffix == ".gz" else raw).decode("utf-8")
    found = dict(pair for line in text.splitlines() if (pair := _parsed(line, manifest.style)))
    unwanted = str.maketrans("", "", manifest.drop)
    found = {name: " ".join(words.translate(unwanted).split()) for name, words in found.items()}
    for name, corrections in manifest.corrections.items():
        for wrong, right in corrections.items():
            if wrong not in found.get(name, ""):
                raise problem(
                    AssetError,
                    "transcripts.correction",
                    file=files[0].name,
                    utterance=name,
                    words=wrong,
                )
            found[name] = found[name].replace(wrong, right)
    return found


def _parsed(line: str, style: str) -> tuple[str, str] | None:
    if style == "fleurs":
        cells = line.split("\t")
        return (cells[1].removesuffix(".wav"), cells[2]) if len(cells) > 2 else None
    if style == "festvox":
        match = re.match(r'\(\s*(\S+)\s+"(.*)"\s*\)\s*$', line)
        return (match[1], match[2]) if match else None
    if style == "sphinx":
        match = re.match(r"(?:<s>)?\s*(.*?)\s*(?:</s>)?\s*\((\S+)\)\s*$", line)
        return (match[2], match[1]) if match else None
    match = re.match(r"([^\s;:][^:]*):\s*(.*)$", line)
    return (match[1].strip(), match[2]) if match else None

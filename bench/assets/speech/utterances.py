"""The utterances of a corpus, each a recording with its text: what the quality pass hears one by one."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from bench.assets.hashes import sha256_of
from bench.assets.manifest import CorpusManifest, OwnSpeech, RecordedSpeech
from bench.assets.progress import Progress, Silent
from bench.assets.speech import audio, wav
from bench.assets.speech.conditions import REVISION, degraded
from bench.assets.speech.corpora import read_transcripts
from bench.assets.speech.own_speech import read_own
from bench.assets.speech.recordings import fetch_source
from bench.domain import AudioCondition, CorpusPart, Reason
from bench.errors import AssetError, SuiteError
from bench.places import cache_root
from bench.problems import problem, why
from bench.reasons import reason, told

G722_BYTES_A_SECOND: Final = 8000
_SPEECH: Final[TypeAdapter[RecordedSpeech | OwnSpeech]] = TypeAdapter(RecordedSpeech | OwnSpeech)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenUtterance:
    """One utterance: where its recording is, how long, what is said (None: unknown) and by whom.

    `start` and `seconds` are its place in the recording where that holds more than it (`part`).
    `problem` says why the recording cannot be used; its length is then 0.
    """

    name: str
    text: str | None
    path: Path
    seconds: float
    start: float = 0.0
    part: bool = False
    speaker: str | None = None
    problem: Reason | None = None


def corpus_part(path: Path) -> CorpusPart:
    """All utterances of the corpus of a manifest file; `SuiteError` for one without recordings."""
    from bench.yamlfile import load

    manifest = load(path, CorpusManifest)
    if not isinstance(manifest.speech, RecordedSpeech | OwnSpeech):
        raise SuiteError(
            f"{path}: {manifest.name} is spoken by this computer; the quality pass hears recordings.",
            hint="Name a corpus of recordings under quality.corpora.",
        )
    return CorpusPart(
        corpus=manifest.name,
        title=manifest.title,
        language=manifest.language,
        licence=manifest.licence,
        recipe=manifest.speech.model_copy(update={"clips": {}}),
    )


def own_part(
    *, manifest: Path, audio: Path | None, name: str, language: str, licence: str, speaker: str | None
) -> CorpusPart:
    """The utterances of a list of one's own recordings; nothing is read yet."""
    speech = OwnSpeech(
        kind="own",
        manifest=str(manifest.absolute()),
        audio=str(audio.absolute()) if audio else None,
        speaker=speaker,
    )
    return CorpusPart(
        corpus=name,
        title=manifest.name,
        language=language,
        licence=licence,
        recipe=speech,
    )


def fetch_spoken(part: CorpusPart, progress: Progress | None = None) -> tuple[SpokenUtterance, ...]:
    """Every utterance of the corpus that has a recording, in the transcript's order.

    A recording that cannot be read is among them, with its problem.  Raises `AssetError` where the corpus
    itself cannot be had.
    """
    speech = part.recipe
    if not isinstance(speech, RecordedSpeech | OwnSpeech):  # of a suite read back from a run's folder
        speech = _SPEECH.validate_python(speech)
    if isinstance(speech, OwnSpeech):
        return _listed(speech)
    landing = fetch_source(speech.source, progress or Silent())
    if speech.transcripts.style == "table":
        tables = sorted(landing.folder.glob(speech.transcripts.file))
        if not tables:
            raise problem(
                AssetError, "transcripts.none", glob=speech.transcripts.file, folder=str(landing.folder)
            )
        return _listed(
            OwnSpeech(
                kind="own",
                manifest=str(tables[0]),
                audio=str(landing.folder / speech.audio),
                speaker=speech.speaker,
            )
        )
    texts = read_transcripts(landing.folder, speech.transcripts)
    found = []
    for name, text in texts.items():
        path = landing.folder / speech.audio.replace("{}", name)
        if path.is_file() and text:
            found.append(_glanced(name, text, path, _speaker(speech, name)))
    if not found:
        raise problem(AssetError, "corpus.no_recording", title=part.title)
    return tuple(found)


def _listed(speech: OwnSpeech) -> tuple[SpokenUtterance, ...]:
    """Every entry of a list of recordings."""
    return tuple(
        _glanced(each.name, each.text, each.path, each.speaker, each.start, each.seconds)
        for each in read_own(speech)
    )


def ready_audio(spoken: SpokenUtterance, condition: AudioCondition) -> Path:
    """A 16 kHz mono s16 WAV of the utterance under the condition; the recording itself where it is one.

    What has to be made is kept in the cache, under a name that its recording and its making give it.
    Raises `UnusableAudio`.
    """
    raw_is_ready = condition.kind == "clean" and not spoken.part and spoken.path.suffix.lower() == ".wav"
    if raw_is_ready and wav.is_wav(raw := spoken.path.read_bytes()) and wav.read_ready(spoken.path, raw):
        return spoken.path
    recipe = {
        "recording": sha256_of(spoken.path),
        "name": spoken.name,
        "part": [spoken.start, spoken.seconds] if spoken.part else None,
        "kind": condition.kind,
        "parameters": dict(condition.parameters),
        "revision": REVISION,
    }
    fingerprint = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:24]
    made = cache_root() / "utterances" / fingerprint[:2] / f"{fingerprint}.wav"
    if not made.is_file():
        made.parent.mkdir(parents=True, exist_ok=True)
        beside = made.with_name(f".{made.name}.{os.getpid()}")
        samples = audio.samples_of(spoken.path)
        if spoken.part:
            first = round(spoken.start * wav.RATE) * wav.SAMPLE_BYTES
            samples = samples[first : first + round(spoken.seconds * wav.RATE) * wav.SAMPLE_BYTES]
            wav.require_length(spoken.path, samples)
        wav.write(beside, degraded(samples, condition, spoken.name))
        beside.replace(made)
    return made


def _speaker(speech: RecordedSpeech, name: str) -> str | None:
    """The corpus's one speaker, or what the pattern finds in the utterance's name."""
    import re

    if speech.speaker_pattern and (found := re.search(speech.speaker_pattern, name)):
        return found.group(found.re.groups and 1)
    return speech.speaker


def _glanced(
    name: str,
    text: str | None,
    path: Path,
    speaker: str | None,
    start: float = 0.0,
    seconds: float | None = None,
) -> SpokenUtterance:
    wrong: Reason | None = None
    length = 0.0
    part = bool(start) or seconds is not None
    try:
        whole = _seconds(path)
        length = min(whole - start, whole if seconds is None else seconds)
        part = part and length < whole
        if length < wav.SHORTEST_SECONDS:
            about = {"length": f"{length:.3f}", "start": f"{start:.3f}", "whole": f"{whole:.3f}"}
            wrong = reason("utterance.no_speech", path=str(path), **about)
    except AssetError as error:
        wrong = why(error)
    except OSError as error:
        wrong = told(str(error))
    return SpokenUtterance(
        name=name,
        text=text,
        path=path,
        seconds=0.0 if wrong else length,
        start=start,
        part=part,
        speaker=speaker,
        problem=wrong,
    )


def _seconds(path: Path) -> float:
    """Length by the file's header where it has one; `UnusableAudio` for what no engine should get."""
    if path.suffix == ".g722":
        return path.stat().st_size / G722_BYTES_A_SECOND
    raw = path.read_bytes()
    if wav.is_wav(raw) and (ready := wav.read_ready(path, raw)) is not None:
        wav.require_length(path, ready)
        return wav.seconds_of(ready)
    return wav.seconds_of(audio.samples_of(path))

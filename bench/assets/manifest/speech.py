"""Corpora and clips: what is spoken in them, and how their recordings are cut, said or found."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bench.assets.manifest.pins import Name, Sha256, StrictManifest
from bench.assets.manifest.sources import DebianSource, HubSource
from bench.naming import SafePath

DAY = 86400.0


SpeechSource = Annotated[DebianSource | HubSource, Field(discriminator="kind")]


class Transcripts(StrictManifest):
    """The texts of a source: a file of it, and how that file is written.

    `corrections` mend known slips of the transcript, by utterance: `{wrong: right}`.
    """

    file: SafePath = Field(description="Glob of the transcript among the source's files")
    style: Literal["festvox", "prompts", "sphinx", "fleurs", "table"]
    drop: str = Field(default="", description="Characters that are no part of the text, e.g. stress marks")
    corrections: dict[str, dict[str, str]] = Field(default_factory=dict)


class CutRecipe(StrictManifest):
    """Utterances of a source one after another, zero-padded to `seconds`.

    Without `utterances` as many are taken as fit, in the transcript's order.
    """

    kind: Literal["cut"] = "cut"
    source: SpeechSource
    audio: SafePath = Field(description="Where an utterance lies among the source's files; {} is its name")
    transcripts: Transcripts
    utterances: tuple[str, ...] = ()
    seconds: float = Field(gt=0, le=DAY)
    gap_seconds: float = Field(default=0.0, ge=0, le=DAY)
    speaker: str | None = None
    sha256: Sha256 | None = Field(default=None, description="Of the finished WAV")


class SayRecipe(StrictManifest):
    """Speech of a known text by macOS's `say`, sentence by sentence."""

    kind: Literal["say"] = "say"
    voice: str
    sentences: tuple[str, ...] = Field(min_length=1)
    seconds: float | None = Field(
        default=None, gt=0, le=DAY, description="Zero-padded to this; None: as spoken"
    )
    gap_seconds: float = Field(default=0.3, ge=0, le=DAY)


class FileRecipe(StrictManifest):
    """An audio file of one's own, and the text spoken in it."""

    kind: Literal["file"] = "file"
    path: str
    text: str | None = Field(default=None, description="Path of a UTF-8 text file")
    said: str | None = Field(default=None, description="The words themselves, where no file has them")


Recipe = Annotated[CutRecipe | SayRecipe | FileRecipe, Field(discriminator="kind")]


Titles = str | dict[str, str]
"""A title, or one for each language of reports: {en: Read prose, ru: Чтение}."""


class CutClip(StrictManifest):
    """A clip of a corpus: its utterances and length."""

    title: Titles
    seconds: float = Field(gt=0, le=DAY)
    utterances: tuple[str, ...] = ()
    gap_seconds: float = Field(default=0.0, ge=0, le=DAY)
    sha256: Sha256 | None = None


class SayClip(StrictManifest):
    """A clip spoken by `say`."""

    title: Titles
    sentences: tuple[str, ...] = Field(min_length=1)
    seconds: float | None = Field(default=None, gt=0, le=DAY)
    gap_seconds: float = Field(default=0.3, ge=0, le=DAY)


class RecordedSpeech(StrictManifest):
    """Recordings with transcripts in a package or a hub data set.

    With a `table` the recordings are named in it, and `audio` is the folder they lie in.
    """

    kind: Literal["recorded"]
    source: SpeechSource
    audio: SafePath
    transcripts: Transcripts
    speaker: str | None = None
    speaker_pattern: str | None = Field(
        default=None, description="Regular expression on an utterance's name; its group 1 is the speaker"
    )
    clips: dict[Name, CutClip] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _a_table_is_heard_whole(self) -> RecordedSpeech:
        if self.transcripts.style == "table" and self.clips:
            raise ValueError(
                "clips: a corpus with a table is heard by the quality pass alone; leave `clips` out"
            )
        return self


class SpokenSpeech(StrictManifest):
    """Speech of a known text, made by macOS's `say`."""

    kind: Literal["say"]
    voice: str
    clips: dict[Name, SayClip] = Field(min_length=1)


class OwnSpeech(StrictManifest):
    """Recordings of one's own with a list of them: nothing is fetched."""

    kind: Literal["own"]
    manifest: str = Field(
        description="TSV, CSV, JSON lines (NeMo's manifest too), or a folder with Kaldi's wav.scp and text"
    )
    audio: str | None = Field(default=None, description="Folder of the recordings; None: beside the manifest")
    speaker: str | None = None
    clips: dict[Name, CutClip] = Field(default_factory=dict, max_length=0)


class CorpusManifest(StrictManifest):
    """A named list of clips with licence and provenance."""

    name: Name
    title: str
    language: str
    licence: str
    provenance: str
    speech: Annotated[RecordedSpeech | SpokenSpeech | OwnSpeech, Field(discriminator="kind")]

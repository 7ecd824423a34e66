"""The shape of a suite file: what docs/suite-format.md describes and the command `schema` exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from bench import domain
from bench.builds import compiled_names
from bench.config.cliplists import is_pattern
from bench.config.durations import Duration, Share, Size
from bench.config.fields import (
    Metric,
    Name,
    PlainText,
    ReportLanguage,
    Requirement,
    Strict,
    Tolerance,
    Variable,
    list_of,
    one_of,
)
from bench.config.listening import CorpusEntry

_DAY: Final = 86400.0


class Knobs(Strict):
    """What defaults, models and variants may all set; the later of the three wins."""

    engine: str | None = Field(default=None, description="An engine's name: see the command `engines`")
    device: Literal["auto", "cpu", "metal", "cuda", "vulkan"] | None = Field(
        default=None, description="Asserted from the engine's log; auto takes what the engine takes"
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="Decoding settings of the engine")
    environ: dict[Variable, PlainText] = Field(
        default_factory=dict, description="Environment variables of the child"
    )
    environment: str | None = Field(default=None, description="A name under `environments`")
    environments: list[Name] = Field(
        default_factory=list,
        description="Cross with each of these: NAME+ENVIRONMENT, interleaved in every block",
    )


class ModelEntry(Knobs):
    """A model of the matrix: a manifest's name, or a mapping with settings of its own."""

    manifest: str = Field(description="A name under models/ beside the suite, or a path ending in .yaml")


class VariantEntry(Knobs):
    """A variant of the matrix: a quantization's name, or a mapping."""

    quantization: Name
    name: Name | None = Field(default=None, description="Defaults to the quantization")
    baseline: bool = Field(default=False, description="Compare the model's other variants with this one")


class ClipEntry(Strict):
    """A clip of the matrix: `corpus/clip`, or the user's own file with its text beside it.

    A pattern in `path` and a `manifest` stand for many clips.
    """

    path: Path | None = Field(
        default=None,
        description="WAV, FLAC, MP3 ...; relative to the suite. A pattern, calls/*.wav, takes all that match, each "
        "with the .txt of its name beside it",
    )
    manifest: Path | None = Field(
        default=None,
        description="JSON lines, CSV or TSV with a recording and its text a line, instead of `path`",
    )
    name: Name | None = None
    text: Path | None = Field(default=None, description="The exact transcript, a UTF-8 text file")
    language: str = "ru"
    licence: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> ClipEntry:
        if (self.path is None) == (self.manifest is None):
            raise ValueError("needs either `path` or `manifest`")
        several = self.manifest is not None or (self.path is not None and is_pattern(self.path))
        if several and (self.name or self.text):
            raise ValueError("several clips at once take no `name` and no `text`")
        return self

    @property
    def source(self) -> Path:
        """Where the recordings are: what `path` or `manifest` says, whichever is given."""
        return next(given for given in (self.path, self.manifest) if given is not None)


class CaseEntry(Strict):
    """One more case: names of the model and the clip, and a whole variant."""

    model: str
    variant: Annotated[VariantEntry, one_of("quantization", VariantEntry)]
    clip: str


class Exclusion(Strict):
    """Cases to leave out: those that match every key given; `*` matches any text."""

    model: str | None = None
    variant: str | None = None
    quantization: str | None = None
    engine: str | None = None
    clip: str | None = None


class ProtocolEntry(Strict):
    """How often, in which order and within which limits the cases are run."""

    blocks: int = Field(default=10, ge=1, le=1000, description="Repetitions; 10 for a result to publish")
    precision: Share | None = Field(
        default=None,
        ge=0.001,
        le=0.2,
        description="Instead of `blocks`: go on until every ratio to its baseline is known this well: 1 %",
    )
    decide_at: Share | None = Field(
        default=None,
        gt=0,
        le=1,
        description="With `precision`: or until it is known to lie within or beyond this change: 5 %",
    )
    min_blocks: int = Field(default=6, ge=6, le=1000, description="With `precision`: never fewer")
    max_blocks: int = Field(default=40, ge=6, le=1000, description="With `precision`: never more")
    max_time: Duration | None = Field(
        default=None, gt=0, description="With `precision`: trials' time after which no block begins: 20 min"
    )
    seed: int = Field(default=1, ge=0, lt=2**63)
    passes: int = Field(default=1, ge=1, le=100, description="Transcriptions in one child")
    cold_cache: bool = Field(
        default=False, description="Evict the weights from the page cache before each trial"
    )
    evicted_starts: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Blocks in which a child that only loads follows each trial, the weights evicted before",
    )
    timeout: Duration = Field(default=600.0, gt=0, le=30 * _DAY, description="A trial's time limit: 5 min")
    memory_limit: Size | None = Field(
        default=None, gt=0, lt=2**63, description="A trial's memory limit: 4 GB"
    )
    sample_hz: float = Field(
        default=50.0, ge=0, le=1000, description="Linux: samples of anonymous memory a second"
    )
    cooldown: Duration = Field(default=0.0, ge=0, le=_DAY, description="Pause before each trial")
    rerun_disturbed: bool = Field(default=True, description="Run a disturbed block once more and keep both")

    @model_validator(mode="after")
    def _one_kind_of_eviction(self) -> ProtocolEntry:
        if self.cold_cache and self.evicted_starts:
            raise ValueError("`cold_cache` evicts before every trial already: leave `evicted_starts` out")
        return self


class StarEntry(Strict):
    """Stars for a word error rate up to `max_wer` (0.05 = 5 %)."""

    max_wer: float = Field(ge=0, le=100)
    stars: int = Field(ge=1, le=5)


class QualityEntry(Strict):
    """How transcripts are judged."""

    normalizer: str = Field(
        default="auto", description="auto: by language; raw; or a versioned name like ru-1"
    )
    stars: list[StarEntry] = Field(
        default_factory=lambda: [
            StarEntry(max_wer=band.max_wer, stars=band.stars) for band in domain.Quality().stars
        ]
    )
    key_errors: int = Field(default=5, ge=0, le=50)
    corpora: list[Annotated[CorpusEntry, one_of("corpus", CorpusEntry)]] = Field(
        default_factory=list, description="What the quality pass hears, utterance by utterance"
    )
    seed: int = Field(
        default=1, ge=0, lt=2**63, description="Draws the order of the utterances, and the subsets"
    )
    workers: int | None = Field(default=None, ge=1, le=256, description="Processes; None: one a core")
    floor: int = Field(
        default=24, ge=0, description="Utterances on which the baseline is held against itself"
    )


class ReportEntry(Strict):
    """Which reports a run writes."""

    languages: tuple[ReportLanguage, ...] = Field(default=("ru", "en"), min_length=1)


class BuildEntry(Strict):
    """How packages are compiled: `native`, or a mapping of variables that their build reads."""

    native: bool = False
    environ: dict[Variable, PlainText] = Field(default_factory=dict)


def _build_of(value: object) -> object:
    if value == "native":
        return {"native": True}
    if isinstance(value, dict) and value:
        return {"environ": value}
    raise ValueError("takes the word native, or variables: {CMAKE_ARGS: -DGGML_VULKAN=ON}")


class EnvironmentEntry(Strict):
    """Packages of an interpreter of their own: a list of pins, or a mapping that says how they are compiled."""

    packages: list[Requirement] = Field(min_length=1, description="Pins: NAME==VERSION")
    build: (
        Annotated[
            BuildEntry, BeforeValidator(_build_of, json_schema_input_type=Literal["native"] | dict[str, str])
        ]
        | None
    ) = Field(
        default=None,
        description="Take no wheels of them: `native` compiles what is built on ggml for this processor, a mapping "
        "gives the build variables of its own: {CMAKE_ARGS: -DGGML_VULKAN=ON}",
    )

    @model_validator(mode="after")
    def _releases_are_compiled(self) -> EnvironmentEntry:
        if self.build and len(compiled_names(self.packages)) < len(self.packages):
            raise ValueError("`build` compiles releases: give each package as NAME==VERSION")
        return self

    @property
    def compiled(self) -> domain.Build | None:
        """How they are compiled; None for wheels."""
        return domain.Build(native=self.build.native, environ=self.build.environ) if self.build else None


class HostEntry(Strict):
    """A host of a fleet to time the suite on."""

    label: Name = Field(description="What its worker was started with: `asr-quant-bench worker --label m4`")


class SuiteFile(Strict):
    """A suite: models x variants x clips, and how they are measured, judged and reported."""

    name: Name
    title: dict[str, str] | str
    models: list[Annotated[ModelEntry, one_of("manifest", ModelEntry)]] = Field(min_length=1)
    variants: list[Annotated[VariantEntry, one_of("quantization", VariantEntry)]] = Field(
        default_factory=list
    )
    clips: list[ClipEntry | str] = Field(min_length=1)
    defaults: Knobs = Knobs()
    include: list[CaseEntry] = Field(default_factory=list)
    exclude: list[Exclusion] = Field(default_factory=list)
    protocol: ProtocolEntry = ProtocolEntry()
    quality: QualityEntry = QualityEntry()
    report: ReportEntry = ReportEntry()
    tolerances: dict[Metric, Tolerance] = Field(
        default_factory=dict, description="Allowed change by metric: 0.05 = 5 %"
    )
    environments: dict[Name, Annotated[EnvironmentEntry, list_of("packages", EnvironmentEntry)]] = Field(
        default_factory=dict, description="Pinned requirements by name"
    )
    hosts: list[Annotated[HostEntry, one_of("label", HostEntry)]] = Field(
        default_factory=list, description="Where `run --on` times the suite; docs/fleet.md"
    )

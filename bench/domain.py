"""The nouns.  Frozen, keyword-only, without I/O; one meaning each in code, YAML, docs and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bench.metrics import METRICS
from bench.units import Unit

# ---------------------------------------------------------------- what is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights family and size, e.g. Whisper base, with the quantization its variants are held to.

    `manifest` is the model's manifest as read (a `bench.assets.manifest.ModelManifest`): where its
    weights come from is the business of `bench.assets` alone.
    """

    name: str
    title: str
    family: str
    baseline: str
    licence: str
    synthetic: bool = False
    manifest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Quantization x engine x device x decoding settings; crossed with a model it can run."""

    name: str
    quantization: str
    engine: str
    device: str = "auto"
    settings: Mapping[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    environment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A stretch of a clip whose words are known; times in seconds from the clip's start."""

    start_seconds: float
    end_seconds: float
    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One audio file, 16 kHz mono s16 WAV once fetched.

    `path`, `sha256` (of the WAV file), `reference` and `utterances` are known after fetching;
    `recipe` says how `bench.assets` makes it.  Without `reference` quality is judged against the
    baseline's transcript alone.  `titles` are by report language, where a corpus gives them.
    """

    name: str
    title: str
    language: str
    duration_seconds: float
    titles: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    corpus: str | None = None
    path: str | None = None
    sha256: str | None = None
    reference: str | None = None
    utterances: tuple[Utterance, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedClip(Clip):
    """A clip whose WAV lies at `path`, with its true length and words: what engines are given."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Variant x clip: one cell of the matrix.  `model` and `clip` are names within the suite.

    `baseline` is the id of the case this one is compared with (the model's baseline quantization
    on the same clip); None when the suite has none.
    """

    id: str
    model: str
    variant: Variant
    clip: str
    baseline: str | None = None

    @property
    def is_baseline(self) -> bool:
        """Whether this case is the one its siblings are compared with."""
        return self.baseline == self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How often, in which order and within which limits the cases are run.

    Without `precision` a run has `blocks` blocks.  With it blocks go on, `min_blocks` to `max_blocks`
    of them and for `max_seconds` of trials at most, until the interval of every ratio to the baseline
    is that narrow (0.01 = 1 % to either side) or, where `decide_at` is given, known to lie within or
    beyond it: see `bench.pace`.
    """

    blocks: int = 10
    precision: float | None = None
    decide_at: float | None = None
    min_blocks: int = 6
    max_blocks: int = 40
    max_seconds: float | None = None
    seed: int = 1
    passes: int = 1
    cold_cache: bool = False
    timeout_seconds: float = 600.0
    memory_limit_bytes: int | None = None
    sample_hz: float = 50.0
    cooldown_seconds: float = 0.0
    rerun_disturbed: bool = True

    @property
    def most_blocks(self) -> int:
        """How many blocks a run may have."""
        return self.blocks if self.precision is None else self.max_blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioCondition:
    """What is done to speech before it is heard: noise, a telephone band, reverberation, speed, silence.

    `kind` "clean" does nothing.  `utterances` are the first so many that are heard this way, None: all.
    The same condition makes the same samples of the same utterance always.
    """

    name: str = "clean"
    kind: str = "clean"
    parameters: Mapping[str, float | str] = field(default_factory=dict)
    utterances: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusPart:
    """Utterances of a corpus that the quality pass hears: all, or a stratified part of them.

    `recipe` says how `bench.assets` gets them; `hours` and `utterances` are limits, None is all.
    """

    corpus: str
    title: str
    language: str
    licence: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    hours: float | None = None
    utterances: int | None = None
    conditions: tuple[AudioCondition, ...] = (AudioCondition(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class StarBand:
    """Stars given to a word error rate up to `max_wer` (a ratio, 0.05 = 5 %)."""

    max_wer: float
    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How transcripts are judged.  Bands in rising order; above the last one it is one star.

    `corpora` are what the quality pass hears, in an order drawn by `seed`, in `workers` processes (None:
    one a core); the baseline is held against itself on the first `floor` utterances.
    """

    normalizer: str = "auto"
    stars: tuple[StarBand, ...] = (
        StarBand(max_wer=0.05, stars=5),
        StarBand(max_wer=0.25, stars=4),
        StarBand(max_wer=0.40, stars=3),
        StarBand(max_wer=0.60, stars=2),
    )
    key_errors: int = 5
    corpora: tuple[CorpusPart, ...] = ()
    seed: int = 1
    workers: int | None = None
    floor: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """Which reports are written after a run."""

    languages: tuple[str, ...] = ("ru", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A resolved suite: every default explicit, every case listed.  `title` is by language."""

    name: str
    title: Mapping[str, str]
    models: Mapping[str, Model]
    clips: Mapping[str, Clip]
    cases: tuple[Case, ...]
    protocol: Protocol = Protocol()
    quality: Quality = Quality()
    report: ReportSettings = ReportSettings()
    tolerances: Mapping[str, float] = field(default_factory=dict)
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def case(self, case_id: str) -> Case:
        """The case of that id; KeyError when there is none."""
        for case in self.cases:
            if case.id == case_id:
                return case
        raise KeyError(case_id)


# ------------------------------------------------------------- what is measured


class Status(StrEnum):
    """How a trial ended.  Everything but OK carries a reason."""

    OK = "ok"
    MISSING = "missing"  # weights, clip or engine could not be had
    UNUSABLE = "unusable"  # weights the engine must not be given: corrupt, truncated, foreign
    UNSUPPORTED = "unsupported"  # the engine refuses the model, in its own words
    FAILED = "failed"  # the child ended by itself with an error
    CRASHED = "crashed"  # the child was ended by a signal
    TIMEOUT = "timeout"  # the child was ended at its time limit
    MEMORY = "memory"  # the child was ended at its memory limit, or by the kernel's
    WRONG_BACKEND = "wrong-backend"  # asked for one device, ran on another
    WRONG_WEIGHTS = "wrong-weights"  # did not open the weights it was to run, or opened another variant's
    EXIT_FAILED = "exit-failed"  # the child delivered everything, then failed in its exit: its figures count

    @property
    def delivered(self) -> bool:
        """Whether the trial's figures and transcript count."""
        return self in (Status.OK, Status.EXIT_FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something is absent, refused, failed or disturbed: a code of `bench.reasons` and what varies in it.

    The words are the catalogs' (`bench.language`): records are of no language.
    """

    code: str
    parameters: Mapping[str, str | int | float | Reason] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted((name, str(v)) for name, v in self.parameters.items()))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A value with its unit and instrument, or the reason why there is none."""

    name: str
    value: float | None
    unit: Unit
    source: str
    reason: Reason | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"{self.name}: a measurement has either a value or a reason")


def measured(name: str, value: float, source: str) -> Measurement:
    """A value of a metric of `bench.metrics.METRICS`, in that metric's base unit."""
    return Measurement(name=name, value=value, unit=METRICS[name].unit, source=source)


def absent(name: str, reason: Reason, source: str = "") -> Measurement:
    """A metric that could not be measured, and why."""
    return Measurement(name=name, value=None, unit=METRICS[name].unit, source=source, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A recognized word with times in seconds from the clip's start."""

    text: str
    start_seconds: float
    end_seconds: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of transcript; `confidence` is the mean token probability, 0 to 1."""

    text: str
    start_seconds: float | None = None
    end_seconds: float | None = None
    confidence: float | None = None
    tokens: int | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What the engine heard.  `repeats_agree` is None with one pass, else whether all passes gave
    the same text; `truncated` says that the token limit was hit.
    """

    text: str
    language: str | None = None
    segments: tuple[Segment, ...] = ()
    repeats_agree: bool | None = None
    truncated: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """A file the engine was given.  `role` is "model", or "decoder" and "encoder"."""

    role: str
    path: str
    bytes: int
    sha256: str
    provenance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file that the measured process had open.  `how`: `mapped` or `descriptor` (the process was seen
    to hold it), or `noticed` (the kernel told of an opening during the trial, too short to see whose).
    """

    path: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsProof:
    """Which weights really ran.  `proven` says that every file the case names was opened, and no file of
    another variant, `wrong` that it was otherwise; with neither nobody knows.  `reason` says why it is
    not proven.  `files` are those named, and other large ones.
    """

    proven: bool
    wrong: bool = False
    files: tuple[OpenedFile, ...] = ()
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What really ran, read from the engine's own log: never from the setting."""

    device: str  # cpu, metal, cuda, vulkan ...
    detail: str = ""  # the engine's words: GPU name, CPU features
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The machine's state around a trial, and what of it disturbs a measurement."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    disturbances: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One trial: one JSON line of the journal.

    `block` counts from 1; `attempt` is 2 for a disturbed block run again.  `log` is relative to
    the run directory.  Identity fields repeat the case, so that a record can be read alone.
    """

    run: str
    suite: str
    case: str
    model: str
    quantization: str
    variant: str
    clip: str
    engine: str
    engine_version: str | None
    host: str
    block: int
    position: int
    attempt: int
    status: Status
    reason: Reason | None
    started_at: str
    measurements: Mapping[str, Measurement]
    command: tuple[str, ...] = ()
    log: str | None = None
    weights: tuple[WeightsFile, ...] = ()
    backend: Backend | None = None
    transcript: Transcript | None = None
    conditions: Conditions = Conditions()
    proof: WeightsProof | None = None

    def value(self, metric: str) -> float | None:
        """The metric's value in its base unit, or None where it is absent."""
        found = self.measurements.get(metric)
        return found.value if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine.  `id` is a short hash of what makes two machines comparable."""

    id: str
    system: str  # linux, macos
    machine: str  # x86_64, arm64
    cpu: str
    cores: int
    memory_bytes: int
    gpu: str | None
    os: str
    python: str
    packages: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Reason, ...] = ()

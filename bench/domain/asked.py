"""What a suite asks for: models, variants, clips, cases, and how they are run, judged and reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights family and size, e.g. Whisper base, with the quantization its variants are held to.

    `manifest` says where its weights come from: what `bench.assets` parsed its manifest to, and nobody
    else looks into; plain data in a suite that was read back from a run.
    """

    name: str
    title: str
    family: str
    baseline: str
    licence: str
    synthetic: bool = False
    manifest: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Quantization x engine x device x decoding settings; crossed with a model it can run.

    `settings` are what the engine's own model made of them when the suite was loaded, and its engine is given
    just that; plain data in a suite that was read back from a run.
    """

    name: str
    quantization: str
    engine: str
    device: str = "auto"
    settings: object = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    environment: str | None = None

    @property
    def settings_by_name(self) -> dict[str, Any]:
        """The settings for those who look one up by name, whatever the engine."""
        return dict(cast("Iterable[tuple[str, Any]]", self.settings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A stretch of a clip whose words are known; times in seconds from the clip's start."""

    start_seconds: float
    end_seconds: float
    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One audio file: as a suite asks for it, or as a run heard it.

    `duration_seconds` is None where nothing tells it before the clip is fetched.  `path`, `sha256` (of
    the WAV file), `reference` and `utterances` are known after fetching; `recipe` says how it is made:
    what `bench.assets` parsed it to, and nobody else looks into.  Without `reference` quality is judged
    against the baseline's transcript alone.  `titles` are by report language, where a corpus gives them.
    """

    name: str
    title: str
    language: str
    duration_seconds: float | None
    titles: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    corpus: str | None = None
    path: str | None = None
    sha256: str | None = None
    reference: str | None = None
    utterances: tuple[Utterance, ...] = ()
    recipe: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedClip(Clip):
    """A clip whose 16 kHz mono s16 WAV lies at `path`, with its true length and words: what engines are given."""

    duration_seconds: float
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
    beyond it: see `bench.pace`.  In the first `evicted_starts` blocks each trial is followed by a child
    that only loads, its weights evicted from the page cache before.
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
    evicted_starts: int = 0
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

    `recipe` says how `bench.assets` gets them, as it parsed it; `hours` and `utterances` are limits, None is all.
    """

    corpus: str
    title: str
    language: str
    licence: str = ""
    recipe: object = None
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
class Build:
    """How an environment's packages are compiled: for this machine's processor, or with variables of their own."""

    native: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A resolved suite: every default explicit, every case listed.  `title` is by language.

    `environments` are pins by name, `builds` how those of them that take no wheels are compiled.
    `hosts` are the labels of the hosts that it is meant to be timed on, where it names any: docs/fleet.md.
    """

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
    builds: Mapping[str, Build] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()

    def case(self, case_id: str) -> Case:
        """The case of that id; KeyError when there is none."""
        for case in self.cases:
            if case.id == case_id:
                return case
        raise KeyError(case_id)

"""The shape of `quality.corpora`: which utterances the quality pass hears, and under which conditions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bench import domain
from bench.config.durations import Duration

Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]


class ConditionEntry(BaseModel):
    """What is done to the speech; `kind: clean` does nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Label | None = Field(default=None, description="Defaults to what the kind makes of its parameters")
    utterances: int | None = Field(default=None, ge=1, description="Of the first so many alone")

    def condition(self) -> domain.AudioCondition:
        """The noun."""
        data = self.model_dump(exclude_none=True)
        name, kind, limit = data.pop("name", None), data.pop("kind"), data.pop("utterances", None)
        own = "-".join([kind, *(f"{value}" for value in data.values())])
        return domain.AudioCondition(name=name or own, kind=kind, parameters=data, utterances=limit)


class CleanEntry(ConditionEntry):
    """The recording as it is."""

    kind: Literal["clean"] = "clean"


class NoiseEntry(ConditionEntry):
    """Noise at a signal-to-noise ratio against the active speech."""

    kind: Literal["noise"]
    snr_db: float = Field(ge=-20, le=60)
    colour: Literal["white", "pink", "speech"] = "white"


class TelephoneEntry(ConditionEntry):
    """300 to 3400 Hz at 8 kHz, in the steps of G.711's mu-law."""

    kind: Literal["telephone"]


class ReverbEntry(ConditionEntry):
    """A room in which sound decays by 60 dB in `seconds`."""

    kind: Literal["reverb"]
    seconds: Duration = Field(gt=0, le=5)
    direct_db: float = Field(default=0.0, ge=-20, le=40, description="Direct sound over all reflections")


class SpeedEntry(ConditionEntry):
    """Played `factor` times as fast, pitch and all."""

    kind: Literal["speed"]
    factor: float = Field(ge=0.5, le=2.0)


class SilenceEntry(ConditionEntry):
    """Digital silence before and after the speech."""

    kind: Literal["silence"]
    before: Duration = Field(default=0.0, ge=0, le=60)
    after: Duration = Field(default=0.0, ge=0, le=60)


AnyCondition = Annotated[
    CleanEntry | NoiseEntry | TelephoneEntry | ReverbEntry | SpeedEntry | SilenceEntry,
    Field(discriminator="kind"),
]


def _clean() -> list[AnyCondition]:
    return [CleanEntry()]


def _named(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRecordings:
    """A list of one's own recordings, all in one language."""

    manifest: Path
    language: str


class CorpusEntry(BaseModel):
    """Utterances to hear: of a corpus beside the suite, or of a list of one's own recordings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    corpus: str | None = Field(default=None, description="A name under corpora/ beside the suite")
    manifest: Path | None = Field(
        default=None,
        description="One's own recordings: TSV, CSV, JSON lines, NeMo's manifest, or Kaldi's folder",
    )
    audio: Path | None = Field(default=None, description="Folder of the recordings of `manifest`")
    name: Label | None = Field(default=None, description="What to call the recordings of `manifest`")
    language: str | None = Field(default=None, description="Of the recordings of `manifest`: ru")
    licence: str = ""
    speaker: str | None = None
    hours: float | None = Field(default=None, gt=0, description="No more than this, stratified")
    utterances: int | None = Field(default=None, ge=1, description="No more than this, stratified")
    conditions: list[
        Annotated[AnyCondition, BeforeValidator(_named, json_schema_input_type=dict[str, Any] | str)]
    ] = Field(default_factory=_clean, min_length=1)

    @model_validator(mode="after")
    def _one_source(self) -> CorpusEntry:
        if (self.corpus is None) == (self.manifest is None):
            raise ValueError("name either `corpus` or `manifest`")
        own = {"audio": self.audio, "name": self.name, "language": self.language, "speaker": self.speaker}
        wrong = [key for key, value in own.items() if value is not None]
        if self.corpus is not None and wrong:
            raise ValueError(f"{wrong[0]}: belongs to `manifest`; a corpus says it itself")
        if self.manifest is not None and self.language is None:
            raise ValueError("the recordings of `manifest` need a `language`")
        names = [entry.condition().name for entry in self.conditions]
        if len(set(names)) != len(names):
            raise ValueError("two conditions have the same name; give one another `name`")
        return self

    @property
    def own(self) -> OwnRecordings | None:
        """The list of one's own recordings; None where it names a corpus."""
        if self.manifest is None or self.language is None:
            return None
        return OwnRecordings(manifest=self.manifest, language=self.language)

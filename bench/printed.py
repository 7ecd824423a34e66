"""The shape of a published report that was transcribed by hand: see `bench.importing`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bench.errors import SuiteError

ByLanguage = dict[str, str]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PrintedColumn(_Strict):
    """A column of the source's tables: how its figures become base units, and what measured them."""

    instrument: str
    scale: int = Field(default=1, description="Base units of one printed unit: 1000000 for MB")


class PrintedModel(_Strict):
    """A model of the source; `refused` are the words in which its program refuses it."""

    title: str
    family: str
    started: str = Field(description="When it was run, as far as the source says")
    settings: dict[str, str] = Field(default_factory=dict)
    refused: str | None = None


class PrintedFile(_Strict):
    """A weights file as the source names it; `words` is what it prints of the size."""

    path: str
    role: str = "model"
    bytes: int
    words: str


class PrintedJudgement(_Strict):
    """The author's judgement of a transcript that was not published."""

    stars: int
    heard: list[str] = Field(default_factory=list)
    remarks: ByLanguage
    same_as_baseline: bool | None = None


class PrintedCell(_Strict):
    """One run: a model and variant with the row that was printed of it."""

    model: str
    variant: str
    quantization: str
    row: dict[str, float]
    file: PrintedFile
    missing: dict[str, str] = Field(default_factory=dict, description="Metrics absent for another reason")
    judgement: PrintedJudgement
    command: tuple[str, ...] = ()
    log: str | None = None


class Printed(_Strict):
    """A published report, transcribed."""

    name: str
    title: ByLanguage
    source: str
    date: str
    engine: str
    device: str
    backend: Annotated[list[str], Field(min_length=2, max_length=2)]
    baseline: str = Field(description="The variant that the others are held to")
    clip: dict[str, str | float]
    host: dict[str, str | int | None]
    columns: dict[str, PrintedColumn]
    not_given: list[str] = Field(description="Metrics that the source does not give")
    models: dict[str, PrintedModel]
    cells: list[PrintedCell]
    refused_variant: str = "gguf"
    baseline_bytes: dict[str, int] = Field(default_factory=dict)
    parameters: dict[str, ByLanguage] = Field(default_factory=dict)
    notes: list[ByLanguage] = Field(default_factory=list)


def read_printed(file: Path) -> Printed:
    """The transcribed report; SuiteError for a file that is not one."""
    from pydantic import ValidationError
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return Printed.model_validate(YAML(typ="safe").load(file.read_text(encoding="utf-8")))
    except (OSError, YAMLError, ValidationError) as error:
        raise SuiteError(
            f"{file}: cannot be read: {str(error).splitlines()[0]}.",
            hint="bench/printed.py has its fields.",
        ) from error

"""Models: what they are, and every way to their weights.

A model's `weights` are *ways*: several ways to the same format and quantization are fallbacks,
tried in the order of the file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from bench.assets.manifest.pins import Name, StrictManifest
from bench.assets.manifest.sources import HubSource, PathSource, PypiSource

MOST_LAYERS = 512
MOST_WIDTH = 1 << 20


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


Parameters = Annotated[dict[str, Any], AfterValidator(_sensible)]


class Ingredient(StrictManifest):
    """Weights of the same model in another format or quantization."""

    format: Name
    quantization: Name


class ConvertSource(StrictManifest):
    """Made here from another format of the same model, by a converter of `bench.assets.makers.builders`."""

    kind: Literal["convert"]
    converter: str
    source: Ingredient = Field(alias="from")
    parameters: Parameters = Field(default_factory=dict)


class QuantizeSource(StrictManifest):
    """Made here from the same format by the engine's own library (see `bench.assets.makers.builders`)."""

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

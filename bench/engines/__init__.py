"""Engines: how to find one, what a child must run, how to read what it printed.

An engine never starts a process: it describes a `Job`, the launcher runs it, and the engine reads
the `Outcome`.  One code path measures everything.  How to add one: docs/adding-an-engine.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict

from bench.contract import Job, Outcome, Reading
from bench.domain import Case, FetchedClip, Model, Reason, Variant, WeightsFile
from bench.reasons import reason


class Settings(BaseModel):
    """Base of an engine's settings: what a variant may say under `settings`, strictly.

    Validated once, when a suite is loaded, and handed on as they are; plain data again in a run's
    `suite.yaml` and in a share of a pass that goes to another process, and nowhere else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


S = TypeVar("S", bound=Settings)
S_contra = TypeVar("S_contra", bound=Settings, contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether an engine can run here.

    `reason` says how to install it where it cannot, `extra` which extra of ours does.
    """

    version: str | None
    reason: Reason | None = None
    extra: str | None = None
    devices: tuple[str, ...] = ("cpu",)


@runtime_checkable
class Engine(Protocol[S]):
    """What every engine module's `ENGINE` offers.  Cheap: nothing here imports the binding.

    `settings` is the model of what a variant may say; the methods are given one, validated when the
    suite was loaded.
    """

    name: str
    title: str
    distribution: str | None  # the package whose version is the engine's; None for a program
    weights_format: str  # the asset format it reads: see bench.assets
    families: tuple[str, ...]  # model families it runs
    settings: type[S]

    def availability(self) -> Availability:
        """Installed or not, from package metadata alone."""

    def refusal(self, model: Model, settings: S, quantization: str) -> Reason | None:
        """Why this engine cannot run that combination; None when it can.

        A code of `bench.reasons`, or `told(...)` with the engine's own words.
        """

    def check(self, weights: Sequence[WeightsFile]) -> None:
        """Raise `bench.errors.UnusableWeights` for files the engine would choke on."""

    def job(
        self, case: Case, settings: S, model: Model, clip: FetchedClip, weights: Sequence[WeightsFile]
    ) -> Job:
        """What the child must run for one trial of the case."""

    def read(self, case: Case, settings: S, outcome: Outcome) -> Reading:
        """Transcript, backend and the engine's own measurements, from a finished child."""


@runtime_checkable
class ChoosesFormat(Protocol[S_contra]):
    """What an engine offers beside `Engine` where its settings say which weights format it reads."""

    def format_of(self, settings: S_contra, /) -> str:
        """The asset format of that variant's weights."""


@runtime_checkable
class RestsOnPackages(Protocol):
    """What an engine offers beside `Engine` where its figures rest on more packages than its `distribution`.

    A run's host names the release of each that is installed.
    """

    packages: tuple[str, ...]


@runtime_checkable
class ScoresTokens(Protocol):
    """What an engine offers beside `Engine` where it tells the distribution of every token.

    `token_half` is a child half for `bench/child/listen.py`: see docs/adding-an-engine.md.
    """

    token_half: Path


@runtime_checkable
class ScoresSomeModels(Protocol):
    """What an engine offers in its place where it tells them of some models alone."""

    def token_half_of(self, model: Model, /) -> Path | Reason:
        """The child half for the model, or why there is none."""


@runtime_checkable
class TellsWhyNot(Protocol):
    """What an engine without `token_half` may offer: why its distributions cannot be had."""

    token_reason: Reason


def parsed(engine: Engine[S], settings: object) -> S:
    """A variant's settings as its engine's model: as they are, or validated where they were read back from a run.

    Raises pydantic's ValidationError for what the engine refuses.
    """
    return settings if isinstance(settings, engine.settings) else engine.settings.model_validate(settings)


def plain(variant: Variant) -> Mapping[str, Any]:
    """A variant's settings as JSON has them."""
    settings = variant.settings
    return settings.model_dump(mode="json") if isinstance(settings, Settings) else variant.settings_by_name


def changed(variant: Variant, changes: Mapping[str, object]) -> Variant:
    """The variant with some settings changed to values that another of its engine's variants might have."""
    if isinstance(variant.settings, Settings):
        return dataclasses.replace(variant, settings=variant.settings.model_copy(update=dict(changes)))
    return dataclasses.replace(variant, settings={**variant.settings_by_name, **changes})


def token_half_of(engine: Engine[Any], model: Model) -> Path | Reason:
    """The child half that tells a model's token distributions, or why there is none."""
    if isinstance(engine, ScoresSomeModels):
        return engine.token_half_of(model)
    if isinstance(engine, ScoresTokens):
        return engine.token_half
    if isinstance(engine, TellsWhyNot):
        return engine.token_reason
    return reason("divergence.not_told", engine=engine.title)

"""Engines: how to find one, what a child must run, how to read what it printed.

An engine never starts a process: it describes a `Job`, the launcher runs it, and the engine reads
the `Outcome`.  One code path measures everything.  How to add one: docs/adding-an-engine.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from bench.contract import Job, Outcome, Reading
from bench.domain import Case, Clip, Model, Reason, WeightsFile


class Settings(BaseModel):
    """Base of an engine's settings: what a variant may say under `settings`, strictly."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


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
class Engine(Protocol):
    """What every engine module's `ENGINE` offers.  Cheap: nothing here imports the binding."""

    name: str
    title: str
    distribution: str | None  # the package whose version is the engine's; None for a program
    weights_format: str  # the asset format it reads: see bench.assets
    families: tuple[str, ...]  # model families it runs
    settings: type[Settings]

    def availability(self) -> Availability:
        """Installed or not, from package metadata alone."""

    def refusal(self, model: Model, variant: Settings, quantization: str) -> Reason | None:
        """Why this engine cannot run that combination; None when it can.

        A code of `bench.reasons`, or `told(...)` with the engine's own words.
        """

    def check(self, weights: Sequence[WeightsFile]) -> None:
        """Raise `bench.errors.UnusableWeights` for files the engine would choke on."""

    def job(self, case: Case, model: Model, clip: Clip, weights: Sequence[WeightsFile]) -> Job:
        """What the child must run for one trial of the case."""

    def read(self, case: Case, outcome: Outcome) -> Reading:
        """Transcript, backend and the engine's own measurements, from a finished child."""


@runtime_checkable
class ChoosesFormat(Protocol):
    """What an engine offers beside `Engine` where its settings say which weights format it reads."""

    def format_of(self, variant: Settings) -> str:
        """The asset format of that variant's weights."""

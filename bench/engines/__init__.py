"""Engines: how to find one, what a child must run, how to read what it printed.

An engine never starts a process: it describes a `Job`, the launcher runs it, and the engine reads
the `Outcome`.  One code path measures everything.  How to add one: docs/adding-an-engine.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from bench.domain import Backend, Case, Clip, Measurement, Model, Status, Transcript, WeightsFile

# In a word of a program's argv: the path of a file it may write.  No argument can hold a NUL itself.
WRITTEN_FILE: Final = "\0written\0"


class Settings(BaseModel):
    """Base of an engine's settings: what a variant may say under `settings`, strictly."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether an engine can run here.

    `reason` says how to install it where it cannot, `extra` which extra of ours does.
    """

    version: str | None
    reason: str | None = None
    extra: str | None = None
    devices: tuple[str, ...] = ("cpu",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a child must run.

    A Python engine gives `half` (the path of its child half, a file that imports the engine's
    binding and nothing of `bench`) and `payload` (JSON handed to it); the launcher puts
    `child/worker.py` in front.  A program gives `argv` alone, an argument list: no shell; for
    `WRITTEN_FILE` in it the launcher puts a path that lasts as long as the trial.
    `interpreter` is the Python of the case's environment; None means the running one.
    """

    half: Path | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    argv: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    interpreter: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something the child said: `started`, `imported`, `ready`, `transcribed`, `failed` ...

    `seconds` is on the monotonic clock that the supervisor's spawn time is on; `data` is what the
    child half added.
    """

    name: str
    seconds: float
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a child.  `status` and `reason` are the launcher's; an engine may refine them.

    `measurements` are the process's own (time, memory, faults, counters), from the supervisor.
    `written` is the text of the file that `WRITTEN_FILE` stood for, None where there is none.
    """

    status: Status
    reason: str | None
    events: tuple[Event, ...]
    stdout: str
    stderr: str
    measurements: tuple[Measurement, ...]
    argv: tuple[str, ...] = ()
    written: str | None = None
    spawned_seconds: float = 0.0

    def event(self, name: str) -> Event | None:
        """The first event of that name."""
        return next((event for event in self.events if event.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an engine made of an outcome; measurements are those only the engine can tell."""

    status: Status
    reason: str | None
    transcript: Transcript | None
    backend: Backend | None
    measurements: tuple[Measurement, ...] = ()


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

    def refusal(self, model: Model, variant: Settings, quantization: str) -> str | None:
        """Why this engine cannot run that combination, in its own words; None when it can."""

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

"""What a trial measured, on which machine and under which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bench.domain.heard import Transcript
from bench.domain.why import Reason
from bench.metrics import METRICS
from bench.units import Unit


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

    @property
    def took_seconds(self) -> float:
        """What its children took, that of an evicted start among them; 0 where nothing was timed."""
        return (self.value("wall_seconds") or 0.0) + (self.value("evicted_wall_seconds") or 0.0)


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

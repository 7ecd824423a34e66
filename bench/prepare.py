"""Before anything is measured: every case's engine, weights and clip, or the reason why not.

A case that cannot be made ready is a result, never a stop: the others go on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bench.domain import Case, FetchedClip, Reason, Status, Suite, WeightsFile
from bench.engines import Engine, Settings, parsed, registry
from bench.errors import AssetError, BenchError, EngineMissing, UnusableWeights
from bench.problems import why
from bench.reasons import reason

if TYPE_CHECKING:
    from pathlib import Path

    from bench.environments import Environment


T = TypeVar("T")


class PrepareProgress(Protocol):
    """Told what is being fetched or built; `total` in bytes or steps, None where unknown."""

    def advance(self, title: str, done: int, total: int | None) -> None:
        """One more piece is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A case that can be run: its engine, its files, its clip, its interpreter (None: our own)."""

    engine: Engine[Any]
    settings: Settings
    version: str | None
    clip: FetchedClip
    weights: tuple[WeightsFile, ...]
    interpreter: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A case that cannot be run, and why."""

    status: Status
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A suite with its clips fetched, and what became of each case by id."""

    suite: Suite
    cases: Mapping[str, Ready | Blocked]

    @property
    def blocked(self) -> dict[str, Blocked]:
        """The cases that cannot be run."""
        return {name: found for name, found in self.cases.items() if isinstance(found, Blocked)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Inputs that are there already: weights by (model, quantization, format), clips by name."""

    weights: Mapping[tuple[str, str, str], tuple[WeightsFile, ...]]
    clips: Mapping[str, FetchedClip]


def prepare(suite: Suite, progress: PrepareProgress | None = None, *, given: Given | None = None) -> Prepared:
    """Fetch and build all inputs of a suite that are not `given`; each file once, however many cases want it."""
    preparation = _Preparation(suite=suite, progress=progress)
    if given is not None:
        preparation.weights.update(given.weights)
        preparation.clips.update(given.clips)
    cases = {case.id: preparation.ready(case) for case in suite.cases}
    clips = {name: found for name, found in preparation.clips.items() if isinstance(found, FetchedClip)}
    return Prepared(suite=dataclasses.replace(suite, clips={**suite.clips, **clips}), cases=cases)


def wanted_weights(suite: Suite) -> tuple[tuple[str, str, str], ...]:
    """Model, quantization and format of every weights file that the suite's cases need, sorted."""
    wanted = set()
    for case in suite.cases:
        engine, settings = registry.get(case.variant.engine), registry.settings_of(case.variant)
        if not engine.refusal(suite.models[case.model], settings, case.variant.quantization):
            form = registry.format_of(engine, settings)
            wanted.add((case.model, case.variant.quantization, form))
    return tuple(sorted(wanted))


class _Preparation:
    """Remembers what was fetched, and what could not be, so that nothing is tried twice."""

    def __init__(self, *, suite: Suite, progress: PrepareProgress | None) -> None:
        self.suite = suite
        self.progress = progress
        self.clips: dict[str, FetchedClip | BenchError] = {}
        self.weights: dict[tuple[str, str, str], tuple[WeightsFile, ...] | BenchError] = {}
        self.environments: dict[str, Environment | BenchError] = {}

    def ready(self, case: Case) -> Ready | Blocked:
        """The case with everything it needs, or the reason why it cannot run."""
        model, variant = self.suite.models[case.model], case.variant
        try:
            engine = registry.get(variant.engine)
            settings = parsed(engine, variant.settings)
            if refused := engine.refusal(model, settings, variant.quantization):
                return Blocked(status=Status.UNSUPPORTED, reason=refused)
            if variant.environment is None and (missing := engine.availability().reason):
                return Blocked(status=Status.MISSING, reason=missing)
            interpreter, version = self._installed(engine, variant.environment)
            weights = self._weights(case, registry.format_of(engine, settings))
            engine.check(weights)
            clip = self._clip(case)
        except UnusableWeights as error:
            return Blocked(status=Status.UNUSABLE, reason=reason("weights.unusable", message=why(error)))
        except EngineMissing as error:
            return Blocked(status=Status.MISSING, reason=reason("engine.missing", message=why(error)))
        except BenchError as error:
            return Blocked(status=Status.MISSING, reason=reason("asset.missing", message=why(error)))
        return Ready(
            engine=engine,
            settings=settings,
            version=version,
            clip=clip,
            weights=weights,
            interpreter=interpreter,
        )

    def _installed(self, engine: Engine[Any], environment: str | None) -> tuple[Path | None, str | None]:
        """The Python the engine runs on (None: our own) and the engine's version there."""
        if environment is None:
            return None, engine.availability().version
        if environment not in self.environments:
            from bench.environments import ensure_environment

            try:
                self.environments[environment] = ensure_environment(
                    environment,
                    self.suite.environments[environment],
                    build=self.suite.builds.get(environment),
                    progress=self.progress,
                )
            except BenchError as error:
                self.environments[environment] = error
        made = _or_raise(self.environments[environment])
        return made.interpreter, made.version_of(engine.distribution) if engine.distribution else None

    def _weights(self, case: Case, form: str) -> tuple[WeightsFile, ...]:
        key = (case.model, case.variant.quantization, form)
        if key not in self.weights:
            from bench.assets import fetch_weights

            model = self.suite.models[case.model]
            try:
                self.weights[key] = fetch_weights(model, *key[1:], progress=self.progress)
            except AssetError as error:
                self.weights[key] = error
        return _or_raise(self.weights[key])

    def _clip(self, case: Case) -> FetchedClip:
        if case.clip not in self.clips:
            from bench.assets import fetch_clip

            try:
                self.clips[case.clip] = fetch_clip(self.suite.clips[case.clip], progress=self.progress)
            except AssetError as error:
                self.clips[case.clip] = error
        return _or_raise(self.clips[case.clip])


def _or_raise(found: T | BenchError) -> T:
    if isinstance(found, BenchError):
        raise found
    return found

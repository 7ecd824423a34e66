"""What the quality pass does, decided before any of it: who hears beside whom, held against whom.

Variants that can be compared token by token share a child with their baseline; all others have one each.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from bench.contract import Job
from bench.domain import Case, FetchedClip, Model, Reason, Suite
from bench.engines import Settings, token_half_of
from bench.prepare import Blocked, Prepared, Ready
from bench.reasons import reason

# A loaded model takes its file and buffers.
MEMORY_FACTOR: Final = 1.3
OWN_BYTES: Final = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One variant of a model, or the baseline once more in another setting (`floor`).

    `job` was made with `settings`, which are the case's but for what makes it one of several children.
    """

    case: Case
    ready: Ready
    job: Job
    settings: Settings
    floor: str | None = None

    @property
    def name(self) -> str:
        """Unique within its model."""
        return self.case.variant.name if self.floor is None else f"{self.case.variant.name}~{self.floor}"

    @property
    def weights(self) -> str:
        """The beginning of the hash over its files."""
        text = "".join(sorted(f"{file.role}:{file.sha256}" for file in self.ready.weights))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def weights_bytes(self) -> int:
        """Its files' size on disk."""
        return sum(file.bytes for file in self.ready.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Listeners of one child.  With `leads` the first is the baseline that the others follow.

    `token_half` is the file that tells distributions, None where the engine has none; `silence` says why
    there is no divergence for the listeners that have nobody to be held against.
    """

    model: str
    listeners: tuple[Listener, ...]
    token_half: Path | None
    leads: bool
    silence: Reason | None = None


def companies(prepared: Prepared, language: str, longest_seconds: float) -> list[Company]:
    """The children that a corpus of one language needs, where memory is no matter: see `fitting`."""
    clip = FetchedClip(
        name="utterance",
        title="utterance",
        language=language,
        duration_seconds=max(longest_seconds, 1.0),
        path="",  # children get their utterances one by one
        sha256="",
    )
    suite = prepared.suite
    found: list[Company] = []
    for model in suite.models:
        cases = {
            case.variant.name: case for case in reversed(suite.cases) if case.model == model
        }  # of each variant the first case
        ready = {
            name: (case, state)
            for name, case in reversed(cases.items())
            if isinstance(state := prepared.cases[case.id], Ready)
        }
        groups: dict[tuple[Any, ...], list[Listener]] = {}
        for name, (case, state) in ready.items():
            baseline = suite.case(case.baseline).variant.name if case.baseline else None
            leader = ready.get(baseline) if baseline else None
            listener = _listener(case, state, suite.models[model], clip, threads=1)
            key: tuple[Any, ...] = (name,)
            if leader is not None and _child_of(case, state) == _child_of(*leader):
                key = (baseline, *_child_of(case, state))
            groups.setdefault(key, []).append(listener)
        for key, listeners in groups.items():
            found += _companies(model, key, listeners, suite, clip)
    return found


def _companies(
    model: str, key: tuple[Any, ...], listeners: list[Listener], suite: Suite, clip: FetchedClip
) -> Iterator[Company]:
    """The company of listeners that share a child, or one of each where nothing is compared."""
    first = listeners[0]
    engine = first.ready.engine
    told = token_half_of(engine, suite.models[model])
    half = told if isinstance(told, Path) else None
    leader = next((each for each in listeners if each.case.variant.name == key[0]), None)
    if len(key) == 1 or leader is None:
        baseline = first.case.baseline
        silence = reason("divergence.no_baseline") if baseline is None else None
        if baseline is not None and baseline != first.case.id:
            silence = reason("divergence.other_process", baseline=suite.case(baseline).variant.name)
        yield Company(model=model, listeners=tuple(listeners), token_half=half, leads=False, silence=silence)
        return
    if not isinstance(told, Path):
        for each in listeners:
            yield Company(model=model, listeners=(each,), token_half=None, leads=False, silence=told)
        return
    others = [each for each in listeners if each is not leader]
    floors = _floors(leader, others, suite, clip)
    yield Company(model=model, listeners=(leader, *floors, *others), token_half=told, leads=True)


def fitting(company: Company, memory_bytes: float) -> Iterator[Company]:
    """The company, or several where its models do not fit beside one another; the baseline is in each."""
    if not company.leads:
        yield company
        return
    leader, *rest = company.listeners
    floors = [each for each in rest if each.floor is not None]
    room = memory_bytes - _loaded_bytes(leader) - OWN_BYTES
    batch: list[Listener] = [*floors]
    taken = sum(_loaded_bytes(each) for each in floors if each.floor not in ("again", "threads=2"))
    for each in rest:
        if each.floor is not None:
            continue
        size = _loaded_bytes(each)
        if batch and taken + size > room and any(one.floor is None for one in batch):
            yield dataclasses.replace(company, listeners=(leader, *batch))
            batch, taken = [], 0.0
        batch.append(each)
        taken += size
    yield dataclasses.replace(company, listeners=(leader, *batch))


def _floors(
    leader: Listener, others: Sequence[Listener], suite: Suite, clip: FetchedClip
) -> Iterator[Listener]:
    """The baseline once more: as it is, with another number of threads, in each setting that a variant has."""
    yield dataclasses.replace(leader, floor="again")
    model = suite.models[leader.case.model]
    own = dict(leader.ready.settings)
    if "threads" in own:
        yield dataclasses.replace(
            _listener(leader.case, leader.ready, model, clip, threads=2), floor="threads=2"
        )
    seen = set()
    for other in others:
        for name, value in sorted(other.ready.settings):
            if own[name] == value or name in ("threads", "encoder"):
                continue
            label = f"{name}={_shown(value)}"
            if label not in seen:
                seen.add(label)
                changes = {"threads": 1, name: value}
                yield dataclasses.replace(
                    _listener(leader.case, leader.ready, model, clip, **changes), floor=label
                )


def _shown(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return str(value).lower() if isinstance(value, bool) else value


def _listener(case: Case, ready: Ready, model: Model, clip: FetchedClip, **changes: object) -> Listener:
    """The case as a listener, some settings changed to values that another of its engine's variants might have."""
    known = {name: value for name, value in changes.items() if name in type(ready.settings).model_fields}
    settings = ready.settings.model_copy(update=known)
    return Listener(case=case, ready=ready, job=job_of(case, ready, settings, model, clip), settings=settings)


def job_of(case: Case, ready: Ready, settings: Settings, model: Model, clip: FetchedClip) -> Job:
    """What a child runs for a case in these settings."""
    case = dataclasses.replace(case, variant=dataclasses.replace(case.variant, settings=settings))
    job = ready.engine.job(case, settings, model, clip, ready.weights)
    return job if ready.interpreter is None else dataclasses.replace(job, interpreter=ready.interpreter)


def _child_of(case: Case, ready: Ready) -> tuple[Any, ...]:
    """What two variants must have in common to live in one process."""
    variant = case.variant
    return variant.engine, variant.environment, variant.device, tuple(sorted(variant.environ.items()))


def _loaded_bytes(listener: Listener) -> float:
    return MEMORY_FACTOR * listener.weights_bytes


def blocked_variants(prepared: Prepared) -> list[tuple[Case, Blocked]]:
    """The first case of each variant that cannot hear anything, and why."""
    seen: dict[tuple[str, str], tuple[Case, Blocked]] = {}
    for case in prepared.suite.cases:
        state = prepared.cases[case.id]
        if isinstance(state, Blocked):
            seen.setdefault((case.model, case.variant.name), (case, state))
    return list(seen.values())


def child_interpreter(listener: Listener) -> str:
    """The Python that runs the listener's child."""
    return os.fspath(listener.job.interpreter or Path(sys.executable))

"""A shard: some utterances for the variants of one child, as JSON that any host can work with.

It says by content what is heard by what: weights and recordings by their hashes, engines by their versions.
It knows no suite, corpus or run; whoever handed it out writes what was heard under those names.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.assets.handed import HandedInput
from bench.assets.hashes import sha256_of
from bench.domain import Build, Case, FetchedClip, Model, WeightsFile
from bench.engines import parsed, plain, registry, token_half_of
from bench.executor import code_version
from bench.listening.hearables import Hearable
from bench.listening.plan import Company, Listener, job_of
from bench.places import portable
from bench.prepare import Ready

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from bench.domain import Suite

# How much speech a shard holds: enough that loading models is a small part of it, little enough that a lost
# worker costs minutes; of a small corpus less, so that there is a share for every worker.
MOST_SECONDS: Final = 300.0
LEAST_SECONDS: Final = 20.0
SHARES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardListener:
    """One variant, or the baseline in another setting (`floor`); `tuned` are the settings it is heard with.

    These and the case's are plain data: a shard is JSON.  `version` is the engine's, None where it has none;
    `pins` are its environment's requirements, None for the worker's own; `build` how they are compiled, None for wheels.
    """

    case: Case
    tuned: Mapping[str, object]
    weights: tuple[WeightsFile, ...]
    version: str | None
    floor: str | None = None
    pins: tuple[str, ...] | None = None
    build: Build | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardUtterance:
    """One utterance under one condition; `missing` are the names of the listeners that have not heard it.

    `sha256` is the recording's, empty where the shard stays in this process.
    """

    place: str
    sha256: str
    seconds: float
    language: str
    on_floor: bool
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Who hears what, and for how long a child may be silent."""

    code: str
    model: Model
    leads: bool
    tokens: bool
    listeners: tuple[ShardListener, ...]
    utterances: tuple[ShardUtterance, ...]
    timeout_seconds: float

    def encoded(self) -> bytes:
        """As JSON."""
        return _adapter().dump_json(self)

    @property
    def key(self) -> str:
        """The hash of what is heard by what; the same for two suites that ask for the same."""
        listeners = [
            {
                "engine": each.case.variant.engine,
                "version": each.version,
                "device": each.case.variant.device,
                "environ": dict(each.case.variant.environ),
                "pins": each.pins,
                "build": None if each.build is None else dataclasses.asdict(each.build),
                "quantization": each.case.variant.quantization,
                "settings": each.case.variant.settings,
                "tuned": dict(each.tuned),
                "weights": sorted(f"{file.role}:{file.sha256}" for file in each.weights),
                "floor": each.floor,
            }
            for each in self.listeners
        ]
        at = {name_of(each): number for number, each in enumerate(self.listeners)}
        utterances = [
            [each.sha256, each.language, each.on_floor, sorted(at[name] for name in each.missing)]
            for each in self.utterances
        ]
        content = [self.code, self.model.family, self.leads, self.tokens, listeners, utterances]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@cache
def _adapter() -> TypeAdapter[Shard]:
    from pydantic import TypeAdapter

    return TypeAdapter(Shard)


def decoded(payload: bytes) -> Shard:
    """A shard from its JSON; pydantic's ValidationError for what is none."""
    return _adapter().validate_json(payload)


def name_of(listener: ShardListener) -> str:
    """As `Listener.name`: unique within a shard."""
    variant = listener.case.variant.name
    return variant if listener.floor is None else f"{variant}~{listener.floor}"


# --------------------------------------------------------------------- where it is made


def shard_of(
    company: Company, pending: Sequence[tuple[Hearable, Sequence[Listener]]], suite: Suite, *, apart: bool
) -> Shard:
    """The shard of a company's utterances, each with the listeners that have not heard it.

    `apart`: it goes to workers that see no files of this process, so that recordings need their hashes.
    """
    return Shard(
        code=code_version(),
        model=dataclasses.replace(suite.models[company.model], manifest={}),
        leads=company.leads,
        tokens=company.token_half is not None,
        listeners=tuple(_handed_out(each, suite) for each in company.listeners),
        utterances=tuple(
            ShardUtterance(
                place=portable(str(each.audio)) if apart else str(each.audio),
                sha256=sha256_of(each.audio) if apart else "",
                seconds=each.spoken.seconds,
                language=each.part.language,
                on_floor=each.on_floor,
                missing=tuple(listener.name for listener in missing),
            )
            for each, missing in pending
        ),
        timeout_seconds=suite.protocol.timeout_seconds,
    )


def _handed_out(listener: Listener, suite: Suite) -> ShardListener:
    variant = listener.case.variant
    environment = variant.environment
    return ShardListener(
        case=dataclasses.replace(
            listener.case, variant=dataclasses.replace(variant, settings=plain(variant))
        ),
        tuned=listener.settings.model_dump(mode="json"),
        weights=listener.ready.weights,
        version=listener.ready.version,
        floor=listener.floor,
        pins=None if environment is None else tuple(suite.environments[environment]),
        build=suite.builds.get(environment or ""),
    )


def inputs_of(shard: Shard) -> dict[str, HandedInput]:
    """Everything that the shard's work reads, by hash."""
    found = {file.sha256: file for own in shard.listeners for file in own.weights}
    weights = {sha256: _weights_input(file) for sha256, file in found.items()}
    return weights | {each.sha256: audio_input(each) for each in shard.utterances}


def audio_input(utterance: ShardUtterance) -> HandedInput:
    """An utterance's recording."""
    return HandedInput(sha256=utterance.sha256, name="utterance.wav", place=utterance.place)


def _weights_input(file: WeightsFile) -> HandedInput:
    return HandedInput(sha256=file.sha256, name=Path(file.path).name, place=portable(file.path))


def shares(
    pending: Sequence[Hearable], *, count: int | None = None, seconds: float | None = None
) -> Iterator[list[Hearable]]:
    """The utterances in `count` shares dealt in turn, or one after another in shares of so many seconds.

    All conditions of an utterance are in one share.  With neither, shares are as long as `MOST_SECONDS` and
    `SHARES` allow: that depends on the utterances alone, so that a pass begun again makes the same ones.
    """
    order = {name: at for at, name in enumerate(dict.fromkeys(each.identity[::2] for each in pending))}
    if count is not None:
        count = min(count, len(order))
        for number in range(count):
            yield [each for each in pending if order[each.identity[::2]] % count == number]
        return
    whole = sum(each.spoken.seconds for each in pending)
    limit = seconds or min(MOST_SECONDS, max(LEAST_SECONDS, whole / SHARES))
    share: list[Hearable] = []
    held = 0.0
    for at, each in enumerate(pending):
        if share and held >= limit and each.identity[::2] != pending[at - 1].identity[::2]:
            yield share
            share, held = [], 0.0
        share.append(each)
        held += each.spoken.seconds
    if share:
        yield share


# ---------------------------------------------------------------------- where it is done


def company_of(shard: Shard, paths: Mapping[str, Path]) -> Company:
    """The shard's company on this machine, its weights at `paths` by hash.

    Raises `EngineMissing`, `UnusableWeights`, and what making an environment raises.
    """
    longest = max(each.seconds for each in shard.utterances)
    clip = FetchedClip(
        name="utterance",
        title="utterance",
        language=shard.utterances[0].language,
        duration_seconds=max(longest, 1.0),
        path="",  # children get their utterances one by one
        sha256="",
    )
    readied: dict[str, Ready] = {}
    listeners = []
    for each in shard.listeners:
        if each.case.id not in readied:
            readied[each.case.id] = _ready(each, clip, paths)
        ready = readied[each.case.id]
        as_they_are = each.tuned == each.case.variant.settings
        settings = ready.settings if as_they_are else parsed(ready.engine, each.tuned)
        listeners.append(
            Listener(
                case=each.case,
                ready=ready,
                job=job_of(each.case, ready, settings, shard.model, clip),
                settings=settings,
                floor=each.floor,
            )
        )
    half = token_half_of(listeners[0].ready.engine, shard.model)
    return Company(
        model=shard.model.name,
        listeners=tuple(listeners),
        token_half=half if shard.tokens and isinstance(half, Path) else None,
        leads=shard.leads,
    )


def _ready(listener: ShardListener, clip: FetchedClip, paths: Mapping[str, Path]) -> Ready:
    variant = listener.case.variant
    engine = registry.get(variant.engine)
    interpreter = None
    if (name := variant.environment) is not None and listener.pins is not None:
        from bench.environments import ensure_environment

        interpreter = ensure_environment(name, listener.pins, build=listener.build).interpreter
    weights = tuple(
        dataclasses.replace(file, path=str(paths.get(file.sha256, file.path))) for file in listener.weights
    )
    engine.check(weights)
    return Ready(
        engine=engine,
        settings=parsed(engine, variant.settings),
        version=listener.version,
        clip=clip,
        weights=weights,
        interpreter=interpreter,
    )


def spoken_clip(utterance: ShardUtterance, path: Path) -> FetchedClip:
    """The utterance as a clip, for engines that are given files."""
    return FetchedClip(
        name="utterance",
        title="utterance",
        language=utterance.language,
        duration_seconds=utterance.seconds,
        path=str(path),
        sha256=utterance.sha256,
    )

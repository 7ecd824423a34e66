"""Runs made from a few figures, for tests of what is concluded from them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.domain import (
    Backend,
    Case,
    Clip,
    Conditions,
    Host,
    Model,
    Record,
    Status,
    Suite,
    Transcript,
    Utterance,
    Variant,
    WeightsFile,
    measured,
)
from bench.journal import RunData
from bench.reasons import told

HOST = Host(
    id="h1",
    system="linux",
    machine="x86_64",
    cpu="Test CPU",
    cores=2,
    memory_bytes=8 * 10**9,
    gpu=None,
    os="Linux",
    python="3.11",
)
BLOCKS = 10
_SYLLABLES = ("ба", "ве", "ги", "до", "жу", "за", "ки", "ло", "му", "не", "по", "ра", "су", "ты", "фо", "ча")


def sentences(count: int, *, seed: int = 0) -> tuple[str, ...]:
    """Made-up utterances of six different words each."""
    chosen = random.Random(seed)
    return tuple(" ".join("".join(chosen.choices(_SYLLABLES, k=4)) for _ in range(6)) for _ in range(count))


def spoil(text: str, share: float, *, seed: int = 0) -> str:
    """The text with that share of its words turned into others."""
    chosen = random.Random(seed)
    return " ".join(word + "шум" if chosen.random() < share else word for word in text.split())


@dataclass(frozen=True, kw_only=True)
class Trials:
    """One case: its metrics' true values, what it heard, how its trials ended."""

    variant: str
    clip: str = "read"
    quantization: str = ""
    model: str = "m"
    engine: str = "e"
    figures: Mapping[str, float] = field(default_factory=dict)
    weights: int = 100_000_000
    heard: str | None = None
    baseline: str | None = "f16"
    noise: float = 0.01
    statuses: Sequence[Status] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    disturbed: bool = False

    @property
    def id(self) -> str:
        """The case's id."""
        return f"{self.model}.{self.variant}.{self.clip}"


def spoken(
    name: str = "read", *, texts: Sequence[str] = (), seconds: float = 60.0, corpus: str | None = None
) -> Clip:
    """A clip of utterances, or one without a reference."""
    step = seconds / max(1, len(texts))
    return Clip(
        name=name,
        title=name,
        language="ru",
        duration_seconds=seconds,
        corpus=corpus,
        reference=" ".join(texts) if texts else None,
        utterances=tuple(
            Utterance(start_seconds=step * at, end_seconds=step * (at + 1), text=text)
            for at, text in enumerate(texts)
        ),
    )


def run_of(
    cases: Sequence[Trials],
    *,
    clips: Sequence[Clip] = (),
    blocks: int = BLOCKS,
    seed: int = 0,
    host: Host = HOST,
    synthetic: bool = False,
    path: Path = Path("reports/made/up"),
) -> RunData:
    """A run of those cases, every block slowed or sped up as a whole by up to a half."""
    chosen = random.Random(seed)
    pace = [chosen.uniform(1.0, 1.5) for _ in range(blocks)]
    made = [_record(each, block, pace[block - 1], chosen) for block in range(1, blocks + 1) for each in cases]
    models = {
        name: Model(
            name=name, title=name.upper(), family="f", baseline="f16", licence="", synthetic=synthetic
        )
        for name in dict.fromkeys(each.model for each in cases)
    }
    suite = Suite(
        name="made",
        title={},
        models=models,
        clips={each.name: each for each in (clips or (spoken(),))},
        cases=tuple(_case(each) for each in cases),
    )
    return RunData(path=path, suite=suite, host=host, records=tuple(made))


def _case(each: Trials) -> Case:
    baseline = f"{each.model}.{each.baseline}.{each.clip}" if each.baseline else None
    variant = Variant(name=each.variant, quantization=each.quantization or each.variant, engine=each.engine)
    return Case(id=each.id, model=each.model, variant=variant, clip=each.clip, baseline=baseline)


def _record(each: Trials, block: int, pace: float, chosen: random.Random) -> Record:
    status = each.statuses[(block - 1) % len(each.statuses)] if each.statuses else Status.OK
    values = {}
    for name, value in each.figures.items():
        shared = pace if name.endswith(("_seconds", "rtf")) else 1.0
        values[name] = measured(name, value * shared * chosen.uniform(1 - each.noise, 1 + each.noise), "test")
    good = status.delivered
    fields: dict[str, Any] = {
        "weights": (WeightsFile(role="model", path=f"{each.variant}.bin", bytes=each.weights, sha256=""),),
        "backend": Backend(device="cpu"),
        **each.fields,
    }
    return Record(
        run="up",
        suite="made",
        case=each.id,
        model=each.model,
        quantization=each.quantization or each.variant,
        variant=each.variant,
        clip=each.clip,
        engine=each.engine,
        engine_version="1",
        host=HOST.id,
        block=block,
        position=0,
        attempt=1,
        status=status,
        reason=None if status is Status.OK else told("it went wrong"),
        started_at="2026-02-11T09:00:00+00:00",
        measurements=values if good else {},
        transcript=Transcript(text=each.heard) if good and each.heard is not None else None,
        conditions=Conditions(disturbances=(told("busy"),) if each.disturbed else ()),
        **fields,
    )

"""Runs made in code for tests of reports: every kind of case, the same figures at every call."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.domain import (
    Backend,
    Case,
    Clip,
    Conditions,
    Host,
    Measurement,
    Model,
    OpenedFile,
    Protocol,
    Record,
    Segment,
    Status,
    Suite,
    Transcript,
    Utterance,
    Variant,
    WeightsFile,
    WeightsProof,
    Word,
    absent,
    measured,
)
from bench.journal import RunData
from bench.reasons import reason

LINUX = Host(
    id="1f2e3d4c",
    system="linux",
    machine="x86_64",
    cpu="Example CPU 3000",
    cores=2,
    memory_bytes=8_000_000_000,
    gpu=None,
    os="Debian GNU/Linux 12",
    python="3.11.2",
    packages={"pywhispercpp": "1.4.1"},
    warnings=(reason("host.governor", governor="powersave"),),
)
MAC = Host(
    id="9a8b7c6d",
    system="macos",
    machine="arm64",
    cpu="Apple M2",
    cores=8,
    memory_bytes=16_000_000_000,
    gpu="Apple M2",
    os="macOS 15.1",
    python="3.12.4",
)

SENTENCES = (
    "Ранним утром над рекой стоял густой туман.",
    "Рыбаки молча готовили лодки и проверяли сети.",
    "Старый мостик скрипел под каждым осторожным шагом.",
    "К полудню ветер разогнал облака и стало жарко.",
    "Вечером все собрались у костра и слушали рассказы.",
)
REFERENCE = " ".join(SENTENCES)
HEARD = {
    "f16": REFERENCE.replace("мостик", "мастик").replace("густой ", ""),
    "q8_0": REFERENCE.replace("мостик", "мастик").replace("густой ", ""),
    "q6_k": REFERENCE.replace("мостик", "мастик").replace("густой ", "").replace("Рыбаки", "рыбаки"),
    "q4_0": REFERENCE.replace("мостик", "листик")
    .replace("сети", "дети")
    .replace("у костра", "у быстра костра"),
    "q2_k": "Ранним утром над рекой " + "над рекой " * 9 + "туман.",
}
BYTES = {"f16": 147_951_465, "q8_0": 81_781_811, "q6_k": 64_000_000, "q4_0": 46_000_000, "q2_k": 31_000_000}
PACE = {"f16": 5.5, "q8_0": 4.3, "q6_k": 4.1, "q4_0": 4.2, "q2_k": 4.6}


def clip(name: str = "river-60", *, reference: str | None = REFERENCE) -> Clip:
    """A minute of speech whose utterances are known."""
    step = 60.0 / len(SENTENCES)
    return Clip(
        name=name,
        title="River, 60 s",
        language="ru",
        duration_seconds=60.0,
        licence="CC0-1.0",
        corpus="river",
        sha256="c" * 64,
        reference=reference,
        utterances=tuple(
            Utterance(start_seconds=step * at, end_seconds=step * (at + 1), text=text)
            for at, text in enumerate(SENTENCES)
        )
        if reference
        else (),
    )


def model(name: str = "whisper-base", *, synthetic: bool = False) -> Model:
    """A model with f16 as its baseline."""
    title = name.replace("-", " ").title()
    return Model(name=name, title=title, family="whisper", baseline="f16", licence="MIT", synthetic=synthetic)


def suite(
    *,
    models: tuple[Model, ...] = (),
    clips: tuple[Clip, ...] = (),
    quantizations: tuple[str, ...] = tuple(HEARD),
    blocks: int = 10,
) -> Suite:
    """Models x quantizations x clips in one engine, f16 the baseline."""
    models, clips = models or (model(),), clips or (clip(),)
    settings = {"language": "clip", "threads": 2}
    cases = tuple(
        Case(
            id=f"{each.name}.{kind}.{spoken.name}",
            model=each.name,
            variant=Variant(name=kind, quantization=kind, engine="pywhispercpp", settings=settings),
            clip=spoken.name,
            baseline=f"{each.name}.f16.{spoken.name}",
        )
        for each in models
        for kind in quantizations
        for spoken in clips
    )
    return Suite(
        name="demo",
        title={"ru": "Тест: Whisper base в квантизациях ggml", "en": "Test: Whisper base quantized by ggml"},
        models={each.name: each for each in models},
        clips={each.name: each for each in clips},
        cases=cases,
        protocol=Protocol(blocks=blocks, seed=7),
    )


def transcript(kind: str) -> Transcript:
    """What a quantization heard, with times for its words."""
    words = HEARD[kind].split()
    step = 60.0 / len(words)
    confidence = {"f16": 0.91, "q8_0": 0.91, "q6_k": 0.9, "q4_0": 0.82, "q2_k": 0.55}[kind]
    timed = tuple(
        Word(text=word, start_seconds=step * at, end_seconds=step * (at + 1), confidence=confidence)
        for at, word in enumerate(words)
    )
    half = len(words) // 2
    segments = tuple(
        Segment(
            text=" " + " ".join(word.text for word in part),
            start_seconds=part[0].start_seconds,
            end_seconds=part[-1].end_seconds,
            confidence=confidence,
            tokens=len(part) * 3,
            words=part,
        )
        for part in (timed[:half], timed[half:])
    )
    return Transcript(text=HEARD[kind], language="ru", segments=segments, repeats_agree=None)


def measurements(kind: str, host: Host, noise: random.Random) -> dict[str, Measurement]:
    """A trial's figures on a machine: those it has instruments for, reasons for the others."""
    pace = PACE[kind] * (0.4 if host.system == "macos" else 1) * noise.uniform(0.97, 1.03)
    load = BYTES[kind] / 1.2e9 * noise.uniform(0.9, 1.1)
    rss = BYTES[kind] * 1.4 + 130e6
    values = {
        "import_seconds": 0.21 * noise.uniform(0.95, 1.05),
        "load_seconds": load,
        "startup_seconds": load + 0.27,
        "transcribe_seconds": pace,
        "wall_seconds": load + 0.31 + pace,
        "user_seconds": pace * 1.9,
        "system_seconds": 0.12,
        "encode_seconds": pace * 0.6,
        "decode_seconds": pace * 0.37,
        "rtf": pace / 60,
        "peak_rss_bytes": rss * noise.uniform(0.999, 1.001),
        "major_faults": 0,
        "minor_faults": 21000 + noise.randrange(900),
        "weights_bytes": BYTES[kind],
        "tokens": 150,
        "confidence": {"f16": 0.91, "q8_0": 0.91, "q6_k": 0.9, "q4_0": 0.82, "q2_k": 0.55}[kind],
    }
    found = {name: measured(name, value, "test") for name, value in values.items()}
    if host.system == "macos":
        for name, value in (
            ("peak_footprint_bytes", rss * 1.3),
            ("instructions", 51.5e9 * noise.uniform(0.99, 1.01)),
            ("cycles", 21.3e9 * noise.uniform(0.98, 1.02)),
        ):
            found[name] = measured(name, value, "time -l")
        found["peak_anonymous_bytes"] = absent("peak_anonymous_bytes", reason("anonymous.macos"))
    else:
        found["peak_anonymous_bytes"] = measured("peak_anonymous_bytes", rss * 0.9, "/proc")
        found["peak_footprint_bytes"] = absent("peak_footprint_bytes", reason("footprint.linux"))
        for name in ("instructions", "cycles"):
            found[name] = absent(name, reason("counter.not_offered"))
    return found


def proof(kind: str, *, unseen: bool = False) -> WeightsProof:
    """What was seen of a trial's weights: mapped, or, in one trial, nothing."""
    name = f"ggml-base-{kind}.bin"
    if unseen:
        return WeightsProof(proven=False, reason=reason("proof.not_seen", file=name))
    return WeightsProof(proven=True, files=(OpenedFile(path=name, how="mapped"),))


def record(case: Case, host: Host, block: int, position: int, noise: random.Random, *, run: str) -> Record:
    """One trial that went well."""
    kind = case.variant.quantization
    started = datetime(2026, 2, 11, 9, 0, tzinfo=UTC) + timedelta(seconds=10 * (block * 20 + position))
    disturbed = block == 3 and position == 0
    return Record(
        run=run,
        suite="demo",
        case=case.id,
        model=case.model,
        quantization=kind,
        variant=case.variant.name,
        clip=case.clip,
        engine=case.variant.engine,
        engine_version="1.4.1",
        host=host.id,
        block=block,
        position=position,
        attempt=1,
        status=Status.OK,
        reason=None,
        started_at=started.isoformat(timespec="milliseconds"),
        measurements=measurements(kind, host, noise),
        command=("python", "-I", "worker.py", f"models/{kind}.bin"),
        log=f"logs/{case.id}.b{block}.log",
        weights=(
            WeightsFile(
                role="model",
                path=f"ggml-base-{kind}.bin",
                bytes=BYTES[kind],
                sha256=f"{len(kind)}{kind:x<63}",
            ),
        ),
        backend=Backend(device="metal", detail="Apple M2", source="log")
        if host.system == "macos"
        else Backend(device="cpu", detail="AVX2", source="log"),
        transcript=transcript(kind),
        proof=proof(kind, unseen=kind == "q4_0" and block == 2),
        conditions=Conditions(
            disturbances=(reason("disturbance.other_programs", share=0.075),) if disturbed else ()
        ),
    )


def records(asked: Suite, host: Host, *, run: str, seed: int = 1) -> Iterator[Record]:
    """Every trial of a suite, block by block."""
    noise = random.Random(seed)
    for block in range(1, asked.protocol.blocks + 1):
        for position, case in enumerate(asked.cases):
            yield record(case, host, block, position, noise, run=run)


def measured_run(
    path: Path, *, asked: Suite | None = None, host: Host = LINUX, warnings: tuple[str, ...] = ()
) -> RunData:
    """A run that went well, its directory made without any file in it."""
    asked = asked or suite()
    path.mkdir(parents=True, exist_ok=True)
    return RunData(
        path=path,
        suite=asked,
        host=host,
        records=tuple(records(asked, host, run=path.name)),
        warnings=warnings,
    )

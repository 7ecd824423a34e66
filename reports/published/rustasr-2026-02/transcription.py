"""The figures of RustASR's test report of February 2026, transcribed into this project's records.

Run it to write the run directory it lies in; a test holds that the committed files are what it
writes.  Every number below is printed in the source, in the order of its tables; nothing here was
measured by this project.  README.md says how the source's words were read.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from bench.domain import (
    Backend,
    Case,
    Clip,
    Host,
    Model,
    Protocol,
    Reason,
    Record,
    Status,
    Suite,
    Variant,
    WeightsFile,
    absent,
    measured,
)
from bench.journal import RECORDS, create_run, write_records
from bench.results.published import PUBLISHED
from bench.reasons import reason, told

RUN = "rustasr-2026-02"
PROGRAM = "the program's own output"
TIME_L = "/usr/bin/time -l"
MB = 1_000_000
CLIP = "full_16k_mono_60s"
FIRST_DAY, SECOND_DAY = "2026-02-11T00:00:00+00:00", "2026-02-12T00:00:00+00:00"


@dataclass(frozen=True)
class Printed:
    """One row of the source's tables: time, memory, CPU."""

    model: str
    variant: str
    times: tuple[float, float, float, float]  # cold start, transcribe, wall (s), RTF
    memory: tuple[int, int, int]  # peak RSS, peak footprint (MB), page faults
    cpu: tuple[float, float, float, float]  # user, system (s), instructions, cycles (10^9)


ROWS = (
    Printed(
        "qwen3-asr-0.6b",
        "safetensors",
        (2.60, 6.84, 12.84, 0.114),
        (1932, 7694, 23198),
        (1.57, 4.07, 51.5, 21.3),
    ),
    Printed(
        "qwen3-asr-0.6b", "q8_0", (2.33, 6.83, 9.35, 0.114), (1929, 7694, 23388), (1.50, 3.80, 51.6, 19.9)
    ),
    Printed(
        "qwen3-asr-0.6b", "q4_0", (1.26, 7.21, 8.58, 0.120), (2716, 7503, 22757), (1.69, 4.21, 60.5, 22.3)
    ),
    Printed(
        "qwen3-asr-1.7b", "q8_0", (5.66, 11.19, 16.98, 0.187), (4178, 10720, 38771), (1.78, 5.05, 63.0, 26.0)
    ),
    Printed(
        "qwen3-asr-1.7b", "q6k", (5.26, 13.28, 18.74, 0.221), (5834, 10302, 38775), (1.92, 5.41, 63.3, 27.7)
    ),
    Printed(
        "qwen3-asr-1.7b", "q4_0", (4.72, 9.36, 14.23, 0.156), (5264, 10014, 39218), (1.80, 4.78, 60.4, 25.0)
    ),
    Printed(
        "whisper-large-v3-turbo",
        "safetensors",
        (4.03, 6.60, 10.67, 0.110),
        (1711, 6984, 98552),
        (0.33, 2.52, 23.3, 10.9),
    ),
    Printed(
        "whisper-large-v3-turbo",
        "q8_0",
        (1.38, 16.12, 17.51, 0.269),
        (1437, 9284, 1441),
        (0.86, 2.12, 33.0, 11.5),
    ),
    Printed(
        "whisper-large-v3-turbo",
        "q4_0",
        (0.23, 13.99, 14.22, 0.233),
        (1459, 8900, 994),
        (0.84, 1.64, 32.0, 9.6),
    ),
)

SIZES = {  # bytes, and the words of the source
    ("qwen3-asr-0.6b", "safetensors"): (1200 * MB, "printed: 1.2 ГБ"),
    ("qwen3-asr-0.6b", "q8_0"): (743 * MB, "printed: 743 МБ"),
    ("qwen3-asr-0.6b", "q4_0"): (533 * MB, "printed: 533 МБ"),
    ("qwen3-asr-1.7b", "safetensors"): (3500 * MB, "printed: 3.5 ГБ"),
    ("qwen3-asr-1.7b", "q8_0"): (2000 * MB, "printed: 2.0 ГБ"),
    ("qwen3-asr-1.7b", "q6k"): (1700 * MB, "printed: 1.7 ГБ"),
    ("qwen3-asr-1.7b", "q4_0"): (1300 * MB, "printed: 1.3 ГБ"),
    ("whisper-large-v3-turbo", "safetensors"): (
        1528 * MB,
        "printed: 1.5 ГБ; the savings printed beside it, 46 % and 71 %, bound it to 1514 and 1542 МБ, middle taken",
    ),
    ("whisper-large-v3-turbo", "q8_0"): (825 * MB, "printed: 825 МБ"),
    ("whisper-large-v3-turbo", "q4_0"): (442 * MB, "printed: 442 МБ"),
}

MODELS = {
    "qwen3-asr-0.6b": ("Qwen3-ASR 0.6B", "qwen3-asr"),
    "qwen3-asr-1.7b": ("Qwen3-ASR 1.7B", "qwen3-asr"),
    "whisper-large-v3-turbo": ("Whisper Large v3 Turbo", "whisper"),
    "gigaam-v3-ctc": ("GigaAM v3 CTC", "gigaam"),
    "parakeet-tdt-v3": ("Parakeet TDT v3", "parakeet"),
}

REFUSED = {
    "gigaam-v3-ctc": "GigaAM: квантизированные модели пока не поддерживаются",
    "parakeet-tdt-v3": "Parakeet: квантизированные модели пока не поддерживаются",
}

QUANTIZATIONS = {"safetensors": "safetensors", "q8_0": "q8_0", "q6k": "q6_k", "q4_0": "q4_0", "gguf": "gguf"}

JUDGED = {  # stars, words quoted, the cell's text in Russian and English, whether it is the baseline's text
    ("qwen3-asr-0.6b", "safetensors"): (
        3,
        ("Олиной", "видеото", "спортсменов"),
        "«Олиной», «видеото», «спортсменов»",
        "«Олиной», «видеото», «спортсменов»",
        None,
    ),
    ("qwen3-asr-0.6b", "q8_0"): (3, (), "Идентично safetensors", "Identical to safetensors", True),
    ("qwen3-asr-0.6b", "q4_0"): (
        2,
        ("вижу, то", "сценария", "свойничудальный"),
        "Больше искажений: «вижу, то», «сценария», «свойничудальный»",
        "More distortions: «вижу, то», «сценария», «свойничудальный»",
        False,
    ),
    ("qwen3-asr-1.7b", "q8_0"): (
        4,
        ("пять несчастных случаев", "визита"),
        "«пять несчастных случаев» (вместо «пятничной»), «визита», «мтс партнера» ✅",
        "«пять несчастных случаев» (for «пятничной»), «визита», «мтс партнера» ✅",
        None,
    ),
    ("qwen3-asr-1.7b", "q6k"): (
        4,
        ("пятьничных встреч", "визита"),
        "«пятьничных встреч», «визита», «МТС партнер» ✅",
        "«пятьничных встреч», «визита», «МТС партнер» ✅",
        None,
    ),
    ("qwen3-asr-1.7b", "q4_0"): (
        3,
        ("пятьничных встреч", "визитов", "MTS партнеров", "инсультальный"),
        "«пятьничных встреч», «визитов», «MTS партнеров», «инсультальный»",
        "«пятьничных встреч», «визитов», «MTS партнеров», «инсультальный»",
        None,
    ),
    ("whisper-large-v3-turbo", "safetensors"): (
        5,
        (),
        "Эталон: «блокирующих», «на вашей стороне», «детальный»",
        "Taken as right: «блокирующих», «на вашей стороне», «детальный»",
        None,
    ),
    ("whisper-large-v3-turbo", "q8_0"): (
        5,
        (),
        "Идентично safetensors! Тот же текст, confidence 95%/93%",
        "Identical to safetensors! The same text, confidence 95%/93%",
        True,
    ),
    ("whisper-large-v3-turbo", "q4_0"): (
        4,
        ("облокирующих", "на вашей сцене", "институтальный"),
        "«облокирующих», «на вашей сцене», «институтальный»; confidence 92%/91%",
        "«облокирующих», «на вашей сцене», «институтальный»; confidence 92%/91%",
        False,
    ),
}

PARAMETERS = {
    "language": {"ru": "Russian (форсированный)", "en": "Russian (forced)"},
    "encoder": {
        "ru": "AuT (safetensors, BF16) — одинаковый для всех",
        "en": "AuT (safetensors, BF16), the same for all",
    },
    "quantized": {
        "ru": "Только декодер Qwen3 (GGUF); у Whisper — вся модель (encoder + decoder)",
        "en": "The Qwen3 decoder alone (GGUF); of Whisper the whole model (encoder + decoder)",
    },
}

NOTES = (
    {
        "ru": "Цифры опубликованы автором RustASR 11 февраля 2026 (обновлены 12 февраля); здесь их никто не измерял.",
        "en": "The figures were published by the author of RustASR on 11 February 2026 (updated on the 12th); nobody measured them here.",
    },
    {
        "ru": "Qwen3-ASR: GGUF содержит только декодер, энкодер читается из safetensors (BF16), поэтому места на диске нужно больше, чем занимает файл GGUF.",
        "en": "Qwen3-ASR: the GGUF file holds the decoder alone; the encoder is read from safetensors (BF16), so more disk is needed than the GGUF file takes.",
    },
    {
        "ru": "Qwen3-ASR 1.7B в safetensors источник не запускал: о потерях относительно этого baseline цифры ничего не говорят.",
        "en": "The source did not run Qwen3-ASR 1.7B in safetensors: the figures say nothing about a loss against that baseline.",
    },
    {
        "ru": "Источник пишет, что Q4_0 может зацикливаться на 265 с; цифр этого запуска в нём нет.",
        "en": "The source says that Q4_0 may loop on 265 s; it gives no figures of such a run.",
    },
)


def case_id(model: str, variant: str) -> str:
    """The id of a cell."""
    return f"{model}.{variant}.{CLIP}"


def suite() -> Suite:
    """What the source ran, and what its program refuses."""
    cells = [*((row.model, row.variant) for row in ROWS), *((model, "gguf") for model in REFUSED)]
    return Suite(
        name=RUN,
        title={"ru": "Тест: Квантизированные модели (GGUF)", "en": "Test: quantized models (GGUF)"},
        models={
            name: Model(name=name, title=title, family=family, baseline="safetensors", licence="")
            for name, (title, family) in MODELS.items()
        },
        clips={
            CLIP: Clip(
                name=CLIP,
                title=f"tmp/hf_compare_31118765/{CLIP}.wav",
                language="ru",
                duration_seconds=60.0,
                path=f"tmp/hf_compare_31118765/{CLIP}.wav",
            )
        },
        cases=tuple(_case(*cell) for cell in cells),
        protocol=Protocol(blocks=1, rerun_disturbed=False),
    )


def _case(model: str, variant: str) -> Case:
    ran = {(row.model, row.variant) for row in ROWS}
    settings = {"language": "ru"}
    if model.startswith("qwen3"):
        settings["encoder"] = "AuT (safetensors, BF16)"
    return Case(
        id=case_id(model, variant),
        model=model,
        variant=Variant(
            name=variant,
            quantization=QUANTIZATIONS[variant],
            engine="rustasr",
            device="metal",
            settings=settings,
        ),
        clip=CLIP,
        baseline=case_id(model, "safetensors") if (model, "safetensors") in ran else None,
    )


def host() -> Host:
    """As much of the machine as the source tells."""
    return Host(
        id="rustasr-2026-02",
        system="macos",
        machine="arm64",
        cpu="Apple Silicon (Metal)",
        cores=0,
        memory_bytes=0,
        gpu=None,
        os="macOS",
        python="",
        warnings=(reason("host.unknown"),),
    )


def records() -> list[Record]:
    """One record a row: a single run each."""
    made = [_measured(position, row) for position, row in enumerate(ROWS, start=1)]
    for position, (model, words) in enumerate(REFUSED.items(), start=len(made) + 1):
        made.append(
            _record(position, model, "gguf", status=Status.UNSUPPORTED, reason=told(words), measurements={})
        )
    return made


def _measured(position: int, row: Printed) -> Record:
    load, transcribe, wall, rtf = row.times
    rss, footprint, faults = row.memory
    user, system, instructions, cycles = row.cpu
    size, words = SIZES[row.model, row.variant]
    values = (
        measured("load_seconds", load, PROGRAM),
        measured("transcribe_seconds", transcribe, PROGRAM),
        measured("rtf", rtf, PROGRAM),
        measured("wall_seconds", wall, TIME_L),
        measured("user_seconds", user, TIME_L),
        measured("system_seconds", system, TIME_L),
        measured("peak_rss_bytes", rss * MB, TIME_L),
        measured("peak_footprint_bytes", footprint * MB, TIME_L),
        measured("major_faults", faults, TIME_L),
        measured("instructions", round(instructions * 10) * 10**8, TIME_L),
        measured("cycles", round(cycles * 10) * 10**8, TIME_L),
        absent("minor_faults", reason("source.not_given")),
        absent("startup_seconds", reason("source.not_given")),
        absent("confidence", _confidence(row)),
    )
    decoder = row.model.startswith("qwen3") and row.variant != "safetensors"
    file = (
        f"models/{row.model}"
        if row.variant == "safetensors"
        else f"models/{row.model}/model-{row.variant}.gguf"
    )
    return _record(
        position,
        row.model,
        row.variant,
        status=Status.OK,
        reason=None,
        measurements={value.name: value for value in values},
        weights=(
            WeightsFile(
                role="decoder" if decoder else "model", path=file, bytes=size, sha256="", provenance=words
            ),
        ),
    )


def _confidence(row: Printed) -> Reason:
    if row.model == "whisper-large-v3-turbo" and row.variant != "safetensors":
        return reason("source.ambiguous")
    return reason("source.not_given")


def _record(position: int, model: str, variant: str, **rest: object) -> Record:
    case = _case(model, variant)
    return Record(
        run=RUN,
        suite=RUN,
        case=case.id,
        model=model,
        quantization=case.variant.quantization,
        variant=variant,
        clip=CLIP,
        engine="rustasr",
        engine_version=None,
        host=host().id,
        block=1,
        position=position,
        attempt=1,
        started_at=FIRST_DAY if model.startswith("qwen3") else SECOND_DAY,
        command=_command(model, variant),
        log=_log(model, variant),
        backend=Backend(device="Metal", detail="GPU", source="the source's own statement")
        if variant != "gguf"
        else None,
        **rest,  # type: ignore[arg-type]  # status, reason, measurements, weights
    )


def _command(model: str, variant: str) -> tuple[str, ...]:
    """The command line that the source prints for the case, its audio as it stands there."""
    if variant in {"safetensors", "gguf"}:
        return ()
    start = ("target/release/rustasr", "transcribe", "--model", f"models/{model}")
    if model.startswith("qwen3"):
        decoder = ("--decoder-weights", "gguf", "--decoder-gguf", f"model-{variant}.gguf")
        return (*start, "--device", "metal", "--language", "Russian", *decoder, "--audio", "<file.wav>")
    return (
        *start,
        "--model-type",
        "whisper",
        "--audio",
        "<file.wav>",
        "--device",
        "metal",
        "--decoder-weights",
        "gguf",
    )


def _log(model: str, variant: str) -> str | None:
    """The log's name in the source's own repository; it is not part of this one."""
    if not model.startswith("qwen3") or variant == "safetensors":
        return None
    return f"logs/{model.replace('-asr-', '_')}_{variant}.log"


def published() -> dict[str, object]:
    """Judgements, sizes of baselines that were not run, notes."""
    return {
        "source": "RustASR, «Тест: Квантизированные модели (GGUF)», 11.02.2026 (12.02.2026)",
        "date": "2026-02-12",
        "baseline_bytes": {
            model: size for (model, variant), (size, _) in SIZES.items() if variant == "safetensors"
        },
        "cases": {
            case_id(*cell): {
                "stars": stars,
                "remarks": {"ru": russian, "en": english},
                "heard": list(heard),
                "same_as_baseline": same,
            }
            for cell, (stars, heard, russian, english, same) in JUDGED.items()
        },
        "parameters": PARAMETERS,
        "notes": list(NOTES),
    }


def write(path: Path) -> None:
    """Write the run directory."""
    create_run(path, suite(), host())
    write_records(path / RECORDS, records())
    yaml = YAML()
    yaml.allow_unicode = True
    yaml.width = 4096
    with (path / PUBLISHED).open("w", encoding="utf-8") as file:
        yaml.dump(published(), file)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

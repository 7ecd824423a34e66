"""Every kind of file that comes from elsewhere, a good one of each, and all that is done with it."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import nights
import report_runs

from bench.journal import create_run, read_run, write_records

ROOT = Path(__file__).resolve().parents[2]
NO_NUMBER = re.compile(r"(?<![\w.])[+-]?(?:nan|inf|infinity)(?![\w])", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Target:
    """`file` is mutated and written to `place` below a folder; `use` does all that is done with it."""

    name: str
    file: bytes
    place: str
    use: Callable[[Path], None]
    lines: bool = False
    share: int = 1
    beside: dict[str, bytes] = field(default_factory=dict)


def lay_out(target: Target, folder: Path, content: bytes) -> Path:
    """The mutated file among the good ones it needs."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, raw in {**target.beside, target.place: content}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return folder


# ------------------------------------------------------------------ what is done


def use_suite(folder: Path) -> None:
    """`validate`, `plan`."""
    from bench.commands.trust import code_named_by
    from bench.config import load_suite
    from bench.estimates import estimate

    suite = load_suite(folder / "suite.yaml")
    estimate(suite, folder / "reports")
    list(code_named_by(suite))


def use_run(folder: Path) -> None:
    """`report` in all text formats, `export` in all, `compare`, `recommend`; no figure is made up."""
    from bench.exports.bencher import export_bencher
    from bench.exports.pytest_benchmark import export_pytest_benchmark
    from bench.exports.table import export_csv
    from bench.regression.compare import Side, compare
    from bench.regression.texts import comparison_markdown
    from bench.report import render

    run = read_run(folder / "run")
    if not run.records:
        return
    written = render(
        [run], languages=("en", "ru"), out=folder / "out", formats=("md", "html", "short", "json", "csv")
    )
    for path in written:
        if path.suffix == ".json":
            text = path.read_text(encoding="utf-8")
            assert not NO_NUMBER.search(re.sub(r'"[^"]*"', '""', text)), f"{path.name}: a figure that is none"
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    figures = [
                        row[name]
                        for name in ("median", "low", "high", "n", "ratio", "ratio_low", "ratio_high")
                    ]
                    assert all(math.isfinite(float(figure)) for figure in figures if figure), (
                        f"{path.name}: {row}"
                    )
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
    own_figures(folder)
    export_csv(run)
    json.dumps(export_bencher(run), allow_nan=False)
    json.dumps(export_pytest_benchmark(run, "transcribe_seconds"), allow_nan=False)
    comparison_markdown(compare(Side(run=run), Side(run=run)))


def _no_constant(name: str) -> float:
    raise AssertionError(f"{name} in JSON")


def own_figures(folder: Path) -> None:
    """Each case's median lies between the least and the greatest value of its own records."""
    run = read_run(folder / "run")
    values: dict[str, list[float]] = {}
    for record in run.records:
        if (value := record.value("transcribe_seconds")) is not None:
            values.setdefault(record.case, []).append(value)
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    for case in summary.get("cases", ()):
        found = case.get("metrics", {}).get("transcribe_seconds") or {}
        said = found.get("median") if isinstance(found, dict) else None
        own = values.get(str(case.get("case", case.get("id"))))
        if said is not None and own:
            assert min(own) - 1e-9 <= said <= max(own) + 1e-9, f"{case}: another case's figure, {median(own)}"


def use_history(folder: Path) -> None:
    """`history`, its page and its index."""
    from bench.regression.dashboard import write_dashboard
    from bench.regression.history import read_history
    from bench.regression.index import rebuild_index
    from bench.regression.trends import collect_trends

    found = read_history(folder / "reports/history/h1/demo.jsonl")
    if found.nights:
        collect_trends(found.nights, ())
        rebuild_index(folder / "demo.sqlite", found.nights)
        write_dashboard(
            folder / "demo.html", found.nights, (), reports=folder / "reports", warnings=found.warnings
        )


def use_gate(folder: Path) -> None:
    """`gate --run`: the run against the reference and history beside it."""
    from bench.exports.junit import export_junit
    from bench.nightly import judge
    from bench.regression.texts import gate_json, gate_markdown

    report = judge(read_run(folder / "run"), folder / "reports").report
    gate_markdown(report)
    json.dumps(gate_json(report), allow_nan=False)
    from xml.etree import ElementTree as ET

    ET.fromstring(export_junit(report))


def use_model(folder: Path) -> None:
    """A manifest of a model."""
    from bench.assets import read_model

    read_model(folder / "m.yaml")


def use_corpus(folder: Path) -> None:
    """A manifest of a corpus."""
    from bench.assets import read_corpus

    read_corpus(folder / "c.yaml")


def use_gguf(folder: Path) -> None:
    """The header of weights."""
    from bench.assets.formats.gguf import read_gguf

    read_gguf(folder / "m.gguf")


def use_ggml(folder: Path) -> None:
    """The header of Whisper weights."""
    from bench.assets.formats import ggml

    ggml.read_layout(folder / "m.bin")


def use_audio(folder: Path) -> None:
    """A clip of one's own."""
    from bench.assets.speech.audio import samples_of

    samples_of(folder / "clip.audio")


def use_events(folder: Path) -> None:
    """What a child told."""
    from bench.launch.events import read_events

    read_events(folder / "events.jsonl")


# ------------------------------------------------------------------ a good one of each


def run_files(folder: Path) -> dict[str, bytes]:
    """A run directory of a few cases."""
    run = report_runs.measured_run(folder / "made")
    create_run(folder / "run", run.suite, run.host)
    write_records(folder / "run" / "records.jsonl", run.records)
    return {f"run/{path.name}": path.read_bytes() for path in (folder / "run").iterdir() if path.is_file()}


def night_files(folder: Path) -> dict[str, bytes]:
    """A run, its reference and its history."""
    from bench.regression.baselines import accept
    from bench.regression.history import append_night, history_file
    from bench.regression.night import night_of

    reports = folder / "reports"
    made = [
        nights.run_of({"f16": [4.0 + day / 10, 4.1, 4.2], "q8_0": [3.0, 3.1, 3.2]}, name=f"r{day}", day=day)
        for day in range(4)
    ]
    accept(made[:1], "first", reports)
    accept(made[:2], "second", reports)
    for run in made:
        append_night(history_file(reports, "h1", "demo"), night_of(run))
    create_run(folder / "run", made[-1].suite, made[-1].host)
    write_records(folder / "run" / "records.jsonl", made[-1].records)
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def audio_files() -> dict[str, bytes]:
    """Two seconds of a tone in every container."""
    import numpy as np
    import soundfile

    tone = 0.4 * np.sin(np.arange(32_000) / 9)
    found = {}
    for form, subtype in (
        ("WAV", None),
        ("WAV", "FLOAT"),
        ("FLAC", None),
        ("MP3", None),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("AIFF", None),
        ("W64", None),
        ("AU", None),
        ("RF64", None),
        ("CAF", None),
    ):
        file = io.BytesIO()
        soundfile.write(file, tone, 16_000, format=form, subtype=subtype)
        found[f"{form}-{subtype}".lower()] = file.getvalue()
    return found


def gguf_file() -> bytes:
    """A header with metadata of several kinds and one tensor."""

    def text(words: str) -> bytes:
        return struct.pack("<Q", len(words)) + words.encode()

    metadata = text("general.architecture") + struct.pack("<I", 8) + text("qwen3")
    metadata += text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
    metadata += text("general.alignment") + struct.pack("<II", 4, 32)
    tensor = text("a.weight") + struct.pack("<IQQIQ", 2, 32, 1, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 3) + metadata + tensor
    return head + bytes(-len(head) % 32) + bytes(128)


def all_targets(folder: Path) -> list[Target]:
    """Every target, its good files made in a folder."""
    run, night = run_files(folder / "a"), night_files(folder / "b")
    configs = ROOT / "configs"
    manifests = {
        f"{room}/{path.name}": path.read_bytes()
        for room in ("models", "corpora")
        for path in (configs / room).glob("*.yaml")
    }
    found = [
        Target(
            name="records",
            file=run["run/records.jsonl"],
            place="run/records.jsonl",
            use=use_run,
            lines=True,
            share=2,
            beside=run,
        ),
        Target(name="run-suite", file=run["run/suite.yaml"], place="run/suite.yaml", use=use_run, beside=run),
        Target(name="run-host", file=run["run/host.json"], place="run/host.json", use=use_run, beside=run),
        Target(
            name="baseline",
            file=night["reports/baselines/h1/demo.jsonl"],
            place="reports/baselines/h1/demo.jsonl",
            use=use_gate,
            lines=True,
            share=4,
            beside=night,
        ),
        Target(
            name="history",
            file=night["reports/history/h1/demo.jsonl"],
            place="reports/history/h1/demo.jsonl",
            use=use_history,
            lines=True,
            share=4,
            beside=night,
        ),
        Target(
            name="gate-history",
            file=night["reports/history/h1/demo.jsonl"],
            place="reports/history/h1/demo.jsonl",
            use=use_gate,
            lines=True,
            share=3,
            beside=night,
        ),
        Target(
            name="gate-records",
            file=night["run/records.jsonl"],
            place="run/records.jsonl",
            use=use_gate,
            lines=True,
            share=3,
            beside=night,
        ),
        Target(
            name="gate-suite",
            file=night["run/suite.yaml"],
            place="run/suite.yaml",
            use=use_gate,
            beside=night,
        ),
        Target(
            name="gate-host", file=night["run/host.json"], place="run/host.json", use=use_gate, beside=night
        ),
        Target(name="gguf", file=gguf_file(), place="m.gguf", use=use_gguf, share=12),
        Target(name="events", file=_events(), place="events.jsonl", use=use_events, lines=True, share=6),
    ]
    for name in ("whisper-base", "rustasr-whisper", "long-recording", "nightly"):
        raw = (configs / f"{name}.yaml").read_bytes()
        found.append(
            Target(
                name=f"suite-{name}", file=raw, place="suite.yaml", use=use_suite, share=2, beside=manifests
            )
        )
    for name in ("whisper-base", "qwen3-asr-0.6b", "synthetic-parakeet-tiny"):
        raw = (configs / "models" / f"{name}.yaml").read_bytes()
        found.append(Target(name=f"model-{name}", file=raw, place="m.yaml", use=use_model, share=3))
    found += [
        Target(name=f"corpus-{path.stem}", file=path.read_bytes(), place="c.yaml", use=use_corpus, share=2)
        for path in sorted((configs / "corpora").glob("*.yaml"))
    ]
    for name, raw in audio_files().items():
        found.append(Target(name=f"audio-{name}", file=raw, place="clip.audio", use=use_audio, share=3))
    published = ROOT / "reports/published/rustasr-2026-02"
    beside = {
        f"run/{p.name}": p.read_bytes()
        for p in published.iterdir()
        if p.suffix in (".yaml", ".json", ".jsonl")
    }
    found.append(
        Target(
            name="published",
            file=beside["run/published.yaml"],
            place="run/published.yaml",
            use=use_run,
            beside=beside,
        )
    )
    return found


def _events() -> bytes:
    told = [
        {"event": "started", "t": 1.0},
        {"event": "imported", "t": 1.5, "rss_bytes": 1000},
        {
            "event": "transcribed",
            "t": 3.5,
            "t0": 2.0,
            "pass": 1,
            "result": {"text": "раз два", "segments": [{"text": "раз", "words": []}]},
        },
        {"event": "done", "t": 4.0, "facts": {}},
    ]
    return b"".join(json.dumps(each).encode() + b"\n" for each in told)

"""What the figures were made with: parameters, machines, commands, logs, disturbances."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from bench.domain import Protocol, Status
from bench.journal import HOST, RECORDS, SUITE
from bench.places import expand
from bench.report.numbers import Quantity, grouped
from bench.report.view import (
    Cell,
    Column,
    Command,
    Figure,
    Link,
    Logs,
    Machine,
    Many,
    Phrase,
    Reason,
    Row,
    Sound,
    Spoken,
    Table,
    Text,
    Tongue,
)
from bench.stats import FEWEST_TO_CLAIM

if TYPE_CHECKING:
    from bench.domain import Clip, Host
    from bench.journal import RunData
    from bench.report.figures import CaseFigures, Figures
    from bench.report.names import Names

CLIPS_NAMED: Final = 4
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_PLACED: Final = re.compile(r"\$(?:ASR_QUANT_BENCH_CACHE|VIRTUAL_ENV|PWD|TMPDIR|HOME)(?:/[\w@%+=:,./-]*)?")
_WORKER: Final = "child/worker.py"  # its job file is gone with the trial: nothing to repeat by hand
_SWITCH: Final = re.compile(r"(\w+) = (\d+)")
_SYSTEMS: Final = {"linux": "Linux", "macos": "macOS", "darwin": "macOS"}


# ------------------------------------------------------------------- parameters


def parameters(runs: Sequence[RunData], found: Figures, names: Names) -> Table:
    """What was run, how and with what: two columns, name and value."""
    clips = {clip.name: clip for run in runs for clip in run.suite.clips.values()}
    rows: list[tuple[str, Cell]] = []
    if len(clips) <= CLIPS_NAMED:
        for clip in clips.values():
            rows += _clip(clip, names)
    else:
        rows += _many_clips(clips.values())
    rows += [
        ("parameter.format", Phrase(message="parameter.format.wav")),
        ("parameter.device", _devices(found)),
        ("parameter.language", _languages(found, clips.values())),
        *_parts(found, names),
        ("parameter.engine", _engines(found)),
    ]
    rows += [("parameter.protocol", cell) for cell in _protocols(runs, found, names)]
    rows.append(("parameter.figures", _statistics(found)))
    rows = _as_published(rows, found)
    return Table(
        name="parameters",
        columns=(
            Column(heading=Phrase(message="column.parameter")),
            Column(heading=Phrase(message="column.value")),
        ),
        rows=tuple(Row(cells=(Phrase(message=name), value)) for name, value in rows),
        sortable=False,
    )


def _as_published(rows: list[tuple[str, Cell]], found: Figures) -> list[tuple[str, Cell]]:
    """The rows with a published report's own words where it has some."""
    said = {f"parameter.{name}": texts for each in found.published for name, texts in each.parameters.items()}
    if not all(case.published for case in found.cases):
        return rows
    known = {name for name, _ in rows}
    own: list[tuple[str, Cell]] = [
        (name, Spoken(texts=texts)) for name, texts in said.items() if name not in known
    ]
    found_rows = [(name, Spoken(texts=said[name]) if name in said else cell) for name, cell in rows]
    at = 1 + max(
        (number for number, (name, _) in enumerate(rows) if name == "parameter.language"), default=-1
    )
    return [*found_rows[:at], *own, *found_rows[at:]]


def _parts(found: Figures, names: Names) -> list[tuple[str, Cell]]:
    """Which part of a model was quantized, and what stayed as it was, where files say so."""
    files = [(case, file) for case in found.cases for file in case.weights]
    encoders = dict.fromkeys(PurePath(file.path).name for _, file in files if file.role == "encoder")
    parted = dict.fromkeys(names.model(case) for case, file in files if file.role == "decoder")
    rows: list[tuple[str, Cell]] = []
    if encoders:
        rows.append(
            (
                "parameter.encoder",
                Many(parts=tuple(Text(text=name, code=True) for name in encoders), between=", "),
            )
        )
    if parted:
        models = Many(parts=tuple(Text(text=title) for title in parted), between=", ")
        rows.append(
            ("parameter.quantized", Phrase(message="parameter.quantized.decoder", params={"models": models}))
        )
    return rows


def _clip(clip: Clip, names: Names) -> list[tuple[str, Cell]]:
    title: Cell = Text(text=names.clip(clip), code=clip.title == clip.path)
    if clip.corpus:
        title = Many(parts=(title, Text(text=f"{clip.corpus}/{clip.name}", code=True)), between=", ")
    return [
        ("parameter.audio", title),
        ("parameter.duration", Figure(value=clip.duration_seconds, quantity=Quantity.SECONDS)),
    ]


def _many_clips(clips: Iterable[Clip]) -> list[tuple[str, Cell]]:
    given = list(clips)
    corpora = dict.fromkeys(clip.corpus for clip in given if clip.corpus)
    total = Figure(value=sum(clip.duration_seconds for clip in given), quantity=Quantity.SECONDS)
    audio: Cell = Phrase(message="parameter.clips", count=len(given))
    if corpora:
        audio = Many(parts=(audio, *(Text(text=corpus, code=True) for corpus in corpora)), between=", ")
    return [("parameter.audio", audio), ("parameter.duration", total)]


def _devices(found: Figures) -> Cell:
    """What really ran, in the engine's words; what was asked where nothing tells."""
    parts: dict[str, Cell] = {}
    for case in found.cases:
        asked, backend = case.case.variant.device, case.backend
        if backend is not None:
            detail = _features(backend.detail)
            text = f"{backend.device} ({detail})" if detail else backend.device
            parts.setdefault(text, Text(text=text))
        elif case.status is Status.OK:
            parts.setdefault(f"?{asked}", Phrase(message="parameter.device.untold", params={"asked": asked}))
    return Many(parts=tuple(parts.values()), between="; ") if parts else Phrase(message="absent")


def _features(detail: str) -> str:
    """An engine's words on its backend; of a list of switches those that are on."""
    switches = _SWITCH.findall(detail)
    return ", ".join(name for name, on in switches if on != "0") if len(switches) > 1 else detail


def _languages(found: Figures, clips: Iterable[Clip]) -> Cell:
    """Languages of the clips, with how the engine came to know it."""
    asked = {str(case.case.variant.settings.get("language", "")) for case in found.cases}
    message = "parameter.language.forced" if asked <= {"clip"} | {clip.language for clip in clips} else ""
    message = "parameter.language.detected" if asked == {"auto"} else message
    parts: list[Cell] = []
    for code in dict.fromkeys(clip.language for clip in clips):
        tongue = Tongue(code=code)
        parts.append(Phrase(message=message, params={"language": tongue}) if message else tongue)
    return Many(parts=tuple(parts), between=", ")


def _engines(found: Figures) -> Cell:
    """Engines that ran, with the versions the records name."""
    versions: dict[str, dict[str, None]] = {}
    for case in found.cases:
        if case.status is not Status.UNSUPPORTED:
            known = versions.setdefault(case.case.variant.engine, {})
            if case.engine_version:
                known.setdefault(case.engine_version)
    parts = [Text(text=f"{engine} {', '.join(known)}".strip()) for engine, known in versions.items()]
    return Many(parts=tuple(parts), between="; ")


def _protocols(runs: Sequence[RunData], found: Figures, names: Names) -> list[Cell]:
    printed = {case.run.partition("#")[0] for case in found.cases if case.published}
    texts: list[tuple[RunData, Cell]] = [
        (
            run,
            Phrase(message="parameter.published")
            if f"{run.suite.name}/{run.run_id}" in printed
            else _protocol(run.suite.protocol),
        )
        for run in runs
    ]
    if len({repr(cell) for _, cell in texts}) == 1:
        return [texts[0][1]]
    return [Many(parts=(Text(text=names.run(run), strong=True), cell), between=": ") for run, cell in texts]


def _protocol(protocol: Protocol) -> Cell:
    return Phrase(
        message="parameter.protocol.text",
        params={
            "blocks": Phrase(message="blocks", count=protocol.blocks),
            "seed": Text(text=str(protocol.seed)),
            "passes": Phrase(message="passes", count=protocol.passes),
            "cache": Phrase(
                message="parameter.cache.cold" if protocol.cold_cache else "parameter.cache.warm"
            ),
        },
    )


def _statistics(found: Figures) -> Cell:
    """What a figure of a table is: a median with an interval, or one value."""
    sizes = [summary.n for case in found.cases for summary in case.summaries.values()]
    if max(sizes, default=0) <= 1:
        return Phrase(message="parameter.figures.single")
    if max(sizes) < FEWEST_TO_CLAIM:
        return Phrase(
            message="parameter.figures.few",
            params={"fewest": Phrase(message="blocks", count=FEWEST_TO_CLAIM)},
        )
    return Phrase(message="parameter.figures.interval")


# --------------------------------------------------------------------- machines


def machines(runs: Sequence[RunData], names: Names) -> tuple[Machine, ...]:
    """The machines of the runs, each once, with its facts, versions and warnings."""
    hosts = {run.host.id: run.host for run in runs}
    return tuple(
        Machine(
            key=host.id,
            label=names.machine(host),
            platform=platform(host),
            facts=_facts(host, [run for run in runs if run.host.id == host.id], names),
            warnings=tuple(
                dict.fromkeys(
                    Reason(text=text) for run in runs if run.host.id == host.id for text in run.host.warnings
                )
            ),
        )
        for host in hosts.values()
    )


def platform(host: Host) -> str:
    """System, architecture and accelerator on one line."""
    system = _SYSTEMS.get(host.system, host.system)
    parts = [host.os or system, host.machine, host.cpu, *([host.gpu] if host.gpu else [])]
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _facts(host: Host, runs: Sequence[RunData], names: Names) -> Table:
    rows: list[tuple[str, Cell]] = [
        ("machine.os", Text(text=f"{host.os} ({host.machine})")),
        ("machine.cpu", Text(text=host.cpu)),
    ]
    if host.cores:
        rows.append(("machine.cores", Figure(value=host.cores, quantity=Quantity.COUNT)))
    if host.memory_bytes:
        rows.append(("machine.memory", Figure(value=host.memory_bytes, quantity=Quantity.SIZE)))
    if host.gpu:
        rows.append(("machine.gpu", Text(text=host.gpu)))
    if host.python:
        rows.append(("machine.python", Text(text=host.python)))
    if host.packages:
        packages = [Text(text=f"{name} {version}") for name, version in sorted(host.packages.items())]
        rows.append(("machine.packages", Many(parts=tuple(packages), between=", ")))
    rows.append(
        (
            "machine.runs",
            Many(parts=tuple(Text(text=f"{names.run(run)}: {run.run_id}") for run in runs), between=", "),
        )
    )
    return Table(
        name="machine",
        columns=(
            Column(heading=Phrase(message="column.parameter")),
            Column(heading=Phrase(message="column.value")),
        ),
        rows=tuple(Row(cells=(Phrase(message=name), value)) for name, value in rows),
        sortable=False,
    )


def disturbances(found: Figures) -> Table | None:
    """What disturbed trials, in how many, with the range of the figure named; None for none."""
    kinds: dict[str, list[tuple[tuple[float, ...], int]]] = {}
    for case in found.cases:
        for text, count in case.disturbances.items():
            figures = tuple(float(number) for number in _NUMBER.findall(text))
            kinds.setdefault(_NUMBER.sub("…", text), []).append((figures, count))
    if not kinds:
        return None
    rows = [
        Row(
            cells=(
                Reason(text=kind),
                _range(seen),
                Figure(value=sum(count for _, count in seen), quantity=Quantity.COUNT),
            )
        )
        for kind, seen in sorted(kinds.items())
    ]
    headings = ("column.disturbance", "column.range", "column.trials")
    return Table(
        name="disturbances",
        columns=tuple(Column(heading=Phrase(message=heading)) for heading in headings),
        rows=tuple(rows),
    )


def _range(seen: Iterable[tuple[tuple[float, ...], int]]) -> Cell:
    figures = [figure[0] for figure, _ in seen if figure]
    if not figures:
        return Text(text="—")  # a kind without a figure: it was so, or it was not
    low, high = min(figures), max(figures)
    text = grouped(low, 1) if low == high else f"{grouped(low, 1)}–{grouped(high, 1)}"
    return Text(text=text)


# ---------------------------------------------------------------- commands, logs


def commands(found: Figures, names: Names) -> tuple[Command, ...]:
    """How to repeat each case, and what its measured process ran."""
    made: list[Command] = []
    for case in found.cases:
        if case.status is Status.UNSUPPORTED or not (case.command or not case.published):
            continue
        made.append(Command(label=names.full(case), text=_repeat(case)))
    return tuple(made)


def _repeat(case: CaseFigures) -> str:
    lines = []
    if not case.published:
        only = " ".join(
            f"--only {shlex.quote(each)}"
            for each in dict.fromkeys([_id(case.baseline), case.case.id])
            if each
        )
        lines.append(f"asr-quant-bench run {shlex.quote(f'configs/{case.suite}.yaml')} {only}")
    if case.command and not any(part.endswith(_WORKER) for part in case.command):
        lines.append(" ".join(map(_quoted, case.command)))
    return "\n".join(lines)


def _quoted(part: str) -> str:
    """An argument as a shell takes it; the journal's stand-ins for folders stay variables."""
    return part if _PLACED.fullmatch(part) else shlex.quote(part)


def _id(key: str | None) -> str:
    """The case's id of a key of `Figures`: run and case."""
    return key.rpartition("/")[2] if key else ""


def logs(runs: Sequence[RunData], found: Figures, names: Names, out: Path) -> tuple[Logs, ...]:
    """Links to each case's logs, in the order of its trials; a log that is gone is named unlinked."""
    labels = {(case.run.partition("#")[0], case.case.id): names.full(case) for case in found.cases}
    links: dict[tuple[str, str], list[Link]] = {}
    for run in runs:
        name = f"{run.suite.name}/{run.run_id}"
        there = _Folders(run.path, out)
        for record in run.records:
            if record.log:
                target = there.target(record.log)
                text = f"b{record.block}" + (f".a{record.attempt}" if record.attempt > 1 else "")
                if target is None and run.suite.protocol.blocks == 1:
                    text = PurePath(record.log).name
                links.setdefault((name, record.case), []).append(Link(text=text, target=target))
    return tuple(Logs(label=labels.get(key, key[1]), links=tuple(each)) for key, each in links.items())


def journals(runs: Sequence[RunData], names: Names, out: Path) -> tuple[Logs, ...]:
    """Links to the records that each run's figures come from."""
    made = []
    for run in runs:
        there = _Folders(run.path, out)
        links = tuple(Link(text=file, target=there.target(file)) for file in (RECORDS, SUITE, HOST))
        made.append(Logs(label=names.run(run), links=links))
    return tuple(made)


def sounds(runs: Sequence[RunData]) -> tuple[Sound, ...]:
    """The clips, each once, with where their files were."""
    clips = {clip.name: clip for run in runs for clip in run.suite.clips.values()}
    return tuple(
        Sound(
            clip=clip.name,
            title=clip.title or clip.name,
            path=expand(clip.path) if clip.path else None,
            sha256=clip.sha256,
        )
        for clip in clips.values()
    )


class _Folders:
    """Targets of links from the report's folder to files named relative to a run's."""

    def __init__(self, run: Path, out: Path) -> None:
        self._run, self._out = run, out
        self._listed: dict[Path, frozenset[str]] = {}

    def target(self, name: str) -> str | None:
        """The relative path, None where there is no such file."""
        path = Path(os.path.normpath(self._run / name))
        if path.name not in self._names(path.parent):
            return None
        return os.path.relpath(path, self._out)

    def _names(self, folder: Path) -> frozenset[str]:
        """One listing a folder: thousands of logs are not asked after one by one."""
        if folder not in self._listed:
            try:
                self._listed[folder] = frozenset(path.name for path in folder.iterdir())
            except OSError:
                self._listed[folder] = frozenset()
        return self._listed[folder]

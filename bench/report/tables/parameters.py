"""What was run, how and with what: the table of test parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from bench.domain import Protocol, Status
from bench.report.cells import Cell, CellGroup, Figure, LanguageName, Localized, Phrase, Text
from bench.report.tables.decoding import decoding
from bench.report.tables.opened import opened_in_short
from bench.report.tables.pass_parameters import pass_alone_rows, pass_rows
from bench.report.view import Column, Row, Table
from bench.statistics import FEWEST_TO_CLAIM
from bench.text.numbers import Quantity

if TYPE_CHECKING:
    from bench.domain import Clip
    from bench.journal import RunData
    from bench.report.names import Names
    from bench.results import Results

CLIPS_NAMED: Final = 4
_SWITCH: Final = re.compile(r"(\w+) = (\d+)")


def parameters(runs: Sequence[RunData], found: Results, names: Names) -> Table:
    """What was run, how and with what: two columns, name and value."""
    if not found.cases and found.passes:
        return parameter_table("parameters", pass_alone_rows(found))
    clips = {clip.name: clip for run in runs for clip in run.suite.clips.values()}
    rows: list[tuple[str, Cell]] = []
    if found.cases and not names.many_models and not found.published:
        rows.append(("parameter.model", Text(text=names.model(found.cases[0]))))
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
        *decoding(found, names),
        ("parameter.engine", _engines(found)),
        *opened_in_short(found),
    ]
    rows += [("parameter.protocol", cell) for cell in _protocols(runs, found, names)]
    rows.append(("parameter.figures", _statistics(found)))
    rows += pass_rows(found)
    rows = _as_published(rows, found)
    return parameter_table("parameters", rows)


def parameter_table(name: str, rows: Iterable[tuple[str, Cell]]) -> Table:
    """A table of two columns: a parameter by its message id, and its value."""
    return Table(
        name=name,
        columns=(
            Column(heading=Phrase(message="column.parameter")),
            Column(heading=Phrase(message="column.value")),
        ),
        rows=tuple(Row(cells=(Phrase(message=parameter), value)) for parameter, value in rows),
        sortable=False,
    )


def _as_published(rows: list[tuple[str, Cell]], found: Results) -> list[tuple[str, Cell]]:
    """The rows with a published report's own words where it has some."""
    said = {f"parameter.{name}": texts for each in found.published for name, texts in each.parameters.items()}
    if not all(case.published for case in found.cases):
        return rows
    known = {name for name, _ in rows}
    own: list[tuple[str, Cell]] = [
        (name, Localized(texts=texts)) for name, texts in said.items() if name not in known
    ]
    found_rows = [(name, Localized(texts=said[name]) if name in said else cell) for name, cell in rows]
    at = 1 + max(
        (number for number, (name, _) in enumerate(rows) if name == "parameter.language"), default=-1
    )
    return [*found_rows[:at], *own, *found_rows[at:]]


def _parts(found: Results, names: Names) -> list[tuple[str, Cell]]:
    """Which part of a model was quantized, and what stayed as it was, where files say so."""
    files = [(case, file) for case in found.cases for file in case.weights]
    encoders = dict.fromkeys(PurePath(file.path).name for _, file in files if file.role == "encoder")
    parted = dict.fromkeys(names.model(case) for case, file in files if file.role == "decoder")
    rows: list[tuple[str, Cell]] = []
    if encoders:
        rows.append(
            (
                "parameter.encoder",
                CellGroup(parts=tuple(Text(text=name, code=True) for name in encoders), between=", "),
            )
        )
    if parted:
        models = CellGroup(parts=tuple(Text(text=title) for title in parted), between=", ")
        rows.append(
            ("parameter.quantized", Phrase(message="parameter.quantized.decoder", params={"models": models}))
        )
    return rows


def _clip(clip: Clip, names: Names) -> list[tuple[str, Cell]]:
    title: Cell = names.clip_cell(clip)
    if clip.title == clip.path:
        title = Text(text=names.clip(clip), code=True)
    if clip.corpus:
        title = CellGroup(parts=(title, Text(text=f"{clip.corpus}/{clip.name}", code=True)), between=", ")
    rows: list[tuple[str, Cell]] = [("parameter.audio", title)]
    if clip.duration_seconds is not None:
        length = Figure(value=clip.duration_seconds, quantity=Quantity.SECONDS)
        rows.append(("parameter.duration", length))
    return rows


def _many_clips(clips: Iterable[Clip]) -> list[tuple[str, Cell]]:
    given = list(clips)
    corpora = dict.fromkeys(clip.corpus for clip in given if clip.corpus)
    total = Figure(value=sum(clip.duration_seconds or 0.0 for clip in given), quantity=Quantity.SECONDS)
    audio: Cell = Phrase(message="parameter.clips", count=len(given))
    if corpora:
        audio = CellGroup(parts=(audio, *(Text(text=corpus, code=True) for corpus in corpora)), between=", ")
    return [("parameter.audio", audio), ("parameter.duration", total)]


def _devices(found: Results) -> Cell:
    """What really ran, in the engine's words; what was asked where nothing tells."""
    parts: dict[str, Cell] = {}
    for case in found.cases:
        asked = case.case.variant.device
        for backend in filter(None, case.backends):
            detail = _features(backend.detail)
            text = f"{backend.device} ({detail})" if detail else backend.device
            parts.setdefault(text, Text(text=text))
        if case.backend is None and case.status.delivered:
            parts.setdefault(f"?{asked}", Phrase(message="parameter.device.untold", params={"asked": asked}))
    return CellGroup(parts=tuple(parts.values()), between="; ") if parts else Phrase(message="absent")


def _features(detail: str) -> str:
    """An engine's words on its backend; of a list of switches those that are on."""
    switches = _SWITCH.findall(detail)
    return ", ".join(name for name, on in switches if on != "0") if len(switches) > 1 else detail


def _languages(found: Results, clips: Iterable[Clip]) -> Cell:
    """Languages of the clips, with how the engine came to know it."""
    asked = {str(case.case.variant.settings_by_name.get("language", "")) for case in found.cases}
    message = "parameter.language.forced" if asked <= {"clip"} | {clip.language for clip in clips} else ""
    message = "parameter.language.detected" if asked == {"auto"} else message
    parts: list[Cell] = []
    for code in dict.fromkeys(clip.language for clip in clips):
        tongue = LanguageName(code=code)
        parts.append(Phrase(message=message, params={"language": tongue}) if message else tongue)
    return CellGroup(parts=tuple(parts), between=", ")


def _engines(found: Results) -> Cell:
    """Engines that ran, with the versions the records name."""
    versions: dict[str, dict[str, None]] = {}
    for case in found.cases:
        if case.status is not Status.UNSUPPORTED:
            known = versions.setdefault(case.case.variant.engine, {})
            for version in filter(None, case.engine_versions):
                known.setdefault(version)
    parts = [Text(text=f"{engine} {', '.join(known)}".strip()) for engine, known in versions.items()]
    return CellGroup(parts=tuple(parts), between="; ")


def _protocols(runs: Sequence[RunData], found: Results, names: Names) -> list[Cell]:
    texts: list[tuple[RunData, Cell]] = [
        (
            run,
            Phrase(message="parameter.published")
            if any(case.published for case in found.of(run))
            else _protocol(run.suite.protocol),
        )
        for run in runs
    ]
    if len({repr(cell) for _, cell in texts}) == 1:
        return [texts[0][1]]
    return [
        CellGroup(parts=(Text(text=names.run(run), strong=True), cell), between=": ") for run, cell in texts
    ]


def _protocol(protocol: Protocol) -> Cell:
    return Phrase(
        message="parameter.protocol.text",
        params={
            "blocks": _blocks(protocol),
            "seed": Text(text=str(protocol.seed)),
            "passes": Phrase(message="passes", count=protocol.passes),
            "cache": _cache(protocol),
        },
    )


def _cache(protocol: Protocol) -> Cell:
    """Where the weights are before a trial."""
    if protocol.cold_cache:
        return Phrase(message="parameter.cache.cold")
    if protocol.evicted_starts:
        blocks = Phrase(message="blocks", count=min(protocol.evicted_starts, protocol.most_blocks))
        return Phrase(message="parameter.cache.both", params={"blocks": blocks})
    return Phrase(message="parameter.cache.warm")


def _blocks(protocol: Protocol) -> Cell:
    if protocol.precision is None:
        return Phrase(message="blocks", count=protocol.blocks)
    return Phrase(
        message="parameter.protocol.precision",
        params={
            "precision": Figure(value=protocol.precision, quantity=Quantity.PERCENT),
            "fewest": Text(text=str(protocol.min_blocks)),
            "most": Text(text=str(protocol.max_blocks)),
        },
    )


def _statistics(found: Results) -> Cell:
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

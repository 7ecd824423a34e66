"""How each variant decodes: threads, beam, priming, flash attention, segmentation.

It tells what a variant's name stands for: `q3_k-vad-20s` is where the row of the segmentation names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.names import Names
from bench.results import Results
from bench.text.numbers import Quantity

NAMED: Final = 6  # variants that a setting names; more are counted


def decoding(found: Results, names: Names) -> list[tuple[str, Cell]]:
    """A row for each setting that an engine of the report has, with who differs in it."""
    rows: list[tuple[str, Cell]] = []
    for key, word in _SETTINGS.items():
        values: dict[str, tuple[Cell, dict[str, None]]] = {}
        for case in found.cases:
            settings = case.case.variant.settings_by_name
            if not case.published and key in settings:
                cell = word(settings[key])
                values.setdefault(repr(cell), (cell, {}))[1].setdefault(names.label(case))
        if values:
            rows.append((f"parameter.{key}", _cell(list(values.values()))))
    return rows


def _cell(values: list[tuple[Cell, dict[str, None]]]) -> Cell:
    if len(values) == 1:
        return values[0][0]
    parts = []
    for value, who in values:
        shown = [Text(text=name) for name in list(who)[:NAMED]]
        more = len(who) - len(shown)
        listed: list[Cell] = [*shown, *([Phrase(message="verdict.more", count=more)] if more else [])]
        params: dict[str, Cell] = {"value": value, "names": CellGroup(parts=tuple(listed), between=", ")}
        parts.append(Phrase(message="parameter.setting", params=params))
    return CellGroup(parts=tuple(parts), between="; ")


def _number(value: Any) -> Cell:
    return Text(text=str(value)) if value is not None else Phrase(message="parameter.engines_own")


def _beam(value: Any) -> Cell:
    if value is None or value == 1:
        return Phrase(message="parameter.greedy")
    return Phrase(message="parameter.beam", params={"size": Text(text=str(value))})


def _switch(value: Any) -> Cell:
    return Phrase(message="parameter.on" if value else "parameter.off")


def _priming(value: Any) -> Cell:
    return Phrase(message="parameter.primed" if value else "parameter.unprimed")


def _segmentation(value: Any) -> Cell:
    if not isinstance(value, Mapping):
        return Phrase(message="parameter.uncut")
    key = "window_seconds" if value.get("kind") == "windows" else "max_seconds"
    message = "parameter.windows" if value.get("kind") == "windows" else "parameter.vad"
    return Phrase(
        message=message,
        params={"seconds": Figure(value=float(value.get(key, 0.0)), quantity=Quantity.COUNT)},
    )


_SETTINGS: Final[Mapping[str, Callable[[Any], Cell]]] = {
    "threads": _number,
    "beam_size": _beam,
    "carry_context": _priming,
    "flash_attention": _switch,
    "segmentation": _segmentation,
}

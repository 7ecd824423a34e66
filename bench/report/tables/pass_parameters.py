"""What a quality pass heard and how: rows of the table of parameters."""

from __future__ import annotations

from bench.report.cells import Cell, CellGroup, Figure, LanguageName, Phrase, Text
from bench.report.pass_groups import condition_cell, pass_groups
from bench.results import Results
from bench.text.numbers import Quantity

Rows = list[tuple[str, Cell]]


def pass_rows(found: Results) -> Rows:
    """Corpora with their conditions, and how they were heard; no rows without a pass."""
    groups = pass_groups(found)
    if not groups:
        return []
    corpora: dict[str, list[Cell]] = {}
    for group in groups:
        most = max(group.rows, key=lambda row: row.heard)
        corpora.setdefault(group.corpus, []).append(
            Phrase(
                message="parameter.pass.condition",
                params={
                    "condition": condition_cell(group.condition),
                    "utterances": Phrase(message="finding.utterances", count=most.heard),
                    "seconds": Figure(value=most.seconds, quantity=Quantity.SECONDS),
                },
            )
        )
    cells: tuple[Cell, ...] = tuple(
        CellGroup(parts=(Text(text=title), CellGroup(parts=tuple(parts), between=", ")), between=": ")
        for title, parts in corpora.items()
    )
    floors = {suite.quality.floor for suite in found.suites if suite.quality.corpora}
    rows: Rows = [("parameter.pass", CellGroup(parts=cells, between="; "))]
    if floors:
        how = Phrase(message="parameter.pass.how.text", params={"floor": Text(text=str(max(floors)))})
        rows.append(("parameter.pass.how", how))
    return rows


def pass_alone_rows(found: Results) -> Rows:
    """Models, language and engines of passes without timed cases, before `pass_rows`."""
    groups = pass_groups(found)
    models = dict.fromkeys(group.model for group in groups)
    tongues = dict.fromkeys(row.language for group in groups for row in group.rows)
    engines = dict.fromkeys(engine for results in found.passes.values() for engine in results.engines)
    return [
        ("parameter.model", CellGroup(parts=tuple(Text(text=each) for each in models), between=", ")),
        (
            "parameter.language",
            CellGroup(parts=tuple(LanguageName(code=each) for each in tongues), between=", "),
        ),
        ("parameter.engine", CellGroup(parts=tuple(Text(text=each) for each in engines), between="; ")),
        *pass_rows(found),
    ]

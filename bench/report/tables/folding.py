"""Which tables on quality a reader sees at once, and which lie folded behind them for who asks further."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from bench.report.cells import Cell
from bench.report.view import Table

PASSED: Final = "passed"  # the error rates of a quality pass
# What a pass says beside them; and the rates of the timed clips, which fewer words stand behind.
_FURTHER: Final = frozenset({"divergence", "classes", "faults", "calibration", "drift", "rates"})


def fold(tables: Sequence[Table]) -> tuple[tuple[Table, ...], tuple[Table, ...]]:
    """The tables that answer, and the others, which take along what they are of; all answer where there is no pass."""
    if not any(table.name == PASSED for table in tables):
        return tuple(tables), ()
    shown: list[Table] = []
    folded: list[Table] = []
    scope: tuple[Cell, ...] = ()
    told: tuple[Cell, ...] = ()
    for table in tables:
        scope = table.scope or scope
        if table.name in _FURTHER:
            folded.append(dataclasses.replace(table, scope=() if scope == told else scope))
            told = scope
        else:
            shown.append(table)
    return tuple(shown), tuple(folded)

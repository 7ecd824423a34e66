"""Where a variant hurts: word errors by class, utterances by fault and error rates by length, beside the baseline's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.quality import ErrorClass, ErrorProfile, UtteranceFault, length_band
from bench.quality.counts import ErrorCounts
from bench.quality.pass_results import PassResults
from bench.quality.passed import Passed
from bench.report.cells import Cell, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.view import Column
from bench.text.numbers import Quantity

Columns = tuple[tuple[Column, ...], dict[str, list[Cell]]]
"""The columns, and the cells of each variant's row under them."""


def profiles_of(rows: Sequence[Passed], results: PassResults) -> dict[str, ErrorProfile]:
    """The profile of each variant of one model, corpus and condition that has references."""
    profiles = {row.variant: results.details(row).profile for row in rows}
    return {variant: each for variant, each in profiles.items() if each is not None}


def by_class(rows: Sequence[Passed], profiles: Mapping[str, ErrorProfile], notes: Notes) -> Columns:
    """A column a class of error that any variant made: how many, and how many more than the baseline."""
    shown = [each for each in ErrorClass if any(each in own.classes for own in profiles.values())]
    base = next((profiles[row.variant] for row in rows if row.is_baseline and row.variant in profiles), None)
    lists = all(own.lists for own in profiles.values())
    columns = tuple(
        Column(
            heading=Phrase(message=f"class.{each}"),
            note=notes.phrase("note.class" if lists else "note.class.no_lists") if at == 0 else None,
            numeric=True,
        )
        for at, each in enumerate(shown)
    )
    cells: dict[str, list[Cell]] = {}
    for variant, own in profiles.items():
        cells[variant] = [
            _more(
                own.classes.get(each, 0), None if base is None or own is base else base.classes.get(each, 0)
            )
            for each in shown
        ]
    return columns, cells


def _more(count: int, than: int | None) -> Cell:
    if than is None or count == than:
        return Figure(value=count, quantity=Quantity.COUNT)
    return Text(text=f"{count} ({count - than:+d})")


def by_utterance(rows: Sequence[Passed], profiles: Mapping[str, ErrorProfile], notes: Notes) -> Columns:
    """Error rates by the length of the utterance, and a column a fault that any variant has."""
    faults = [each for each in UtteranceFault if any(each in own.faults for own in profiles.values())]
    rates = {row.variant: _by_length(row.scored) for row in rows}
    bands = list(dict.fromkeys(band for row in rows for band in rates[row.variant]))
    columns = (
        *(
            Column(heading=Phrase(message="column.wer_of", params={"words": Text(text=band)}), numeric=True)
            for band in bands
        ),
        *(
            Column(
                heading=Phrase(message=f"fault.{each}"), note=notes.phrase(f"note.fault.{each}"), numeric=True
            )
            for each in faults
        ),
    )
    cells: dict[str, list[Cell]] = {}
    for variant, own in profiles.items():
        cells[variant] = [
            *(_rate(rates[variant].get(band)) for band in bands),
            *(Figure(value=own.faults.get(each, 0), quantity=Quantity.COUNT) for each in faults),
        ]
    return columns, cells


def _by_length(scored: ErrorCounts) -> dict[str, float]:
    """Error rates by band of lengths, the shortest first."""
    import numpy as np

    lengths, at = np.unique(scored.words, return_inverse=True)
    sums: dict[str, tuple[int, int]] = {}
    for length, utterances, errors in zip(
        lengths.tolist(), np.bincount(at).tolist(), np.bincount(at, scored.errors).tolist(), strict=True
    ):
        if length:
            words, wrong = sums.get(length_band(length), (0, 0))
            sums[length_band(length)] = words + utterances * length, wrong + int(errors)
    return {band: wrong / words for band, (words, wrong) in sums.items()}


def _rate(wer: float | None) -> Cell:
    return Text(text="—") if wer is None else Figure(value=wer, quantity=Quantity.PERCENT)

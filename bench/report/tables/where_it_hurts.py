"""Where a variant hurts: word errors by class, utterances by fault and error rates by length, beside the baseline's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.quality import ErrorClass, ErrorProfile, UtteranceFault, by_group, length_band, normalizer, profile
from bench.quality.passed import Passed, PassResults
from bench.report.cells import Cell, Figure, Phrase, Text
from bench.report.footnotes import Notes
from bench.report.view import Column
from bench.text.numbers import Quantity

Columns = tuple[tuple[Column, ...], dict[str, list[Cell]]]
"""The columns, and the cells of each variant's row under them."""


def profiles_of(rows: Sequence[Passed], results: PassResults) -> dict[str, ErrorProfile]:
    """The profile of each variant of one model, corpus and condition that has references."""
    texts: dict[str, list[tuple[str, str]]] = {}
    first = rows[0]
    for record in results.records:
        if (record.model, record.corpus, record.condition) != (first.model, first.corpus, first.condition):
            continue
        if record.floor is None and record.reference is not None and record.text is not None:
            texts.setdefault(record.variant, []).append((record.reference, record.text))
    ways = {row.variant: normalizer(row.normalizer, row.language) for row in rows}
    return {variant: profile(pairs, ways[variant]) for variant, pairs in texts.items() if variant in ways}


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
    rates = {
        row.variant: by_group(
            (length_band(each.reference_words), each)
            for each in sorted(row.scores, key=lambda score: score.reference_words)
            if each.reference_words
        )
        for row in rows
    }
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
            *(_rate(rates[variant][band].wer if band in rates[variant] else None) for band in bands),
            *(Figure(value=own.faults.get(each, 0), quantity=Quantity.COUNT) for each in faults),
        ]
    return columns, cells


def _rate(wer: float | None) -> Cell:
    return Text(text="—") if wer is None else Figure(value=wer, quantity=Quantity.PERCENT)

"""A run as CSV, one line a trial and metric: what a spreadsheet or a data frame wants."""

from __future__ import annotations

import csv
import io
from typing import Final

from bench.journal import RunData
from bench.language import english
from bench.results.trials import settled, trial_key
from bench.text.safe import spreadsheet

COLUMNS: Final = (
    "run",
    "suite",
    "host",
    "case",
    "model",
    "quantization",
    "variant",
    "clip",
    "engine",
    "engine_version",
    "backend",
    "block",
    "attempt",
    "counts",
    "status",
    "reason",
    "started_at",
    "metric",
    "value",
    "unit",
    "source",
    "absent_because",
)
VALUE: Final = COLUMNS.index("value")


def export_csv(run: RunData) -> str:
    """Every trial, disturbed first attempts included: `counts` says which ones the summaries use.

    Text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    counted = {trial_key(record) for record in settled(run.records)}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in run.records:
        trial = (
            record.run,
            record.suite,
            record.host,
            record.case,
            record.model,
            record.quantization,
            record.variant,
            record.clip,
            record.engine,
            record.engine_version or "",
            record.backend.device if record.backend else "",
            record.block,
            record.attempt,
            "yes" if trial_key(record) in counted else "no",
            str(record.status),
            english(record.reason),
            record.started_at,
        )
        for found in record.measurements.values():
            value = "" if found.value is None else repr(found.value)
            row = (*trial, found.name, value, str(found.unit), found.source, english(found.reason))
            writer.writerow(
                [spreadsheet(cell) if number != VALUE else cell for number, cell in enumerate(row)]
            )
        if not record.measurements:
            writer.writerow([spreadsheet(cell) for cell in (*trial, "", "", "", "", "")])
    return text.getvalue()

"""A run as a pandas DataFrame, for notebooks.  Needs the extra `notebook`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import ReportError
from bench.journal import RunData, read_run
from bench.units import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from bench.domain import Record


def load_run(path: str | Path) -> pd.DataFrame:
    """The trials of a run directory, one row each, in the journal's order.

    Columns: the record's identity (`case`, `model`, `quantization`, `variant`, `clip`, `engine`,
    `engine_version`, `host`, `block`, `position`, `attempt`, `status`, `reason`, `started_at`,
    `backend`), every metric in its base unit (NaN where absent; the reasons are in
    `frame.attrs["absences"]`), and `text`, `wer`, `cer` (ratios against the reference, normalized).
    Raises `JournalError` for what is no run directory, `ReportError` without pandas.
    """
    return frame_of(read_run(Path(path)))


def frame_of(run: RunData) -> pd.DataFrame:
    """The same of a run already read."""
    try:
        import pandas as pd
    except ImportError:
        raise ReportError(
            "pandas is not installed.", hint="Install it with: pip install 'asr-quant-bench[notebook]'"
        ) from None
    frame = pd.DataFrame([_row(run, record) for record in run.records])
    if not frame.empty:
        frame = frame.astype({"started_at": "datetime64[us, UTC]"})
    frame.attrs["suite"] = run.suite.name
    frame.attrs["run"] = run.run_id
    frame.attrs["absences"] = {
        (record.case, record.block, name): found.reason
        for record in run.records
        for name, found in record.measurements.items()
        if found.reason is not None
    }
    return frame


def _row(run: RunData, record: Record) -> dict[str, Any]:
    from bench.quality import normalizer, score

    row: dict[str, Any] = {
        name: getattr(record, name)
        for name in (
            "case", "model", "quantization", "variant", "clip", "engine", "engine_version", "host",
            "block", "position", "attempt", "status", "reason", "started_at",
        )
    }  # fmt: skip
    row["status"] = record.status.value
    row["backend"] = record.backend.device if record.backend else None
    row |= {name: _number(record.value(name)) for name in METRICS}
    row |= {
        "text": record.transcript.text if record.transcript else None,
        "wer": _number(None),
        "cer": _number(None),
    }
    clip = run.suite.clips[record.clip]
    if record.transcript and clip.reference is not None and not run.suite.models[record.model].synthetic:
        found = score(
            clip.reference, record.transcript.text, normalizer(run.suite.quality.normalizer, clip.language)
        )
        row |= {"wer": _number(found.wer), "cer": _number(found.cer)}
    return row


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)

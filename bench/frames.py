"""A run as a pandas DataFrame, for notebooks.  Needs the extra `notebook`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.errors import ReportError
from bench.journal import RunData, read_run
from bench.language import english
from bench.metrics import METRICS
from bench.results import CaseResult, results_of
from bench.results.trials import settled, trial_key

if TYPE_CHECKING:
    import pandas as pd

    from bench.domain import Record
    from bench.quality.utterances import UtteranceRecord

IDENTITY: Final = (
    "case", "model", "quantization", "variant", "clip", "engine", "engine_version", "host",
    "block", "position", "attempt", "started_at",
)  # fmt: skip
COLUMNS: Final = (
    "run", "suite", *IDENTITY, "status", "reason", "reason_code", "counts", "disturbed", "disturbances", "backend", *METRICS,
    "text", "wer", "cer",
)  # fmt: skip


def load_run(path: str | Path, *, discarded: bool = False) -> pd.DataFrame:
    """The trials of a run directory that count, one row each, in the journal's order.

    Of a block that was run again only the less disturbed attempt counts, as in the report; with
    `discarded` the others are there too, and the column `counts` is False for them.

    Columns: `run`, `suite`, the record's identity (`case`, `model`, `quantization`, `variant`, `clip`,
    `engine`, `engine_version`, `host`, `block`, `position`, `attempt`, `started_at`), `status` and, where
    it is not ok, `reason` (in English) and `reason_code`, `counts`, `disturbed` (whether something
    disturbed the trial), `disturbances` (what, in English), `backend`, every metric in its base unit (NaN where absent), `text`, and `wer`, `cer`
    (ratios against the reference, normalized).  `frame.attrs` has the run's name (`run`), its `suite`,
    and `absences`: why metrics are absent, a dict for each host, case, metric and reason with the
    `blocks` it holds for.  All of it survives `to_parquet`.

    Raises `JournalError` for what is no run directory, `ReportError` without pandas.
    """
    return frame_of(read_run(path), discarded=discarded)


def frame_of(run: RunData, *, discarded: bool = False) -> pd.DataFrame:
    """The same of a run already read."""
    try:
        import pandas as pd
    except ImportError:
        raise ReportError(
            "pandas is not installed.", hint="Install it with: pip install 'asr-quant-bench[notebook]'"
        ) from None
    counted = {trial_key(record) for record in settled(run.records)}
    records = [record for record in run.records if discarded or trial_key(record) in counted]
    found = results_of([run])
    rows = [
        {"run": run.run_id, "suite": run.suite.name}
        | _row(record, found.case_of(run, record), counts=trial_key(record) in counted)
        for record in records
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    moments = pd.to_datetime(frame["started_at"], format="ISO8601", utc=True, errors="coerce")
    frame["started_at"] = moments.astype("datetime64[us, UTC]")
    frame.attrs = {"run": run.run_id, "suite": run.suite.name, "absences": _absences(records)}
    return frame


def _absences(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Why metrics are absent, as data that any file format keeps: no tuples, no keys but strings."""
    blocks: dict[tuple[str, str, str, str], list[int]] = {}
    for record in records:
        for name, found in record.measurements.items():
            if found.reason is not None:
                blocks.setdefault((record.host, record.case, name, english(found.reason)), []).append(
                    record.block
                )
    return [
        {"host": host, "case": case, "metric": metric, "reason": reason, "blocks": where}
        for (host, case, metric, reason), where in blocks.items()
    ]


def _row(record: Record, case: CaseResult | None, *, counts: bool) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(record, name) for name in IDENTITY}
    row |= {
        "status": record.status.value,
        "reason": english(record.reason) if record.reason else None,
        "reason_code": record.reason.code if record.reason else None,
        "counts": counts,
        "disturbed": bool(record.conditions.disturbances),
        "disturbances": "; ".join(map(english, record.conditions.disturbances)),
        "backend": record.backend.device if record.backend else None,
    }
    row |= {name: _number(record.value(name)) for name in METRICS}
    wer, cer = _rates(record, case)
    return row | {
        "text": record.transcript.text if record.transcript else None,
        "wer": _number(wer),
        "cer": _number(cer),
    }


def _rates(record: Record, case: CaseResult | None) -> tuple[float | None, float | None]:
    """Error rates of this trial's own text: trials of one case may differ in it."""
    from bench.quality import normalizer, score

    if case is None or record.transcript is None or case.clip.reference is None or case.model.synthetic:
        return None, None
    way = normalizer(case.judged_by.normalizer, case.clip.language)
    found = score(case.clip.reference, record.transcript.text, way)
    return found.wer, found.cer


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


ROWS_AT_ONCE: Final = 10_000
UTTERANCE_COLUMNS: Final = (
    "corpus", "condition", "utterance", "speaker", "language", "seconds", "model", "variant", "quantization",
    "engine", "engine_version", "baseline", "floor", "status", "reason", "reference", "text", "truncated",
    "reference_words", "errors", "wer", "tokens", "kl_sum", "kl_mean", "kl_max", "changed", "logp_sum", "cpu_seconds",
)  # fmt: skip


def load_utterances(path: str | Path) -> pd.DataFrame:
    """What a run's quality pass heard: one row an utterance, condition and variant, in the journal's order.

    Columns: `UTTERANCE_COLUMNS`.  `reference_words`, `errors` and `wer` are of the normalized texts; `tokens`,
    `kl_*`, `changed` (tokens whose first choice is another) and `logp_sum` are of the forced transcript; a
    figure that is absent is NaN.  Rows with a `floor` are the baseline once more in another setting.
    Rates are pooled by sums:

        heard = load_utterances(run).query("floor.isna() and condition == 'clean'")
        sums = heard.groupby("variant")[["errors", "reference_words", "kl_sum", "tokens"]].sum()
        sums["errors"] / sums["reference_words"], sums["kl_sum"] / sums["tokens"]

    Raises `JournalError` for what is no run directory, `ReportError` without pandas.
    """
    from bench.quality.utterances import read_utterances

    run = read_run(path)
    try:
        import pandas as pd
    except ImportError:
        raise ReportError(
            "pandas is not installed.", hint="Install it with: pip install 'asr-quant-bench[notebook]'"
        ) from None
    records, warnings = read_utterances(Path(path))
    frame = pd.DataFrame([_utterance_row(run, record) for record in records], columns=list(UTTERANCE_COLUMNS))
    frame.attrs = {"run": run.run_id, "suite": run.suite.name, "warnings": list(warnings)}
    return frame


def _utterance_row(run: RunData, record: UtteranceRecord) -> dict[str, Any]:
    from bench.language import english
    from bench.quality import normalizer, score

    row: dict[str, Any] = {name: getattr(record, name, None) for name in UTTERANCE_COLUMNS}
    found = None
    if record.reference is not None and record.text is not None:
        found = score(
            record.reference, record.text, normalizer(run.suite.quality.normalizer, record.language)
        )
    tokens = len(record.kl) or len(record.tokens)
    return row | {
        "status": record.status.value,
        "reason": english(record.reason) or None,
        "reference_words": _number(found.reference_words if found else None),
        "errors": _number(found.errors if found else None),
        "wer": _number(found.wer if found else None),
        "tokens": _number(tokens or None),
        "kl_sum": _number(sum(record.kl) if record.kl else None),
        "kl_mean": _number(sum(record.kl) / len(record.kl) if record.kl else None),
        "kl_max": _number(max(record.kl) if record.kl else None),
        "changed": _number(len(record.changed) if record.kl else None),
        "logp_sum": _number(sum(record.logp) if record.logp else None),
        "cpu_seconds": _number(record.cpu_seconds),
    }


def save_utterances(run: Path) -> Path | None:
    """`utterances.parquet` beside the JSON lines; None where pandas or pyarrow is not installed.

    Written `ROWS_AT_ONCE` at a time: the records need not fit into memory.
    """
    from importlib.util import find_spec

    if not (find_spec("pandas") and find_spec("pyarrow")):
        return None
    from bench.files import replacing
    from bench.quality.hearings import HeardFile
    from bench.quality.utterances import UTTERANCES_PARQUET

    data, heard = read_run(run), HeardFile(run)
    attrs = {"run": data.run_id, "suite": data.suite.name, "warnings": list(heard.warnings)}
    file = run / UTTERANCES_PARQUET
    with replacing(file) as beside:
        _write_parquet(beside, (_utterance_row(data, each) for each in heard.in_order()), attrs)
    return file


def _write_parquet(file: Path, rows: Iterator[dict[str, Any]], attrs: dict[str, Any]) -> None:
    """Rows of `UTTERANCE_COLUMNS` in parts, `attrs` as pandas keeps them."""
    import json

    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"seconds": pa.float64(), "truncated": pa.bool_()}
    kinds |= dict.fromkeys(UTTERANCE_COLUMNS[UTTERANCE_COLUMNS.index("reference_words") :], pa.float64())
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in UTTERANCE_COLUMNS])
    part = pd.DataFrame(islice(rows, ROWS_AT_ONCE), columns=list(UTTERANCE_COLUMNS))
    first = pa.Table.from_pandas(part, schema=schema, preserve_index=False)
    told = first.schema.with_metadata(
        {**(first.schema.metadata or {}), "PANDAS_ATTRS": json.dumps(attrs, ensure_ascii=False)}
    )
    with parquet.ParquetWriter(file, told) as writer:
        while len(part):
            writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))
            part = pd.DataFrame(islice(rows, ROWS_AT_ONCE), columns=list(UTTERANCE_COLUMNS))

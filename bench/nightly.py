"""The gate around a night: measure or read it, hold it to its reference, keep it, publish it.

The statistics are `bench.regression`'s; here is what the commands `gate` and `nightly` do, without a
word printed.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import JournalError, SuiteError

if TYPE_CHECKING:
    from bench.domain import Suite
    from bench.journal import RunData
    from bench.regression.gate import GateReport
    from bench.regression.series import SeriesRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How a night is judged: the rule of the statistical gate (None: the default one) and its scope."""

    rule: SeriesRule | None = None
    exact_only: bool = False
    reference_environment: str | None = None
    machine_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedNight:
    """The gate's report on a night, and what of the history it was held against could not be read."""

    report: GateReport
    warnings: tuple[str, ...] = ()


def gate(
    asked: Suite, *, run: Path | None, judging: Judging, reports: Path, measure: Callable[[], Path]
) -> JudgedNight:
    """Judge a run of the suite (`measure` makes one where `run` is None), and keep the night.

    What was found is written beside the run, and the night is appended to the history.
    """
    from bench import host
    from bench.journal import read_run
    from bench.regression.history import append_night, history_file, nightly_lock

    if judging.machine_class is not None and not judging.exact_only:
        raise SuiteError(
            "--machine-class puts different machines under one name: their times and memory do not compare.",
            hint="Add --exact-only, or leave the class out to gate this machine against itself.",
        )
    machine = judging.machine_class or (host.describe().id if run is None else read_run(run).host.id)
    file = history_file(reports, machine, asked.name)
    with nightly_lock(file):
        folder = measure() if run is None else run
        data = in_class(read_run(folder), judging.machine_class)
        if data.suite.name != asked.name:
            raise JournalError(
                f"{folder} is a run of {data.suite.name}, not of {asked.name}.",
                hint="Give a run of the suite.",
            )
        found = judge(data, reports, judging)
        try:
            _write_beside(found.report, data)
        except JournalError as error:  # a run that may only be read can be judged all the same
            found = dataclasses.replace(found, warnings=(*found.warnings, error.message))
        append_night(file, found.report.night)
    return found


def publish(report: GateReport, reports: Path) -> Path:
    """Rebuild the index and the dashboard of the history; the dashboard's file."""
    from bench.regression.baselines import baseline_file, read_references
    from bench.regression.dashboard import write_dashboard
    from bench.regression.history import history_file, read_history
    from bench.regression.index import index_file, rebuild_index

    night = report.night
    file = history_file(reports, night.machine, night.suite)
    found = read_history(file)
    references, _ = read_references(baseline_file(reports, night.machine, night.suite))
    rebuild_index(index_file(file), found.nights)
    page = file.with_suffix(".html")
    write_dashboard(page, found.nights, references, reports=reports, warnings=found.warnings)
    _remove_pages_by_language(file)
    return page


def _remove_pages_by_language(history: Path) -> None:
    """Older versions wrote a page a language: what they left would be read as of today."""
    from bench.language import languages

    for code in languages():
        old = history.with_suffix(f".{code}.html")
        if not old.with_suffix(history.suffix).exists():  # else it is the page of a suite of that name
            old.unlink(missing_ok=True)


def in_class(data: RunData, machine_class: str | None) -> RunData:
    """The run as one of that machine class; unchanged without a class."""
    if machine_class is None:
        return data
    records = tuple(
        dataclasses.replace(record, host=machine_class) if record.host == data.host.id else record
        for record in data.records
    )
    return dataclasses.replace(data, host=dataclasses.replace(data.host, id=machine_class), records=records)


def judge(data: RunData, reports: Path, judging: Judging | None = None) -> JudgedNight:
    """The gate's report on a run, from the reference and history under `reports`; writes nothing."""
    from bench.regression.baselines import baseline_file, reference_in_force
    from bench.regression.gate import gate_run
    from bench.regression.history import history_file, read_history
    from bench.regression.series import DEFAULT_RULE

    judging = judging or Judging()
    reference = reference_in_force(baseline_file(reports, data.host.id, data.suite.name))
    found = read_history(history_file(reports, data.host.id, data.suite.name))
    before = list(found.since(reference.accepted_at)) if reference else []
    earliest = min((record.started_at for record in data.records), default="")
    report = gate_run(
        data,
        reference,
        [night for night in before if night.started_at < earliest],
        rule=judging.rule or DEFAULT_RULE,
        exact_only=judging.exact_only,
        reference_environment=judging.reference_environment,
    )
    night = dataclasses.replace(report.night, report=_report_path(data.path, reports))
    return JudgedNight(report=dataclasses.replace(report, night=night), warnings=found.warnings)


def _report_path(run: Path, reports: Path) -> str | None:
    """The run's report as a path below `reports`; None where there is none there."""
    found = [run / "report.html", *sorted(run.glob("report.*.md"))]
    file = next((file for file in found if file.is_file()), None)
    try:
        return file.resolve().relative_to(reports.resolve()).as_posix() if file else None
    except ValueError:
        return None


def _write_beside(report: GateReport, data: RunData) -> None:
    """gate.md, gate.json and gate.junit.xml in the run's folder, each replaced as a whole."""
    from bench.exports.junit import export_junit
    from bench.jsonlines import replace_lines
    from bench.regression.texts import gate_json, gate_markdown

    as_json = json.dumps(gate_json(report), ensure_ascii=False, indent=2) + "\n"
    texts = {"gate.md": gate_markdown(report), "gate.json": as_json, "gate.junit.xml": export_junit(report)}
    texts |= {f"gate.{code}.md": gate_markdown(report, code) for code in data.suite.report.languages}
    for name, text in texts.items():
        replace_lines(data.path / name, [text.encode()])

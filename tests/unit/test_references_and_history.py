"""References are frozen and kept; history survives kills, corruption and a second gate."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nights
import pytest
import records

from bench.domain import Status
from bench.errors import JournalError
from bench.journal import RunData
from bench.reasons import told
from bench.regression.baselines import accept, baseline_file, read_references
from bench.regression.history import append_night, find_history, history_file, nightly_lock, read_history
from bench.regression.index import index_file, rebuild_index
from bench.regression.night import night_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run() -> RunData:
    return nights.run_of({"f16": [4.0, 4.1, 4.2], "q8_0": [3.0, 3.1, 3.2]})


def test_accepting_freezes_a_run_and_keeps_why(run: RunData, tmp_path: Path) -> None:
    accept([run], "first", tmp_path)
    (found,), warnings = read_references(baseline_file(tmp_path, "h1", "demo"))
    assert (found.id, found.why, warnings) == ("ref-1", "first", ())
    (figure,) = found.figures("m.f16.c", "transcribe_seconds")
    assert (figure.median, figure.n) == (4.1, 3)
    assert "раз два три" in found.texts.values()


def test_earlier_references_are_kept_in_order(run: RunData, tmp_path: Path) -> None:
    for why in ("first", "engine 1.5 is faster", "new disk"):
        accept([run], why, tmp_path)
    found, _ = read_references(baseline_file(tmp_path, "h1", "demo"))
    assert [(one.id, one.why) for one in found] == [
        ("ref-1", "first"),
        ("ref-2", "engine 1.5 is faster"),
        ("ref-3", "new disk"),
    ]


def test_several_runs_are_several_nights_of_one_reference(tmp_path: Path) -> None:
    runs = [nights.run_of({"f16": [level] * 3}, name=f"r{level}", day=-int(level)) for level in (4.0, 5.0)]
    assert [
        figure.median for figure in accept(runs, "two", tmp_path).figures("m.f16.c", "transcribe_seconds")
    ] == [5.0, 4.0]


@pytest.mark.parametrize("why", ["", "   "])
def test_a_reference_needs_a_reason(run: RunData, tmp_path: Path, why: str) -> None:
    with pytest.raises(JournalError, match="for a reason"):
        accept([run], why, tmp_path)


def test_an_unfinished_run_is_refused(run: RunData, tmp_path: Path) -> None:
    cut = dataclasses.replace(run, records=run.records[:-1])
    with pytest.raises(JournalError, match=r"1 trials are missing.*m\.q8_0\.c, block 3"):
        accept([cut], "why", tmp_path)


def test_a_case_that_could_not_be_started_needs_one_record_only(run: RunData, tmp_path: Path) -> None:
    missing = records.record(
        "m.q8_0.c", status=Status.MISSING, reason=told("no file"), measurements={}, transcript=None
    )
    kept = (*nights.only(run.records, "m.f16.c"), missing)
    assert (
        accept([dataclasses.replace(run, records=kept)], "why", tmp_path).states["m.q8_0.c"].status
        is Status.MISSING
    )


def test_runs_of_two_machines_make_no_reference(run: RunData, tmp_path: Path) -> None:
    other = nights.run_of({"f16": [4.0] * 3}, name="r2", host=dataclasses.replace(records.HOST, id="h2"))
    with pytest.raises(JournalError, match="differ in their machine: h1, h2"):
        accept([run, other], "why", tmp_path)


def test_a_run_given_twice_is_refused(run: RunData, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="twice"):
        accept([run, run], "why", tmp_path)


def test_nothing_is_accepted_over_a_corrupt_line(run: RunData, tmp_path: Path) -> None:
    accept([run], "first", tmp_path)
    file = baseline_file(tmp_path, "h1", "demo")
    file.write_bytes(file.read_bytes() + b"{half a li")
    before = file.read_bytes()
    with pytest.raises(JournalError, match=r"demo\.jsonl:2: torn line"):
        accept([run], "second", tmp_path)
    assert file.read_bytes() == before


def test_a_night_comes_back_as_it_went(run: RunData, tmp_path: Path) -> None:
    file = history_file(tmp_path, "h1", "demo")
    append_night(file, night_of(run))
    assert read_history(file).nights == (night_of(run),)


def test_a_corrupt_line_is_named_by_its_number_and_skipped(tmp_path: Path) -> None:
    file = history_file(tmp_path, "h1", "demo")
    for day in range(3):
        append_night(file, nights.night(day, {}))
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(
        lines[0] + b'{"schema": 1, "run": 7}\n' + b"\xff\xfe\n" + b'{"schema": 99}\n' + lines[1] + lines[2]
    )
    found = read_history(file)
    assert len(found.nights) == 3
    assert [warning.split(": ")[0].rsplit(":", 1)[1] for warning in found.warnings] == ["2", "3", "4"]


def test_a_torn_last_line_does_not_swallow_the_next_night(tmp_path: Path) -> None:
    file = history_file(tmp_path, "h1", "demo")
    append_night(file, nights.night(0, {}))
    with file.open("ab") as stream:
        stream.write(file.read_bytes()[:40])
    append_night(file, nights.night(1, {}))
    found = read_history(file)
    assert len(found.nights) == 2
    assert not found.warnings  # the next writer cut it off


def test_nights_before_a_reference_are_not_held_to_it(tmp_path: Path) -> None:
    file = history_file(tmp_path, "h1", "demo")
    for day in range(4):
        append_night(file, nights.night(day, {}))
    accepted_at = (nights.START + timedelta(days=1, hours=3)).isoformat()
    assert [night.started_at[8:10] for night in read_history(file).since(accepted_at)] == ["03", "04"]


def test_a_run_judged_twice_counts_once_as_judged_last(tmp_path: Path) -> None:
    file = history_file(tmp_path, "h1", "demo")
    append_night(file, nights.night(0, {}, verdict="FAIL"))
    append_night(file, nights.night(0, {}, verdict="PASS"))
    assert [night.verdict for night in read_history(file).nights] == ["PASS"]


def _hold(file: Path, ready: object, leave: object) -> None:
    with nightly_lock(file):
        ready.set()  # type: ignore[attr-defined]  # an Event that the parent hands on
        leave.wait(20)  # type: ignore[attr-defined]  # an Event that the parent hands on


def test_a_second_gate_is_refused_with_a_clear_message(tmp_path: Path) -> None:
    file = history_file(tmp_path, "h1", "demo")
    context = multiprocessing.get_context("spawn")
    ready, leave = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(file, ready, leave))
    holder.start()
    try:
        assert ready.wait(30)
        with pytest.raises(JournalError, match="another gate of this suite"), nightly_lock(file):
            pytest.fail("the lock was given twice")
    finally:
        leave.set()
        holder.join()
    with nightly_lock(file):
        pass


KILLED = """
import itertools, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[3]]
import nights
from bench.regression.baselines import accept
from bench.regression.history import append_night, history_file
reports = Path(sys.argv[1])
run = nights.run_of({"f16": [4.0] * 3})
for day in itertools.count():
    append_night(history_file(reports, "h1", "demo"), nights.night(day % 300, {"c" * 2000: {}}))
    accept([run], f"because {day}", reports)
    print("written", flush=True)
"""


def test_killed_at_any_moment_history_and_references_stay_whole(tmp_path: Path) -> None:
    """kill -9 while nights and references are written, ten times over the same files."""
    for attempt in range(10):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path), str(ROOT), str(ROOT / "tests" / "fakes")],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.01 + 0.013 * attempt)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        found = read_history(history_file(tmp_path, "h1", "demo"))
        references, warnings = read_references(baseline_file(tmp_path, "h1", "demo"))
        assert warnings == ()
        assert [one.id for one in references] == [f"ref-{n}" for n in range(1, len(references) + 1)]
        assert len(found.warnings) <= attempt + 1
    assert found.nights
    assert references


def test_the_index_answers_in_sql_and_can_be_made_again(tmp_path: Path) -> None:
    file = history_file(tmp_path, "h1", "demo")
    made = [nights.night(day, {"a": {"transcribe_seconds": nights.figure(4.0 + day)}}) for day in range(3)]
    file.parent.mkdir(parents=True)
    for _ in range(2):
        rebuild_index(index_file(file), made)
    database = sqlite3.connect(index_file(file))
    rows = database.execute(
        "SELECT started_at, median FROM figures JOIN nights USING (run) WHERE case_id = 'a' ORDER BY started_at"
    ).fetchall()
    database.close()
    assert [value for _, value in rows] == [4.0, 5.0, 6.0]


def test_the_history_of_a_suite_is_found_whatever_the_machine(tmp_path: Path) -> None:
    append_night(history_file(tmp_path, "h1", "demo"), nights.night(0, {}))
    never = "asked for this machine although there is one only"
    assert find_history(tmp_path, "demo", lambda: pytest.fail(never)).parent.name == "h1"
    append_night(history_file(tmp_path, "h2", "demo"), nights.night(0, {}))
    assert find_history(tmp_path, "demo", lambda: "h2").parent.name == "h2"
    assert find_history(tmp_path, "demo", "h1").parent.name == "h1"
    with pytest.raises(JournalError, match="several machines: h1, h2"):
        find_history(tmp_path, "demo", lambda: "h3")
    with pytest.raises(JournalError, match="no history of other"):
        find_history(tmp_path, "other", lambda: "h1")


def test_a_line_of_history_is_plain_json(run: RunData, tmp_path: Path) -> None:
    file = history_file(tmp_path, "h1", "demo")
    append_night(file, night_of(run))
    (line,) = file.read_text().splitlines()
    data = json.loads(line)
    assert data["cases"]["m.f16.c"]["figures"]["transcribe_seconds"]["median"] == 4.1
    assert datetime.fromisoformat(data["started_at"]).tzinfo == UTC or data["started_at"].endswith("+00:00")

"""A report of several hosts: what holds on all of them and on some, and those that are absent."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from report_runs import MAC, measured_run

from bench.domain import Reason, Status
from bench.errors import JournalError
from bench.hostruns import HostRun, newest_folder, read_hosts, runs_of, write_hosts
from bench.journal import RunData
from bench.quality.utterances import UTTERANCES, UtteranceRecord, encode_utterance
from bench.reasons import reason
from bench.report import render
from bench.report.pass_groups import pass_groups
from bench.report.view import AbsentHost
from bench.results import results_of


def rows_of(text: str, heading: str) -> list[list[str]]:
    """The first table after a heading."""
    lines = text[text.index(heading) :].splitlines()[1:]
    begun = [line.startswith("|") for line in lines]
    first = begun.index(True)
    table = lines[first : begun.index(False, first)]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table if "---" not in line]


def rendered(runs: list[RunData], out: Path, absent: tuple[AbsentHost, ...] = ()) -> str:
    render(runs, languages=["en"], out=out, formats=["md"], absent=absent)
    return (out / "report.en.md").read_text(encoding="utf-8")


def slower(run: RunData, variant: str, factor: float) -> RunData:
    """The run with a variant's times multiplied: it is no longer faster there."""
    records = []
    for record in run.records:
        times = {
            name: dataclasses.replace(each, value=each.value * factor)
            for name, each in record.measurements.items()
            if each.value is not None and (name.endswith("_seconds") or name == "rtf")
        }
        own = {**record.measurements, **times} if record.variant == variant else record.measurements
        records.append(dataclasses.replace(record, measurements=own))
    return dataclasses.replace(run, records=tuple(records))


def test_a_claim_says_of_each_variant_on_how_many_machines_it_holds(tmp_path: Path) -> None:
    one = measured_run(tmp_path / "a")
    other = slower(measured_run(tmp_path / "b", host=MAC), "q4_0", 2.0)
    rows = rows_of(rendered([one, other], tmp_path / "out"), "What holds on all machines")
    assert rows[0] == ["Claim", "Holds on", "Example CPU 3000", "Apple M2"]
    faster = next(row for row in rows if "an hour of speech takes" in row[2])
    assert faster[0] == "Speed: Whisper Base"
    assert faster[1] == "all machines: Q6_K, Q8_0; 1 of 2: Q4_0"
    assert "**Q4_0**" in faster[2]
    assert "**Q4_0**" not in faster[3].split(";")[0]
    only = [row for row in rows[1:] if "all machines" not in row[1]]
    assert only
    assert {"not shown"} <= {cell for row in only for cell in row[2:]}
    firsts = ["all machines" in row[1] for row in rows[1:]]
    assert firsts == sorted(firsts, reverse=True)


def test_reports_of_one_machine_have_no_such_table(tmp_path: Path) -> None:
    text = rendered([measured_run(tmp_path / "a")], tmp_path / "out")
    assert "What holds on all machines" not in text
    assert "Hosts without figures" not in text


def test_absent_hosts_stand_in_the_report_with_the_reason(tmp_path: Path) -> None:
    absent = (AbsentHost(label="m9", reason=reason("fleet.no_host", label="m9")),)
    text = rendered([measured_run(tmp_path / "a")], tmp_path / "out", absent)
    assert rows_of(text, "Hosts without figures")[1] == ["m9", "No worker with the label m9 was found."]


def test_the_list_of_hosts_comes_back_as_it_was_and_names_no_run_elsewhere(tmp_path: Path) -> None:
    why = Reason(code="fleet.no_host", parameters={"label": "m1"})
    hosts = (
        HostRun(label="m4", run="20261129T101500Z", nonce="a1", timed=True),
        HostRun(label="m1", run="20261129T101500Z-2", nonce="b2", reason=why),
    )
    folder = tmp_path / "demo" / "hosts-20261129T101500Z"
    write_hosts(folder, hosts)
    assert read_hosts(folder) == hosts
    assert newest_folder(tmp_path / "demo") == folder
    assert runs_of(folder, hosts) == [tmp_path / "demo" / "20261129T101500Z"]
    text = (folder / "hosts.json").read_text().replace("20261129T101500Z-2", "../../elsewhere")
    (folder / "hosts.json").write_text(text)
    with pytest.raises(JournalError, match="cannot be read"):
        read_hosts(folder)


def test_a_pass_that_was_heard_once_for_all_hosts_stands_once_and_decides_for_each(tmp_path: Path) -> None:
    one = measured_run(tmp_path / "a")
    other = measured_run(tmp_path / "b", host=MAC)
    case = one.suite.cases[0]
    lines = [
        encode_utterance(
            UtteranceRecord(
                corpus="c", condition="clean", utterance=f"u{at}", language="ru", seconds=3.0, model=case.model, variant=name,
                quantization=name, engine="e", host="h", status=Status.OK, reference="раз два три", text=text,
            )
        )
        for at in range(40)
        for name, text in (("f16", "раз два три"), ("q8_0", "раз два" if at % 2 else "раз два три"))
    ]  # fmt: skip
    for run in (one, other):
        (run.path / UTTERANCES).write_bytes(b"".join(lines))
    found = results_of([one, other])
    assert len(found.passes) == 2
    assert len({id(each) for each in found.passes.values()}) == 1
    assert len(pass_groups(found)) == 1
    worse = [each for each in found.cases if each.case.variant.name == "q8_0"]
    assert {each.host.id for each in worse} == {one.host.id, other.host.id}
    assert all(
        row.difference and row.difference.value == pytest.approx(1 / 6)
        for each in worse
        for row in each.passed
    )
    assert all(each.passed for each in worse)
    # another night's pass is another pass
    (other.path / UTTERANCES).write_bytes(b"".join(lines[:-2]))
    assert len(pass_groups(results_of([one, other]))) == 2

"""Timings on hosts: one at a time on each, whole runs that come back as data, absent hosts with the reason."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fake_engine
import fleets
import pytest

from bench.config import load_suite
from bench.domain import Record, Status
from bench.errors import FleetError
from bench.fleet.on_dask import DaskExecutor
from bench.fleet.orders import put
from bench.fleet.timing import time_on_hosts
from bench.folders import RunFolders
from bench.hostruns import HostRun
from bench.journal import RunData, read_run
from bench.language import english


class Quiet:
    """Watches, and remembers what became of hosts."""

    def __init__(self) -> None:
        self.found: list[HostRun] = []
        self.told: list[tuple[str, int, int]] = []

    def advance(self, title: str, done: int, total: int | None) -> None: ...

    def timing(self, label: str) -> None: ...

    def waiting_for(self, label: str) -> None: ...

    def progress(self, label: str, block: int, of: int) -> None:
        self.told.append((label, block, of))

    def timed(self, host: HostRun) -> None:
        self.found.append(host)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_engine.install()
    fleets.make_suite(tmp_path, 6, fleets.SUITE.replace("blocks: 1", "blocks: 3"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


@contextlib.contextmanager
def fleet(folder: Path, *labels: str) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(fleets.a_head(folder, fleets.free_port()))
        for label in labels:
            stack.enter_context(fleets.another_host(folder, label, address))
        yield address


def time_it(folder: Path, address: str, *labels: str, reports: str = "reports") -> tuple[HostRun, ...]:
    with contextlib.closing(DaskExecutor(address)) as executor:
        _, found = time_on_hosts(
            load_suite(folder / "demo.yaml"),
            labels,
            executor,
            Quiet(),
            reports=folder / reports,
            logs=folder / "logs",
            wait_seconds=2.0,
        )
    return found


def interval(records: tuple[Record, ...]) -> tuple[datetime, datetime]:
    """From the first trial's start to the last one's end."""
    starts = [datetime.fromisoformat(each.started_at) for each in records]
    last = max(records, key=lambda each: each.started_at)
    return min(starts), max(starts) + timedelta(seconds=last.value("wall_seconds") or 0.0)


def once(run: RunData) -> set[tuple[str, int]]:
    """Case and block of every trial; a busy machine has some of them measured again."""
    return {(each.case, each.block) for each in run.records}


def in_threads(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_suite_is_timed_on_its_hosts_and_reported_with_those_that_were_absent(folder: Path) -> None:
    with (folder / "demo.yaml").open("a") as suite:
        suite.write("hosts: [m4, {label: linux-cuda}]\n")
    with fleet(folder, "m4") as address:
        command = ("run", "demo.yaml", "--on", address, "--lang", "en", "--wait", "2 s", "--no-quality")
        with fleets.process(*command, cwd=folder) as run:
            assert run.wait(120) == 1
        (place,) = (folder / "reports" / "demo").glob("hosts-*")
        m4, cuda = json.loads((place / "hosts.json").read_bytes())
        assert m4["timed"]
        assert not cuda["timed"]
        data = read_run(folder / "reports" / "demo" / m4["run"])
        assert len(once(data)) == 9
        assert {each.status for each in data.records} == {Status.OK}
        assert {each.run for each in data.records} == {m4["run"]}
        log = data.records[0].log
        assert log is not None
        assert (folder / "reports" / "demo" / m4["run"] / log).is_file()
        report = (place / "report.en.md").read_text(encoding="utf-8")
        assert "Hosts without figures" in report
        assert "No worker with the label linux-cuda was found." in report
        # the host that was absent comes later, and the same list is gone on with
        with (
            fleets.another_host(folder, "linux-cuda", address),
            fleets.process(*command, "--resume", cwd=folder) as more,
        ):
            assert more.wait(120) == 0
    m4_again, cuda = json.loads((place / "hosts.json").read_bytes())
    assert m4_again == m4
    assert cuda["timed"]
    assert "Hosts without figures" not in (place / "report.en.md").read_text(encoding="utf-8")


def test_a_host_says_how_far_it_is_block_by_block(folder: Path) -> None:
    watcher = Quiet()
    with fleet(folder, "m4") as address, contextlib.closing(DaskExecutor(address)) as executor:
        time_on_hosts(
            load_suite(folder / "demo.yaml"),
            ["m4"],
            executor,
            watcher,
            reports=folder / "reports",
            logs=folder / "logs",
        )
    assert watcher.told == [("m4", block, 3) for block in range(4)]
    assert [each.timed for each in watcher.found] == [True]


def test_a_suite_s_corpora_are_heard_once_into_the_run_of_every_host_and_stand_in_its_report(
    folder: Path,
) -> None:
    """Also where the pass was cut short, and where the report is written anew."""
    with fleet(folder, "m4", "m1") as address:
        command = ("run", "demo.yaml", "--on", address, "--hosts", "m4,m1", "--lang", "en", "--wait", "30 s")
        with fleets.process(*command, cwd=folder) as run:
            assert run.wait(180) == 0
        runs = sorted((folder / "reports" / "demo").glob("2*"))
        assert len(runs) == 2  # no run of its own
        for each in runs:
            assert len(fleets.records_of(each)) == 6 * 3 + 8
            assert len(once(read_run(each))) == 9
        (place,) = (folder / "reports" / "demo").glob("hosts-*")
        report = (place / "report.en.md").read_text(encoding="utf-8")
        headings = [line for line in report.splitlines() if "Not heard" in line.replace("\u00a0", " ")]
        assert len(headings) == 1, [line for line in report.splitlines() if "tterances" in line]
        log = next(folder.glob("run.*.log")).read_text()
        assert "m4: block 3 of 3 done, ETA 0:00" in log
        assert "m1: timing, block 1 of 3" in log
        lines = (runs[0] / "utterances.jsonl").read_bytes().splitlines(keepends=True)
        (runs[0] / "utterances.jsonl").write_bytes(b"".join(lines[:9]))
        (runs[1] / "utterances.jsonl").unlink()
        with fleets.process(*command, "--resume", cwd=folder) as run:
            assert run.wait(180) == 0
    assert [len(fleets.records_of(each)) for each in runs] == [26, 26]
    with fleets.process("report", str(place), "--lang", "en", cwd=folder) as again:
        assert again.wait(60) == 0
    assert (place / "report.en.md").read_text(encoding="utf-8").count("\n") == report.count("\n")


def test_two_suites_on_one_host_run_one_after_the_other_and_a_share_waits(folder: Path) -> None:
    settings = "{engine: fake, settings: {diary: diary.txt}}"
    (folder / "demo.yaml").write_text((folder / "demo.yaml").read_text().replace("{engine: fake}", settings))
    runs: list[HostRun] = []
    with fleet(folder, "m4") as address:

        def timed(reports: str) -> None:
            runs.extend(time_it(folder, address, "m4", reports=reports))

        def hear() -> None:
            with contextlib.closing(DaskExecutor(address)) as executor:
                made, _ = fleets.a_pass(folder, executor, share_seconds=2)
                made.run()
                heard.append(made.folders)

        heard: list[RunFolders] = []
        in_threads(lambda: timed("one"), lambda: timed("two"), hear)
    assert [each.timed for each in runs] == [True, True]
    places = [run for place in ("one", "two") for run in (folder / place / "demo").glob("2*")]
    spans = sorted(interval(read_run(run).records) for run in places)
    assert len(spans) == 2
    assert spans[0][1] <= spans[1][0]
    assert len(fleets.records_of(heard[0].run)) == 6 * 3 + 8
    diary = (folder / "hosts" / "m4" / "diary.txt").read_text().split()
    times = [datetime.fromtimestamp(float(line), UTC) for line in diary]
    assert len(times) == sum(each.windows for each in fleets.records_of(heard[0].run))
    assert not any(begin < at < end for at in times for begin, end in spans)


def test_what_a_host_sends_is_data_within_bounds(folder: Path) -> None:
    folders = RunFolders(run=folder / "reports" / "demo" / "r", logs=folder / "logs" / "demo" / "r")
    some = base64.b64encode(b"x").decode()
    for name in ("run/../../evil", "run/.bashrc", "logs/../x.log", "logs/a/b.log", "/etc/passwd", "run/x.py"):
        with pytest.raises(FleetError, match="belongs to no run"):
            put({name: some}, folders)
    with pytest.raises(FleetError, match="came back damaged"):
        put({"run/records.jsonl": "%%%"}, folders)
    with pytest.raises(FleetError, match=r"sent no suite\.yaml"):
        put({"run/records.jsonl": some}, folders)
    assert not (folder / "evil").exists()


def test_a_host_of_other_code_or_with_a_full_disk_is_absent_with_the_reason(folder: Path) -> None:
    other = "import bench.executor; bench.executor.code_version = lambda: '0.0.1+0123456789ab'"
    small = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))"
    with fleet(folder, "good") as address, contextlib.ExitStack() as stack:
        for label, setup in (("old", other), ("full", small)):
            host = fleets.another_host(folder, label, address, setup=f"{setup}; {fleets.INSTALL}")
            stack.enter_context(host)
        found = {each.label: each for each in time_it(folder, address, "old", "full", "good")}
    assert found["good"].timed
    assert "0.0.1+0123456789ab" in english(found["old"].reason)
    assert "cannot be written: File too large" in english(found["full"].reason)

"""A quality pass on processes and on a Dask cluster is the pass of one process, whoever is killed meanwhile."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import fake_engine
import fleets
import pytest

from bench.config import load_suite
from bench.domain import Status
from bench.errors import FleetError
from bench.fleet.on_dask import DaskExecutor
from bench.fleet.processes import LocalProcesses
from bench.language import english
from bench.listening.hearables import Hearable, hearables
from bench.listening.shards import shares
from bench.quality.utterances import UTTERANCES, UtteranceRecord

MANY = 60


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_engine.install()
    fleets.make_suite(tmp_path, MANY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def heard_alone(folder: Path) -> set[tuple[object, ...]]:
    made, _ = fleets.a_pass(folder, None)
    made.run()
    return {fleets.told(each) for each in fleets.records_of(made.folders.run)}


def test_a_pass_on_local_processes_and_on_a_cluster_equals_that_of_one_process(folder: Path) -> None:
    alone = heard_alone(folder)
    processes = LocalProcesses(2, setup=fake_engine.install)
    try:
        made, _ = fleets.a_pass(folder, processes, share_seconds=20)
        made.run()
    finally:
        processes.close()
    assert {fleets.told(each) for each in fleets.records_of(made.folders.run)} == alone
    with fleets.a_fleet(folder, 2) as address:
        executor = DaskExecutor(address)
        made, watcher = fleets.a_pass(folder, executor, share_seconds=20)
        made.run()
        executor.close()
    records = fleets.records_of(made.folders.run)
    assert {fleets.told(each) for each in records} == alone
    assert len(records) == 3 * MANY + 4 * 2
    assert watcher.refusals == []


def slowed(folder: Path) -> Path:
    """The same suite, hearing slowly and keeping a diary of every window it hears."""
    settings = "{engine: fake, settings: {seconds_a_window: 0.03, diary: diary.txt}}"
    (folder / "demo.yaml").write_text(fleets.SUITE.replace("{engine: fake}", settings))
    return folder / "diary.txt"


def lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_killed_costs_its_shards_and_nothing_else(folder: Path) -> None:
    """A worker by SIGKILL in the middle; then the command and the scheduler; the pass goes on on another one."""
    alone = heard_alone(folder)
    diary = slowed(folder)
    port = fleets.free_port()
    address = f"tcp://127.0.0.1:{port}"
    command = ("quality", "demo.yaml", "--on", address, "--share", "6 s", "--lang", "en")
    with contextlib.ExitStack() as stack:
        head = contextlib.ExitStack()
        head.enter_context(fleets.a_head(folder, port))
        workers = [stack.enter_context(fleets.a_worker(folder, address)) for _ in range(3)]
        with head, fleets.process(*command, cwd=folder, until="utterances x variants") as first:
            run = max((folder / "reports" / "demo").glob("2*"))
            until(lambda: lines(run / UTTERANCES) > 10)
            workers[0].kill()
            before = lines(run / UTTERANCES)
            until(lambda: lines(run / UTTERANCES) > before + 20)
            first.kill()
            first.wait()
        # the head is gone, and so is the command; the two workers left wait for another head
        assert lines(run / UTTERANCES) < 3 * MANY
        assert [each.poll() for each in workers[1:]] == [None, None]
        with fleets.a_head(folder, port), fleets.process(*command, "--resume", cwd=folder) as second:
            assert second.wait(120) == 0
    records = fleets.records_of(run)
    assert {fleets.told(each) for each in records} == alone
    assert lines(run / UTTERANCES) == len(records)  # each exactly once
    # three shards were under way: one on the first worker, and then one on each of the two others
    heard = [each for each in hearables(load_suite(folder / "demo.yaml")) if isinstance(each, Hearable)]
    counts = {each.utterance: each.windows for each in records}
    longest = max(sum(3 * counts[each.spoken.name] for each in share) for share in shares(heard, seconds=6))
    floors = 4 * 2 * 2
    assert lines(diary) <= sum(each.windows for each in records) + 3 * longest + floors
    assert longest < sum(each.windows for each in records) / 4


class Stopping(fleets.Watching):
    """Presses Ctrl-C after so many records."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def heard(self, record: UtteranceRecord) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def test_a_pass_begun_here_goes_on_in_processes_and_ends_on_a_cluster(folder: Path) -> None:
    alone = heard_alone(folder)
    slowed(folder)
    made, _ = fleets.a_pass(folder, None)
    made.watcher = Stopping(after=30)
    with pytest.raises(KeyboardInterrupt):
        made.run()
    with contextlib.closing(LocalProcesses(2, setup=fake_engine.install)) as processes:
        more, _ = fleets.a_pass(folder, processes, made.folders, share_seconds=6)
        more.watcher = Stopping(after=40)
        with pytest.raises(KeyboardInterrupt):
            more.run()
    before = lines(made.folders.run / UTTERANCES)
    assert 70 <= before < len(alone)
    with fleets.a_fleet(folder, 1) as address, contextlib.closing(DaskExecutor(address)) as executor:
        last, watcher = fleets.a_pass(folder, executor, made.folders)
        last.run()
    assert watcher.counts == (before, len(alone))
    assert {fleets.told(each) for each in fleets.records_of(made.folders.run)} == alone


OTHER_CODE = "import bench.executor; bench.executor.code_version = lambda: '0.0.1+0123456789ab'"
OTHER_ENGINE = """
import fake_engine
from bench.engines import Availability
fake_engine.FakeEngine.availability = lambda self: Availability(version="0.9")
fake_engine.install()
"""
SMALL_DISK = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); {fleets.INSTALL}"


def test_hosts_that_must_not_hear_are_named_with_the_reason_and_the_others_finish(folder: Path) -> None:
    noisy = "language: ru, conditions: [{kind: noise, snr_db: 20}]}"
    (folder / "demo.yaml").write_text(fleets.SUITE.replace("language: ru}", noisy))
    alone = heard_alone(folder)
    shared = folder / "shared"
    shutil.copytree(folder / "cache", shared)
    for wav in (shared / "utterances").rglob("*.wav"):
        wav.write_bytes(wav.read_bytes()[:-2])
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(fleets.a_head(folder, fleets.free_port()))

        def start(name: str, *options: str, setup: str = fleets.INSTALL) -> None:
            stack.enter_context(fleets.another_host(folder, name, address, *options, setup=setup))

        start("old", setup=f"{OTHER_CODE}; {fleets.INSTALL}")
        start("bare", setup="pass")
        start("behind", setup=OTHER_ENGINE)
        start("mixed-up", "--shared", str(shared))
        start("full", setup=SMALL_DISK)
        start("good")
        executor = stack.enter_context(contextlib.closing(DaskExecutor(address)))
        made, watcher = fleets.a_pass(folder, executor)
        made.run()
    records = fleets.records_of(made.folders.run)
    assert {fleets.told(each) for each in records} == alone
    assert {each.status for each in records} == {Status.OK}
    said = {host.partition(" ")[0]: english(why) for host, why in watcher.refusals}
    assert len(said) == len(watcher.refusals) == 5
    assert re.fullmatch(r"It runs asr-quant-bench 0\.0\.1\+0123456789ab, and .*", said["old"])
    assert said["bare"].startswith('It has no engine fake: unknown engine "fake"')
    assert said["behind"] == "Its engine fake is 0.9; 1.0 is required."
    assert re.search(r"shared/utterances/.*\.wav: sha256 is .*, expected ", said["mixed-up"])
    assert "cannot be written: “File too large”" in said["full"]


def test_where_every_worker_is_refused_the_pass_ends_with_what_to_do(folder: Path) -> None:
    with contextlib.closing(LocalProcesses(1)) as without_the_engine:
        made, watcher = fleets.a_pass(folder, without_the_engine, wait_seconds=2.0)
        with pytest.raises(FleetError, match="no worker may take"):
            made.run()
    assert watcher.waited
    assert [host for host, _ in watcher.refusals] == ["this machine"]

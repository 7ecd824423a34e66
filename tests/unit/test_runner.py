"""What a run does with its trials, without a child: the arithmetic, the order, what is run again."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import records

from bench import host, launch, plan
from bench.collecting import collect
from bench.contract import Job, Outcome, Reading
from bench.domain import (
    Backend,
    Conditions,
    FetchedClip,
    Protocol,
    Reason,
    Record,
    Status,
    Suite,
    Transcript,
    WeightsFile,
    WeightsProof,
    absent,
    measured,
)
from bench.engines import Settings
from bench.errors import JournalError, UnusableWeights
from bench.evicted_start import EvictedStart
from bench.first_use import FirstUse
from bench.folders import RunFolders, start
from bench.journal import Journal, read_records, read_run
from bench.prepare import Blocked, Prepared, Ready
from bench.reasons import reason, told
from bench.runner import Runner

CLIP_SECONDS = 8.0  # no division by it can be forgotten unseen
DISTURBED = reason("disturbance.throttled")


class StubEngine:
    """Describes no child; its reading is what the launcher's stub gave it."""

    name = "stub"
    title = "Stub"
    distribution = None
    weights_format = "stub"
    families = ("whisper",)

    def __init__(self) -> None:
        self.refuses: Exception | None = None
        self.chokes: Exception | None = None
        self.measurements: tuple[Any, ...] = ()
        self.backend: Backend | None = None

    def job(self, *_: object) -> Job:
        if self.refuses:
            raise self.refuses
        return Job(argv=("stub",), environ={"A": "b"})

    def read(self, case: object, settings: object, outcome: Outcome) -> Reading:
        if self.chokes:
            raise self.chokes
        return Reading(
            status=outcome.status,
            reason=outcome.reason,
            transcript=Transcript(text="раз"),
            backend=self.backend,
            measurements=self.measurements,
        )


def weights_in(folder: Path) -> tuple[WeightsFile, ...]:
    """Two files of 700 and 41 bytes."""
    made = []
    for role, size in (("decoder", 700), ("encoder", 41)):
        path = folder / f"{role}.bin"
        path.write_bytes(role.encode()[:1] * size)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        made.append(WeightsFile(role=role, path=str(path), bytes=size, sha256=sha256))
    return tuple(made)


def outcome(seconds: float | None = 3.0, status: Status = Status.OK, why: Reason | None = None) -> Outcome:
    told_by_launcher = (
        measured("transcribe_seconds", seconds, "worker events")
        if seconds is not None
        else absent("transcribe_seconds", reason("phase.not_reached"))
    )
    return Outcome(
        status=status,
        reason=why,
        events=(),
        stdout="",
        stderr="",
        measurements=(told_by_launcher, measured("wall_seconds", 5.0, "supervisor clock")),
        argv=("stub", "-x"),
    )


class Bench:
    """A runner over two cases whose machine and children are stubs that note what was asked of them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folders = RunFolders(run=folder / "reports" / "demo" / "r1", logs=folder / "logs" / "r1")
        self.weights = weights_in(folder)
        self.engine = StubEngine()
        self.settled: list[tuple[str, str]] = []
        self.slept: list[float] = []
        self.launched: list[dict[str, Any]] = []
        self.disturbed_blocks: set[int] = set()
        self.block = 0
        self.interpreter: Path | None = None
        self.answer: Callable[[], Outcome] = outcome
        audio = folder / "clip.wav"
        audio.write_bytes(b"RIFF")
        self.clip = FetchedClip(
            name="c",
            title="C",
            language="ru",
            duration_seconds=CLIP_SECONDS,
            path=str(audio),
            sha256=hashlib.sha256(b"RIFF").hexdigest(),
        )
        monkeypatch.setattr(host, "evict", lambda path: self.settled.append(("evict", path.name)))
        monkeypatch.setattr(host, "warm", lambda path: self.settled.append(("warm", path.name)))
        monkeypatch.setattr(host, "conditions_start", lambda files, *, cold: self)
        monkeypatch.setattr("bench.host.turn.machine_turn", self._turn)
        monkeypatch.setattr("bench.runner.time.sleep", self.slept.append)
        monkeypatch.setattr(launch, "run", self._launch)

    @contextlib.contextmanager
    def _turn(self, waiting: object) -> Iterator[None]:
        yield

    def _launch(self, job: Job, **asked: Any) -> Outcome:
        self.launched.append({"job": job, **asked})
        return self.answer()

    def finish(self) -> Conditions:
        """The conditions of the trial that just ended: those of its block, on its first attempt."""
        disturbed = self.block in self.disturbed_blocks and self.launched[-1]["log"].name.count(".a2") == 0
        return Conditions(disturbances=(DISTURBED,) if disturbed else ())

    # ------------------------------------------------------------ watcher

    def goes_on(self, found: Sequence[Record]) -> None: ...
    def waits(self) -> None: ...
    def trial_ended(self, record: Record) -> None: ...
    def block_ended(self, number: int, found: object) -> None: ...

    def block_repeats(self, number: int, disturbances: Sequence[Reason]) -> None:
        """Told once a block that is run again."""
        self.repeated = (number, tuple(disturbances))

    def trial_starts(self, slot: plan.Slot, attempt: int) -> None:
        """Which block the next child belongs to."""
        self.block = slot.block

    # ---------------------------------------------------------------- run

    def suite(self, **protocol: Any) -> Suite:
        """Two cases on the stub."""
        made = records.suite("f16", "q4_0")
        return dataclasses.replace(
            made, protocol=Protocol(**{"blocks": 2, **protocol}), clips={"c": self.clip}
        )

    def ready(self) -> Ready:
        """A case that can run."""
        engine: Any = self.engine
        return Ready(
            engine=engine,
            settings=Settings(),
            version="1.0",
            clip=self.clip,
            weights=self.weights,
            interpreter=self.interpreter,
        )

    def runner(self, blocked: Blocked | None = None, **protocol: Any) -> Runner:
        """Ready to run; `blocked` is the second case's fate."""
        suite = self.suite(**protocol)
        found: dict[str, Ready | Blocked] = {case.id: self.ready() for case in suite.cases}
        if blocked:
            found["m.q4_0.c"] = blocked
        if not self.folders.run.exists():
            start(self.folders, suite, records.HOST)
        return Runner(
            prepared=Prepared(suite=suite, cases=found),
            folders=self.folders,
            host=records.HOST,
            watcher=self,  # type: ignore[arg-type]  # close enough
        )

    def run(self, blocked: Blocked | None = None, **protocol: Any) -> tuple[Record, ...]:
        """Run, and read what was written."""
        self.runner(blocked, **protocol).run()
        return read_run(self.folders.run).records


@pytest.fixture
def bench_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


# ------------------------------------------------------------------ arithmetic


def test_the_real_time_factor_is_seconds_of_work_a_second_of_audio(bench_: Bench) -> None:
    told_by = (measured("transcribe_seconds", 3.0, "w"), measured("warm_transcribe_seconds", 2.0, "w"))
    reading = bench_.engine.read(None, None, outcome())
    found = collect(told_by, reading, bench_.ready())
    assert found["rtf"].value == 0.375
    assert found["warm_rtf"].value == 0.25


def test_without_a_transcription_there_is_no_factor_and_the_reason_is_the_same(bench_: Bench) -> None:
    found = collect(outcome(None).measurements, bench_.engine.read(None, None, outcome()), bench_.ready())
    assert found["rtf"].reason == reason("phase.not_reached")
    assert found["warm_rtf"].reason == reason("transcription.not_timed")


def test_weights_are_all_files_together(bench_: Bench) -> None:
    found = collect((), bench_.engine.read(None, None, outcome()), bench_.ready())
    assert found["weights_bytes"].value == 741


def test_what_an_engine_cannot_tell_does_not_hide_what_the_launcher_measured(bench_: Bench) -> None:
    bench_.engine.measurements = (
        absent("transcribe_seconds", told("not by me")),
        measured("tokens", 7, "stub"),
        measured("wall_seconds", 4.0, "stub"),
    )
    found = collect(outcome().measurements, bench_.engine.read(None, None, outcome()), bench_.ready())
    assert found["transcribe_seconds"].value == 3.0
    assert found["tokens"].value == 7
    assert found["wall_seconds"].source == "stub"


# ----------------------------------------------------------------------- order


def test_every_case_runs_once_a_block_and_its_record_says_what_ran(bench_: Bench) -> None:
    found = bench_.run()
    assert sorted((each.case, each.block, each.attempt) for each in found) == [
        (case, block, 1) for case in ("m.f16.c", "m.q4_0.c") for block in (1, 2)
    ]
    one = found[0]
    assert one.command == ("stub", "-x")
    assert one.engine_version == "1.0"
    assert one.log == f"../../../logs/r1/{one.case}.b{one.block}.log"
    assert one.measurements["rtf"].value == 0.375
    assert one.transcript == Transcript(text="раз")


def test_a_cold_run_evicts_every_file_and_a_warm_one_reads_it(bench_: Bench) -> None:
    bench_.run(blocks=1, cold_cache=True)
    assert set(bench_.settled) == {("evict", "decoder.bin"), ("evict", "encoder.bin")}


def test_a_warm_run_reads_every_file(bench_: Bench) -> None:
    bench_.run(blocks=1)
    assert set(bench_.settled) == {("warm", "decoder.bin"), ("warm", "encoder.bin")}


def test_evicted_starts_follow_the_trials_of_the_first_blocks(
    bench_: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[int, str]] = []

    def stub(job: Job, clip: Path, files: Sequence[Path], limits: object, log: Path) -> EvictedStart:
        started.append((len(bench_.launched), log.name))
        found = measured("evicted_load_seconds", 7.0 + len(started), "w")
        return EvictedStart(measurements=(found,), facts={"share": 0.0})

    monkeypatch.setattr("bench.evicted_start.evicted_start", stub)
    found = bench_.run(blocks=3, evicted_starts=2)
    assert [count for count, _ in started] == [1, 2, 3, 4]
    assert {name for _, name in started} == {
        f"m.{variant}.c.b{block}.evicted.log" for variant in ("f16", "q4_0") for block in (1, 2)
    }
    assert sorted(each.block for each in found if each.value("evicted_load_seconds")) == [1, 1, 2, 2]
    assert [each.block for each in found if "share" in each.conditions.facts] == [1, 1, 2, 2]
    assert {each.value("wall_seconds") for each in found} == {5.0}


def test_no_evicted_start_follows_a_trial_that_failed(bench_: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench_.answer = lambda: outcome(status=Status.CRASHED, why=told("no"))
    monkeypatch.setattr("bench.evicted_start.evicted_start", lambda *_: pytest.fail("started"))
    assert {each.status for each in bench_.run(blocks=1, evicted_starts=1)} == {Status.CRASHED}


def test_the_files_of_a_folder_are_settled_one_by_one(bench_: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "ct2"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"x")
    (folder / "config.json").write_bytes(b"{}")
    from bench.assets.hashes import read_tree_sha256

    sha256 = read_tree_sha256(folder)
    bench_.weights = (WeightsFile(role="folder", path=str(folder), bytes=3, sha256=sha256),)
    bench_.run(blocks=1)
    assert set(bench_.settled) == {("warm", "config.json"), ("warm", "model.bin")}


def test_the_machine_cools_down_before_every_trial(bench_: Bench) -> None:
    bench_.run(blocks=2, cooldown_seconds=1.5)
    assert bench_.slept == [1.5] * 4


def test_without_a_cooldown_nobody_sleeps(bench_: Bench) -> None:
    bench_.run()
    assert bench_.slept == []


def test_limits_and_passes_reach_the_launcher(bench_: Bench) -> None:
    bench_.run(blocks=1, passes=3, timeout_seconds=7.0, memory_limit_bytes=1000, sample_hz=20.0)
    asked = bench_.launched[0]
    assert (asked["passes"], asked["sample_hz"]) == (3, 20.0)
    assert asked["limits"] == launch.Limits(timeout_seconds=7.0, memory_limit_bytes=1000)


def test_a_disturbed_block_is_run_once_more_and_both_are_kept(bench_: Bench) -> None:
    bench_.disturbed_blocks = {1}
    found = bench_.run()
    assert sorted((each.block, each.attempt) for each in found) == [
        (1, 1),
        (1, 1),
        (1, 2),
        (1, 2),
        (2, 1),
        (2, 1),
    ]
    assert bench_.repeated == (1, (DISTURBED,))
    again = [each for each in found if each.attempt == 2]
    assert all(str(each.log).endswith(".b1.a2.log") for each in again)


def test_a_disturbed_block_is_not_run_again_where_the_suite_says_so(bench_: Bench) -> None:
    bench_.disturbed_blocks = {1}
    assert {each.attempt for each in bench_.run(rerun_disturbed=False)} == {1}


def test_a_blocked_case_has_one_record_whatever_the_number_of_blocks(bench_: Bench) -> None:
    found = bench_.run(Blocked(status=Status.MISSING, reason=told("no file")), blocks=3)
    blocked = [each for each in found if each.case == "m.q4_0.c"]
    assert [(each.status, each.reason, each.block) for each in blocked] == [
        (Status.MISSING, told("no file"), 1)
    ]
    assert len(found) == 4


def test_a_resumed_run_repeats_no_trial(bench_: Bench) -> None:
    bench_.run(blocks=1)
    bench_.run(blocks=2)
    assert len(bench_.launched) == 4


def test_a_case_that_could_not_be_had_is_measured_once_it_can_be(bench_: Bench) -> None:
    bench_.run(Blocked(status=Status.MISSING, reason=told("the disk is full")), blocks=3)
    found = bench_.run(blocks=3)
    late = [each for each in found if each.case == "m.q4_0.c"]
    assert sorted(each.block for each in late) == [1, 2, 3]
    assert {each.status for each in late} == {Status.OK}
    assert len(bench_.launched) == 6


def test_other_weights_are_refused_when_a_run_goes_on(bench_: Bench, tmp_path: Path) -> None:
    bench_.run(blocks=1)
    (tmp_path / "decoder.bin").write_bytes(b"other" * 140)
    bench_.weights = (
        dataclasses.replace(bench_.weights[0], sha256=hashlib.sha256(b"other" * 140).hexdigest()),
        bench_.weights[1],
    )
    with pytest.raises(JournalError, match="changed since this run began"):
        bench_.run(blocks=2)


def test_blocks_go_on_until_the_precision_is_there_and_no_further(bench_: Bench) -> None:
    found = bench_.run(precision=0.01, min_blocks=6, max_blocks=9)
    assert sorted({each.block for each in found}) == [1, 2, 3, 4, 5, 6]


# ------------------------------------------------------------------ what a record says


def test_the_first_use_ever_is_a_trial_before_the_first_block_and_a_figure_of_its_first_record_alone(
    bench_: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def known(cases: Sequence[tuple[Any, Ready]], host: object) -> list[FirstUse]:
        case, ready = cases[0]
        return [FirstUse(case=case, ready=ready, path=tmp_path / "first.json")]

    bench_.answer = lambda: outcome(30.0 if len(bench_.launched) == 1 else 3.0)
    bench_.disturbed_blocks = {1}
    monkeypatch.setattr("bench.first_use.first_uses", known)
    found = bench_.run()
    assert bench_.launched[0]["log"].name == "m.f16.c.b0.log"
    told_of = {
        (each.case, each.block, each.attempt): each.value("first_use_transcribe_seconds")
        for each in found
        if each.value("first_use_transcribe_seconds") is not None
    }
    assert told_of == {("m.f16.c", 1, 1): 30.0}
    assert {each.value("transcribe_seconds") for each in found} == {3.0}


def test_backend_proof_and_a_command_in_another_environment_are_the_record_s(bench_: Bench) -> None:
    proof = WeightsProof(proven=True, files=())
    bench_.engine.backend = Backend(device="cpu", detail="AVX2", source="log")
    bench_.answer = lambda: dataclasses.replace(outcome(), proof=proof)
    bench_.interpreter = Path("/elsewhere/python")
    for each in bench_.run(blocks=1):
        assert (each.backend, each.proof) == (bench_.engine.backend, proof)
    assert {each["job"].interpreter for each in bench_.launched} == {Path("/elsewhere/python")}
    assert {each["audio"] for each in bench_.launched} == {Path(bench_.clip.path)}


def test_weights_that_change_while_a_trial_runs_make_it_unusable_and_no_later_one_is_started(
    bench_: Bench, tmp_path: Path
) -> None:
    def overwrites() -> Outcome:
        (tmp_path / "decoder.bin").write_bytes(b"other")
        return outcome()

    bench_.answer = overwrites
    with pytest.raises(UnusableWeights, match="overwritten during the run"):
        bench_.run(blocks=2)
    found = read_run(bench_.folders.run).records
    assert len(bench_.launched) == 1
    assert {each.status for each in found} == {Status.UNUSABLE}
    assert all(each.reason is not None and not each.measurements for each in found)
    assert [each.log is not None for each in found] == [True, False, False, False]


def test_weights_that_change_without_a_trace_are_found_at_the_end_and_said_of_the_run(
    bench_: Bench, tmp_path: Path
) -> None:
    def overwrites_in_silence() -> Outcome:
        path = tmp_path / "decoder.bin"
        before = path.stat()
        path.write_bytes(b"x" * before.st_size)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return outcome()

    bench_.answer = overwrites_in_silence
    with pytest.raises(UnusableWeights, match="decoder") as refused:
        bench_.run(blocks=1)
    assert "measure again" in refused.value.hint
    assert read_run(bench_.folders.run).host.warnings


# --------------------------------------------------------------------- mishaps


def test_weights_that_an_engine_has_no_use_for_are_unusable(bench_: Bench) -> None:
    bench_.engine.refuses = UnusableWeights("argv has {decoder}.", hint="Name it.")
    found = bench_.run(blocks=1)
    assert {each.status for each in found} == {Status.UNUSABLE}
    assert not bench_.launched


def test_an_engine_that_fails_to_describe_its_child_is_a_result(bench_: Bench) -> None:
    bench_.engine.refuses = ZeroDivisionError("a bug")
    found = bench_.run(blocks=1)
    assert {each.reason for each in found} == {reason("engine.no_job", error="ZeroDivisionError('a bug')")}


def test_an_engine_that_fails_to_read_its_child_is_a_result(bench_: Bench) -> None:
    bench_.engine.chokes = KeyError("text")
    found = bench_.run(blocks=1)
    assert {(each.status, each.reason) for each in found} == {
        (Status.FAILED, reason("engine.not_read", error="KeyError('text')"))
    }
    assert {each.measurements["wall_seconds"].value for each in found} == {5.0}


def test_a_log_that_cannot_be_written_ends_the_run_and_keeps_what_was_measured(bench_: Bench) -> None:
    def full() -> Outcome:
        if len(bench_.launched) == 2:
            raise OSError(28, "No space left on device")
        return outcome()

    bench_.answer = full
    with pytest.raises(JournalError, match="No space left"):
        bench_.run()
    assert len(read_records(bench_.folders.run / "records.jsonl")[0]) == 1


def test_a_failed_trial_keeps_the_launchers_reason(bench_: Bench) -> None:
    bench_.answer = lambda: outcome(None, Status.CRASHED, told("signal 11"))
    found = bench_.run(blocks=1)
    assert {(each.status, each.reason) for each in found} == {(Status.CRASHED, told("signal 11"))}


def test_a_second_writer_of_a_run_is_refused(bench_: Bench) -> None:
    runner = bench_.runner()
    with Journal(bench_.folders.run), pytest.raises(JournalError, match="another process"):
        runner.run()

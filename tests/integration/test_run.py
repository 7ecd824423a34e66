"""A run measures every case, whatever becomes of one, and loses nothing when it is ended."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import wave
from collections import Counter
from pathlib import Path

import fake_engine
import pytest
from typer.testing import CliRunner

from bench import host
from bench.cli import app
from bench.config import load_suite
from bench.domain import Record, Status
from bench.errors import JournalError, UnusableWeights
from bench.folders import RunFolders, new_folders, refuse_other_cases, start
from bench.journal import RunData, read_run
from bench.language import english
from bench.pace import wanted_blocks
from bench.prepare import prepare
from bench.regression.night import missing_trials
from bench.runner import Runner

FAKES = Path(__file__).resolve().parent.parent / "fakes"

SUITE = """
name: demo
title: Demo
models: [m]
variants: [f16, q8_0, q4_0]
clips: [{path: clip.wav, text: clip.txt, name: clip}]
defaults: {engine: fake}
protocol: {blocks: 2, rerun_disturbed: false, timeout: 20 s}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite with a fake engine, weights, and a second of audio; the working folder of the test."""
    fake_engine.install()
    fake_engine.lay_model(tmp_path)
    (tmp_path / "clip.txt").write_text("шестнадцать тысяч\n", encoding="utf-8")
    (tmp_path / "demo.yaml").write_text(SUITE)
    with wave.open(str(tmp_path / "clip.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\x00\x01" * 16000)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def measure(folder: Path, suite: str = SUITE) -> RunData:
    """Run a suite through the API, without reports."""
    (folder / "demo.yaml").write_text(textwrap.dedent(suite))
    prepared = prepare(load_suite(folder / "demo.yaml"))
    folders = new_folders("demo", reports=folder / "reports", logs=folder / "logs")
    start(folders, prepared.suite, host.describe())
    Runner(prepared=prepared, folders=folders, host=host.describe()).run()
    return read_run(folders.run)


def by_variant(data: RunData) -> dict[str, Record]:
    return {record.variant: record for record in data.records}


def test_every_case_is_measured_in_every_block(folder: Path) -> None:
    data = measure(folder)
    assert Counter(record.case for record in data.records) == {case.id: 2 for case in data.suite.cases}
    assert {record.status for record in data.records} == {Status.OK}


def test_a_record_says_what_ran_where_and_how_long(folder: Path) -> None:
    data = measure(folder)
    record = data.records[0]
    rtf, transcribe = record.value("rtf"), record.value("transcribe_seconds")
    assert transcribe is not None
    assert rtf == pytest.approx(transcribe / 1.0)
    assert record.value("weights_bytes") == 1004
    assert record.weights[0].sha256
    assert record.host == data.host.id
    assert record.log is not None
    assert (data.path / record.log).read_text(encoding="utf-8").startswith("status   ok")


def test_records_and_resolved_suite_name_no_folder_of_this_machine(folder: Path) -> None:
    data = measure(folder)
    for name in ("records.jsonl", "suite.yaml", "host.json"):
        assert str(folder) not in (data.path / name).read_text(encoding="utf-8")
    assert str(folder) not in (data.path / str(data.records[0].log)).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("settings", "status", "reason"),
    [
        ("{half: bad, do: signal, signal: 11}", Status.CRASHED, "SIGSEGV"),
        ("{half: bad, do: signal, signal: 9}", Status.CRASHED, "SIGKILL"),
        ("{half: bad, do: raise, message: no luck}", Status.FAILED, "no luck"),
        ("{half: bad, do: unsupported, message: no Conformers}", Status.UNSUPPORTED, "no Conformers"),
        ("{half: bad, do: hang}", Status.TIMEOUT, "time limit"),
        ("{refuse: we run Whisper only}", Status.UNSUPPORTED, "we run Whisper only"),
    ],
)
def test_a_case_that_goes_wrong_is_a_result_and_the_others_finish(
    folder: Path, settings: str, status: Status, reason: str
) -> None:
    suite = SUITE.replace("q8_0,", f"{{quantization: q8_0, settings: {settings}}},").replace("20 s", "3 s")
    found = by_variant(measure(folder, suite))
    assert found["q8_0"].status is status
    assert reason in english(found["q8_0"].reason)
    assert found["f16"].status is found["q4_0"].status is Status.OK


def test_weights_the_engine_would_choke_on_are_a_result(folder: Path) -> None:
    manifest = fake_engine.MODEL.replace("[f16, q8_0, q4_0]", "[f16, q4_0]")
    manifest += (
        "  - {format: fake, quantizations: [q8_0], source: {kind: path, files: {model: foreign.bin}}}\n"
    )
    (folder / "models" / "m.yaml").write_text(manifest)
    (folder / "models" / "foreign.bin").write_bytes(b"nothing we know")
    found = by_variant(measure(folder))
    assert found["q8_0"].status is Status.UNUSABLE
    assert "foreign.bin" in english(found["q8_0"].reason)
    assert found["f16"].status is Status.OK


def test_missing_weights_are_a_result_recorded_once(folder: Path) -> None:
    manifest = fake_engine.MODEL.replace("[f16, q8_0, q4_0]", "[f16, q4_0]")
    manifest += "  - {format: fake, quantizations: [q8_0], source: {kind: path, files: {model: gone.bin}}}\n"
    (folder / "models" / "m.yaml").write_text(manifest)
    data = measure(folder)
    missing = [record for record in data.records if record.variant == "q8_0"]
    assert [record.status for record in missing] == [Status.MISSING]
    assert "gone.bin" in english(missing[0].reason)


def test_a_second_pass_is_another_quantity(folder: Path) -> None:
    data = measure(folder, SUITE.replace("blocks: 2", "blocks: 1, passes: 3"))
    record = data.records[0]
    assert record.value("warm_transcribe_seconds") is not None
    assert measure(folder).records[0].measurements["warm_transcribe_seconds"].reason


def command(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The real program with the fake engine in its registry, in a process of its own."""
    # What starts the tests in the background ignores Ctrl-C, and children inherit that.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    script = f"{heard}; import fake_engine; fake_engine.install(); from bench.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(FAKES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_killed_at_random_moments_a_resumed_run_has_every_trial_exactly_once(folder: Path) -> None:
    """kill -9 of the program, 20 times, then a run to the end."""
    (folder / "demo.yaml").write_text(
        SUITE.replace("blocks: 2", "blocks: 12").replace("fake}", "fake, settings: {first_seconds: 0.05}}")
    )
    rng = random.Random(7)
    kills = 0
    while kills < 20:
        resume = ["--resume"] if list(folder.glob("reports/demo/*/records.jsonl")) else []
        process = command(folder, "run", "demo.yaml", *resume)
        time.sleep(rng.uniform(0.3, 1.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
    process = command(folder, "run", "demo.yaml", "--resume")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output.decode()
    data = read_run(folder / "reports" / "demo" / "latest")
    assert not data.warnings
    counts = Counter((record.case, record.block) for record in data.records)
    assert len(counts) == 36
    assert set(counts.values()) == {1}
    assert (data.path / "report.en.md").stat().st_size > 1000


def test_ctrl_c_ends_cleanly_with_a_report_of_what_was_measured(folder: Path) -> None:
    (folder / "demo.yaml").write_text(SUITE.replace("blocks: 2", "blocks: 100"))
    process = command(folder, "run", "demo.yaml")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        journals = list(folder.glob("reports/demo/2*/records.jsonl"))
        if journals and journals[0].read_text().count("\n") >= 4:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output.decode()
    assert "--resume" in output.decode()
    assert (folder / "reports/demo/latest/report.ru.md").exists()


def test_resuming_with_other_weights_is_refused(folder: Path) -> None:
    data = measure(folder)
    (folder / "models" / "weights.bin").write_bytes(b"FAKE" + bytes(2000))
    folders = RunFolders(run=data.path, logs=folder / "logs" / "demo" / data.run_id)
    prepared = prepare(load_suite(folder / "demo.yaml"))
    with pytest.raises(JournalError, match="have changed since this run began"):
        Runner(prepared=prepared, folders=folders, host=data.host).run()


def test_resuming_with_other_cases_is_refused(folder: Path) -> None:
    data = measure(folder)
    (folder / "demo.yaml").write_text(SUITE.replace(", q4_0]", "]"))
    folders = RunFolders(run=data.path, logs=folder / "logs")
    with pytest.raises(JournalError, match="other cases or settings"):
        refuse_other_cases(folders, load_suite(folder / "demo.yaml"))


def test_a_folder_that_cannot_be_written_stops_before_anything_runs(folder: Path) -> None:
    (folder / "reports").write_text("a file, not a folder")
    result = CliRunner().invoke(app, ["run", "demo.yaml"])
    assert isinstance(result.exception, JournalError)
    assert "--out" in result.exception.hint


@pytest.mark.skipif(not shutil.which("mount") or os.geteuid() != 0, reason="a small tmpfs needs root")
def test_a_full_disk_stops_with_everything_that_was_written_intact(folder: Path) -> None:
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", small], check=False)
    if mounted.returncode:
        pytest.skip("this system lets nobody mount a tmpfs")
    try:
        (folder / "demo.yaml").write_text(SUITE.replace("blocks: 2", "blocks: 40"))
        process = command(folder, "run", "demo.yaml", "--out", str(small))
        output, _ = process.communicate(timeout=120)
        assert process.returncode == JournalError.exit_code, output.decode()
        assert "No space left" in output.decode()
        data = read_run(small / "demo" / "latest")
        assert data.records
        assert not data.warnings
    finally:
        subprocess.run(["umount", small], check=True)


def test_two_runs_on_one_machine_take_turns(folder: Path) -> None:
    """Two at once would each be the other's disturbance."""
    (folder / "demo.yaml").write_text(SUITE)
    both = [command(folder, "run", "demo.yaml", "--out", name) for name in ("one", "two")]
    outputs = [process.communicate(timeout=120)[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    spans = []
    for name in ("one", "two"):
        starts = sorted(r.started_at for r in read_run(folder / name / "demo" / "latest").records)
        spans.append((starts[0], starts[-1]))
    first, second = sorted(spans)
    assert first[1] < second[0]


def test_a_run_asked_for_a_precision_stops_when_it_knows_enough_and_resumes_to_the_same(folder: Path) -> None:
    asked = SUITE.replace("blocks: 2", "precision: 20 %, min_blocks: 6, max_blocks: 9")
    data = measure(folder, asked)
    blocks = max(record.block for record in data.records)
    assert 6 <= blocks <= 9
    assert Counter(record.case for record in data.records) == {case.id: blocks for case in data.suite.cases}
    assert blocks == wanted_blocks(data.suite, data.records)
    assert missing_trials(data) == []


def test_weights_overwritten_between_trials_are_not_measured_under_the_old_hash(folder: Path) -> None:
    (folder / "demo.yaml").write_text(SUITE)
    prepared = prepare(load_suite(folder / "demo.yaml"))
    folders = new_folders("demo", reports=folder / "reports", logs=folder / "logs")
    start(folders, prepared.suite, host.describe())

    class Overwrites:
        """A user who converts again while the night goes on."""

        def goes_on(self, records: object) -> None: ...
        def waits(self) -> None: ...
        def block_repeats(self, number: int, disturbances: object) -> None: ...
        def block_ended(self, number: int, records: object) -> None: ...
        def trial_starts(self, slot: object, attempt: int) -> None: ...
        def trial_ended(self, record: Record) -> None:
            if record.position == 2 and record.block == 1:
                (folder / "models" / "weights.bin").write_bytes(b"FAKE" + b"\1" * 1000)

    with pytest.raises(UnusableWeights):
        Runner(prepared=prepared, folders=folders, host=host.describe(), watcher=Overwrites()).run()
    data = read_run(folders.run)
    assert [record.status for record in data.records] == [Status.OK] * 3 + [Status.UNUSABLE] * 3
    assert "was overwritten during the run" in english(data.records[-1].reason)
    assert any("was overwritten" in english(warning) for warning in data.host.warnings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("audio", "the audio of the clip clip"),
        ("text", "the reference text of the clip clip"),
        ("protocol", "protocol.passes"),
    ],
)
def test_resuming_with_other_inputs_is_refused(folder: Path, change: str, said: str) -> None:
    measure(folder)
    if change == "audio":
        with wave.open(str(folder / "clip.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(b"\x00\x02" * 16000)
    elif change == "text":
        (folder / "clip.txt").write_text("семнадцать тысяч\n", encoding="utf-8")
    else:
        (folder / "demo.yaml").write_text(SUITE.replace("blocks: 2", "blocks: 2, passes: 3"))
    result = CliRunner().invoke(app, ["run", "demo.yaml", "--resume"])
    assert isinstance(result.exception, JournalError)
    assert f"{said} has changed since this run began" in str(result.exception)


def test_runs_that_start_at_the_same_instant_have_folders_of_their_own(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from datetime import UTC, datetime

    now = datetime(2026, 11, 29, tzinfo=UTC)
    with ThreadPoolExecutor(16) as pool:
        made = pool.map(
            lambda _: new_folders("demo", reports=tmp_path, logs=tmp_path, now=now).run, range(64)
        )
    assert len(set(made)) == 64
